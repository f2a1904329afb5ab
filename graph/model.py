"""The nodes, edges and schema of the graph as plain values; they know no store and no score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Scalar = str | int | float | bool | None
PropertyType = Literal["string", "integer", "float", "boolean"]
NodeLabel = Literal["User", "Item", "Entity"]

FORMAT_VERSION = 1
"""Version of the graph model; a graph with a higher one is refused."""

HELD_OUT = "test"
"""The `split` of feedback that only evaluation may see: training and histories leave it out."""

ITEM_EVIDENCE = ("CO_LIKED", "FOLLOWED_BY", "SHARES", "RESEMBLES")
"""Relationship types of evidence from item to item."""

ENTITY_EVIDENCE = ("FAVOURS",)
"""Relationship types of evidence from entity to item."""

PRIOR_EVIDENCE = "PRIOR"
"""Relationship type from a run to the items that are good without any history."""

IMPRESSION_TYPES = ("GOT", "SHOWED")
"""Relationship types from a user to a recommendation, and on to the items that were shown of it."""

RESERVED_TYPES = frozenset({*ITEM_EVIDENCE, *ENTITY_EVIDENCE, PRIOR_EVIDENCE, *IMPRESSION_TYPES})


@dataclass(frozen=True, slots=True, order=True)
class FactType:
    """One relationship type of facts and the label it starts from; it ends at an Entity."""

    source: NodeLabel
    relation: str


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """What kinds of nodes and edges a graph holds, beyond the fixed ones.

    `feedback_types` is in the order of the mapping: the first one is what is predicted.
    """

    item_properties: Mapping[str, PropertyType] = field(default_factory=dict)
    user_properties: Mapping[str, PropertyType] = field(default_factory=dict)
    entity_kinds: tuple[str, ...] = ()
    fact_types: tuple[FactType, ...] = ()
    feedback_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An item that can be suggested. `properties` are scalars such as a year."""

    id: str
    title: str | None = None
    text: str | None = None
    properties: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """A user; its attributes are facts, its scalars are `properties`."""

    id: str
    properties: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entity:
    """A person, genre, country, ... that items or users have facts about."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class FactEdge:
    """`(source)-[relation {weight}]->(entity)`."""

    source: str
    relation: str
    entity: Entity
    weight: float = 1.0


class HistoryEntry(NamedTuple):
    """One piece of feedback of a user, with the item's title for display; `at` in epoch seconds.

    A named tuple: a request makes one of each piece of a history.
    """

    item: str
    type: str
    value: float
    at: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackEdge:
    """`(user)-[type {value, at}]->(item)`; `at` in epoch seconds."""

    type: str
    user: str
    item: str
    value: float
    at: int | None = None


FeedbackOutcome = Literal[
    "added", "changed", "unchanged", "repeated", "unknown user", "unknown item"
]
"""What became of one row of feedback; `repeated`: a later row with its key counts instead."""


class EvidenceEdge(NamedTuple):
    """`(source)-[relation {weight, run}]->(target)`; the source is an item or an entity.

    A named tuple: a request makes hundreds of them.
    """

    source: str
    relation: str
    target: str
    weight: float


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """What names one node of the graph: ids are unique within a label."""

    label: NodeLabel
    id: str


@dataclass(frozen=True, slots=True)
class Node:
    """Any user, item or entity, to look at: `name` is a title or a name, `kind` an entity's."""

    label: NodeLabel
    id: str
    name: str | None = None
    kind: str | None = None
    properties: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def key(self) -> NodeKey:
        """Its label and id."""
        return NodeKey(self.label, self.id)


@dataclass(frozen=True, slots=True)
class Edge:
    """Any edge between such nodes; `weight` is the value of feedback, `at` its time if it has one.

    An edge of evidence is one of the current run.
    """

    type: str
    source: NodeKey
    target: NodeKey
    weight: float
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Nodes without repetition, and edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Trail(Subgraph):
    """A path: its nodes and edges in order.

    `is_shortest` is False where the search left nodes out, so that a shorter one may be there.
    """

    is_shortest: bool = True


Outcome = Literal["shown", "clicked", "consumed"]
"""What came of an item that was shown, from the least to the most."""


@dataclass(frozen=True, slots=True)
class ShownList:
    """A recommendation of which items were shown to a user, or in a session without one.

    `at` is when it was made, in epoch seconds; `scenario` and `context` are the caller's words for
    the occasion.
    """

    id: str
    at: int
    run: int
    user: str | None = None
    session: str | None = None
    scenario: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Impression:
    """`(recommendation)-[:SHOWED]->(item)`: shown at this place (from 1), and what came of it."""

    item: str
    position: int
    at: int
    outcome: Outcome = "shown"
    outcome_at: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One training: how the evidence with this run number came to be.

    `settings` and `metrics` are JSON values; `fingerprint` is that of the graph trained on.
    `revision` counts the times that its evidence was changed once it was ready, by items that came
    or went: who keeps a run in memory reads it again when this changes.
    """

    id: int
    at: int
    fingerprint: str
    settings: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)
    is_ready: bool = False
    is_current: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True)
class WriteCount:
    """What a bulk write did, in rows. `missing`: an end of the edge is not in the graph."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0

    def __add__(self, other: "WriteCount") -> "WriteCount":
        """Add counts field by field."""
        return WriteCount(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.missing + other.missing,
        )
