"""EASE with its whole kernel: what the evidence cut of our own is measured against.

Not shared with the kernel that training learns, so that a fault there shows in the comparison.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_array

from graph.errors import ResourceError
from recommender.evaluation.ranker import Ranker, Scores

_USERS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class FullEASE:
    """The linear autoencoder EASE with its whole kernel, nothing cut off.

    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019: with
    `P = (X'X + regularization I)^-1`, the scores of the users in X are `X B`, where
    `B[s, c] = -P[s, c] / P[c, c]` and 0 on the diagonal, so that

        X B = X - (X P) / diag(P).

    Where users are fewer than items, `X P = (XX' + regularization I)^-1 X` needs the inverse over
    the users only; the scores are the same. A side above `max_side` is a ResourceError.
    """

    label: ClassVar[str] = "EASE (full)"
    regularization: float = 250.0
    max_side: int = 20_000

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Invert over the smaller side, in single precision."""
        rows = csr_array(rows, dtype=np.float32)
        side = min(rows.shape)
        if side > self.max_side:
            raise ResourceError(
                f"{self.label} needs a dense matrix of {side:,} x {side:,} numbers, more than "
                f"max_dense_items = {self.max_side:,} allows"
            )
        if rows.shape[0] < rows.shape[1]:
            inverse = self._invert((rows @ rows.T).toarray())
            explained = np.zeros(rows.shape[1])  # diag(X' (XX' + regularization I)^-1 X)
            for start in range(0, side, _USERS_AT_ONCE):
                part = slice(start, start + _USERS_AT_ONCE)
                explained += rows[part].multiply(inverse[part] @ rows).sum(axis=0)
            return _EaseByUsers(rows, inverse, (1.0 - explained) / self.regularization)
        inverse = self._invert((rows.T @ rows).toarray())
        return _EaseByItems(rows, inverse)

    def _invert(self, gram: NDArray[np.float32]) -> NDArray[np.float32]:
        ridge = np.asfortranarray(gram)
        ridge[np.diag_indices_from(ridge)] += np.float32(self.regularization)
        factor, factor_failed = lapack.spotrf(ridge, lower=1, overwrite_a=1)
        half, inverse_failed = lapack.spotri(factor, lower=1, overwrite_c=1)
        if factor_failed or inverse_failed:
            raise ValueError(f"regularization {self.regularization} is too small to invert with")
        lower = np.tril(half, -1)
        return np.asarray(lower + lower.T + np.diag(np.diag(half)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _EaseByItems:
    rows: csr_array
    inverse: NDArray[np.float32]

    def scores(self, users: NDArray[np.integer]) -> Scores:
        rows = self.rows[users]
        projected = rows @ self.inverse
        return np.asarray(rows.toarray() - projected / np.diag(self.inverse))


@dataclass(frozen=True, slots=True)
class _EaseByUsers:
    rows: csr_array
    inverse: NDArray[np.float32]
    diagonal: NDArray[np.float64]

    def scores(self, users: NDArray[np.integer]) -> Scores:
        projected = (self.rows.T @ self.inverse[:, users]).T
        return np.asarray(self.rows[users].toarray() - projected / self.diagonal)
