"""The answers of the suggestion routes as the OpenAPI document describes them.

They are written as plain values, not through these models: checking a long answer again would cost
more than making it. A test holds real answers to the models.
"""

from typing import Literal

from pydantic import ConfigDict

from api.rest.shapes import Answer

ServedBy = Literal["history", "profile", "prior"]


class Part(Answer):
    """A part of an answer; it holds what is declared, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Node(Part):
    """A node on a path."""

    id: str
    """Among the nodes of its label."""
    label: str
    """User, Item, Entity or the entity's kind."""
    name: str
    """Title of an item, name of an entity, id of a user."""


class PathEdge(Part):
    """An edge on a path."""

    type: str
    """Relationship type: feedback, a fact, or evidence such as CO_LIKED."""
    weight: float
    """As it stands in the graph: value of feedback, weight of a fact or of evidence."""
    forward: bool
    """Whether it points to the next node; else to the one before."""


class CommonFact(Part):
    """What both ends of an edge have."""

    relation: str
    """Relationship type that leads from both ends to the entity."""
    id: str
    """Id of the entity."""
    label: str
    """Kind of the entity."""
    name: str
    """Name of the entity."""


class Path(Part):
    """A walk to the item."""

    nodes: list[Node]
    """From the user, or the session's item, to the item."""
    edges: list[PathEdge]
    """Between the nodes, one less than they are."""
    share: float
    """Its contribution divided by the sum of those above 0."""
    signal: str
    """The signal whose contribution it shows."""
    similarity: dict[str, float] = {}
    """Of two items with like content: cosine, from -1 to 1, of each part that both have."""
    both: CommonFact | None = None
    """What two items with like content have in common."""


class Contribution(Part):
    """A term of the score, or the sum of several of one signal."""

    signal: str
    """collaborative, sequential, knowledge, semantic, factors, profile or prior."""
    value: float
    """What it adds to the score; below 0 it takes away."""
    via: str | None = None
    """The item of the history, or the entity of the user, that it comes through."""
    path: int | None = None
    """Position of its path in `paths`, from 0, where one is shown."""
    terms: int = 1
    """How many terms of the signal it sums up."""


class SuggestedItem(Part):
    """An item, its score, and what the score is made of: the contributions add up to it."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: list[Contribution] = []
    """What the score is made of."""
    paths: list[Path] = []
    """The walks behind the contributions, those that add most first."""
    sentence: str = ""
    """The strongest reasons in words."""
    properties: dict[str, str | int | float | bool] = {}
    """Where asked for by `return_properties`."""


class Suggestions(Part):
    """A list of suggestions."""

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
    """For POST /api/impressions and /api/outcome."""
    user: str | None
    """Null for a session."""
    run: int
    """Number of the run that serves."""
    served_by: ServedBy
    """What the list rests on: the history, the user's attributes alone, or popularity alone."""
    degraded: bool
    """Whether the graph could not be reached, and this is an older answer."""
    note: str
    """What is odd about the list, in a sentence; mostly empty."""
    items: list[SuggestedItem]
    """Best first."""
    context: dict[str, str] = {}
    """What the request gave."""


class NeighbourItem(Part):
    """An item like another, and why: the paths lead from that one to it."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: list[Contribution]
    """What the score is made of."""
    paths: list[Path]
    """From the one item to the other."""


class ItemNeighbours(Part):
    """The items most like an item."""

    item: str
    """Id of the item that was asked about."""
    run: int
    """Number of the run that serves."""
    items: list[NeighbourItem]
    """The most alike first."""


class CommonItem(Part):
    """An item that two users have feedback on."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    feedback: int
    """Pieces of feedback on it, of all users."""


class NeighbourUser(Part):
    """A user like another, and the items in common that say so."""

    user: str
    """Id of the user."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum over the items in common of 1 / log(1 + pieces of feedback on the item)."""
    common: int
    """Number of items in common."""
    items: list[CommonItem]
    """Up to ten of them, those with the least feedback first."""


class UserNeighbours(Part):
    """The users most like a user."""

    user: str
    """Id of the user that was asked about."""
    looked_at: int
    """Items of the history that were compared by."""
    users: list[NeighbourUser]
    """The most alike first."""


class BrowsedItem(Part):
    """An item of a list that is the same for everyone."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    value: float
    """What the list is ordered by."""
    sentence: str = ""
    """Why it is there, in words."""
    properties: dict[str, str | int | float | bool] = {}
    """Where asked for by `return_properties`."""


class BrowsedItems(Part):
    """Items that are the same for everyone."""

    run: int | None
    """Number of the run that the order comes from; null where it comes from none."""
    by: str
    """What they are ordered by: PRIOR, or the name of a property."""
    items: list[BrowsedItem]
    """The greatest value first."""


class SubgraphNode(Part):
    """A node of the subgraph."""

    id: str
    """Among the nodes of its label."""
    label: str
    """User, Item, Entity or the entity's kind."""
    name: str
    """Title of an item, name of an entity, id of a user."""


class SubgraphEdge(Part):
    """An edge of the subgraph."""

    source: int
    """Position in `nodes`, from 0, of the node that it points from."""
    target: int
    """Position in `nodes`, from 0, of the node that it points to."""
    type: str
    """Relationship type."""
    weight: float
    """As it stands in the graph."""


class Subgraph(Part):
    """What all paths together make, each node and edge once."""

    nodes: list[SubgraphNode]
    """Each once, in order of appearance."""
    edges: list[SubgraphEdge]
    """Each once."""


class Counterfactual(Part):
    """The same item as if pieces of the history weighed nothing."""

    without: list[str]
    """The pieces of history that are imagined away."""
    score: float
    """The item's score without them."""
    change: float
    """That score less the present one."""
    rank: int
    """The item's place without them, from 1."""
    verdict: str
    """What would become of the item, in the words of the verdict of now."""
    headline: str
    """The same as a sentence."""


class ExplainedItem(Part):
    """All that the graph says about an item for a user."""

    user: str
    """Id of the user."""
    run: int
    """Number of the run that serves."""
    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place among the candidates by score, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: list[Contribution]
    """Every term of the score."""
    paths: list[Path]
    """The walks behind the contributions."""
    sentence: str
    """The strongest reasons in words."""
    verdict: Literal[
        "suggested", "seen", "excluded", "filtered", "unreached", "outranked", "diversified"
    ]
    """Suggested, or what keeps it out of the list."""
    candidates: int
    """Number of items that were ranked."""
    last: float | None
    """Score of the last item of the list; null where the list is empty."""
    missing: float | None
    """What an outranked item lacks of `last`."""
    against: list[Contribution]
    """The contributions below 0, the worst first."""
    names: dict[str, str]
    """Titles and names, by id, of what contributions come through."""
    headline: str
    """The verdict as a sentence."""
    subgraph: Subgraph
    """All paths laid over each other, as a picture needs them."""
    counterfactual: Counterfactual | None = None
    """Where the request has `without`."""
