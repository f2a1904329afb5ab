"""The knowledge kernel: how much two items share, by relation, weighted by rarity.

    K(s, c) = sum over relations r of  w_r * cosine_r(s, c)

where `cosine_r` is the cosine of the items' entities by relation `r`, each entity weighted by
`log(n_items / number of items that have it)`. The weights `w_r` are learned by
`recommender/learning/knowledge.py`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack

from recommender.evidence import Edges
from recommender.kernels.fact_rows import rarity

BLOCK = 512
"""Items whose row of the kernel is dense at one time."""


def unit_vectors(rows: csr_array) -> csr_array:
    """Items by entities, rows of length 1 (or 0); the product with its transpose is the cosine."""
    weighted = csr_array((diags_array(rarity(rows)) @ rows).T)
    length = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return csr_array(diags_array(inverse) @ weighted)


def fit_shared_facts(
    vectors: Mapping[str, csr_array],
    weights: Mapping[str, float],
    edges_per_item: int,
    untouched: NDArray[np.bool_],
) -> Edges:
    """The strongest edges of the kernel.

    Args:
        vectors: `unit_vectors` of each relation.
        weights: `w_r` of each relation, at least 0; relations without one do not count.
        edges_per_item: outgoing edges of an item.
        untouched: items that nobody has given feedback on, shape (n_items,): only this kernel
            reaches them, so they also keep that many incoming edges, from the other items.
    """
    used = [relation for relation in sorted(vectors) if weights.get(relation, 0.0) > 0.0]
    if not used:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    joined = csr_array(hstack([np.sqrt(weights[name]) * vectors[name] for name in used]))
    joined = joined.astype(np.float32)
    turned = csr_array(joined.T)
    n_items = joined.shape[0]
    keys: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    for start in range(0, n_items, BLOCK):
        similarity = (joined[start : start + BLOCK] @ turned).toarray()
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = 0.0
        row, column = _greatest(similarity, edges_per_item)
        keys.append((start + row) * n_items + column)
        values.append(similarity[row, column])
        similarity[:, untouched] = 0.0
        similarity[~untouched[start : start + BLOCK]] = 0.0
        row, column = _greatest(similarity, edges_per_item)
        keys.append(column * n_items + (start + row))
        values.append(similarity[row, column])
    pairs, first = np.unique(np.concatenate(keys), return_index=True)
    return Edges(
        (pairs // n_items).astype(np.int32),
        (pairs % n_items).astype(np.int32),
        np.concatenate(values)[first].astype(np.float64),
    )


def _greatest(block: NDArray[np.float32], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places (row, column) of the up to `count` greatest positive entries of each row."""
    width = block.shape[1]
    picked = np.argpartition(block, max(width - count, 0), axis=1)[:, -count:]
    row, place = np.nonzero(np.take_along_axis(block, picked, axis=1) > 0.0)
    return row, picked[row, place]
