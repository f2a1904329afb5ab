"""Weights of features that rank lists, by the softmax loss of lists, with their standard errors.

A list holds candidates c with features x_f(c), and the relevant ones share a probability of 1. The
loss is the top-one cross entropy of ListNet (Cao et al., ICML 2007) plus a penalty,

    - mean over lists of sum_c p(c) log softmax_c(sum_f w_f x_f(c))  +  sum_f s_f (w_f - u_f)^2 ,

which is convex; unlike ListNet's, the model is linear and its weights are not negative. The errors
are those of the sandwich estimator (White, Econometrica 1982), with lists of one user taken as one
observation. It holds for minima within the bounds; a weight at 0 gets the error it would have there
without the bound, which says how far above 0 it might be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_CELLS = 4_000_000
"""Candidates of all lists that are worked on at a time, so that memory stays bounded."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of equal length.

    `features` (features, lists, candidates); `is_open`, `is_relevant` (lists, candidates): which
    candidates are ranked and which of these belong on top, one at least in each list; `owners`
    (lists,): whose list it is.
    """

    features: NDArray[np.float32]
    is_open: NDArray[np.bool_]
    is_relevant: NDArray[np.bool_]
    owners: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.owners)

    def parts(self) -> Iterator["Lists"]:
        """The same lists in groups of a bounded size, in the layout that products are quick in."""
        count = max(_CELLS // max(self.is_open.shape[1], 1), 1)
        for start in range(0, len(self), count):
            rows = slice(start, start + count)
            yield Lists(
                np.ascontiguousarray(self.features[:, rows]),
                self.is_open[rows],
                self.is_relevant[rows],
                self.owners[rows],
            )


@dataclass(frozen=True, slots=True)
class Penalty:
    """`strengths` s and `usual` weights u of the penalty, each of shape (features,)."""

    strengths: Floats
    usual: Floats

    @classmethod
    def none(cls, n_features: int) -> "Penalty":
        """No penalty."""
        return cls(np.zeros(n_features), np.zeros(n_features))


def fit_listwise(lists: Sequence[Lists], penalty: Penalty) -> Floats:
    """The non-negative weights of least loss; shape (features,).

    Args:
        lists: in groups that may differ in length.
        penalty: draws each weight to a usual one.
    """
    parts = [(part, _shares(part)) for part in _parts(lists)]
    n_lists = sum(map(len, lists))
    n_features = len(penalty.usual)

    def loss(weights: Floats) -> tuple[float, Floats]:
        away = weights - penalty.usual
        value = float(penalty.strengths @ away**2) * n_lists
        slope = 2.0 * n_lists * penalty.strengths * away
        for part, share in parts:
            logs = _log_odds(part, weights)
            value -= float((np.where(share > 0.0, logs, 0.0) * share).sum(dtype=np.float64))
            slope += np.tensordot(part.features, np.exp(logs) - share, 2)
        return value / n_lists, slope / n_lists

    found = minimize(
        loss,
        np.where(penalty.usual > 0.0, penalty.usual, 0.1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * n_features,
    )
    fitted: Floats = found.x
    return fitted


def listwise_errors(lists: Sequence[Lists], penalty: Penalty, weights: Floats) -> Floats:
    """Standard errors of the weights that `fit_listwise` found for these; shape (features,)."""
    n_features, n_lists = len(weights), sum(map(len, lists))
    curvature = 2.0 * n_lists * np.diag(penalty.strengths)
    owners = np.concatenate([group.owners for group in lists])
    slopes = np.zeros((int(owners.max(initial=0)) + 1, n_features))
    for part in _parts(lists):
        odds = np.exp(_log_odds(part, weights))
        mean = np.einsum("flc,lc->lf", part.features, odds)
        wanted = np.einsum("flc,lc->lf", part.features, _shares(part))
        spread = (part.features * np.sqrt(odds)).reshape(n_features, -1)
        curvature += spread @ spread.T - mean.T @ mean
        np.add.at(slopes, part.owners, mean - wanted)
    # The penalty and the bounds hold the sum away from 0, which no resampling would change.
    counts = np.bincount(owners, minlength=len(slopes)) / n_lists
    slopes -= np.outer(counts, slopes.sum(axis=0))
    bread = np.linalg.pinv(curvature)
    covariance = bread @ (slopes.T @ slopes) @ bread
    errors: Floats = np.sqrt(np.diag(covariance).clip(min=0.0))
    return errors


def _parts(lists: Sequence[Lists]) -> Iterator[Lists]:
    for group in lists:
        yield from group.parts()


def _log_odds(lists: Lists, weights: Floats) -> NDArray[np.float32]:
    """Logarithm of the softmax over the open candidates; -inf for the others."""
    logits = np.tensordot(weights.astype(np.float32), lists.features, 1)
    logits = np.where(lists.is_open, logits, np.float32(-np.inf))
    logits -= logits.max(axis=1, keepdims=True)
    total = np.exp(logits).sum(axis=1, keepdims=True)
    logs: NDArray[np.float32] = logits - np.log(total)
    return logs


def _shares(lists: Lists) -> NDArray[np.float32]:
    """The probabilities that are aimed at: alike for all relevant candidates of a list."""
    shares = (lists.is_relevant & lists.is_open).astype(np.float32)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
