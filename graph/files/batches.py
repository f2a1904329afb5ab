"""A batch of rows from a data file, and what every kind of file can do."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BATCH_ROWS = 50_000
"""The most rows of a batch."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is not used: its line, why, and what it held."""

    line: int
    reason: str
    raw: object


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a file. `lines[i]` is the line (Parquet: row, from 1) on which row `i` starts.

    `columns` holds string arrays, or arrays of lists of strings, of the length of `lines`. `rows`
    are the rows as they were read, either cell by cell or by column name. `unreadable` are the rows
    in between that could not be read. `consumed` counts in the units of the file's `size`.
    """

    lines: NDArray[np.int64]
    columns: Mapping[str, pa.Array]
    header: tuple[str, ...]
    rows: Sequence[Any]
    unreadable: tuple[Rejection, ...]
    consumed: int

    def __len__(self) -> int:
        return len(self.lines)

    def reject(self, row: int, reason: str) -> Rejection:
        """Row `row` of the batch as a rejection."""
        cells = self.rows[row]
        raw = cells if isinstance(cells, dict) else dict(zip(self.header, cells, strict=False))
        return Rejection(int(self.lines[row]), reason, raw)


class DataFile(Protocol):
    """A file that was opened and checked: it can be read, and its columns are known."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns, in order; for JSON Lines those of the first rows."""

    @property
    def size(self) -> int:
        """How much there is to read, in the units of `Batch.consumed`."""

    @property
    def expected_rows(self) -> int:
        """About how many rows it has."""

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Its rows, with the columns named in `wanted`, in the order of the file."""


def text_of(value: object) -> str | None:
    """A JSON value as the text of a cell; None for null."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def column_of(values: Sequence[object]) -> pa.Array:
    """JSON values as a column: of strings, or of lists of strings where there is a list."""
    if any(isinstance(value, list) for value in values):
        lists = [value if value is None or isinstance(value, list) else [value] for value in values]
        return pa.array(
            [None if one is None else [text_of(cell) for cell in one] for one in lists],
            pa.list_(pa.string()),
        )
    return pa.array([text_of(value) for value in values], pa.string())
