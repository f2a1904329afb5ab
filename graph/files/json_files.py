"""JSON Lines files: an object a line; what is no object is told apart with its line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from graph.errors import DataError
from graph.files.batches import BATCH_ROWS, Batch, Rejection, column_of
from graph.files.file_bytes import check_text, expected_rows, open_text
from graph.progress import SILENT, Progress

_HEADER_ROWS = 1_000
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class JsonLinesFile:
    """A JSON Lines file whose bytes were checked; made by `open_json_lines`."""

    path: Path
    header: tuple[str, ...]
    encoding: str
    size: int

    @property
    def expected_rows(self) -> int:
        """About how many rows it has."""
        return expected_rows(self.path)

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Its rows, with the columns named in `wanted`, in the order of the file."""
        with open_text(self.path, self.encoding) as (stream, raw):
            first_line, consumed = 1, 0
            while text := list(islice(stream, BATCH_ROWS)):
                rows: list[dict[str, object]] = []
                lines: list[int] = []
                unreadable: list[Rejection] = []
                for line, row in enumerate(text, start=first_line):
                    value = _parse(row)
                    if isinstance(value, dict):
                        rows.append(value)
                        lines.append(line)
                    elif row.strip():
                        unreadable.append(Rejection(line, value, row.strip()[:_SHOWN]))
                progress = raw.tell() - consumed
                yield Batch(
                    lines=np.array(lines, dtype=np.int64),
                    columns={name: column_of([row.get(name) for row in rows]) for name in wanted},
                    header=self.header,
                    rows=rows,
                    unreadable=tuple(unreadable),
                    consumed=progress,
                )
                first_line += len(text)
                consumed += progress


def open_json_lines(
    path: Path, *, encoding: str = "utf-8", progress: Progress = SILENT
) -> JsonLinesFile:
    """Check the bytes of a file and find its columns; a DataError says what is wrong with it."""
    check_text(path, encoding, progress)
    names: dict[str, None] = {}
    with open_text(path, encoding) as (stream, _):
        for row in islice(stream, _HEADER_ROWS):
            value = _parse(row)
            if isinstance(value, dict):
                names.update(dict.fromkeys(value))
    if not names:
        raise DataError(
            f"{path}: none of its first {_HEADER_ROWS:,} lines is a JSON object; "
            'JSON Lines has one object a line, like {"user": "1", "item": "7"}'
        )
    return JsonLinesFile(path, tuple(names), encoding, path.stat().st_size)


def _parse(row: str) -> dict[str, object] | str:
    """The object on a line, or the reason why there is none."""
    try:
        value = json.loads(row, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        return f"no JSON: {error.msg} at character {error.pos + 1}"
    except RecursionError:
        return "no JSON: nested too deeply"
    except ValueError:
        return "no JSON: a number in it is too long"
    if not isinstance(value, dict):
        return "no JSON object"
    return value
