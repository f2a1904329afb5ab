"""The sequential kernel: a ridge regression from a recency-weighted past to the items that follow.

One row for each position `p` of each history: `F[p]` is the sum of the past items, weighted
`exp(-(age - 1) / past_decay)`, `Y[p]` that of the item at `p` and the next ones, weighted
`exp(-ahead / next_decay)`; the kernel is `(F'F + lambda I)^-1 F'Y`. Both products are sums over
pairs of positions of one history at a distance `k` below a band, and the weight of a pair depends
on `k` (for `F'F` also on the distance to the end), so `F` and `Y` are never built: one pass over
the histories for each distance is enough.

Predicting only the next item is much worse than the wide target (ml-1m: .2516 against .2865).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack


@dataclass(frozen=True, slots=True)
class Window:
    """How far a row looks back and ahead, in pieces of feedback, and how its weights fade."""

    past_decay: float = 10.0
    next_decay: float = 15.0
    past: int = 50
    ahead: int = 20

    def past_weights(self) -> NDArray[np.float64]:
        """Weight of the item `age` positions back, for age 1, 2, ...; shape (past,)."""
        weights: NDArray[np.float64] = np.exp(-np.arange(self.past) / self.past_decay)
        return weights

    def next_weights(self) -> NDArray[np.float64]:
        """Weight of the item `ahead` positions on, for ahead 0, 1, ...; shape (ahead,)."""
        weights: NDArray[np.float64] = np.exp(-np.arange(self.ahead) / self.next_decay)
        return weights


@dataclass(frozen=True, slots=True)
class Moments:
    """`F'F` and `F'Y`, both (n_items, n_items), rows by the item of the past."""

    past: NDArray[np.float32]
    cross: NDArray[np.float32]


def accumulate(
    user: NDArray[np.int32], item: NDArray[np.int32], n_items: int, window: Window
) -> Moments:
    """The moments of histories, given as rows sorted by user and, within a user, by time."""
    size = len(user)
    past_weights, next_weights = window.past_weights(), window.next_weights()
    # The pair (s at q, c at q + k) meets in the rows p = q + a, a = 1..past: c is k - a ahead.
    cross_weights = np.concatenate([[0.0], np.convolve(past_weights, next_weights)])
    ends = np.append(np.flatnonzero(user[1:] != user[:-1]), size - 1) if size else np.zeros(0, int)
    left = np.repeat(ends, np.diff(ends, prepend=-1)) - np.arange(size)
    past = np.zeros(n_items * n_items, dtype=np.float32)
    cross = np.zeros(n_items * n_items, dtype=np.float32)
    for distance in range(len(cross_weights)):
        first = np.flatnonzero(left >= distance)
        if len(first) == 0:
            break
        second = first + distance
        pairs = item[first].astype(np.int64) * n_items + item[second]
        if distance:
            np.add.at(cross, pairs, np.float32(cross_weights[distance]))
        if distance < window.past:
            # Both are in the past of p = second + b, for b = 1..past - distance, up to the end.
            products = past_weights[: window.past - distance] * past_weights[distance:]
            if distance == 0:
                products = products / 2.0  # it is mirrored below
            reached = np.concatenate([[0.0], np.cumsum(products)]).astype(np.float32)
            np.add.at(past, pairs, reached[np.minimum(left[second], len(products))])
    half = past.reshape(n_items, n_items)
    return Moments(half + half.T, cross.reshape(n_items, n_items))


def fit_sequential(moments: Moments, regularization: float) -> NDArray[np.float32]:
    """The kernel (n_items, n_items), entry (s, c) from s to c, 0 on the diagonal."""
    ridge = np.array(moments.past, dtype=np.float32, order="F")
    ridge[np.diag_indices_from(ridge)] += np.float32(regularization)
    factor, failed = lapack.spotrf(ridge, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("the moments are not positive definite: raise the regularisation")
    solved, _ = lapack.spotrs(factor, moments.cross, lower=1)
    kernel: NDArray[np.float32] = np.ascontiguousarray(solved)
    np.fill_diagonal(kernel, 0.0)
    return kernel
