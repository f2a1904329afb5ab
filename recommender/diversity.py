"""Trades a little score for variety: maximal marginal relevance over evidence.

Two suggestions are alike when the same pieces of history speak for them: their similarity is the
cosine of their terms over (relation, via). The prior speaks for everything and does not count.
After Carbonell and Goldstein, SIGIR 1998; relevance is the score scaled to [0, 1] in the pool. The
pool grows with the list: a place depends on nothing behind it, so a longer list begins like a
shorter one, and pages of a list do not overlap.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.scored import Scored

POOL_FACTOR, LEAST_POOL = 5, 100
"""The k-th item is chosen from the best 5 k, and at least from the best 100."""


def pool_size(place: int) -> int:
    """How many of the best items the one at this place (from 1) is chosen from."""
    return max(POOL_FACTOR * place, LEAST_POOL)


def diversify(pool: Sequence[Scored], n: int, diversity: float) -> list[Scored]:
    """Up to `n` of the pool, which is best first, each chosen by

        (1 - diversity) * relevance - diversity * greatest similarity to one chosen before

    with ties in the order of the pool. With 0 this is the pool's own order.
    """
    if diversity == 0.0 or len(pool) < 2:
        return list(pool[:n])
    scores = np.array([scored.score for scored in pool], dtype=np.float64)
    relevance = np.zeros(0)
    similarity = _similarity(pool)
    closest = np.zeros(len(pool))
    is_free = np.ones(len(pool), dtype=bool)
    chosen: list[Scored] = []
    while len(chosen) < min(n, len(pool)):
        size = pool_size(len(chosen) + 1)
        if len(relevance) < min(size, len(pool)):
            relevance = _relevance(scores[:size])
        gain = (1.0 - diversity) * relevance - diversity * closest[:size]
        # Rounded, so that equal gains are equal on every machine and the pool's order decides.
        best = int(np.argmax(np.where(is_free[:size], np.round(gain, 9), -np.inf)))
        is_free[best] = False
        chosen.append(pool[best])
        closest = np.maximum(closest, similarity[best])
    return chosen


def _relevance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(scores.max() - scores.min())
    if spread == 0.0:
        return np.ones_like(scores)
    scaled: NDArray[np.float64] = (scores - scores.min()) / spread
    return scaled


def _similarity(pool: Sequence[Scored]) -> NDArray[np.float64]:
    """The cosines, shape (len(pool), len(pool)); 0 for an item without evidence."""
    column: dict[tuple[str, str], int] = {}
    cells = [
        (row, column.setdefault((term.relation, term.via), len(column)), term.value)
        for row, scored in enumerate(pool)
        for term in scored.terms
        if term.via is not None
    ]
    vectors = np.zeros((len(pool), max(len(column), 1)))
    for row, place, value in cells:
        vectors[row, place] = value
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0.0)
    cosine: NDArray[np.float64] = unit @ unit.T
    return cosine
