"""The exact score of an item, term by term: one term for each evidence edge from an anchor.

The sum is `math.fsum`, rounded once whatever the order, so two stores that hold the same edges give
the same bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from graph.store import Store
from recommender.anchors import Anchors
from recommender.recipe import SIGNAL_OF_RELATION
from recommender.serving_run import ServingRun


@dataclass(frozen=True, slots=True)
class Term:
    """`value = anchor weight * weight` of the evidence edge `(via)-[relation {weight}]->(item)`.

    `via` is an item of the history, an entity of the user, or None for the prior.
    """

    relation: str
    via: str | None
    weight: float
    value: float

    @property
    def signal(self) -> str:
        """The signal that this relation carries."""
        return SIGNAL_OF_RELATION[self.relation]


@dataclass(frozen=True, slots=True)
class Scored:
    """An item with all terms of its score that are not 0, the greatest first."""

    item: str
    score: float
    terms: tuple[Term, ...]
    prior: float = 0.0

    @property
    def order(self) -> tuple[float, float, str]:
        """The key that puts scored items best first; ties go to the more popular, then by id."""
        return (-self.score, -self.prior, self.item)


def score_items(
    store: Store, run: ServingRun, anchors: Anchors, items: Sequence[str]
) -> list[Scored]:
    """The exact scores of these items, best first."""
    terms: dict[str, list[Term]] = {item: [] for item in items}
    priors = run.priors.of(store, run.id, items)
    if anchors.items:
        for edge in store.evidence(list(anchors.items), items, run.id):
            anchor = anchors.items[edge.source].get(edge.relation, 0.0)
            _add(terms, edge.target, edge.relation, edge.source, anchor, edge.weight)
    if anchors.entities:
        for edge in store.entity_evidence(list(anchors.entities), items, run.id):
            anchor = anchors.entities[edge.source]
            _add(terms, edge.target, edge.relation, edge.source, anchor, edge.weight)
    if anchors.prior:
        for item, weight in priors.items():
            _add(terms, item, "PRIOR", None, anchors.prior, weight)
    scored = [
        Scored(
            item,
            math.fsum(term.value for term in found),
            tuple(sorted(found, key=lambda term: (-term.value, term.relation, term.via or ""))),
            priors.get(item, 0.0),
        )
        for item, found in terms.items()
    ]
    return sorted(scored, key=lambda one: one.order)


def _add(
    terms: dict[str, list[Term]],
    item: str,
    relation: str,
    via: str | None,
    anchor: float,
    weight: float,
) -> None:
    value = anchor * weight
    if value != 0.0:
        terms[item].append(Term(relation, via, weight, value))
