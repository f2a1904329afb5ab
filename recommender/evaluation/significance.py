"""How sure a difference between two models is: a bootstrap over the users both were measured on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CELLS_AT_ONCE = 4_000_000
"""Resampling counts drawn at a time (users x resamples), which bounds the memory."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference of two means and the bounds between which it lies with this `confidence`."""

    difference: float
    low: float
    high: float
    confidence: float = 0.95

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0.0 or self.high < 0.0


def compare_paired(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    users: NDArray[np.integer],
    folds: NDArray[np.integer],
    rng: np.random.Generator,
    resamples: int = 2_000,
    confidence: float = 0.95,
) -> Interval:
    """The mean of `first - second` with its percentile bootstrap interval.

    Row i is one user (`users[i]`) measured in one fold (`folds[i]`); a user is in a fold once. The
    mean is over the users of each fold, then over the folds. What is drawn with replacement are
    users, each with the rows of all its folds, because the rows of one user are not independent
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
    """
    if len(first) == 0:
        raise ValueError("there is no user to compare on")
    _, row = np.unique(users, return_inverse=True)
    _, column = np.unique(folds, return_inverse=True)
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    differences = np.zeros(shape)
    differences[row, column] = first - second
    is_measured = np.zeros(shape)
    is_measured[row, column] = 1.0

    n_users = shape[0]
    at_once = max(1, _CELLS_AT_ONCE // n_users)
    means = []
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = rng.multinomial(n_users, np.full(n_users, 1.0 / n_users), size=size).astype(float)
        sums, counts = drawn @ differences, drawn @ is_measured
        # A fold that no drawn user was in has no mean; it is left out of that resample.
        fold_means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
        means.append(np.nanmean(fold_means, axis=1))
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(np.concatenate(means), [tail, 1.0 - tail])
    observed = float((differences.sum(axis=0) / is_measured.sum(axis=0)).mean())
    return Interval(observed, float(low), float(high), confidence)
