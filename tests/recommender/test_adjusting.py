"""Boosts and rotation, pages of a list, and how much is said of each suggestion."""

import math
import re
from collections.abc import Callable, Sequence

import pytest

from graph.errors import FilterError, UsageError
from graph.model import ShownList
from graph.store import Store
from recommender.boost_syntax import MAX_RULES, parse_boost
from recommender.recommending import Recommender
from recommender.request import Request, Rotation
from recommender.suggestion import Suggestion

HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN, QUIET = "1", "2", "3", "4", "5", "6"
PLAIN = {SERPICO: 0.5, INSIDER: 0.4375, ALIEN: 0.25, QUIET: 0.0}
"""What user 42 of FILMS gets."""


def ask(store: Store, **options: object) -> Sequence[Suggestion]:
    return Recommender(store).recommend(Request(**{"user": "42", **options})).suggestions


def scores(suggestions: Sequence[Suggestion]) -> dict[str, float]:
    return {suggestion.item: suggestion.score for suggestion in suggestions}


def test_a_boost_multiplies_what_passes_its_test(films: Store) -> None:
    assert scores(ask(films)) == PLAIN
    found = ask(films, boost="year >= 1990: 2; 'Al Pacino' in HAS_CAST: 1.5; title == 'x': 9")
    assert scores(found) == {INSIDER: 0.4375 * 3, SERPICO: 0.75, ALIEN: 0.25, QUIET: 0.0}
    assert list(scores(found)) == [INSIDER, SERPICO, ALIEN, QUIET]
    terms = [(term.via, term.value) for term in found[0].contributions if term.signal == "boost"]
    assert terms == [(HEAT, 2 * 0.5625), (TOY_STORY, 2 * -0.125)]
    assert found[0].sentence == ask(films)[1].sentence


def test_a_boost_lifts_an_item_from_below_a_page(films: Store) -> None:
    assert list(scores(ask(films, n=1, boost="year < 1980: 4; year == 1973: .25"))) == [ALIEN]
    assert list(scores(ask(films, n=2, boost="title == 'Serpico (1973)': 0"))) == [INSIDER, ALIEN]


def test_a_score_below_0_moves_the_way_that_the_factor_says(films: Store) -> None:
    asked = {"user": None, "history": (HEAT, TOY_STORY), "without": frozenset({HEAT})}
    below = {"user": None, "history": (TOY_STORY,)}
    assert scores(ask(films, **below)) == {ALIEN: 0.25, HEAT: 0.0, QUIET: 0.0, INSIDER: -0.125}
    for factor, score in {4: -0.03125, 1: -0.125, 0.5: -0.1875, 0: -0.25}.items():
        boost = f"title == 'The Insider (1999)': {factor}"
        [insider] = [one for one in ask(films, **below, boost=boost) if one.item == INSIDER]
        assert insider.score == score
        assert math.fsum(term.value for term in insider.contributions) == score
        boosts = [term.value for term in insider.contributions if term.signal == "boost"]
        assert boosts == ([score + 0.125] if factor != 1 else [])
        explanation = Recommender(films).explain(
            Request(history=(TOY_STORY,), boost=boost), INSIDER
        )
        assert (explanation.score, explanation.rank) == (score, 4)
        # What is left where a piece is masked is what did not come through that piece.
        masked = [one.score for one in ask(films, **asked, boost=boost) if one.item == INSIDER]
        assert masked == [factor * -0.125]


def test_boosts_keep_the_order_of_scores_below_0(
    write_films: Callable[..., int], store: Store
) -> None:
    weights = {SERPICO: -0.5, INSIDER: -0.25, ALIEN: -0.125}
    edges = [(HEAT, item, weight) for item, weight in weights.items()]
    write_films(store, evidence={"CO_LIKED": edges})
    asked = {"user": None, "history": (HEAT,), "boost": "year < 1990: 2; year == 1979: 3"}
    expected = {ALIEN: -0.125 / 6, SERPICO: -0.25, INSIDER: -0.25}
    for n in (1, 2, 3):
        assert scores(ask(store, **asked, n=n)) == dict(list(expected.items())[:n])


