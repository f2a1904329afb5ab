"""The evidence cut: which entries of a dense kernel become edges of the graph."""

import numpy as np
from numpy.typing import NDArray

from recommender.evidence import Edges

NEGLIGIBLE = 1e-3
"""Entries below this share of the kernel's greatest one never become edges."""


def strongest(kernel: NDArray[np.float32], edges_per_item: int) -> Edges:
    """The `edges_per_item` entries of each row with the greatest magnitude, off the diagonal."""
    magnitude = np.abs(kernel)
    np.fill_diagonal(magnitude, 0.0)
    count = min(edges_per_item, kernel.shape[1])
    picked = np.argpartition(magnitude, kernel.shape[1] - count, axis=1)[:, -count:]
    kept = np.take_along_axis(magnitude, picked, axis=1) > NEGLIGIBLE * magnitude.max(initial=0.0)
    source, position = np.nonzero(kept)
    target = picked[source, position]
    order = np.lexsort((target, source))
    source, target = source[order], target[order]
    return Edges(
        source.astype(np.int32), target.astype(np.int32), kernel[source, target].astype(np.float64)
    )
