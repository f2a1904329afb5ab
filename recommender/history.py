"""Histories of many users as one sparse matrix, weighted as a recipe weighs one history.

`weigh` gives for many users what `SignalRecipe.weights` gives for one; a property test holds
them equal.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Feedback
from recommender.recipe import SignalRecipe, fade, mean_ranks


def latest_first(feedback: Feedback, feedback_types: Sequence[str], limit: int) -> Feedback:
    """Each user's latest `limit` rows in the order of `Store.history`, users ascending."""
    name_order = np.argsort(np.argsort(np.array(feedback_types, dtype=str), kind="stable"))
    names = name_order[feedback.type] if len(feedback) else feedback.type
    order = np.lexsort((names, feedback.item, ~feedback.at, feedback.user))
    ordered = feedback.take(order)
    starts = np.flatnonzero(_changes(ordered.user))
    place = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.r_[starts, len(ordered)]))
    return ordered.where(place < limit)


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
        is_new_user = _changes(history.user)
        rank = mean_ranks(is_new_user | _changes(history.at), strength != 0.0, is_new_user)
        weight = weight * fade(rank, signal.decay)
    total = np.bincount(history.user, weights=np.abs(weight), minlength=shape[0])
    if signal.damping:
        scale = np.zeros(shape[0])
        np.power(total, -signal.damping, out=scale, where=total > 0)
        weight = weight * scale[history.user]
    used = weight != 0.0
    triple = (signal.theta * weight[used], (history.user[used], history.item[used]))
    return csr_array(triple, shape=shape)


def _changes(column: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether a row differs from the one before it; True for the first."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.bool_)
    return np.concatenate([[True], column[1:] != column[:-1]])
