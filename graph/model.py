"""The nodes, edges and schema of the graph as plain values; they know no store and no score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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

RESERVED_TYPES = frozenset({*ITEM_EVIDENCE, *ENTITY_EVIDENCE, PRIOR_EVIDENCE})


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


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One piece of feedback of a user, with the item's title for display; `at` in epoch seconds."""

    item: str
    type: str
    value: float
    at: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceEdge:
    """`(source)-[relation {weight, run}]->(target)`; the source is an item or an entity."""

    source: str
    relation: str
    target: str
    weight: float


@dataclass(frozen=True, slots=True)
class Run:
    """One training: how the evidence with this run number came to be.

    `settings` and `metrics` are JSON values; `fingerprint` is that of the graph trained on.
    """

    id: int
    at: int
    fingerprint: str
    settings: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)
    is_ready: bool = False
    is_current: bool = False


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
