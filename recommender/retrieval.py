"""Finds candidates by the evidence of a run, and orders them by their scores up to rounding.

What the evidence finds, the factor model reranks: it adds its terms to every candidate.

The sums depend on the order of addition in their last digits; the exact scores come from
`recommender/scored.py`, for the few that matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.anchors import Anchors
from recommender.run_evidence import Reached, Weights
from recommender.serving_run import ServingRun

LIMIT = 1000
"""Candidates taken from each kind of evidence; retrieval goes deeper where a filter needs it."""

RERANKED = 10_000
"""The same where the factor model reranks: it may lift any of them to the top."""

NEAR = 1e-9
"""Sums this near (times the greater one, if that is above 1) may be in another order exactly."""


@dataclass(frozen=True)
class Candidates:
    """Item ids with their approximate scores, best first, ties by prior, then by id.

    `found` are the items that were reached, `sums` their approximate scores, both by id; only as
    many are put in order as are looked at.
    """

    found: Reached
    sums: NDArray[np.float64]

    def best_first(self, likely: int) -> Iterator[str]:
        """All of them, best first; `likely` is how many will probably be looked at."""
        head = self.found.items[self._first(likely)].tolist()
        yield from head
        yield from self.items[len(head) :]

    @cached_property
    def items(self) -> Sequence[str]:
        """All of them, best first."""
        items: list[str] = self.found.items[self._first(len(self.sums))].tolist()
        return items

    @property
    def scores(self) -> dict[str, float]:
        """The approximate score of each."""
        return dict(zip(self.found.items.tolist(), self.sums.tolist(), strict=True))

    def contenders(self, passing: Sequence[str], n: int) -> Sequence[str]:
        """Those of some candidates, best first, that may be among the first `n` of them."""
        if len(passing) <= n:
            return passing
        places = np.searchsorted(self.found.items, np.array(passing, dtype=object))
        sums = self.sums[places]
        near = NEAR * max(1.0, abs(float(sums[0])), abs(float(sums[n - 1])))
        return passing[: int(np.searchsorted(-sums, near - sums[n - 1], side="right"))]

    def _first(self, number: int) -> NDArray[np.intp]:
        """The places of the first so many."""
        places, sums = np.arange(len(self.sums)), self.sums
        if number < len(places):
            least = np.partition(sums, len(sums) - number)[len(sums) - number]
            places = np.flatnonzero(sums >= least)
        # The sort is stable: what ties in both stays by id.
        order = np.lexsort((-self.found.priors[places], -sums[places]))
        return places[order[:number]]


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
    factors, sums = anchors.factors, found.sums
    if run.factors is not None and factors and len(sums):
        sums = sums + run.factors.scores(factors, found.items, found.rows)
    return Candidates(found, sums)
