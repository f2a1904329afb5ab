"""The factor kernel: item factors of iALS, with a user's vector that is linear in the history.

    K(s, c) = sources[s] . targets[c],   targets = V,   sources = V A

`V` are the item factors of iALS (Hu, Koren and Volinsky, ICDM 2008). Its user vectors are no linear
function of the history: each history has a matrix of its own. Here one matrix `A` serves all users,
the ridge regression of the iALS user vectors on the damped sums of the factors of their histories,
so every score is a sum over the history. Nothing is lost by it (docs/decisions/linear-factors.md).
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, diags_array

RIDGE = 1.0
"""Of the regression of user vectors; the histories' sums are damped, so their units are alike."""

NOTHING = 1e-6
"""Numbers below it are what is left of factors that the regularization shrank to nothing, as it
does on a few dozen rows; real ones are about 0.1."""


@dataclass(frozen=True, slots=True)
class FactorChoice:
    """What is tuned: the size of a vector and the two settings of iALS.

    `confidence` is how much more a piece of feedback counts than a missing one.
    """

    embedding_size: int = 128
    regularization: float = 30.0
    confidence: float = 5.0
    iterations: int = 15


@dataclass(frozen=True, slots=True)
class Factors:
    """`K(s, c) = sources[s] . targets[c]`; both have the shape (n_items, embedding_size).

    Rows of items without feedback are 0; all are, where there is too little feedback for factors.
    """

    sources: NDArray[np.float32]
    targets: NDArray[np.float32]


def fit_factors(rows: csr_array, choice: FactorChoice, damping: float, seed: int) -> Factors:
    """Factors of the items in the columns of binary feedback (n_users, n_items).

    Args:
        rows: the feedback.
        choice: settings.
        damping: that of the signal: sums over a history are divided by its length to this power.
        seed: of the start values.
    """
    model = AlternatingLeastSquares(
        factors=choice.embedding_size,
        regularization=choice.regularization,
        alpha=choice.confidence,
        iterations=choice.iterations,
        random_state=seed,
        num_threads=1,
    )
    model.fit(csr_matrix(rows, dtype=np.float32), show_progress=False)
    items = cast(NDArray[np.float32], model.item_factors).astype(np.float64)
    users = cast(NDArray[np.float32], model.user_factors).astype(np.float64)
    if np.abs(items).max(initial=0.0) < NOTHING:
        items[:] = 0.0
    length = np.asarray(rows.sum(axis=1)).ravel()
    items[np.asarray(rows.sum(axis=0)).ravel() == 0.0] = 0.0
    damped = diags_array(np.power(np.maximum(length, 1.0), -damping)) @ rows
    sums = damped @ items
    ridge = sums.T @ sums + RIDGE * np.eye(sums.shape[1])
    sources = items @ np.linalg.solve(ridge, sums.T @ users)
    return Factors(sources.astype(np.float32), items.astype(np.float32))
