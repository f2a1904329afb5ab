"""The exact score of an item, term by term: one for each evidence edge from an anchor, and one for
each piece of the history from the factor model.

The sum is `math.fsum`, rounded once whatever the order, so two stores that hold the same edges give
the same bits.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from recommender.anchors import Anchors
from recommender.item_factors import FactorFit
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

    `grounds` are the terms of edges and of the prior, `fit` those of the factor model.
    `adjustments` are the factors, by relation, that the sum of the terms was multiplied with.
    """

    item: str
    score: float
    grounds: tuple[Term, ...]
    prior: float = 0.0
    fit: FactorFit | None = None
    adjustments: tuple[tuple[str, float], ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms. There may be thousands: most answers need them for a few items only."""
        if self.fit is None:
            return self.grounds
        columns = (self.fit.vias, self.fit.products.tolist(), self.fit.values.tolist())
        found = [
            Term(FACTORS, via, product, value)
            for via, product, value in zip(*columns, strict=True)
            if value != 0.0
        ]
        return (*self.grounds, *found)

    @property
    def values(self) -> list[float]:
        """The values of `terms`, with those that are 0."""
        values = [term.value for term in self.grounds]
        return values if self.fit is None else [*values, *self.fit.values.tolist()]

    @property
    def order(self) -> tuple[float, float, str]:
        """The key that puts scored items best first; ties go to the more popular, then by id."""
        return (-self.score, -self.prior, self.item)

    def greatest_first(self) -> list[Term]:
        """The terms by value, those below 0 last."""
        return sorted(self.terms, key=lambda term: (-term.value, term.relation, term.via or ""))


def score_items(run: ServingRun, anchors: Anchors, items: Sequence[str]) -> list[Scored]:
    """The exact scores of these items, best first."""
    terms: dict[str, list[Term]] = {item: [] for item in items}
    for source, relation, item, weight in run.evidence.edges(anchors, items):
        anchor = (
            anchors.entities[source] if relation == "FAVOURS" else anchors.items[source][relation]
        )
        value = anchor * weight
        if value != 0.0:
            terms[item].append(Term(relation, source, weight, value))
    priors = run.evidence.prior(items)
    if anchors.prior:
        for item, weight in priors.items():
            if weight != 0.0:
                terms[item].append(Term("PRIOR", None, weight, anchors.prior * weight))
    factors = anchors.factors
    fits: Mapping[str, FactorFit] = {}
    if run.factors is not None and factors:
        fits = run.factors.fits(factors, items)
    scored = []
    for item, found in terms.items():
        one = Scored(item, 0.0, tuple(found), priors.get(item, 0.0), fits.get(item))
        scored.append(replace(one, score=math.fsum(one.values)))
    return sorted(scored, key=lambda one: one.order)
