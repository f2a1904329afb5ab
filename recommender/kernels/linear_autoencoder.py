"""The collaborative kernel: a linear autoencoder over feedback, with rows of facts below it.

EASE (Steck, WWW 2019): `min |X - X B|^2 + lambda |B|^2` with `diag(B) = 0`, solved in closed form
`B = I - P / diag(P)`, `P = (X'X + lambda I)^-1`. Rows of facts (one row an entity, weighted by
relation) are appended to `X`, so that items with the same facts predict each other.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_array

_BLOCK = 256
"""Rows and columns that are mirrored at a time."""


def gram(rows: csr_array) -> NDArray[np.float32]:
    """`X'X` of sparse rows, dense; shape (n_items, n_items)."""
    product = (rows.T @ rows).toarray()
    return np.asarray(product, dtype=np.float32)


def invert(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of a symmetric positive definite matrix, overwriting it."""
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("the matrix is not positive definite: raise the regularisation")
    inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    _mirror(inverse)
    return np.asarray(inverse)


def _mirror(matrix: NDArray[np.float32]) -> None:
    """Copy the lower triangle to the upper one, by blocks that stay in the processor's cache."""
    for start in range(0, len(matrix), _BLOCK):
        end = start + _BLOCK
        matrix[start:end, end:] = matrix[end:, start:end].T
        corner = matrix[start:end, start:end]
        corner[:] = np.where(np.tri(len(corner), dtype=np.bool_), corner, corner.T)


def fit_linear_autoencoder(
    covariance: NDArray[np.float32], regularization: float
) -> NDArray[np.float32]:
    """The kernel (n_items, n_items), entry (s, c) from s to c, for a Gram matrix of rows."""
    ridge = covariance.copy(order="F")
    ridge[np.diag_indices_from(ridge)] += np.float32(regularization)
    inverse = invert(ridge)
    kernel = inverse / -np.diag(inverse)[None, :]
    np.fill_diagonal(kernel, 0.0)
    return np.asarray(kernel, dtype=np.float32)
