"""CSV and TSV files: batches with line numbers, and a reason for each row that cannot be read.

Chunks of lines without quotes, one row a line, go through Arrow's parser, ten times faster. All
else goes through Python's `csv`, which can say which line a row began on, and go on after a quote
that never ends.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from graph.errors import DataError
from graph.files.batches import BATCH_ROWS, Batch, Rejection
from graph.files.file_bytes import LINE_LIMIT, check_text, expected_rows, open_text
from graph.progress import SILENT, Progress

RECORD_LINES = 1_000
"""The most lines that a row with line breaks between quotes may have."""

_SHOWN = 200
_OTHER_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, slots=True)
class DelimitedFile:
    """A CSV or TSV file whose bytes were checked; made by `open_delimited`."""

    path: Path
    header: tuple[str, ...]
    delimiter: str
    encoding: str
    has_header: bool
    size: int

    @property
    def expected_rows(self) -> int:
        """About how many rows it has."""
        return expected_rows(self.path)

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Its rows, with the columns named in `wanted`, in the order of the file."""
        csv.field_size_limit(LINE_LIMIT)
        positions = {name: self.header.index(name) for name in wanted}
        with open_text(self.path, self.encoding) as (stream, raw):
            parser = _Parser(stream, self.delimiter)
            consumed = 0
            if self.has_header:
                parser.skip_row()
            while parser.read():
                chunk = parser.take_plain(positions, len(self.header)) or parser.take(
                    positions, len(self.header)
                )
                progress = raw.tell() - consumed
                consumed += progress
                yield Batch(
                    lines=chunk.lines,
                    columns=chunk.columns,
                    header=self.header,
                    rows=chunk.rows,
                    unreadable=chunk.unreadable,
                    consumed=progress,
                )


def open_delimited(
    path: Path,
    *,
    delimiter: str,
    encoding: str = "utf-8",
    has_header: bool = True,
    columns: tuple[str, ...] = (),
    progress: Progress = SILENT,
) -> DelimitedFile:
    """Check the bytes and the header of a file; a DataError says what is wrong with it.

    Columns of a file without header are named by `columns`, else "1", "2", ...
    """
    csv.field_size_limit(LINE_LIMIT)
    check_text(path, encoding, progress)
    with open_text(path, encoding) as (stream, _):
        parser = _Parser(stream, delimiter)
        first = parser.first_row()
    if first is None:
        raise DataError(f"{path}: the first row cannot be read; does a quote in it never end?")
    if any("\0" in cell for cell in first):
        raise DataError(f'{path} starts with NUL bytes; is it binary, or encoding = "utf-16"?')
    if not any(cell.strip() for cell in first):
        raise DataError(f"{path} is empty: it starts with a blank row")
    if has_header:
        header = tuple(cell.strip() or str(n) for n, cell in enumerate(first, start=1))
    elif columns and len(columns) != len(first):
        raise DataError(
            f"{path} has {len(first)} columns, and `columns` names {len(columns)} of them"
        )
    else:
        header = columns or tuple(str(n) for n in range(1, len(first) + 1))
    return DelimitedFile(path, header, delimiter, encoding, has_header, path.stat().st_size)


