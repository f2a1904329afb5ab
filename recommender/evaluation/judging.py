"""Ranks what the users of one fold have not had and measures the lists against their test items."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Feedback, sort_feedback
from recommender.evaluation.metrics import find_hits, score_lists, top_items
from recommender.evaluation.ranker import Ranker

_CELLS_AT_ONCE = 4_000_000
"""Scores held at a time (users x items), which bounds the memory."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What one model showed to the test users of a fold, and each user's metrics.

    `top` and `scores` have the shape (users, k), best first, `top` with `NO_ITEM` at the end of a
    short list; `metrics` maps each of `USER_METRICS` to (users, len(ks)).
    """

    users: NDArray[np.integer]
    top: NDArray[np.int32]
    scores: NDArray[np.float64]
    metrics: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Judge:
    """The question that every model of a fold is asked: the users, their candidates, their test.

    `known` is the feedback a model ranks by, `seen` what is not to be suggested again, `test` what
    is to be found; all three are of one graph with `n_users` users. `candidates` is (n_items,).
    """

    known: Feedback
    seen: Feedback
    test: Feedback
    candidates: NDArray[np.bool_]
    n_users: int
    users: NDArray[np.integer] = field(init=False)
    _seen: csr_array = field(init=False, repr=False)
    _test: csr_array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "users", np.unique(self.test.user))
        object.__setattr__(self, "_seen", to_rows(self.seen, self.shape))
        object.__setattr__(self, "_test", to_rows(self.test, self.shape))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of users and of items."""
        return self.n_users, len(self.candidates)

    def rank(self, ranker: Ranker, ks: tuple[int, ...]) -> Lists:
        """The lists of all test users, as long as the greatest k, with their metrics."""
        tops, values, hits, sizes = [], [], [], []
        for users in self._batches():
            scores = np.asarray(ranker.scores(users))
            allowed = self.candidates & (self._seen[users].toarray() == 0)
            relevant = self._test[users].toarray() > 0
            top = top_items(scores, allowed, max(ks))
            tops.append(top)
            values.append(np.take_along_axis(scores, np.maximum(top, 0), axis=1))
            hits.append(find_hits(top, relevant))
            sizes.append(relevant.sum(axis=1))
        return Lists(
            users=self.users,
            top=np.concatenate(tops),
            scores=np.concatenate(values).astype(float),
            metrics=dict(score_lists(np.concatenate(hits), np.concatenate(sizes), ks)),
        )

    def _batches(self) -> Iterator[NDArray[np.integer]]:
        size = max(1, _CELLS_AT_ONCE // max(len(self.candidates), 1))
        for start in range(0, len(self.users), size):
            yield self.users[start : start + size]


def to_rows(feedback: Feedback, shape: tuple[int, int]) -> csr_array:
    """The feedback as a binary matrix (users, items), whatever its types and values."""
    rows = csr_array((np.ones(len(feedback)), (feedback.user, feedback.item)), shape=shape)
    rows.sum_duplicates()
    rows.data[:] = 1.0
    return rows


def positives(feedback: Feedback) -> Feedback:
    """The rows of the first type, which is what is predicted."""
    return feedback.where(feedback.type == 0)


def join(first: Feedback, second: Feedback | None) -> Feedback:
    """The rows of both, in the order that `Feedback` promises."""
    if second is None:
        return first
    return sort_feedback(
        Feedback(
            user=np.concatenate([first.user, second.user]),
            item=np.concatenate([first.item, second.item]),
            type=np.concatenate([first.type, second.type]),
            value=np.concatenate([first.value, second.value]),
            at=np.concatenate([first.at, second.at]),
            split=np.concatenate([first.split, second.split]),
        )
    )
