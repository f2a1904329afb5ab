"""Facts as sparse rows over items, one row an entity: the food of ridge and cosine kernels."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Facts


def fact_rows(facts: Facts, n_items: int) -> csr_array:
    """One row for each entity that at least two items share, binary; shape (entities, n_items)."""
    pairs = np.unique(np.stack([facts.entity, facts.source]), axis=1)
    degree = np.bincount(pairs[0], minlength=int(pairs[0].max(initial=-1)) + 1)
    entity, item = pairs[:, degree[pairs[0]] >= 2]
    shared, row = np.unique(entity, return_inverse=True)
    return csr_array((np.ones(len(item)), (row, item)), shape=(len(shared), n_items))


def rows_by_relation(facts: Mapping[str, Facts], n_items: int) -> dict[str, csr_array]:
    """The rows of every relation that connects any two items, by name."""
    rows = {relation: fact_rows(facts[relation], n_items) for relation in sorted(facts)}
    return {relation: matrix for relation, matrix in rows.items() if matrix.shape[0]}


def rarity(rows: csr_array) -> NDArray[np.float64]:
    """The inverse document frequency `log(n_items / degree)` of each row's entity."""
    degree = np.diff(rows.indptr)
    weights: NDArray[np.float64] = np.log(rows.shape[1] / np.maximum(degree, 1))
    return weights
