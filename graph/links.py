"""Which relationship types a graph has, between which labels: what a walk over it can follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graph import tables
from graph.model import (
    ENTITY_EVIDENCE,
    ITEM_EVIDENCE,
    GraphSchema,
    NodeLabel,
)

LinkKind = Literal["evidence", "feedback", "facts"]


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship type with the labels that it connects. The prior of runs is none."""

    kind: LinkKind
    source: NodeLabel
    relation: str
    target: NodeLabel


@dataclass(frozen=True, slots=True)
class Way:
    """A link as it is walked: along its edges, or against them."""

    link: Link
    is_along: bool

    @property
    def begins(self) -> NodeLabel:
        """The label that it is walked from."""
        return self.link.source if self.is_along else self.link.target

    @property
    def ends(self) -> NodeLabel:
        """The label that it leads to."""
        return self.link.target if self.is_along else self.link.source


def links(schema: GraphSchema) -> tuple[Link, ...]:
    """All links of a graph: evidence, then feedback, then facts."""
    found = [Link("evidence", "Item", relation, "Item") for relation in ITEM_EVIDENCE]
    found += [Link("evidence", "Entity", relation, "Item") for relation in ENTITY_EVIDENCE]
    found += [Link("feedback", "User", relation, "Item") for relation in schema.feedback_types]
    found += [
        Link("facts", fact.source, fact.relation, "Entity") for fact in sorted(schema.fact_types)
    ]
    return tuple(found)


def ways(
    schema: GraphSchema, relations: Sequence[str] | None, kinds: Sequence[LinkKind]
) -> tuple[Way, ...]:
    """The ways over these relations, or over the links of these kinds where there are None.

    Raises a UsageError for a relation that the graph does not have.
    """
    there = links(schema)
    for relation in relations or ():
        tables.check_known(relation, list(dict.fromkeys(a.relation for a in there)), "relation")
    return tuple(
        Way(link, is_along)
        for link in there
        if (link.kind in kinds if relations is None else link.relation in relations)
        for is_along in (True, False)
    )
