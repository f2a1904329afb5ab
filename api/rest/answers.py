"""The answers of the suggestion routes as the OpenAPI document describes them.

They are written as plain values, not through these models: checking a long answer again would cost
more than making it. A test holds real answers to the models.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

ServedBy = Literal["history", "profile", "prior"]


class Part(BaseModel):
    """A part of an answer; it holds what is declared, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Node(Part):
    """A node on a path. `label` is User, Item, Entity or the entity's kind."""

    id: str
    label: str
    name: str


class PathEdge(Part):
    """An edge as it stands in the graph; `forward`: it points to the next node."""

    type: str
    weight: float
    forward: bool


class CommonFact(Part):
    """What both ends of an edge have."""

    relation: str
    id: str
    label: str
    name: str


class Path(Part):
    """A walk to the item; `share`: its contribution divided by all that raises the score."""

    nodes: list[Node]
    edges: list[PathEdge]
    share: float
    signal: str
    similarity: dict[str, float] = {}
    both: CommonFact | None = None


class Contribution(Part):
    """A term of the score.

    `via`: the item of the history, or the entity of the user, that it comes through. `path`: the
    index of its path. `terms`: how many terms of the signal it sums up.
    """

    signal: str
    value: float
    via: str | None = None
    path: int | None = None
    terms: int = 1


class SuggestedItem(Part):
    """An item, its score, and what the score is made of: the contributions add up to it."""

    item: str
    title: str | None
    rank: int
    score: float
    contributions: list[Contribution] = []
    paths: list[Path] = []
    sentence: str = ""
    properties: dict[str, str | int | float | bool] = {}


class Suggestions(Part):
    """A list of suggestions.

    `recommendation_id` is for POST /api/impressions and /api/outcome. `served_by`: what the list
    rests on. `degraded`: the graph could not be reached, and this is an older answer. `note` says
    what is odd about the list.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recommendation_id": "3-68b8e1c0-Jm3VfQ0sQ2O0a9mC1sZtXw",
                    "user": "u17",
                    "run": 3,
                    "served_by": "history",
                    "degraded": False,
                    "note": "",
                    "items": [
                        {
                            "item": "f12",
                            "title": "Ronin",
                            "rank": 1,
                            "score": 1.75,
                            "contributions": [
                                {"signal": "collaborative", "via": "f9", "value": 1.5, "path": 0},
                                {"signal": "knowledge", "value": 0.25, "terms": 3},
                            ],
                            "paths": [
                                {
                                    "nodes": [
                                        {"id": "u17", "label": "User", "name": "u17"},
                                        {"id": "f9", "label": "Item", "name": "Heat"},
                                        {"id": "f12", "label": "Item", "name": "Ronin"},
                                    ],
                                    "edges": [
                                        {"type": "LIKED", "weight": 5.0, "forward": True},
                                        {"type": "CO_LIKED", "weight": 2.0, "forward": True},
                                    ],
                                    "share": 0.857,
                                    "signal": "collaborative",
                                }
                            ],
                            "sentence": "Because you liked Heat, and people who like it also like "
                            "this.",
                        }
                    ],
                }
            ]
        }
    )

    recommendation_id: str
    user: str | None
    run: int
    served_by: ServedBy
    degraded: bool
    note: str
    items: list[SuggestedItem]
    context: dict[str, str] = {}


class NeighbourItem(Part):
    """An item like another, and why: the paths lead from that one to it."""

    item: str
    title: str | None
    rank: int
    score: float
    contributions: list[Contribution]
    paths: list[Path]


class ItemNeighbours(Part):
    """The items most like an item."""

    item: str
    run: int
    items: list[NeighbourItem]


class CommonItem(Part):
    """An item that two users have feedback on, and how many pieces of feedback it has."""

    item: str
    title: str | None
    feedback: int


class NeighbourUser(Part):
    """A user like another, and the items in common that say so."""

    user: str
    rank: int
    score: float
    common: int
    items: list[CommonItem]


class UserNeighbours(Part):
    """The users most like a user; `looked_at` items of the history were compared by."""

    user: str
    looked_at: int
    users: list[NeighbourUser]


class BrowsedItem(Part):
    """An item of a list that is the same for everyone; `value` is what the list goes by."""

    item: str
    title: str | None
    rank: int
    value: float
    sentence: str = ""
    properties: dict[str, str | int | float | bool] = {}


class BrowsedItems(Part):
    """Items that are the same for everyone; `by` says what they are ordered by."""

    run: int | None
    by: str
    items: list[BrowsedItem]


class SubgraphNode(Part):
    """A node of the subgraph."""

    id: str
    label: str
    name: str


class SubgraphEdge(Part):
    """An edge of the subgraph as it stands in the graph; ends by their place among the nodes."""

    source: int
    target: int
    type: str
    weight: float


class Subgraph(Part):
    """What all paths together make, each node and edge once."""

    nodes: list[SubgraphNode]
    edges: list[SubgraphEdge]


class Counterfactual(Part):
    """The same item as if pieces of the history weighed nothing; `change` is that of the score."""

    without: list[str]
    score: float
    change: float
    rank: int
    verdict: str
    headline: str


class ExplainedItem(Part):
    """All that the graph says about an item for a user.

    `verdict`: suggested, or what keeps it out of the list. `rank` of `candidates` by score; `last`
    is the score of the last item of the list, and `missing` what this one lacks of it. `against`
    holds the contributions that keep the score down, the worst first.
    """

    user: str
    run: int
    item: str
    title: str | None
    rank: int
    score: float
    contributions: list[Contribution]
    paths: list[Path]
    sentence: str
    verdict: Literal[
        "suggested", "seen", "excluded", "filtered", "unreached", "outranked", "diversified"
    ]
    candidates: int
    last: float | None
    missing: float | None
    against: list[Contribution]
    names: dict[str, str]
    headline: str
    subgraph: Subgraph
    counterfactual: Counterfactual | None = None
