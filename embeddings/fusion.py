"""Fusion: one vector an item from facts, texts and graph embeddings, learned to predict factors.

Each part of an item is a block of features with rows of length 1 (or 0, where the item lacks the
part). With a weight `w_b` for each block the fused vector is a kernel ridge regression onto target
vectors, which are known for the items that have feedback:

    f(i) = [sqrt(w_1) x_1(i), sqrt(w_2) x_2(i), ...]
    F    = argmin |f F - targets|^2 + regularization |F|^2     over the items with targets
    v(i) = f(i) F

It is solved in the dual form, over items, and kept in the primal one: a map for each block, so a
new item gets its vector from its own features alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array, diags_array, issparse

Block: TypeAlias = Any
"""Features of items, shape (n_items, width): a dense array or a `csr_array` (untyped in scipy)."""


def unit_rows(features: Block) -> Block:
    """The features with rows of length 1; rows of zeros stay."""
    if issparse(features):
        length = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
        scale = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0.0)
        return csr_array(diags_array(scale) @ features).astype(np.float32)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.where(length > 0.0, length, 1.0)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Fusion:
    """The learned maps, one a block: from its features (width,) to a vector (embedding_size,)."""

    maps: Mapping[str, NDArray[np.float32]]

    def vectors(self, blocks: Mapping[str, Block]) -> NDArray[np.float32]:
        """Fused vectors (n, embedding_size) of items with these unit rows; a missing block adds 0.

        The blocks must have the widths that were learned on.
        """
        parts = [blocks[name] @ self.maps[name] for name in sorted(self.maps) if name in blocks]
        fused: NDArray[np.float32] = np.sum(parts, axis=0, dtype=np.float32)
        return fused


def fit_fusion(
    blocks: Mapping[str, Block],
    weights: Mapping[str, float],
    targets: NDArray[np.floating],
    rows: NDArray[np.integer],
    regularization: float,
) -> Fusion:
    """Learn the maps.

    Args:
        blocks: unit rows of all items, by name.
        weights: `w_b` of each block, at least 0; a block without one does not take part.
        targets: the vectors to predict, shape (len(rows), embedding_size).
        rows: the items that they belong to.
        regularization: of the ridge, in units of the kernel's diagonal (the sum of the weights).
    """
    used = {name: weights[name] for name in sorted(blocks) if weights.get(name, 0.0) > 0.0}
    kernel = np.zeros((len(rows), len(rows)))
    for name, weight in used.items():
        features = blocks[name][rows]
        product = features @ features.T
        kernel += weight * (product.toarray() if issparse(product) else product)
    scale = sum(used.values()) or 1.0
    kernel[np.diag_indices_from(kernel)] += regularization * scale
    dual = cho_solve(cho_factor(kernel, lower=True, overwrite_a=True), targets)
    maps = {
        name: np.asarray(weight * (blocks[name][rows].T @ dual), dtype=np.float32)
        for name, weight in used.items()
    }
    return Fusion(maps)
