"""Parquet files as batches of text columns; a row's line is its number, from 1."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import DataError
from graph.files.batches import BATCH_ROWS, Batch, column_of
from graph.files.file_bytes import is_gzip_name, open_bytes


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A Parquet file whose footer was read; made by `open_parquet`. Its size is in rows."""

    path: Path
    header: tuple[str, ...]
    size: int

    @property
    def expected_rows(self) -> int:
        """How many rows it has."""
        return self.size

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """Its rows, with the columns named in `wanted`, in the order of the file."""
        names = list(dict.fromkeys(wanted))
        first = 1
        with _open(self.path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
                columns = {
                    name: _as_text(batch.column(batch.schema.get_field_index(name)))
                    for name in names
                }
                yield Batch(
                    lines=np.arange(first, first + batch.num_rows, dtype=np.int64),
                    columns=columns,
                    header=self.header,
                    rows=_Rows(columns),
                    unreadable=(),
                    consumed=batch.num_rows,
                )
                first += batch.num_rows


class _Rows(Sequence[dict[str, object]]):
    """The rows of columns, made when one is asked for."""

    def __init__(self, columns: dict[str, pa.Array]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return max((len(column) for column in self._columns.values()), default=0)

    def __getitem__(self, row: Any) -> Any:
        return {name: column[row].as_py() for name, column in self._columns.items()}


def open_parquet(path: Path) -> ParquetFile:
    """Read the footer of a file; a DataError says what is wrong with it."""
    with _open(path) as file:
        return ParquetFile(path, tuple(file.schema_arrow.names), file.metadata.num_rows)


@contextmanager
def _open(path: Path) -> Iterator[pq.ParquetFile]:
    with open_bytes(path) as (data, _):
        try:
            if is_gzip_name(path):
                with tempfile.TemporaryFile() as unpacked:
                    shutil.copyfileobj(data, unpacked)
                    unpacked.seek(0)
                    yield pq.ParquetFile(unpacked)
            else:
                yield pq.ParquetFile(data)
        except pa.ArrowException as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{path} is no readable Parquet file: {reason}") from error


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type))
    if pa.types.is_string(kind):
        return column
    if pa.types.is_nested(kind):
        return column_of(column.to_pylist())
    return column.cast(pa.string())
