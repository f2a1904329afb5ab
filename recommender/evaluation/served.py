"""Ranks as serving would: the scores of the evidence, then what serving does where they end.

- Someone from whose history no evidence starts is ranked as one without a history.
- A list that the evidence leaves short is filled with the most popular items.
- Equal scores go to the more popular item, then to the lower id.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Dataset, Feedback
from recommender.evaluation.judging import to_rows
from recommender.evidence import Evidence
from recommender.ranking import MARGIN
from recommender.scoring import Scorer

_TIE = 1e-12
"""Times the prior: more than the rounding of a sum, far less than what scores differ by."""


@dataclass(frozen=True)
class ServedRanker:
    """Ranks users by `histories` with the evidence of one training; lists hold up to `n` items."""

    evidence: Evidence
    dataset: Dataset
    histories: Feedback
    n: int
    _scorer: Scorer = field(init=False, repr=False)
    _known: csr_array = field(init=False, repr=False)
    _is_mute: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shape = (len(self.dataset.users), len(self.dataset.items))
        set_field = object.__setattr__
        set_field(self, "_scorer", Scorer(self.evidence, self.dataset))
        set_field(self, "_known", to_rows(self.histories, shape))
        set_field(self, "_is_mute", ~self._is_heard(shape))

    def scores(self, users: NDArray[np.integer]) -> NDArray[np.float64]:
        """Shape (len(users), n_items); -inf where serving would not show the item."""
        positions = users.astype(np.int32)
        scores = self._scorer.scores(positions, self.histories)
        is_mute = self._is_mute[positions]
        if is_mute.any():
            nothing = self.histories.where(np.zeros(len(self.histories), dtype=np.bool_))
            scores[is_mute] = self._scorer.scores(positions[is_mute], nothing)
        prior = self.evidence.prior
        is_reached = scores > -np.inf
        n_reached = (is_reached & (self._known[positions].toarray() == 0)).sum(axis=1)
        is_short = n_reached < self.n + max(self.n, MARGIN)
        fills = is_short[:, None] & ~is_reached & (prior > 0.0)
        if fills.any():
            added = self._scorer.rerank(positions, self.histories)
            added[is_mute] = 0.0
            scores[fills] = added[fills]
        return np.asarray(scores + _TIE * prior / max(prior.max(initial=0.0), 1.0))

    def _is_heard(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Whether evidence of a signal in use starts at a piece of the user's history."""
        recipe = self.evidence.recipe
        starts = np.zeros(shape[1])
        for signal in recipe.signals:
            if signal.theta != 0.0 and signal.relation in self.evidence.item_edges:
                starts[self.evidence.item_edges[signal.relation].source] = 1.0
        weights = [recipe.type_weights.get(name, 0.0) for name in self.dataset.feedback_types]
        counts = self.histories.where(np.array(weights)[self.histories.type] != 0.0)
        return np.asarray(to_rows(counts, shape) @ starts > 0.0)
