"""The exact score of an item, term by term: one for each evidence edge from an anchor, and one for
each piece of the history from the factor model.

The sum is `math.fsum`, rounded once whatever the order, so two stores that hold the same edges give
the same bits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from graph.store import Store
from recommender.anchors import Anchors
from recommender.recipe import FACTORS, SIGNAL_OF_RELATION
from recommender.serving_run import ServingRun


class Term(NamedTuple):
    """`value = anchor weight * weight` of the evidence edge `(via)-[relation {weight}]->(item)`.

    With the relation `FACTORS` the weight is that of the factor model, and there is no edge.

    `via` is an item of the history, an entity of the user, or None for the prior. (A named tuple:
    a request makes a thousand of them.)
    """

    relation: str
    via: str | None
    weight: float
    value: float

    @property
    def signal(self) -> str:
        """The signal that this relation carries."""
        return SIGNAL_OF_RELATION[self.relation]

    @property
    def is_edge(self) -> bool:
        """Whether the graph holds an edge for it."""
        return self.via is not None and self.relation != FACTORS


@dataclass(frozen=True, slots=True)
class Scored:
    """An item with all terms of its score that are not 0, and its PRIOR weight.

    `adjustments` are the factors, by relation, that the sum of the terms was multiplied with.
    """

    item: str
    score: float
    terms: tuple[Term, ...]
    prior: float = 0.0
    adjustments: tuple[tuple[str, float], ...] = ()

    @property
    def order(self) -> tuple[float, float, str]:
        """The key that puts scored items best first; ties go to the more popular, then by id."""
        return (-self.score, -self.prior, self.item)

    def greatest_first(self) -> list[Term]:
        """The terms by value, those below 0 last."""
        return sorted(self.terms, key=lambda term: (-term.value, term.relation, term.via or ""))


def score_items(
    store: Store, run: ServingRun, anchors: Anchors, items: Sequence[str], *, is_whole: bool = True
) -> list[Scored]:
    """The exact scores of these items, best first.

    Not `is_whole`, their `terms` lack those of the factor model, which `add_factor_terms` adds:
    there are as many as the history has pieces, and few items are shown.
    """
    terms: dict[str, list[Term]] = {item: [] for item in items}
    edges = anchors.edges
    if edges:
        for edge in store.evidence(list(edges), items, run.id):
            anchor = edges[edge.source].get(edge.relation)
            if anchor is not None:
                value = anchor * edge.weight
                terms[edge.target].append(Term(edge.relation, edge.source, edge.weight, value))
    if anchors.entities:
        for edge in store.entity_evidence(list(anchors.entities), items, run.id):
            value = anchors.entities[edge.source] * edge.weight
            terms[edge.target].append(Term(edge.relation, edge.source, edge.weight, value))
    priors = run.priors.of(store, run.id, items)
    if anchors.prior:
        for item, weight in priors.items():
            terms[item].append(Term("PRIOR", None, weight, anchors.prior * weight))
    factors = anchors.factors
    reranked: Mapping[str, Sequence[float]] = {}
    if run.factors is not None and factors:
        reranked = run.factors.values(factors, items)
    scored = []
    for item, found in terms.items():
        counting = tuple(term for term in found if term.value != 0.0)
        score = math.fsum(chain((term.value for term in counting), reranked.get(item, ())))
        scored.append(Scored(item, score, counting, priors.get(item, 0.0)))
    if is_whole:
        scored = add_factor_terms(run, anchors, scored)
    return sorted(scored, key=lambda one: one.order)


def add_factor_terms(run: ServingRun, anchors: Anchors, scored: Sequence[Scored]) -> list[Scored]:
    """The same items with the terms of the factor model; their scores count these already."""
    factors = anchors.factors
    if run.factors is None or not factors:
        return list(scored)
    products = run.factors.terms(factors, [one.item for one in scored])
    return [
        replace(
            one,
            terms=(
                *one.terms,
                *(
                    Term(FACTORS, via, product, value)
                    for via, product in products.get(one.item, {}).items()
                    if (value := factors[via] * product) != 0.0
                ),
            ),
        )
        for one in scored
    ]
