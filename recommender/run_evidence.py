"""The port to what serving reads of a run, and what is found through it.

`StoredEvidence` asks the graph at each request, `ArrayEvidence` has read the whole run before. Both
give the same answers; property tests hold them together. What is no part of a run (feedback, facts,
titles) is read from the store in either case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids
from recommender.anchors import Anchors
from recommender.terms import EdgeTerms

Retrieval = Literal["cypher", "memory"]
"""Where the evidence of a run is read: from the graph each time, or from arrays in memory."""

Weights = Mapping[str, Mapping[str, float]]
"""The weights that edges start from, by relation and item: `Anchors.edges`."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Item ids, ascending, the sums of what leads to each, and their PRIOR weights (0: none).

    The arrays have the shape (len(items),). `rows` are those of the items in the factor model (-1:
    none), where they are known. `is_complete` says that nothing else can be reached. `by_items` of
    them were reached from items of the history, `by_evidence` from there or from entities of the
    profile, the rest by the prior.
    """

    items: Ids
    sums: NDArray[np.float64]
    priors: NDArray[np.float64]
    is_complete: bool
    by_items: int
    by_evidence: int
    rows: NDArray[np.intp] | None = None


class RunEvidence(Protocol):
    """The evidence edges and the prior of one run. Safe for concurrent readers."""

    @property
    def outlives_run(self) -> bool:
        """Whether it stays whole when the run is deleted from the graph."""

    def reach(
        self, anchors: Anchors, excluded: frozenset[str], *, n: int, limit: int, silent: Weights
    ) -> Reached:
        """What the anchors lead to: `limit` from items, from entities, and by the prior.

        See `retrieval.retrieve`; the factor model has no part in it.
        """

    def starts_at(self, weights: Weights) -> bool:
        """Whether any evidence starts at these items by these relations."""

    def terms(self, anchors: Anchors, items: Sequence[str]) -> Mapping[str, Sequence[EdgeTerms]]:
        """What the edges from anchors add to each of these items that any leads to.

        By relation, ascending; those from entities last.
        """

    def prior(self, items: Sequence[str]) -> Mapping[str, float]:
        """The PRIOR weights of those of these items that have one."""
