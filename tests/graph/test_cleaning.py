"""Cells become what they mean, every change is counted, and ranges have readable names."""

import unicodedata
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.files.cleaning import Cleaner, Tally, explode, first_group, guess_time_unit
from graph.files.ranges import range_names
from graph.files.spool import NO_TIME, RECORD, Records, records, resolve
from graph.mapping_tables import Attribute, Cleaning

CLEANER = Cleaner(Cleaning())


def attribute(**keys: object) -> Attribute:
    return Attribute.model_validate({"column": "c", "relation": "R", "kind": "K", **keys})


def test_text_is_trimmed_normalised_and_missing_where_it_says_so() -> None:
    tally = Tally()
    cells = pa.array([" x ", "e\u0301", "", "n/a", "Unknown", None, "Na"])
    assert CLEANER.text(cells, "c", tally).to_pylist() == ["x", "é", None, None, None, None, "Na"]
    assert tally.counts == {
        "c: spaces trimmed": 1,
        "c: characters normalised to NFC": 1,
        "c: taken as missing": 2,
    }
    assert CLEANER.text(cells, "c", Tally(), only_empty=True).to_pylist()[3:5] == ["n/a", "Unknown"]
    as_is = Cleaner(Cleaning(trim=False, unicode="none", missing=()))
    assert as_is.text(cells, "c", tally).to_pylist() == cells.to_pylist()


@given(st.lists(st.none() | st.text(alphabet=" \u00a0aé\u0301ﬁ\t", max_size=5), max_size=8))
def test_cleaning_twice_is_cleaning_once(cells: list[str | None]) -> None:
    once = CLEANER.text(pa.array(cells, pa.string()), "c", Tally())
    tally = Tally()
    assert CLEANER.text(once, "c", tally).equals(once)
    assert not tally.counts
    for cell in once.to_pylist():
        assert cell is None or cell == unicodedata.normalize("NFC", cell.strip())


@pytest.mark.parametrize(
    ("decimal", "cell", "number"),
    [
        (".", "1,234.5", 1234.5),
        (".", "-1e3", -1000.0),
        (".", "1,23", None),
        (".", "3,5", None),
        (".", "inf", None),
        (".", "1e999", None),
        (".", "0x10", None),
        (".", ".5", 0.5),
        (",", "1.234,5", 1234.5),
        (",", "3,5", 3.5),
        (",", "3.5", 3.5),
    ],
)
def test_numbers_are_read_as_written(decimal: str, cell: str, number: float | None) -> None:
    cleaner = Cleaner(Cleaning.model_validate({"decimal": decimal}))
    assert cleaner.numbers(pa.array([cell])).to_pylist() == [number]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back(number: float) -> None:
    assert CLEANER.numbers(pa.array([repr(number)])).to_pylist() == [number]


def test_properties_that_are_not_of_their_type_are_left_out_and_counted() -> None:
    tally = Tally()
    cells = pa.array(["1995", "1995.0", "V", "1.5", None])
    assert CLEANER.typed(cells, "integer", "year", tally).to_pylist() == [1995, 1995] + [None] * 3
    assert tally.counts == {"year: left out, not an integer": 2}
    assert tally.examples == {"year: left out, not an integer": "V"}
    assert CLEANER.typed(pa.array(["yes", "F", "2"]), "boolean", "b", tally).to_pylist() == [
        True,
        False,
        None,
    ]


@pytest.mark.parametrize(
    ("unit", "cell", "seconds"),
    [
        ("s", "978300019", 978300019),
        ("s", "978300019.9", 978300019),
        ("ms", "978300019999", 978300019),
        ("s", "978300019999999", None),
        ("iso", "2001-01-01", 978307200),
        ("iso", "2001-01-01T00:00:00Z", 978307200),
        ("iso", "2001-01-01 01:00:00+01:00", 978307200),
        ("iso", "2001-01-01 00:00:00 UTC", 978307200),
        ("iso", "yesterday", None),
    ],
)
def test_times_become_epoch_seconds(unit: str, cell: str, seconds: int | None) -> None:
    # With another cell in front, so that one that cannot be read does not speak for all.
    first = {"s": "0", "ms": "0", "iso": "1970-01-01"}[unit]
    column = pa.array([first, cell, None])
    assert CLEANER.times(column, unit).to_pylist() == [0, seconds, None]  # type: ignore[arg-type]


