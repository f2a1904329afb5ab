"""The answer of a recommendation as plain values, and their JSON form (one for CLI and REST)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from graph.model import Scalar

Explain = Literal["none", "paths", "full"]
"""How much is said of a suggestion: its score alone, its paths and sums, or each term."""

ServedBy = Literal["history", "profile", "prior"]
"""What the answer rests on: the user's history, the user's attributes alone, or the prior alone."""


class Contribution(NamedTuple):
    """One term of the score. (A named tuple: an answer may have a thousand of them.)

    `signal` is a name of `SIGNAL_OF_RELATION`; `via` the item of the history, or the entity of the
    profile, that it comes through (None for the prior); `path` the index of its path, if shown.
    `terms` is how many terms of the signal it is the sum of; with more than one, it has no `via`.
    """

    signal: str
    value: float
    via: str | None = None
    path: int | None = None
    terms: int = 1


class PathNode(NamedTuple):
    """A node on a path. `label` is User, Item, Entity or the entity's kind."""

    id: str
    label: str
    name: str


class PathEdge(NamedTuple):
    """An edge on a path, as it stands in the store. `forward`: it points to the next node."""

    type: str
    weight: float
    forward: bool = True


@dataclass(frozen=True, slots=True)
class CommonFact:
    """What both ends of an edge have: `(first)-[relation]->(entity)<-[relation]-(second)`."""

    relation: str
    entity: PathNode


@dataclass(frozen=True, slots=True)
class Path:
    """A walk from the user (or the session's item) to the suggested item.

    `len(nodes) == len(edges) + 1`. `share` is its contribution divided by the sum of the positive
    contributions of the suggestion. On a path by similar content, `similarity` holds the cosine of
    the two items in each part that both have, and `both` what they have in common, if anything.
    """

    nodes: tuple[PathNode, ...]
    edges: tuple[PathEdge, ...]
    share: float
    signal: str
    similarity: Mapping[str, float] = field(default_factory=dict)
    both: CommonFact | None = None

    def __post_init__(self) -> None:
        if len(self.nodes) != len(self.edges) + 1:
            raise ValueError("a path has one node more than edges")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item, its score, and the terms and paths that make it. `sum(contributions) == score`.

    What the request did not ask for is empty. `properties` are the item's.
    """

    item: str
    title: str | None
    rank: int
    score: float
    contributions: tuple[Contribution, ...]
    paths: tuple[Path, ...]
    sentence: str
    properties: Mapping[str, Scalar] = field(default_factory=dict)

    def to_json(
        self, explain: Explain = "full", *, with_properties: bool = False
    ) -> dict[str, Any]:
        """The public JSON form (docs/reference.md), without what was not asked for."""
        said: dict[str, Any] = {
            "item": self.item,
            "title": self.title,
            "rank": self.rank,
            "score": self.score,
        }
        if explain != "none":
            said |= self._reasons()
        if with_properties:
            said["properties"] = dict(self.properties)
        return said

    def _reasons(self) -> dict[str, Any]:
        return {
            "contributions": [_contribution_json(*term) for term in self.contributions],
            "paths": [
                {
                    "nodes": [
                        {"id": node.id, "label": node.label, "name": node.name}
                        for node in path.nodes
                    ],
                    "edges": [
                        {"type": edge.type, "weight": edge.weight, "forward": edge.forward}
                        for edge in path.edges
                    ],
                    "share": path.share,
                    "signal": path.signal,
                    **({"similarity": dict(path.similarity)} if path.similarity else {}),
                    **({} if path.both is None else {"both": _common_json(path.both)}),
                }
                for path in self.paths
            ],
            "sentence": self.sentence,
        }


def _contribution_json(
    signal: str, value: float, via: str | None, path: int | None, terms: int
) -> dict[str, object]:
    said: dict[str, object] = {"signal": signal}
    if via is not None:
        said["via"] = via
    said["value"] = value
    if path is not None:
        said["path"] = path
    if terms > 1:
        said["terms"] = terms
    return said


def _common_json(common: CommonFact) -> dict[str, str]:
    entity = common.entity
    return {
        "relation": common.relation,
        "id": entity.id,
        "label": entity.label,
        "name": entity.name,
    }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Suggestions for one user or session, best first, and what they rest on."""

    user: str | None
    run: int
    served_by: ServedBy
    suggestions: tuple[Suggestion, ...]
    note: str = ""
    explain: Explain = "full"

    def to_json(self, *, with_properties: bool = False) -> dict[str, Any]:
        """The public JSON form; `properties` of items only where asked for."""
        return {
            "user": self.user,
            "run": self.run,
            "served_by": self.served_by,
            "note": self.note,
            "items": [
                suggestion.to_json(self.explain, with_properties=with_properties)
                for suggestion in self.suggestions
            ],
        }
