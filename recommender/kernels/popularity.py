"""The prior: what is good without knowing anything of a user."""

import numpy as np
from numpy.typing import NDArray


def fit_popularity(item: NDArray[np.int32], n_items: int) -> NDArray[np.float64]:
    """`log(1 + n(c))` for each item, from one row per piece of feedback; 0 for untouched items."""
    prior: NDArray[np.float64] = np.log1p(np.bincount(item, minlength=n_items))
    return prior
