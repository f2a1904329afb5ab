"""Cells as text become clean text, numbers and times, a column at a time; every change is counted.

The counts go into a `Tally`, so that a report can say what cleaning did to each column.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.files.batches import text_of
from graph.mapping_tables import Cleaning, TimeUnit
from graph.model import PropertyType

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_GROUPED = {
    ".": r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$",
    ",": r"^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$",
}
_TRUE = pa.array(["true", "yes", "y", "1", "t"])
_FALSE = pa.array(["false", "no", "n", "0", "f"])
_UNIT_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LARGEST_TIME_S = 253_402_300_799
_ZONE = re.compile(r"[+-]\d\d:?\d\d$")


@dataclass(slots=True)
class Tally:
    """How often each change was made: `counts["title: spaces trimmed"]`, with an example each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, n: int, example: str | None = None) -> None:
        """Count `n` more changes of a kind; the first example is kept."""
        if n:
            self.counts[what] += n
            if example is not None:
                self.examples.setdefault(what, example)


class Cleaner:
    """Applies the `[cleaning]` table of a mapping to columns."""

    def __init__(self, rules: Cleaning) -> None:
        self.rules = rules
        self._missing = pa.array(rules.missing, pa.string())
        self._empty = pa.array([""], pa.string())

    def text(
        self, column: pa.Array, name: str, tally: Tally, *, only_empty: bool = False
    ) -> pa.Array:
        """Trimmed, normalised text; missing cells are null.

        With `only_empty` no word counts as missing: "Unknown" is a fine title for a film.
        """
        if pa.types.is_list(column.type):
            column = pa.array([text_of(cell) for cell in column.to_pylist()], pa.string())
        if self.rules.trim:
            trimmed = pc.utf8_trim_whitespace(column)
            _count_changes(column, trimmed, f"{name}: spaces trimmed", tally)
            column = trimmed
        if self.rules.unicode != "none" and not _is_ascii(column):
            normal = pc.utf8_normalize(column, form=self.rules.unicode)
            what = f"{name}: characters normalised to {self.rules.unicode}"
            _count_changes(column, normal, what, tally)
            column = normal
        if only_empty:
            absent = pc.is_in(column, value_set=self._empty)
        else:
            absent = pc.is_in(column, value_set=self._missing)
        words = pc.and_(absent, pc.not_equal(column, ""))
        _count_mask(column, words, f"{name}: taken as missing", tally)
        return pc.if_else(absent, pa.scalar(None, pa.string()), column)

    def numbers(self, column: pa.Array, name: str = "", tally: Tally | None = None) -> pa.Array:
        """Text as float64; null where it is missing or no number.

        `1,234.5` is read as 1234.5, or `1.234,5` where the mapping says decimal = ",".
        """
        grouping = "," if self.rules.decimal == "." else "."
        plain = column
        if pc.any(pc.match_substring(column, grouping)).as_py():
            grouped = pc.match_substring_regex(column, _GROUPED[self.rules.decimal])
            plain = pc.if_else(grouped, pc.replace_substring(column, grouping, ""), column)
        if self.rules.decimal == ",":
            plain = pc.if_else(
                pc.match_substring(plain, "."), plain, pc.replace_substring(plain, ",", ".")
            )
        if tally is not None:
            _count_changes(column, plain, f"{name}: numbers normalised", tally)
        numeric = pc.match_substring_regex(plain, _NUMBER)
        numbers = pc.if_else(numeric, plain, pa.scalar(None, pa.string())).cast(pa.float64())
        finite = pc.is_finite(numbers)
        return pc.if_else(finite, numbers, pa.scalar(None, pa.float64()))

    def typed(self, column: pa.Array, kind: PropertyType, name: str, tally: Tally) -> pa.Array:
        """Clean text as a property: string, int64, float64 or bool; null where it is none.

        Cells that are not of the type are left out and counted.
        """
        if kind == "string":
            return column
        if kind == "boolean":
            lower = pc.utf8_lower(column)
            true = pc.is_in(lower, value_set=_TRUE)
            known = pc.or_(true, pc.is_in(lower, value_set=_FALSE))
            typed = pc.if_else(known, true, pa.scalar(None, pa.bool_()))
        else:
            typed = self.numbers(column, name, tally)
            if kind == "integer":
                whole = pc.and_(
                    pc.equal(pc.floor(typed), typed), pc.less(pc.abs(typed), float(2**53))
                )
                typed = pc.if_else(whole, typed, pa.scalar(None, pa.float64())).cast(pa.int64())
        lost = pc.and_(pc.is_valid(column), pc.is_null(typed))
        article = "an" if kind == "integer" else "a"
        what = f"{name}: left out, not {article} {_WORD_OF_TYPE[kind]}"
        _count_mask(column, lost, what, tally)
        return typed

    def times(self, column: pa.Array, unit: TimeUnit) -> pa.Array:
        """Clean text as whole epoch seconds (int64); null where it is missing or no time.

        `iso` reads dates and times of ISO 8601; those without a zone are taken as UTC.
        """
        if unit == "iso":
            return _iso_seconds(column)
        seconds = pc.floor(pc.multiply(self.numbers(column), _UNIT_SECONDS[unit]))
        possible = pc.less_equal(pc.abs(seconds), float(_LARGEST_TIME_S))
        return pc.if_else(possible, seconds, pa.scalar(None, pa.float64())).cast(pa.int64())