def guess_delimiter(header: Sequence[str]) -> str | None:
    """The delimiter that a header of one column seems to have been written with."""
    if len(header) != 1:
        return None
    counts = {mark: header[0].count(mark) for mark in _OTHER_DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


@dataclass(frozen=True, slots=True)
class _Chunk:
    lines: NDArray[np.int64]
    columns: Mapping[str, pa.Array]
    rows: Sequence[Sequence[str]]
    unreadable: tuple[Rejection, ...] = ()


class _PlainRows(Sequence[Any]):
    """Rows that are lines without quotes, split when one is asked for."""

    def __init__(self, lines: tuple[str, ...], delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, row: Any) -> Any:
        return self._lines[row].rstrip("\r\n").split(self._delimiter)


class _Parser:
    """Rows out of a text stream, a chunk of lines at a time."""

    def __init__(self, stream: io.TextIOWrapper, delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._lines: deque[str] = deque()
        self._record: list[str] = []
        self._next_line = 1
        self._has_nul = False

    def first_row(self) -> list[str] | None:
        """The first row, or None where it cannot be read."""
        try:
            return next(self._reader(), [])
        except csv.Error:
            return None

    def skip_row(self) -> None:
        """Pass over the header."""
        self.first_row()
        self._next_line += len(self._record)
        self._record.clear()

    def read(self) -> bool:
        """Get the next chunk of lines; False at the end."""
        self._lines.extend(islice(self._stream, BATCH_ROWS - len(self._lines)))
        return bool(self._lines)

    def take_plain(self, positions: Mapping[str, int], width: int) -> "_Chunk | None":
        """The chunk by Arrow's parser, or None where its rows are not simply its lines."""
        text = "".join(self._lines)
        if '"' in text or "\0" in text:
            return None
        names = [str(n) for n in range(width)]
        wanted = [names[position] for position in positions.values()]
        try:
            table = arrow_csv.read_csv(
                io.BytesIO(text.encode()),
                read_options=arrow_csv.ReadOptions(
                    column_names=names, use_threads=False, block_size=2 * LINE_LIMIT
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._delimiter, quote_char=False, ignore_empty_lines=False
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=wanted or names[:1],
                    column_types=dict.fromkeys(names, pa.string()),
                    check_utf8=False,
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(self._lines) or (
            width == 1 and not all(map(str.strip, self._lines))
        ):
            return None
        lines = tuple(self._lines)
        first = self._next_line
        self._next_line += len(lines)
        self._lines.clear()
        return _Chunk(
            np.arange(first, first + len(lines), dtype=np.int64),
            {name: _one_chunk(table.column(str(at))) for name, at in positions.items()},
            _PlainRows(lines, self._delimiter),
        )

    def take(self, positions: Mapping[str, int], width: int) -> "_Chunk":
        """All rows that start in the chunk, and those that cannot be read."""
        rows, lines, unreadable = self._take_rows()
        if self._has_nul or any(len(row) != width for row in rows):
            rows, lines, unreadable = _sort_out(rows, lines, unreadable, width)
        cells = list(zip(*rows, strict=True)) if rows else [()] * width
        return _Chunk(
            np.array(lines, dtype=np.int64),
            {name: pa.array(cells[at], pa.string()) for name, at in positions.items()},
            rows,
            tuple(unreadable),
        )

    def _take_rows(self) -> tuple[list[list[str]], list[int], list[Rejection]]:
        rows: list[list[str]] = []
        lines: list[int] = []
        unreadable: list[Rejection] = []
        reader = self._reader()
        while self._lines:
            try:
                row = next(reader)
            except csv.Error:
                first, *rest = self._record
                reason = (
                    "a quote on this line never ends"
                    if rest
                    else "the quotes on this line are misplaced"
                )
                unreadable.append(Rejection(self._next_line, reason, first.strip()[:_SHOWN]))
                self._lines.extendleft(reversed(rest))
                self._next_line += 1
                reader = self._reader()
            else:
                rows.append(row)
                lines.append(self._next_line)
                self._next_line += len(self._record)
            self._record.clear()
        return rows, lines, unreadable

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._pull(), delimiter=self._delimiter, strict=True)

    def _pull(self) -> Iterator[str]:
        while len(self._record) < RECORD_LINES:
            line = self._lines.popleft() if self._lines else next(self._stream, "")
            if not line:
                return
            self._record.append(line)
            self._has_nul = self._has_nul or "\0" in line
            yield line


def _sort_out(
    rows: list[list[str]], lines: Sequence[int], unreadable: list[Rejection], width: int
) -> tuple[list[list[str]], list[int], list[Rejection]]:
    """Tell apart rows of another width or with NUL bytes; blank lines are no rows."""
    kept_rows, kept_lines = [], []
    for row, line in zip(rows, lines, strict=True):
        if not row:
            continue
        if len(row) != width:
            columns = f"{len(row)} cell{'s' if len(row) > 1 else ''}"
            unreadable.append(Rejection(line, f"{columns} where the header has {width}", row))
        elif any("\0" in cell for cell in row):
            unreadable.append(Rejection(line, "NUL bytes", row))
        else:
            kept_rows.append(row)
            kept_lines.append(line)
    unreadable.sort(key=lambda rejection: rejection.line)
    return kept_rows, kept_lines, unreadable


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
