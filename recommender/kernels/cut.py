"""The evidence cut: which entries of a dense kernel become edges of the graph, with what weight.

Entries are ranked by `|K(s, c)| * spread(c) ** power`, where the spread is the deviation of the
column. A kernel whose Gram matrix is at hand has its weights fitted again on the kept entries
alone, and is cut by magnitude (power 0); one that is served as cut gains from a power of 0.75:
errors in items that often stand at the top cost more. `docs/decisions/evidence-cut.md` has the
measurements.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from recommender.evidence import Edges

NEGLIGIBLE = 1e-4
"""Entries below this share of the kernel's greatest one never become edges."""


def strongest(kernel: NDArray[np.float32], edges_per_item: int, spread_power: float = 0.0) -> Edges:
    """The up to `edges_per_item` most important entries of each row, off the diagonal."""
    size = len(kernel)
    importance = np.abs(kernel)
    np.fill_diagonal(importance, 0.0)
    floor = NEGLIGIBLE * importance.max(initial=0.0)
    importance[importance <= floor] = 0.0
    importance *= (kernel.std(axis=0) ** spread_power)[None, :]
    count = min(edges_per_item, size)
    if count == 0:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    picked = np.sort(np.argpartition(importance, size - count, axis=1)[:, -count:], axis=1)
    source, place = np.nonzero(np.take_along_axis(importance, picked, axis=1))
    target = picked[source, place]
    weight = kernel[source, target].astype(np.float64)
    return Edges(source.astype(np.int32), target.astype(np.int32), weight)


def fit_again(edges: Edges, covariance: NDArray[np.float32], regularization: float) -> Edges:
    """The same edges with the weights of a ridge regression on each item from its sources alone.

    For each target `c` with sources `S`: `(G[S, S] + lambda I) w = G[S, c]`, where `covariance` is
    the Gram matrix `G` (n_items, n_items) that the kernel was fitted on.
    """
    weight = np.zeros(len(edges.weight))
    order = np.argsort(edges.target, kind="stable")
    bounds = np.searchsorted(edges.target[order], np.arange(len(covariance) + 1))
    for target in range(len(covariance)):
        column = order[bounds[target] : bounds[target + 1]]
        if len(column) == 0:
            continue
        sources = edges.source[column]
        ridge = covariance[np.ix_(sources, sources)]
        ridge[np.diag_indices_from(ridge)] += np.float32(regularization)
        _, solution, failed = lapack.sposv(ridge, covariance[sources, target], lower=1)
        if failed:
            raise ValueError("the Gram matrix is not positive definite: raise the regularisation")
        weight[column] = np.ravel(solution)
    return Edges(edges.source, edges.target, weight)


def renumber(edges: Edges, positions: NDArray[np.int32]) -> Edges:
    """Edges among a selection of items as edges among all: item `i` is at `positions[i]`."""
    return Edges(positions[edges.source], positions[edges.target], edges.weight)


def scale(edges: Edges, factor: float) -> Edges:
    """Edges with every weight multiplied."""
    return Edges(edges.source, edges.target, edges.weight * factor)
