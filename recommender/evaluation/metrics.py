"""Metrics of ranked lists: of each user's list, and of all lists together.

The definitions are those of `docs/evaluation.md`. Gains are binary. For a user with `n` held-out
items and a list whose position `r` (from 1) is a hit where `h_r = 1`:

    precision@k = sum_{r<=k} h_r / k                 recall@k = sum_{r<=k} h_r / n
    f1@k        = their harmonic mean                hit_rate@k = 1 if any of the k is a hit
    mrr@k       = 1 / (the first hit's r), or 0      map@k = sum_{r<=k} h_r precision@r / min(n, k)
    ndcg@k      = sum_{r<=k} h_r / log2(r + 1)  /  sum_{r<=min(n,k)} 1 / log2(r + 1)

A list that is shorter than k counts as if it ended with misses.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

USER_METRICS = ("precision", "recall", "f1", "hit_rate", "mrr", "map", "ndcg")
"""Metrics that are a mean over users."""

LIST_METRICS = ("coverage", "gini", "novelty")
"""Metrics of all users' lists together."""

NO_ITEM = -1
"""Fills a list where there are fewer candidates than places."""


def top_items(
    scores: NDArray[np.floating], allowed: NDArray[np.bool_], k: int
) -> NDArray[np.int32]:
    """The k best allowed items of each row, best first; equal scores in the order of the items.

    `scores` and `allowed` have the shape (users, items); a score of -inf says that there is no
    reason to show the item. The answer has (users, k), with `NO_ITEM` where items ran out.
    """
    if np.isnan(scores).any():
        raise ValueError("scores must not be NaN")
    n_users, n_items = scores.shape
    width = min(k, n_items)
    top = np.full((n_users, k), NO_ITEM, dtype=np.int32)
    if width == 0 or n_users == 0:
        return top
    masked = np.where(allowed, scores, -np.inf)
    threshold = np.partition(masked, n_items - width, axis=1)[:, n_items - width, None]
    above = masked > threshold
    level = masked == threshold
    room = width - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= room))
    items = np.nonzero(chosen)[1].reshape(n_users, width)  # ascending, so a stable sort breaks ties
    values = np.take_along_axis(masked, items, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.take_along_axis(items, order, axis=1)
    is_listed = np.take_along_axis(values, order, axis=1) > -np.inf
    top[:, :width] = np.where(is_listed, ranked, NO_ITEM)
    return top


def find_hits(top: NDArray[np.int32], relevant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the lists `top` (users, k) hold a relevant item; `relevant` has (users, items)."""
    found = np.take_along_axis(relevant, np.maximum(top, 0), axis=1)
    hits: NDArray[np.bool_] = found & (top != NO_ITEM)
    return hits


def score_lists(
    hits: NDArray[np.bool_], n_relevant: NDArray[np.integer], ks: Sequence[int]
) -> Mapping[str, NDArray[np.float64]]:
    """Each of `USER_METRICS` for each user and each k: arrays of shape (users, len(ks)).

    `hits` has the shape (users, at least max(ks)); every user has at least one relevant item.
    """
    if max(ks) > hits.shape[1]:
        raise ValueError(f"lists of {hits.shape[1]} items cannot be measured at {max(ks)}")
    if (n_relevant < 1).any():
        raise ValueError("a user without a relevant item has no metrics")
    places = np.arange(1, hits.shape[1] + 1)
    discount = 1.0 / np.log2(places + 1)
    found = np.cumsum(hits, axis=1)
    gained = np.cumsum(hits * discount, axis=1)
    ideal = np.cumsum(discount)
    averaged = np.cumsum(hits * found / places, axis=1)
    first = np.where(hits.any(axis=1), np.argmax(hits, axis=1) + 1, np.iinfo(np.int64).max)

    columns: dict[str, list[NDArray[np.float64]]] = {name: [] for name in USER_METRICS}
    for k in ks:
        reachable = np.minimum(n_relevant, k)
        n_hits = found[:, k - 1].astype(float)
        columns["precision"].append(n_hits / k)
        columns["recall"].append(n_hits / n_relevant)
        # 2 P R / (P + R), written so that it is defined without a hit
        columns["f1"].append(2 * n_hits / (k + n_relevant))
        columns["hit_rate"].append((n_hits > 0).astype(float))
        columns["mrr"].append(np.where(first <= k, 1.0 / first, 0.0))
        columns["map"].append(averaged[:, k - 1] / reachable)
        columns["ndcg"].append(gained[:, k - 1] / ideal[reachable - 1])
    return {name: np.stack(values, axis=1) for name, values in columns.items()}


def coverage(top: NDArray[np.int32], candidates: NDArray[np.bool_]) -> float:
    """The share of the candidate items that stand in at least one list."""
    n_candidates = int(candidates.sum())
    return len(np.unique(top[top != NO_ITEM])) / n_candidates if n_candidates else 0.0


def gini(top: NDArray[np.int32], candidates: NDArray[np.bool_]) -> float:
    """How unequally the lists' places are spread over the candidate items.

    The Gini coefficient of the number of lists that an item stands in: 0 where all items are shown
    equally often, (n - 1) / n where one of n items takes every place.
    """
    shown = np.bincount(top[top != NO_ITEM], minlength=len(candidates))[candidates]
    if shown.sum() == 0:
        return 0.0
    n = len(shown)
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) * np.sort(shown)).sum() / (n * shown.sum()))


def novelty(top: NDArray[np.int32], n_holders: NDArray[np.integer], n_users: int) -> float:
    """Mean self-information of the listed items, in bits.

    `-log2(n_holders[i] / n_users)`, the surprise that a random user of the training data has item
    i (Zhou et al., PNAS 107(10), 2010), averaged over the places of a list, then over the lists.
    An item that nobody has counts as if one user had it, so that the mean stays finite.
    """
    if n_users < 1:
        return 0.0
    is_filled = top != NO_ITEM
    bits = -np.log2(np.maximum(n_holders, 1) / n_users)
    total = np.where(is_filled, bits[np.maximum(top, 0)], 0.0).sum(axis=1)
    lengths = is_filled.sum(axis=1)
    is_list = lengths > 0
    return float((total[is_list] / lengths[is_list]).mean()) if is_list.any() else 0.0
