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
    terms = factors.terms(anchors, candidates)
    assert "other" not in terms
    for item, score in zip(candidates, factors.scores(anchors, candidates), strict=True):
        by_hand = sum(
            anchors[via]
            * float(np.dot(factors.sources[ITEMS.index(via)], factors.targets[ITEMS.index(item)]))
            for via in anchors
            if via in ITEMS and item in ITEMS
        )
        assert score == pytest.approx(by_hand, abs=1e-5)
        found = sum(anchors[via] * product for via, product in terms.get(item, {}).items())
        assert score == pytest.approx(found, abs=1e-12)


def test_a_term_has_the_same_bits_whatever_else_is_asked() -> None:
    factors = random_factors(1, size=129)
    together = factors.terms(ITEMS, ITEMS)
    for via in ITEMS:
        for item in ITEMS:
            assert factors.terms([via], [item]) == {item: {via: together[item][via]}}


def test_items_without_vectors_add_nothing_and_have_no_terms() -> None:
    factors = random_factors(2)
    assert factors.scores({"new": 1.0}, ITEMS).tolist() == [0.0] * 4
    assert factors.scores({}, ITEMS).tolist() == [0.0] * 4
    assert factors.terms(["new"], ["a"]) == {"a": {}}
    assert factors.terms(["a"], ["new"]) == {}


def test_similarity_is_the_cosine_of_parts_that_both_items_have() -> None:
    factors = random_factors(3)
    rows = factors.parts["text"]
    assert factors.similarity("a", "b") == {"text": pytest.approx(float(rows[0] @ rows[1]))}
    assert factors.similarity("a", "a") == {"text": pytest.approx(1.0)}
    assert factors.similarity("a", "d") == {}
    assert factors.similarity("a", "new") == {}


def test_vectors_are_targets_without_the_popularity() -> None:
    factors = random_factors(4)
    assert factors.vectors.tolist() == factors.targets[:, :4].tolist()


def test_rows_are_those_of_the_ids() -> None:
    factors = random_factors(5)
    with pytest.raises(ValueError, match="differ in length"):
        ItemFactors(factors.ids[:2], factors.sources, factors.targets)
