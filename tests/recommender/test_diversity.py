"""Diversity: the plain ranking at 0, one of a kind first at 1, and never another set of items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.diversity import diversify
from recommender.scored import Scored
from recommender.terms import EdgeTerms


def scored(item: str, score: float, *vias: str, relation: str = "CO_LIKED") -> Scored:
    number = len(vias)
    terms = EdgeTerms(relation, vias, [1.0] * number, [score / number] * number)
    return Scored(item, score, (terms,))


POOL = [
    scored("a", 1.0, "x"),
    scored("b", 0.9, "x"),
    scored("c", 0.8, "x"),
    scored("d", 0.5, "y"),
    scored("e", 0.4, "y"),
]


def items(chosen: list[Scored]) -> str:
    return "".join(one.item for one in chosen)


def test_none_is_the_plain_ranking() -> None:
    assert items(diversify(POOL, 4, 0.0)) == "abcd"


def test_full_takes_one_of_each_kind_first() -> None:
    assert items(diversify(POOL, 5, 1.0))[:2] == "ad"


def test_half_keeps_the_best_first() -> None:
    assert items(diversify(POOL, 2, 0.5)) == "ad"


def test_the_same_piece_through_another_signal_is_another_reason() -> None:
    pool = [*POOL[:2], scored("f", 0.1, "x", relation="SHARES")]
    assert items(diversify(pool, 2, 1.0)) == "af"


def test_popularity_alone_is_no_likeness() -> None:
    pool = [Scored(item, 1.0, prior=1.0, prior_value=1.0) for item in "abc"]
    assert items(diversify(pool, 3, 1.0)) == "abc"


POOLS = st.lists(
    st.builds(
        scored,
        st.uuids().map(str),
        st.floats(0.01, 10),
        st.sampled_from("xyz"),
        st.sampled_from("uvw"),
    ),
    max_size=12,
    unique_by=lambda one: one.item,
).map(lambda pool: sorted(pool, key=lambda one: one.order))


@given(POOLS, st.integers(1, 15), st.floats(0, 1))
def test_chooses_distinct_items_of_the_pool(pool: list[Scored], n: int, diversity: float) -> None:
    chosen = diversify(pool, n, diversity)
    assert len(chosen) == min(n, len(pool))
    assert len({one.item for one in chosen}) == len(chosen)
    assert all(one in pool for one in chosen)


@given(POOLS, st.integers(1, 15), st.floats(0, 0.99))
def test_the_first_choice_is_the_best(pool: list[Scored], n: int, diversity: float) -> None:
    chosen = diversify(pool, n, diversity)
    if pool:
        assert chosen[0].score == pytest.approx(pool[0].score, rel=1e-6)
