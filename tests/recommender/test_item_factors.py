"""The factor model: what it adds to a score is the sum of its terms, whatever else is asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.item_factors import ItemFactors

ITEMS = ["a", "b", "c", "d"]


def random_factors(seed: int, size: int = 5) -> ItemFactors:
    rng = np.random.default_rng(seed)
    sources, targets = rng.normal(size=(2, len(ITEMS), size)).astype(np.float32)
    part = rng.normal(size=(len(ITEMS), 3))
    part /= np.linalg.norm(part, axis=1, keepdims=True)
    part[3] = 0.0
    return ItemFactors(
        np.array(ITEMS, dtype=object), sources, targets, {"text": part.astype(np.float32)}
    )


ANCHORS = st.dictionaries(st.sampled_from([*ITEMS, "new"]), st.floats(-2.0, 2.0), max_size=4)


@given(st.integers(0, 1000), ANCHORS, st.permutations([*ITEMS, "other"]))
def test_scores_are_the_sums_of_terms(
    seed: int, anchors: dict[str, float], candidates: list[str]
) -> None:
    factors = random_factors(seed)
    fits = factors.fits(anchors, candidates)
    assert "other" not in fits
    for item, score in zip(candidates, factors.scores(anchors, candidates), strict=True):
        by_hand = sum(
            anchors[via]
            * float(np.dot(factors.sources[ITEMS.index(via)], factors.targets[ITEMS.index(item)]))
            for via in anchors
            if via in ITEMS and item in ITEMS
        )
        assert score == pytest.approx(by_hand, abs=1e-5)
        fit = fits.get(item)
        assert score == pytest.approx(0.0 if fit is None else sum(fit.values), abs=1e-12)


def test_a_term_has_the_same_bits_whatever_else_is_asked() -> None:
    factors = random_factors(1, size=129)
    weights = dict.fromkeys(ITEMS, 0.3)
    together = factors.fits(weights, ITEMS)
    for place, via in enumerate(ITEMS):
        for item in ITEMS:
            fit = factors.fits({via: 0.3}, [item])[item]
            assert fit.products[0] == together[item].products[place]
            assert fit.values[0] == together[item].values[place] == 0.3 * fit.products[0]


def test_what_fits_best_of_a_history() -> None:
    factors = random_factors(4)
    fit = factors.fits({"a": 1.0, "b": -1.0, "c": 2.0, "d": 1.0}, ["a"])["a"]
    columns = zip(fit.vias, fit.weights, fit.values, strict=True)
    counting = {via: value for via, weight, value in columns if weight > 0.0 and value > 0.0}
    assert fit.best(2) == sorted(counting, key=lambda via: -counting[via])[:2]
    assert fit.best(9) == sorted(counting, key=lambda via: -counting[via])


def test_items_without_vectors_add_nothing_and_have_no_terms() -> None:
    factors = random_factors(2)
    assert factors.scores({"new": 1.0}, ITEMS).tolist() == [0.0] * 4
    assert factors.scores({}, ITEMS).tolist() == [0.0] * 4
    assert not factors.fits({"new": 1.0}, ["a"])["a"].vias
    assert factors.fits({"a": 1.0}, ["new"]) == {}


def test_similarity_is_the_cosine_of_parts_that_both_items_have() -> None:
    factors = random_factors(3)
    rows = factors.parts["text"]
    pairs = [("a", "b"), ("a", "a"), ("a", "d"), ("a", "new"), ("a", "b")]
    assert factors.similarities(pairs) == {
        ("a", "b"): {"text": pytest.approx(float(rows[0] @ rows[1]))},
        ("a", "a"): {"text": pytest.approx(1.0)},
        ("a", "d"): {},
        ("a", "new"): {},
    }
    assert factors.similarities([("new", "a")]) == {("new", "a"): {}}
    assert factors.similarities([]) == {}


def test_vectors_are_targets_without_the_popularity() -> None:
    factors = random_factors(4)
    assert factors.vectors.tolist() == factors.targets[:, :4].tolist()


def test_rows_are_those_of_the_ids() -> None:
    factors = random_factors(5)
    with pytest.raises(ValueError, match="differ in length"):
        ItemFactors(factors.ids[:2], factors.sources, factors.targets)