@pytest.mark.parametrize(
    ("boost", "says"),
    [
        ("", "the boost is empty"),
        ("year >= 1990", "column 13: a colon and a factor must follow"),
        ("year >= 1990: much", "column 15: a number must stand here"),
        ("year >= 1990: -1", "column 15: a factor goes from 0 to 100"),
        ("year >= 1990: 1e9", "a factor goes from 0 to 100"),
        ("year >= 1990: 1 year", "rules are divided by ;"),
        ("colour == 'red': 2", "boost, column 1: no property or relation is called 'colour'"),
        ("year: 2", "this is a number, not a test"),
        (";", "a name or value must stand here"),
        ("year == 1: 1;" * (MAX_RULES + 1), "more than 50 rules"),
        ("(" * 60, "more than 50 levels"),
        ("year == 1: 1" + " " * 2000, "at most 2000"),
    ],
)
def test_a_boost_that_cannot_be_read_says_where(films: Store, boost: str, says: str) -> None:
    with pytest.raises(FilterError, match=re.escape(says)):
        ask(films, boost=boost)


def test_the_range_of_a_boost() -> None:
    boost = parse_boost("a == 1: 3; b == 1: .5; c == 1: 2;")
    assert (boost.least, boost.greatest) == (0.5, 6.0)


def test_what_was_shown_lately_sinks_and_comes_back(films: Store) -> None:
    run = films.current_run()
    assert run is not None
    films.record_shown(ShownList("r", 1000, run.id, "42"), {SERPICO: 1, INSIDER: 2}, 1000)
    just_now = ask(films, rotation=Rotation(0.75, 3600, now=1000))
    expected = {ALIEN: 0.25, SERPICO: 0.125, INSIDER: 0.109375, QUIET: 0.0}
    assert scores(just_now) == expected
    serpico = just_now[1]
    assert math.fsum(term.value for term in serpico.contributions) == serpico.score
    assert {term.signal for term in serpico.contributions} == {"knowledge", "rotation"}
    half_way = scores(ask(films, rotation=Rotation(0.5, 3600, now=2800)))
    assert half_way[SERPICO] == 0.375
    for rotation in (None, Rotation(0.5, 3600, now=4601), Rotation(0.0, 3600, now=1000)):
        assert scores(ask(films, rotation=rotation)) == PLAIN
    both = ask(films, rotation=Rotation(0.5, 3600, now=1000), boost="year < 1980: 2")
    assert scores(both)[SERPICO] == 0.5
    explanation = Recommender(films).explain(
        Request("42", rotation=Rotation(0.75, 3600, now=1000)), SERPICO
    )
    assert (explanation.rank, explanation.score) == (2, 0.125)


@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan])
def test_a_rotation_that_cannot_be(share: float) -> None:
    with pytest.raises(UsageError, match="rotation is"):
        Rotation(share, 3600, now=0)


@pytest.mark.parametrize(
    "options",
    [{}, {"diversity": 0.7}, {"boost": "year < 1980: 4"}, {"filter": "year > 0"}],
    ids=str,
)
def test_pages_join_without_overlap(films: Store, options: dict[str, object]) -> None:
    whole = ask(films, n=6, include_seen=True, **options)
    for size in (1, 2, 3):
        pages = [
            ask(films, n=size, offset=offset, include_seen=True, **options)
            for offset in range(0, 8, size)
        ]
        joined = [suggestion for page in pages for suggestion in page]
        assert [(one.item, one.rank) for one in joined] == [(one.item, one.rank) for one in whole]


def test_an_offset_has_a_range() -> None:
    for offset in (-1, 10_001):
        with pytest.raises(UsageError, match="offset is"):
            Request("42", offset=offset)


def test_how_much_is_said_changes_no_score(films: Store) -> None:
    full = ask(films, boost="year >= 1990: 2")
    for explain in ("paths", "none"):
        brief = ask(films, boost="year >= 1990: 2", explain=explain)
        assert scores(brief) == scores(full)
        assert list(scores(brief)) == list(scores(full))
    paths = ask(films, include_seen=True, boost="year >= 1990: 2", explain="paths")
    for suggestion in paths:
        assert math.fsum(t.value for t in suggestion.contributions) == suggestion.score
        for index, _ in enumerate(suggestion.paths):
            assert [term.path for term in suggestion.contributions].count(index) == 1
        without = [term for term in suggestion.contributions if term.path is None]
        assert len({term.signal for term in without}) == len(without)
        assert all(term.via is None for term in without)
    answer = Recommender(films).recommend(Request("42", explain="none")).to_json()
    assert set(answer["items"][0]) == {"item", "title", "rank", "score"}
    with_years = Recommender(films).recommend(Request("42")).to_json(with_properties=True)
    assert with_years["items"][0]["properties"] == {"year": 1973}
    with pytest.raises(UsageError, match="explain is"):
        Request("42", explain="some")  # type: ignore[arg-type]
