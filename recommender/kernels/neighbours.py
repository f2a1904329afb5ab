"""The sparse stand-in for the collaborative kernel on large catalogues: nearest neighbours.

The cosine of two items' columns of feedback, each user's rows weighted down by BM25, as in the
library `implicit`; memory grows with the edges kept and not with the square of the items.
"""

import warnings

import numpy as np
from implicit.nearest_neighbours import CosineRecommender, bm25_weight
from implicit.utils import ParameterWarning
from scipy.sparse import csr_array, csr_matrix

from recommender.evidence import Edges


def fit_neighbours(rows: csr_array, edges_per_item: int) -> Edges:
    """The `edges_per_item` nearest items of each, for rows of feedback (users, items)."""
    weighted = csr_matrix(bm25_weight(csr_matrix(rows.T), K1=100, B=0.8).T)
    model = CosineRecommender(K=edges_per_item + 1, num_threads=1)
    with warnings.catch_warnings():
        # implicit hands its own COO matrix to its own check, which warns of it
        warnings.simplefilter("ignore", ParameterWarning)
        model.fit(weighted, show_progress=False)
    nearest = model.similarity.tocoo()
    kept = (nearest.row != nearest.col) & (nearest.data > 0.0)
    source, target = nearest.col[kept], nearest.row[kept]
    weight = nearest.data[kept].astype(np.float64)
    order = np.lexsort((target, source))
    return Edges(source[order].astype(np.int32), target[order].astype(np.int32), weight[order])
