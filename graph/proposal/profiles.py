"""What the columns of a file look like, judged by its first rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import DataError
from graph.files.batches import DataFile
from graph.files.cleaning import Cleaner, Tally, explode, guess_time_unit
from graph.files.delimited_files import guess_delimiter
from graph.files.readers import open_source
from graph.mapping_tables import Cleaning, Source, TimeUnit
from graph.progress import SILENT, Progress
from graph.proposal.years import Years, find_years

SEPARATORS = ("|", ";", ">", ",")
"""What cells with lists are taken apart at, tried in this order."""

_ENCODINGS = ("utf-8", "cp1252", "latin-1")
_PLAUSIBLE_S = (631_152_000, 2_208_988_800)  # 1990 to 2040

_ID_WORDS = frozenset(
    {"id", "ids", "uid", "iid", "guid", "uuid", "isbn", "asin", "sku", "ean", "upc"}
)
_YES_NO = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})

_COMMA_CLEANER = Cleaner(Cleaning(decimal=","))


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `numbers` are its least and greatest number if all its cells are numbers, with a
    decimal comma if need be.

    `separator` takes lists apart, `n_parts` counts their distinct parts. `time_unit` is set where
    the cells are plausible times. `values` are its distinct values if there are few.
    """

    name: str
    n_rows: int
    n_present: int
    n_distinct: int
    mean_length: float
    numbers: tuple[float, float] | None
    is_whole: bool
    has_decimal_comma: bool
    is_list: bool
    separator: str | None
    n_parts: int
    time_unit: TimeUnit | None
    years: Years | None
    values: tuple[str, ...]

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return self.n_rows > 0 and self.n_distinct == self.n_rows

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name, without `id`: `("movie",)` for `movieId:token`."""
        words = _words(self.name)
        return tuple(word for word in words if word not in ("id", "ids")) or words

    @property
    def is_named_id(self) -> bool:
        """Whether its name says that it holds ids."""
        return not _ID_WORDS.isdisjoint(_words(self.name))

    @property
    def is_yes_or_no(self) -> bool:
        """Whether its values are yes and no, in one way of writing them."""
        return len(self.values) > 0 and {value.lower() for value in self.values} <= _YES_NO


@dataclass(frozen=True, slots=True)
class FileProfile:
    """A file: how it has to be read, and its columns."""

    path: Path
    delimiter: str | None
    encoding: str
    columns: tuple[ColumnProfile, ...]

    def column(self, names: Sequence[str]) -> ColumnProfile | None:
        """The first column one of whose words is among the names, earlier names first."""
        for name in names:
            for column in self.columns:
                if name in column.words:
                    return column
        return None


def profile_file(path: Path, progress: Progress = SILENT) -> FileProfile:
    """Open a file, in another encoding or with another delimiter if need be, and look at it."""
    encoding, file = _open(path, progress)
    delimiter = None
    if (guess := guess_delimiter(file.header)) is not None:
        delimiter = guess
        source = Source(file=str(path), encoding=encoding, delimiter=delimiter)
        file = open_source(path, source, progress)
    repeated = {name for name in file.header if file.header.count(name) > 1}
    usable = [name for name in file.header if name not in repeated]
    batch = next(iter(file.batches(usable)), None)
    cleaner = Cleaner(Cleaning())
    columns = (
        ()
        if batch is None
        else tuple(_profile(name, column, cleaner) for name, column in batch.columns.items())
    )
    return FileProfile(path, delimiter, encoding, columns)


def all_values(profile: FileProfile, column: ColumnProfile) -> tuple[str, ...]:
    """The distinct values of a column in the whole file, for what has to be listed completely."""
    source = Source(file=str(profile.path), encoding=profile.encoding, delimiter=profile.delimiter)
    cleaner = Cleaner(Cleaning())
    found: set[str] = set()
    for batch in open_source(profile.path, source, SILENT).batches([column.name]):
        text = cleaner.text(batch.columns[column.name], column.name, Tally())
        found.update(text.drop_null().unique().to_pylist())
    return tuple(sorted(found))


def _open(path: Path, progress: Progress) -> tuple[str, DataFile]:
    for encoding in _ENCODINGS:
        try:
            return encoding, open_source(path, Source(file=str(path), encoding=encoding), progress)
        except DataError as error:
            if "set encoding" not in str(error) or encoding == _ENCODINGS[-1]:
                raise
            if "UTF-16" in str(error):
                source = Source(file=str(path), encoding="utf-16")
                return "utf-16", open_source(path, source, progress)
    raise DataError(f"{path} cannot be read in any of the encodings {', '.join(_ENCODINGS)}")


def _profile(name: str, column: pa.Array, cleaner: Cleaner) -> ColumnProfile:
    is_list = pa.types.is_list(column.type)
    text = cleaner.text(column, name, Tally()).drop_null()
    numbers = cleaner.numbers(text)
    has_decimal_comma = False
    if len(text) and numbers.null_count:
        with_comma = _COMMA_CLEANER.numbers(text)
        has_decimal_comma = with_comma.null_count == 0
        numbers = with_comma if has_decimal_comma else numbers
    all_numbers = len(text) > 0 and numbers.null_count == 0
    distinct = text.unique()
    separator, n_parts = (None, 0) if all_numbers else _separator(text)
    if is_list:
        n_parts = len(explode(column, None)[1].unique())
    return ColumnProfile(
        name=name,
        n_rows=len(column),
        n_present=len(text),
        n_distinct=len(distinct),
        mean_length=float(pc.mean(pc.utf8_length(text)).as_py() or 0.0),
        numbers=(pc.min(numbers).as_py(), pc.max(numbers).as_py()) if all_numbers else None,
        is_whole=all_numbers and bool(pc.all(pc.equal(pc.floor(numbers), numbers)).as_py()),
        has_decimal_comma=has_decimal_comma,
        is_list=is_list,
        separator=separator,
        n_parts=n_parts,
        time_unit=_time_unit(text, cleaner),
        years=find_years(text, is_number=all_numbers, is_named_year="year" in _words(name)),
        values=tuple(sorted(distinct.to_pylist())) if len(distinct) <= 30 else (),
    )


def _separator(text: pa.Array) -> tuple[str | None, int]:
    """What takes the cells apart into parts that come again and again, and how many those are."""
    for separator in SEPARATORS:
        holding = pc.sum(pc.match_substring(text, separator)).as_py() or 0
        if holding * 20 < len(text) or holding < 2:
            continue
        _, parts = explode(text, separator)
        parts = pc.utf8_trim_whitespace(parts)
        n_parts = len(parts.unique())
        if n_parts * 3 <= len(parts) and float(pc.mean(pc.utf8_length(parts)).as_py()) <= 30:
            return separator, n_parts
    return None, 0


def _time_unit(text: pa.Array, cleaner: Cleaner) -> TimeUnit | None:
    if len(text) == 0:
        return None
    unit = guess_time_unit(text)
    times = cleaner.times(text, unit).drop_null().to_numpy(zero_copy_only=False)
    if len(times) < 0.9 * len(text):
        return None
    plausible = np.mean((times >= _PLAUSIBLE_S[0]) & (times < _PLAUSIBLE_S[1]))
    return unit if plausible > 0.9 else None


def _words(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case: `("movie", "id")` for `movieId:token`."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.split(":")[0])
    return tuple(word.lower() for word in re.findall(r"[A-Za-z]+", spaced))