_WORD_OF_TYPE = {"integer": "integer", "float": "number", "boolean": "yes or no"}


def guess_time_unit(column: pa.Array) -> TimeUnit:
    """The unit that most cells of a column of times are in, by their form and size.

    Seconds since 1970 of our days have 9 or 10 digits, milliseconds 12 or 13, and so on.
    """
    present = column.drop_null()
    numeric = present.filter(pc.match_substring_regex(present, _NUMBER))
    if len(present) > 2 * len(numeric):
        return "iso"
    if len(numeric) == 0:
        return "s"
    size = abs(float(np.median(numeric.cast(pa.float64()).to_numpy(zero_copy_only=False))))
    if size < 1e11:
        return "s"
    if size < 1e14:
        return "ms"
    return "us" if size < 1e17 else "ns"


def first_group(column: pa.Array, pattern: str) -> pa.Array:
    """What the one group of an RE2 pattern matches in each cell; null where it does not match."""
    named = re.sub(r"(?<!\\)\((?!\?)", "(?P<found>", pattern, count=1)
    return pc.struct_field(pc.extract_regex(column, pattern=named), "found")


def explode(column: pa.Array, separator: str | None) -> tuple[NDArray[np.int64], pa.Array]:
    """The parts of each cell: their rows, and their text. Lists are taken apart, too."""
    rows = np.arange(len(column), dtype=np.int64)
    if pa.types.is_list(column.type):
        rows = _parents(column)
        column = pc.list_flatten(column)
    if separator is not None:
        lists = pc.split_pattern(column, pattern=separator)
        rows = rows[_parents(lists)]
        column = pc.list_flatten(lists)
    return rows, column


def _parents(lists: pa.Array) -> NDArray[np.int64]:
    parents: NDArray[np.int64] = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    return parents


def _iso_seconds(column: pa.Array) -> pa.Array:
    column = pc.replace_substring_regex(column, r" ?(UTC|GMT)$", "Z")
    try:
        zoned = pc.any(pc.match_substring_regex(column, r"(Z|[+-]\d\d:?\d\d)$")).as_py()
        kind = pa.timestamp("ns", tz="UTC" if zoned else None)
        times = column.cast(kind)
        return pc.floor_temporal(times, unit="second").cast(pa.timestamp("s")).cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.array([_iso_second(cell) for cell in column.to_pylist()], pa.int64())


def _iso_second(cell: str | None) -> int | None:
    if cell is None:
        return None
    try:
        time = datetime.fromisoformat(cell)
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return int(time.timestamp() // 1)


def _is_ascii(column: pa.Array) -> bool:
    return bool(pc.all(pc.string_is_ascii(column)).as_py() is not False)


def _count_changes(before: pa.Array, after: pa.Array, what: str, tally: Tally) -> None:
    if before is not after:
        _count_mask(before, pc.not_equal(before, after), what, tally)


def _count_mask(column: pa.Array, mask: Any, what: str, tally: Tally) -> None:
    n = pc.sum(mask).as_py() or 0
    if n:
        example = column[pc.index(mask, True).as_py()].as_py()
        tally.add(what, n, example)
