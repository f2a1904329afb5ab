"""Finds candidates by the evidence of a run, and orders them by their scores up to rounding.

What the evidence finds, the factor model reranks: it adds its terms to every candidate.

The sums depend on the order of addition in their last digits; the exact scores come from
`recommender/terms.py`, for the few that matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.anchors import Anchors
from recommender.run_evidence import Weights
from recommender.serving_run import ServingRun

LIMIT = 1000
"""Candidates taken from each kind of evidence; retrieval goes deeper where a filter needs it."""

RERANKED = 10_000
"""The same where the factor model reranks: it may lift any of them to the top."""

NEAR = 1e-9
"""Sums this near (times the greater one, if that is above 1) may be in another order exactly."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Item ids with their approximate scores, best first, ties by prior, then by id.

    `sums` has the shape (len(items),). `is_complete` says that nothing else can be reached.
    `by_items` of them were reached from items of the history, `by_evidence` from there or from
    entities of the profile, the rest by the prior.
    """

    items: Sequence[str]
    sums: NDArray[np.float64]
    is_complete: bool
    by_items: int
    by_evidence: int

    @property
    def scores(self) -> dict[str, float]:
        """The approximate score of each, best first."""
        return dict(zip(self.items, self.sums.tolist(), strict=True))

    def contenders(self, passing: Sequence[str], n: int) -> Sequence[str]:
        """Those of some candidates, best first, that may be among the first `n` of them."""
        if len(passing) <= n:
            return passing
        if passing[-1] == self.items[len(passing) - 1]:  # none is left out before it
            sums = self.sums[: len(passing)]
        else:
            scores = self.scores
            sums = np.array([scores[item] for item in passing], dtype=np.float64)
        near = NEAR * max(1.0, abs(float(sums[0])), abs(float(sums[n - 1])))
        return passing[: int(np.searchsorted(-sums, near - sums[n - 1], side="right"))]


def retrieve(
    run: ServingRun,
    anchors: Anchors,
    excluded: frozenset[str],
    *,
    n: int,
    limit: int = LIMIT,
    silent: Weights | None = None,
) -> Candidates:
    """The candidates of these anchors: from items, from entities, and from the prior; reranked.

    The most popular items are among them where the prior counts, and where evidence reaches fewer
    than `n`. What `silent` anchors reach is found, and nothing is added for it.
    """
    found = run.evidence.reach(anchors, excluded, n=n, limit=limit, silent=silent or {})
    sums = found.sums
    factors = anchors.factors
    if run.factors is not None and factors and found.items:
        sums = sums + run.factors.scores(factors, found.items, found.rows)
    order = np.lexsort((-found.priors, -sums))  # stable: what ties in both stays by id
    return Candidates(
        [found.items[place] for place in order.tolist()],
        sums[order],
        found.is_complete,
        found.by_items,
        found.by_evidence,
    )
