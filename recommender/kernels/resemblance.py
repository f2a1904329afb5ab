"""The semantic kernel: how alike two items are in what is known of them beside feedback.

    K(s, c) = sum over blocks b  w_b * cosine(x_b(s), x_b(c))

over relations of facts, texts and graph embeddings. It is the inner product of one fused vector an
item, `[sqrt(w_1) x_1, sqrt(w_2) x_2, ...]` with unit rows; the weights are learned so that what
goes together in feedback comes out as alike (`recommender/learning/unseen.py`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from embeddings.fusion import Block
from recommender.evidence import Edges
from recommender.kernels.shared_facts import strongest_similarities


def fit_resemblance(
    blocks: Mapping[str, Block],
    weights: Mapping[str, float],
    edges_per_item: int,
    untouched: NDArray[np.bool_],
) -> Edges:
    """The strongest edges of the kernel; the arguments are as in `fit_shared_facts`."""
    used = [name for name in sorted(blocks) if weights.get(name, 0.0) > 0.0]
    turned = {name: blocks[name].T for name in used}
    n_items = len(untouched)

    def similarity(start: int, stop: int) -> NDArray[np.float32]:
        total = np.zeros((stop - start, n_items), dtype=np.float32)
        for name in used:
            product = blocks[name][start:stop] @ turned[name]
            dense = product if isinstance(product, np.ndarray) else product.toarray()
            total += np.float32(weights[name]) * dense
        return total

    return strongest_similarities(similarity, edges_per_item, untouched)
