"""Validation: what is held back to choose settings with, and how well scores do on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import NO_TIME, Dataset, Feedback
from recommender.history import latest_first

SHARE = 0.15
"""Share of each user's feedback that is held back where no validation data is given."""

MIN_USERS = 10
"""Users with validation feedback below which nothing can be chosen."""

CUTOFFS = (10, 50)
"""nDCG is averaged over these: at 10 alone it is too noisy to choose among close settings."""


def has_times(feedback: Feedback) -> bool:
    """Whether times mean something: most users with two pieces or more have different times."""
    known = feedback.where(feedback.at != NO_TIME)
    if len(known) < 2:
        return False
    same_user = known.user[1:] == known.user[:-1]
    moves = same_user & (known.at[1:] != known.at[:-1])
    repeating = len(np.unique(feedback.user[1:][feedback.user[1:] == feedback.user[:-1]]))
    return bool(len(np.unique(known.user[1:][moves])) > repeating / 2)


def hold_back(
    feedback: Feedback, *, chronological: bool, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which rows of the predicted type to hold back: each user's latest, or any, `SHARE` of them.

    A user with a single piece keeps it. Rows of other types are never held back.
    """
    predicted = np.flatnonzero(feedback.type == 0)
    rows = feedback.take(predicted)
    key = np.zeros(len(rows)) if not chronological else rows.at.astype(np.float64)
    order = np.lexsort((rng.random(len(rows)), key, rows.user))
    user = rows.user[order]
    count = np.bincount(user, minlength=int(user.max(initial=-1)) + 1)
    starts = np.cumsum(count) - count
    place = np.arange(len(user)) - starts[user]
    held_count = np.where(count >= 2, np.maximum(np.round(count * SHARE), 1), 0)
    held = np.zeros(len(feedback), dtype=np.bool_)
    held[predicted[order[place >= (count - held_count)[user]]]] = True
    return held


@dataclass(frozen=True, slots=True)
class Bench:
    """Users with what is known and what was held back of them, over a selection of items.

    `history` is latest first, its `user` is a row of the bench and its `item` a column.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    history: Feedback
    is_known: NDArray[np.bool_]
    is_relevant: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return self.is_known.shape[0], self.is_known.shape[1]

    def quality(
        self, scores: NDArray[np.floating], cutoffs: Sequence[int] = CUTOFFS
    ) -> NDArray[np.float64]:
        """nDCG of each user for scores of shape `self.shape`, averaged over the cut-offs."""
        n_relevant = self.is_relevant.sum(axis=1)
        return mean_ndcg(scores, ~self.is_known, self.is_relevant, n_relevant, cutoffs)


def mean_ndcg(
    scores: NDArray[np.floating],
    is_open: NDArray[np.bool_],
    is_relevant: NDArray[np.bool_],
    n_relevant: NDArray[np.integer],
    cutoffs: Sequence[int] = CUTOFFS,
) -> NDArray[np.float64]:
    """nDCG (binary gains) of each row of scores, averaged over the cut-offs.

    Args:
        scores: shape (users, candidates); 0 says that nothing leads to the candidate, which then
            would not be suggested and cannot be a hit.
        is_open: which candidates may be ranked.
        is_relevant: which of them were held back.
        n_relevant: how many were held back, of these candidates or others; at least 1.
        cutoffs: lengths of the list.
    """
    width = scores.shape[1]
    depth = min(max(cutoffs), width)
    masked = np.where(is_open, scores, -np.inf)
    best = np.argpartition(masked, width - depth, axis=1)[:, -depth:]
    values = np.take_along_axis(masked, best, axis=1)
    top = np.take_along_axis(best, np.argsort(-values, axis=1, kind="stable"), axis=1)
    hits = np.take_along_axis(is_relevant & is_open & (scores != 0.0), top, axis=1)
    discount = 1.0 / np.log2(np.arange(2, max(cutoffs) + 2))
    gained = np.cumsum(hits * discount[:depth], axis=1)
    ideal = np.cumsum(discount)
    parts = [gained[:, min(k, depth) - 1] / ideal[np.minimum(n_relevant, k) - 1] for k in cutoffs]
    mean: NDArray[np.float64] = np.mean(parts, axis=0)
    return mean


def make_bench(
    dataset: Dataset,
    fit: Feedback,
    held: Feedback,
    *,
    max_users: int,
    max_items: int | None,
    history_limit: int,
    rng: np.random.Generator,
) -> Bench:
    """A bench of up to `max_users` users and the `max_items` items with the most feedback in `fit`.

    Users without anything relevant among the items are left out.
    """
    n_items = len(dataset.items)
    items = np.arange(n_items, dtype=np.int32)
    if max_items is not None and max_items < n_items:
        count = np.bincount(fit.item[fit.type == 0], minlength=n_items)
        items = np.sort(np.argsort(-count, kind="stable")[:max_items]).astype(np.int32)
    column = np.full(n_items, -1, dtype=np.int32)
    column[items] = np.arange(len(items), dtype=np.int32)
    relevant = held.where((held.type == 0) & (column[held.item] >= 0))
    users = np.intersect1d(relevant.user, fit.user[fit.type == 0])
    if len(users) > max_users:
        users = np.sort(rng.choice(users, max_users, replace=False))
    row = np.full(len(dataset.users), -1, dtype=np.int32)
    row[users] = np.arange(len(users), dtype=np.int32)

    def inside(feedback: Feedback) -> Feedback:
        chosen = feedback.where((row[feedback.user] >= 0) & (column[feedback.item] >= 0))
        return Feedback(
            row[chosen.user],
            column[chosen.item],
            chosen.type,
            chosen.value,
            chosen.at,
            chosen.split,
        )

    known, relevant = inside(fit), inside(relevant)
    is_known = np.zeros((len(users), len(items)), dtype=np.bool_)
    is_known[known.user, known.item] = True
    is_relevant = np.zeros_like(is_known)
    is_relevant[relevant.user, relevant.item] = True
    is_relevant &= ~is_known
    useful: NDArray[np.bool_] = np.asarray(is_relevant.any(axis=1))
    if not useful.all():
        renumbered = np.cumsum(useful) - 1
        known = known.where(useful[known.user])
        known = Feedback(
            renumbered[known.user].astype(np.int32),
            known.item,
            known.type,
            known.value,
            known.at,
            known.split,
        )
    return Bench(
        users=users[useful].astype(np.int32),
        items=items,
        history=latest_first(known, dataset.feedback_types, history_limit),
        is_known=is_known[useful],
        is_relevant=is_relevant[useful],
    )


def feedback_rows(feedback: Feedback, shape: tuple[int, int]) -> csr_array:
    """Feedback of the predicted type as a binary matrix (users, items)."""
    chosen = feedback.type == 0
    ones = np.ones(int(chosen.sum()))
    rows = csr_array((ones, (feedback.user[chosen], feedback.item[chosen])), shape=shape)
    rows.sum_duplicates()
    rows.data[:] = 1.0
    return rows
