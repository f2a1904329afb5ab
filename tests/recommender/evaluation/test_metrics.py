"""Metrics against cases worked out by hand, and against their definitions read slowly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from recommender.evaluation.metrics import (
    NO_ITEM,
    USER_METRICS,
    coverage,
    find_hits,
    gini,
    novelty,
    score_lists,
    top_items,
)


def measure(hits: list[int], n_relevant: int, k: int) -> dict[str, float]:
    values = score_lists(np.array([hits], dtype=bool), np.array([n_relevant]), [k])
    return {name: float(values[name][0, 0]) for name in USER_METRICS}


def test_two_hits_of_three_at_places_one_and_three() -> None:
    values = measure([1, 0, 1, 0], n_relevant=3, k=4)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert values["precision"] == 0.5
    assert values["recall"] == pytest.approx(2 / 3)
    assert values["f1"] == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))
    assert values["hit_rate"] == 1.0
    assert values["mrr"] == 1.0
    assert values["map"] == pytest.approx((1 + 2 / 3) / 3)
    assert values["ndcg"] == pytest.approx((1 + 1 / 2) / ideal)


def test_a_hit_below_k_does_not_count() -> None:
    values = measure([0, 0, 1], n_relevant=1, k=2)
    assert values == dict.fromkeys(USER_METRICS, 0.0)


def test_the_ideal_list_is_no_longer_than_k_or_the_test() -> None:
    assert measure([1, 1], n_relevant=9, k=2)["ndcg"] == 1.0
    assert measure([1, 1], n_relevant=9, k=2)["map"] == 1.0
    assert measure([1, 0], n_relevant=1, k=2)["ndcg"] == 1.0
    assert measure([1, 1], n_relevant=9, k=2)["recall"] == pytest.approx(2 / 9)


def test_the_first_hit_at_place_two() -> None:
    values = measure([0, 1, 1], n_relevant=2, k=3)
    assert values["mrr"] == 0.5
    assert values["ndcg"] == pytest.approx((1 / math.log2(3) + 0.5) / (1 + 1 / math.log2(3)))
    assert values["map"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_users_without_a_relevant_item_have_no_metrics() -> None:
    with pytest.raises(ValueError, match="no metrics"):
        measure([0, 0], n_relevant=0, k=2)


def slow_top(scores: list[float], allowed: list[bool], k: int) -> list[int]:
    listed = [i for i in range(len(scores)) if allowed[i] and scores[i] > -math.inf]
    best = sorted(listed, key=lambda i: (-scores[i], i))[:k]
    return best + [NO_ITEM] * (k - len(best))


score = st.sampled_from([-math.inf, -1.5, 0.0, 0.0, 1.0, 1.0, 2.0, math.inf])


@settings(deadline=None)  # the first call of a library is slow
@given(st.data())
def test_top_items_is_a_sort_by_score_then_item(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(0, 4), st.integers(1, 12)))
    scores = data.draw(hnp.arrays(np.float64, shape, elements=score))
    allowed = data.draw(hnp.arrays(np.bool_, shape))
    k = data.draw(st.integers(1, 15))
    top = top_items(scores, allowed, k)
    assert top.tolist() == [
        slow_top(list(row), list(mask), k) for row, mask in zip(scores, allowed, strict=True)
    ]


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        top_items(np.array([[np.nan, 1.0]]), np.ones((1, 2), dtype=bool), 1)


def slow_metrics(ranked: list[int], relevant: set[int], k: int) -> dict[str, float]:
    shown = ranked[:k]
    found = [item for item in shown if item in relevant]
    precision, recall = len(found) / k, len(found) / len(relevant)
    dcg = sum(1 / math.log2(r + 1) for r, item in enumerate(shown, start=1) if item in relevant)
    ideal = sum(1 / math.log2(r + 1) for r in range(1, min(k, len(relevant)) + 1))
    precisions = [
        len(relevant & set(shown[:r])) / r
        for r, item in enumerate(shown, start=1)
        if item in relevant
    ]
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if found else 0.0,
        "hit_rate": float(bool(found)),
        "mrr": 1 / (shown.index(found[0]) + 1) if found else 0.0,
        "map": sum(precisions) / min(k, len(relevant)),
        "ndcg": dcg / ideal,
    }


@settings(deadline=None)  # the first call of a library is slow
@given(st.data())
def test_metrics_follow_their_definitions(data: st.DataObject) -> None:
    n_items = data.draw(st.integers(1, 15))
    ranked = data.draw(st.permutations(range(n_items)))
    length = data.draw(st.integers(0, n_items))
    relevant = data.draw(st.sets(st.integers(0, n_items - 1), min_size=1))
    ks = data.draw(st.lists(st.integers(1, 18), min_size=1, max_size=4, unique=True))
    top = np.full((1, max(ks)), NO_ITEM, dtype=np.int32)
    shown = list(ranked[: min(length, max(ks))])
    top[0, : len(shown)] = shown
    is_relevant = np.zeros((1, n_items), dtype=bool)
    is_relevant[0, list(relevant)] = True
    values = score_lists(find_hits(top, is_relevant), np.array([len(relevant)]), ks)
    for column, k in enumerate(ks):
        expected = slow_metrics(shown, relevant, k)
        for name in USER_METRICS:
            assert values[name][0, column] == pytest.approx(expected[name]), (name, k)


def lists(*rows: list[int]) -> NDArray[np.int32]:
    return np.array(rows, dtype=np.int32)


def test_coverage_counts_candidates_shown_at_least_once() -> None:
    candidates = np.array([True, True, True, True, False])
    assert coverage(lists([0, 1], [0, NO_ITEM]), candidates) == 0.5


def test_gini_is_zero_for_equal_shares_and_near_one_for_a_single_item() -> None:
    everyone = np.ones(4, dtype=bool)
    assert gini(lists([0, 1], [2, 3]), everyone) == 0.0
    assert gini(lists([2], [2], [2]), everyone) == pytest.approx(3 / 4)


@settings(deadline=None)  # the first call of a library is slow
@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_gini_is_half_the_relative_mean_difference(shown: list[int]) -> None:
    top = np.array(shown, dtype=np.int32)[:, None]
    counts = np.bincount(top[:, 0], minlength=6)
    mean_difference = np.abs(counts[:, None] - counts[None, :]).mean()
    expected = mean_difference / (2 * counts.mean())
    assert gini(top, np.ones(6, dtype=bool)) == pytest.approx(expected)


def test_novelty_is_the_mean_surprise_in_bits() -> None:
    holders = np.array([4, 2, 1, 0])
    # lists of 0 and 1 bits, of 2 bits, and of an item that nobody has: as rare as one user's
    assert novelty(lists([0, 1]), holders, 4) == pytest.approx(0.5)
    assert novelty(lists([2, NO_ITEM]), holders, 4) == pytest.approx(2.0)
    assert novelty(lists([3, NO_ITEM]), holders, 4) == pytest.approx(2.0)
    assert novelty(lists([0, 1], [2, NO_ITEM]), holders, 4) == pytest.approx(1.25)
