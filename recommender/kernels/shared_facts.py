"""The knowledge kernel: how much two items share, by relation, weighted by rarity.

    K(s, c) = sum over relations r  w_r * sum over entities e that both have by r  rarity(e) ** 2

with `rarity(e) = log(n_items / number of items that have e)`. It is no cosine: dividing by what an
item has in all would punish items of which much is known (docs/decisions/shared-facts.md). The
weights `w_r` are learned by `recommender/learning/knowledge.py`.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack

from recommender.evidence import Edges
from recommender.kernels.fact_rows import rarity

BLOCK = 512
"""Items whose row of the kernel is dense at one time."""

INCOMING = 2
"""Times `edges_per_item`: the edges that an item without feedback keeps from those that have some.
It stands in no list but through these kernels, so their cut costs it more."""


def fact_vectors(rows: csr_array) -> csr_array:
    """Items by entities, weighted by rarity: the product with its transpose is one `w_r = 1`."""
    return csr_array((diags_array(rarity(rows)) @ rows).T)


def joined_vectors(
    vectors: Mapping[str, csr_array], weights: Mapping[str, float], n_items: int
) -> csr_array:
    """One sparse vector an item, whose products are the kernel; shape (n_items, width)."""
    used = [relation for relation in sorted(vectors) if weights.get(relation, 0.0) > 0.0]
    if not used:
        return csr_array((n_items, 0), dtype=np.float32)
    joined = hstack([np.sqrt(weights[name]) * vectors[name] for name in used])
    return csr_array(joined, dtype=np.float32)


def fit_shared_facts(
    vectors: Mapping[str, csr_array],
    weights: Mapping[str, float],
    edges_per_item: int,
    untouched: NDArray[np.bool_],
) -> Edges:
    """The strongest edges of the kernel.

    Args:
        vectors: `fact_vectors` of each relation.
        weights: `w_r` of each relation, at least 0; relations without one do not count.
        edges_per_item: outgoing edges of an item.
        untouched: items that nobody has given feedback on, shape (n_items,): only this kernel
            reaches them, so they also keep `INCOMING` times as many edges from the other items.
    """
    joined = joined_vectors(vectors, weights, len(untouched))
    if joined.nnz == 0:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    turned = csr_array(joined.T)

    def similarity(start: int, stop: int) -> NDArray[np.float32]:
        block: NDArray[np.float32] = (joined[start:stop] @ turned).toarray()
        return block

    return strongest_similarities(similarity, edges_per_item, untouched)


def strongest_similarities(
    similarity: Callable[[int, int], NDArray[np.float32]],
    edges_per_item: int,
    untouched: NDArray[np.bool_],
) -> Edges:
    """The strongest edges of a symmetric kernel that is computed some rows at a time.

    Args:
        similarity: the rows from a start to a stop, shape (stop - start, n_items).
        edges_per_item: outgoing edges of an item.
        untouched: see `fit_shared_facts`.
    """
    n_items = len(untouched)
    keys: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    for start in range(0, n_items, BLOCK):
        stop = min(start + BLOCK, n_items)
        block = similarity(start, stop)
        rows = np.arange(len(block))
        block[rows, start + rows] = 0.0
        row, column = _greatest(block, edges_per_item)
        keys.append((start + row) * n_items + column)
        values.append(block[row, column])
        block[:, untouched] = 0.0
        block[~untouched[start:stop]] = 0.0
        row, column = _greatest(block, INCOMING * edges_per_item)
        keys.append(column * n_items + (start + row))
        values.append(block[row, column])
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