@given(
    st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1)),  # in UTC
    st.sampled_from(["s", "ms", "us", "ns", "iso"]),
)
def test_the_unit_of_a_time_is_guessed(time: datetime, unit: str) -> None:
    time = time.replace(tzinfo=UTC, microsecond=0)
    seconds = int(time.timestamp())
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
    cell = time.isoformat() if unit == "iso" else str(seconds * scale[unit])
    column = pa.array([cell])
    assert guess_time_unit(column) == unit
    read = CLEANER.times(column, guess_time_unit(column)).to_pylist()[0]
    assert abs(read - seconds) <= 1


def test_lists_are_taken_apart_with_their_rows() -> None:
    rows, parts = explode(pa.array(["a|b", None, "c", ""]), "|")
    assert (rows.tolist(), parts.to_pylist()) == ([0, 0, 2, 3], ["a", "b", "c", ""])
    rows, parts = explode(pa.array([["a", "b|c"], None, []], pa.list_(pa.string())), "|")
    assert (rows.tolist(), parts.to_pylist()) == ([0, 0, 0], ["a", "b", "c"])


def test_a_pattern_finds_its_one_group() -> None:
    titles = pa.array(["Heat (1995)", "Heat", "(1990) Heat (1995) "])
    assert first_group(titles, r"\((\d{4})\)\s*$").to_pylist() == ["1995", None, "1995"]


def test_ranges_have_names() -> None:
    ages = pa.array([3.0, 18.0, 24.9, 25.0, 56.0, None])
    assert range_names(ages, attribute(bins=[18, 25, 56])).to_pylist() == [
        *("under 18", "18-24", "18-24", "25-55", "56 or more"),
        None,
    ]
    years = pa.array([1989.0, 1990.0])
    assert range_names(years, attribute(width=10)).to_pylist() == ["1980-1989", "1990-1999"]
    assert range_names(years, attribute(width=10, label="{low}s")).to_pylist() == ["1980s", "1990s"]
    assert range_names(pa.array([0.3]), attribute(width=0.25)).to_pylist() == ["0.25-0.5"]


def edges(*rows: tuple[int, int, int, float, int]) -> Records:
    source, target, type_, value, at = zip(*rows, strict=True)
    as_int = [np.array(column, dtype=np.int32) for column in (source, target, type_)]
    return records(*as_int, np.array(value), np.array(at, dtype=np.int64))


@pytest.mark.parametrize(
    ("policy", "value", "at"),
    [("last", 2.0, 30), ("first", 1.0, NO_TIME), ("max", 5.0, 10), ("sum", 11.0, 30)],
)
def test_repeated_edges_are_resolved_by_policy(policy: str, value: float, at: int) -> None:
    rows = edges((1, 2, 0, 1, NO_TIME), (1, 2, 0, 3, 30), (1, 2, 0, 2, 30), (1, 2, 0, 5, 10))
    other = edges((1, 2, 1, 9, 0), (0, 2, 0, 8, 0))
    left = resolve(np.concatenate([rows, other]), policy)  # type: ignore[arg-type]
    assert left[["source", "target", "type"]].tolist() == [(0, 2, 0), (1, 2, 0), (1, 2, 1)]
    assert (left[1]["value"], left[1]["at"]) == (value, at)


@given(
    st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.floats(0, 9), st.integers(0, 3)), max_size=30),
    st.sampled_from(["last", "first", "max"]),
)
def test_resolving_twice_is_resolving_once(
    rows: list[tuple[int, int, int, float, int]], policy: str
) -> None:
    made = edges(*rows) if rows else np.empty(0, dtype=RECORD)
    once = resolve(made, policy)  # type: ignore[arg-type]
    assert len(once) == len({row[:3] for row in rows})
    assert resolve(once, policy).tolist() == once.tolist()  # type: ignore[arg-type]
    assert set(once.tolist()) <= set(made.tolist())
