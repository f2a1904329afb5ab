"""`keep` conditions keep the rows that they say, and refuse what they cannot read."""

import operator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.condition import parse_condition
from graph.errors import MappingError
from graph.files.cleaning import Cleaner
from graph.mapping_tables import Cleaning

NUMBERS = Cleaner(Cleaning()).numbers
ROWS = {
    "value": pa.array(["5", "3", None, "x", "4.0"]),
    "event": pa.array(["buy", "view", "buy", None, "return"]),
    "my price": pa.array(["1", "20", "3", "4", "5"]),
}


def kept(text: str) -> list[bool]:
    holds = parse_condition(text).holds(ROWS, ROWS["value"], NUMBERS, 5)
    return [bool(row) for row in holds]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">= 4", [True, False, False, False, True]),
        ("< 4", [False, True, False, False, False]),
        ("= 4", [False, False, False, False, True]),
        ("!= 4", [True, True, True, True, False]),
        ("in [3, 5]", [True, True, False, False, False]),
        ("event == 'buy'", [True, False, True, False, False]),
        ("event != 'buy'", [False, True, False, True, True]),
        ("event in ['buy', \"return\"]", [True, False, True, False, True]),
        ("event not in ['buy']", [False, True, False, True, True]),
        ("event == 'buy' and >= 4", [True, False, False, False, False]),
        ("`my price` >= 4 and `my price` < 20", [False, False, False, True, True]),
        ("value>=-1e1", [True, True, False, False, True]),
    ],
)
def test_conditions_keep_what_they_say(text: str, expected: list[bool]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ">=",
        "4",
        ">= 4 or < 2",
        ">= 'a'",
        "event",
        "in []",
        "in ['a'",
        "not ['a']",
        "a == b",
        "&",
    ],
)
def test_conditions_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(MappingError, match="write it like `>= 4`"):
        parse_condition(text)


@given(
    st.sampled_from([">=", "<=", ">", "<", "=="]),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    st.lists(st.floats(-1e6, 1e6).map(lambda number: round(number, 3)), min_size=1),
)
def test_numbers_compare_as_in_python(sign: str, literal: float, values: list[float]) -> None:
    compare = {
        ">=": operator.ge,
        "<=": operator.le,
        ">": operator.gt,
        "<": operator.lt,
        "==": operator.eq,
    }[sign]
    cells = pa.array([repr(value) for value in values])
    holds = parse_condition(f"{sign} {literal!r}").holds({}, cells, NUMBERS, len(values))
    assert holds.tolist() == [compare(value, literal) for value in values]
