"""Filters: what they mean, what they refuse, and that the message points at the place."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import FilterError
from graph.model import Entity, FactEdge, FactType, GraphSchema, Item
from recommender.filter_syntax import MAX_DEPTH, MAX_LENGTH, parse_filter
from recommender.filters import bind_filter, facets

SCHEMA = GraphSchema(
    item_properties={"year": "integer", "score": "float", "is_new": "boolean", "studio": "string"},
    fact_types=(
        FactType("Item", "HAS_GENRE"),
        FactType("Item", "HAS_CAST"),
        FactType("User", "WORKS_AS"),
    ),
)
HEAT = Item("1", "Heat (1995)", None, {"year": 1995, "score": 8.3, "is_new": False})
UNKNOWN = Item("2", "Unknown")
FACTS = [
    FactEdge("1", "HAS_GENRE", Entity("g1", "Genre", "Crime")),
    FactEdge("1", "HAS_GENRE", Entity("g2", "Genre", "Drama")),
    FactEdge("1", "HAS_CAST", Entity("p1", "Person", "Al Pacino")),
]
SEEN = facets([HEAT, UNKNOWN], FACTS)


def passes(text: str, item: str = "1") -> bool:
    return bind_filter(text, parse_filter(text), SCHEMA).passes(SEEN[item])


@pytest.mark.parametrize(
    "text",
    [
        "year >= 1990",
        "1990 <= year < 2000",
        "year >= 1990 and 'Crime' in HAS_GENRE",
        "'Comedy' in HAS_GENRE or \"Al Pacino\" in HAS_CAST",
        "not 'Comedy' in HAS_GENRE",
        "'Comedy' not in HAS_GENRE",
        "title == 'Heat (1995)'",
        "'Heat' in title",
        "id in ('1', '7')",
        "year in [1994, 1995]",
        "year not in (1994, 1996)",
        "score > 8 and score < 9.5e0",
        "is_new == False",
        "not is_new",
        "studio == None",
        "(year == 1 or year == 1995) and not (score < 8)",
        "false or TRUE",
        "title != 'it\\'s'",
        "-1 < year",
        "NOT year < 1990 AND year < 2000",
    ],
)
def test_holds(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    ["year > 1995", "'Comedy' in HAS_GENRE", "is_new", "studio != None", "'heat' in title"],
)
def test_does_not_hold(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(
    "text", ["year > 0", "year != 1995", "year == year", "studio != 'A24'", "'x' not in studio"]
)
def test_comparison_with_a_missing_value_is_false(text: str) -> None:
    assert not passes(text, "2")


@pytest.mark.parametrize(
    "text", ["year == None", "not year > 0", "'Crime' not in HAS_GENRE", "None == studio"]
)
def test_missing_values_can_be_asked_for(text: str) -> None:
    assert passes(text, "2")


def test_and_binds_closer_than_or() -> None:
    assert passes("year == 1995 or year == 1 and year == 2")
    assert not passes("(year == 1995 or year == 1) and year == 2")


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("yeer >= 1990", 1, "Do you mean year?"),
        ("year >= 'x'", 6, "a number cannot be compared with a text"),
        ("year >= 1 and HAS_GENRE == 'Crime'", 15, "'x' in HAS_GENRE"),
        ("year = 1995", 6, "write == to compare"),
        ("title == 'Heat", 10, "no closing quote"),
        ("year >= ", 8, "ends here"),
        ("(year >= 1", 11, "')' is missing"),
        ("year >= 1990)", 13, "one too many"),
        ("year", 1, "this is a number, not a test"),
        ("year > None", 6, "None has no order"),
        ("is_new < True", 8, "no order"),
        ("year in (1, 'x')", 13, "cannot be equal"),
        ("1 in HAS_GENRE", 1, "looks for a text"),
        ("'x' in year", 8, "not a number"),
        ("year == (1, 2)", 9, "a list can only stand after in"),
        ("year not 5", 10, "must be followed by in"),
        ("'a' in WORKS_AS", 8, "no property or relation"),
        ("year >= 1990 title", 14, "one too many"),
        ("year in (year, 2)", 9, "plain values"),
        ("year in ()", 9, "plain values"),
        ("year; 1", 5, "one too many"),
        ("__import__('os')", 11, "one too many"),
        ("title.upper == 'X'", 6, "'.' cannot stand here"),
        ("year == 12ab", 9, "cannot stand here"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        passes(text)
    first, shown, caret = str(caught.value).split("\n")
    assert first.startswith(f"filter, column {column}:")
    assert says in first
    assert caret.index("^") - 2 == column - 1
    assert shown.strip() in text


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(FilterError, match="id, is_new, score, studio, text, title, year, HAS_CAST"):
        passes("nothing_like_it == 1")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty(text: str) -> None:
    with pytest.raises(FilterError, match="empty"):
        parse_filter(text)


@pytest.mark.parametrize("opening", ["(", "not "])
def test_depth_is_limited(opening: str) -> None:
    text = opening * (MAX_DEPTH + 1) + "year == 1"
    with pytest.raises(FilterError, match="levels"):
        parse_filter(text)


def test_length_is_limited() -> None:
    with pytest.raises(FilterError, match="characters"):
        parse_filter("year == 1 or " * MAX_LENGTH)


@given(st.text(max_size=60) | st.text("year<>=()[]'\"\\ andortin12.,-_", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError):  # any other error is a crash
        tree = parse_filter(text)
        assert bind_filter(text, tree, SCHEMA).passes(SEEN["1"]) in (True, False)


SIMPLE = st.sampled_from(["year > 1990", "year > 2000", "is_new", "'Crime' in HAS_GENRE"])


@given(SIMPLE, SIMPLE)
def test_de_morgan(one: str, other: str) -> None:
    for item in SEEN:
        assert passes(f"not ({one} or {other})", item) == passes(f"not {one} and not {other}", item)
