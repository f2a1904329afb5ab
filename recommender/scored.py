"""The exact score of an item: the sum of a term for each evidence edge from an anchor, one for each
piece of the history from the factor model, and the prior.

The sum is `math.fsum`, rounded once whatever the order, so two stores that hold the same edges give
the same bits.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from recommender.anchors import Anchors
from recommender.item_factors import FactorFit
from recommender.recipe import FACTORS
from recommender.serving_run import ServingRun
from recommender.terms import EdgeTerms, Term


@dataclass(frozen=True, slots=True)
class Scored:
    """An item with all terms of its score that are not 0, and its PRIOR weight.

    `edges` are the terms of evidence, one group a relation; `prior_value` is what the prior adds,
    `fit` what the factor model does. `adjustments` are the factors, by relation, that the sum of
    the terms was multiplied with.
    """

    item: str
    score: float
    edges: Sequence[EdgeTerms] = ()
    prior: float = 0.0
    prior_value: float = 0.0
    fit: FactorFit | None = None
    adjustments: tuple[tuple[str, float], ...] = ()

    @property
    def terms(self) -> list[Term]:
        """All terms. There may be thousands: most answers need them for a few items only."""
        found = [term for terms in self.edges for term in terms.each]
        if self.prior_value != 0.0:
            found.append(Term("PRIOR", None, self.prior, self.prior_value))
        if self.fit is not None:
            columns = (self.fit.vias, self.fit.products, self.fit.values)
            found += [
                Term(FACTORS, via, product, value)
                for via, product, value in zip(*columns, strict=True)
                if value != 0.0
            ]
        return found

    @property
    def values(self) -> Iterator[float]:
        """The values of `terms`, with some that are 0."""
        return _values(self.edges, self.prior_value, self.fit)

    @property
    def order(self) -> tuple[float, float, str]:
        """The key that puts scored items best first; ties go to the more popular, then by id."""
        return (-self.score, -self.prior, self.item)

    def greatest_first(self) -> list[Term]:
        """The terms by value, those below 0 last."""
        return sorted(self.terms, key=lambda term: term.place)


def score_items(run: ServingRun, anchors: Anchors, items: Sequence[str]) -> list[Scored]:
    """The exact scores of these items, best first."""
    edges = run.evidence.terms(anchors, items)
    priors = run.evidence.prior(items)
    fits: Mapping[str, FactorFit] = {}
    if run.factors is not None and anchors.factors:
        fits = run.factors.fits(anchors.factors, items)
    scored = []
    for item in items:
        found, prior, fit = edges.get(item, ()), priors.get(item, 0.0), fits.get(item)
        prior_value = (anchors.prior or 0.0) * prior
        score = math.fsum(_values(found, prior_value, fit))
        scored.append(Scored(item, score, found, prior, prior_value, fit))
    return sorted(scored, key=lambda one: one.order)


def _values(
    edges: Sequence[EdgeTerms], prior_value: float, fit: FactorFit | None
) -> Iterator[float]:
    fitting: Sequence[float] = () if fit is None else fit.values
    return chain(*[terms.values for terms in edges], (prior_value,), fitting)
