"""Histories of many users as one sparse matrix, weighted as a recipe weighs one history.

`weigh` gives for many users what `SignalRecipe.weights` gives for one; a property test holds
them equal.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recommender.dataset import Feedback
from recommender.recipe import SignalRecipe


def latest_first(feedback: Feedback, feedback_types: Sequence[str], limit: int) -> Feedback:
    """Each user's latest `limit` rows in the order of `Store.history`, users ascending."""
    name_order = np.argsort(np.argsort(np.array(feedback_types, dtype=str), kind="stable"))
    names = name_order[feedback.type] if len(feedback) else feedback.type
    order = np.lexsort((names, feedback.item, ~feedback.at, feedback.user))
    ordered = Feedback(
        user=feedback.user[order],
        item=feedback.item[order],
        type=feedback.type[order],
        value=feedback.value[order],
        at=feedback.at[order],
        split=feedback.split[order],
    )
    return ordered.where(rank_in_group(ordered.user) < limit)


def rank_in_group(
    group: NDArray[np.int32], counts: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """How many rows of the same group stand before each row; `group` is sorted.

    With `counts`, only rows where it holds are counted.
    """
    size = len(group)
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    counted = np.ones(size, dtype=np.int64) if counts is None else counts.astype(np.int64)
    before = np.cumsum(counted) - counted
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    lengths = np.diff(np.r_[starts, size])
    return before - np.repeat(before[starts], lengths)


def type_strength(
    history: Feedback, feedback_types: Sequence[str], type_weights: Mapping[str, float]
) -> NDArray[np.float64]:
    """The weight of the type of each row."""
    by_type = np.array([type_weights.get(name, 0.0) for name in feedback_types], dtype=float)
    return by_type[history.type] if len(history) else np.zeros(0)


def weigh(
    history: Feedback,
    strength: NDArray[np.float64],
    signal: SignalRecipe,
    shape: tuple[int, int],
) -> csr_array:
    """`theta_m(u) * a_m(u, s)` as a matrix (users, items); `history` as `latest_first` gives it."""
    weight = strength
    if signal.decay is not None:
        weight = weight * np.exp(-rank_in_group(history.user, strength != 0.0) / signal.decay)
    total = np.bincount(history.user, weights=np.abs(weight), minlength=shape[0])
    if signal.damping:
        scale = np.zeros(shape[0])
        np.power(total, -signal.damping, out=scale, where=total > 0)
        weight = weight * scale[history.user]
    used = weight != 0.0
    triple = (signal.theta * weight[used], (history.user[used], history.item[used]))
    return csr_array(triple, shape=shape)
