"""Writes the vectors of items in formats that people open elsewhere."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from embeddings.workspace import written_whole
from graph.dataset import Ids

PROJECTOR_FILES = ("vectors.tsv", "metadata.tsv", "projector_config.pbtxt")
"""What `write_projector` writes; TensorBoard looks for the last one in its `--logdir`."""

_NOT_IN_A_WORD = re.compile(r"[\s%\x00-\x1f\x7f]")
_NOT_IN_A_CELL = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """Items with their titles ("" where there is none) and one vector each, shape (n, d)."""

    ids: Ids
    titles: Ids
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not len(self.ids) == len(self.titles) == len(self.values):
            raise ValueError("ids, titles and vectors differ in length")

    def known(self) -> "NamedVectors":
        """Those that have a vector: one that is not 0."""
        rows = self.values.any(axis=1)
        return NamedVectors(self.ids[rows], self.titles[rows], self.values[rows])


def write_parquet(path: Path, vectors: NamedVectors) -> None:
    """A Parquet file with the columns `id`, `title` (nullable) and `vector` (list of float32)."""
    size = vectors.values.shape[1]
    rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors.values.ravel()), size)
    table = pa.table(
        {
            "id": pa.array(vectors.ids.tolist(), pa.string()),
            "title": pa.array([title or None for title in vectors.titles], pa.string()),
            "vector": rows.cast(pa.list_(pa.float32())),
        }
    )
    with written_whole(path) as stream:
        parquet.write_table(table, stream)


def write_word2vec(path: Path, vectors: NamedVectors) -> None:
    """The text format of word2vec: `n d`, then a line an item, its id and its numbers.

    The format ends a word at a space, so white space, control characters and `%` in ids are
    written as in URLs (`%20`); `urllib.parse.unquote` brings them back.
    """
    n, size = vectors.values.shape
    rows = zip(map(_word, vectors.ids), _numbers(vectors.values, " "), strict=True)
    _write_lines(path, chain([f"{n} {size}"], map(" ".join, rows)))


def write_projector(folder: Path, vectors: NamedVectors, name: str) -> None:
    """A folder for the embedding projector of TensorBoard: `PROJECTOR_FILES`.

    White space in ids and titles becomes one space. `name` is shown as that of the tensor.
    """
    tensor, metadata, config = (folder / file for file in PROJECTOR_FILES)
    _write_lines(tensor, _numbers(vectors.values, "\t"))
    rows = zip(map(_cell, vectors.ids), map(_cell, vectors.titles), strict=True)
    _write_lines(metadata, chain(["id\ttitle"], map("\t".join, rows)))
    lines = (
        "embeddings {",
        f'  tensor_name: "{name}"',
        f'  tensor_path: "{tensor.name}"',
        f'  metadata_path: "{metadata.name}"',
        "}",
    )
    _write_lines(config, lines)


def _word(id: str) -> str:
    return _NOT_IN_A_WORD.sub(lambda found: quote(found[0], safe=""), id)


def _cell(text: str) -> str:
    return _NOT_IN_A_CELL.sub(" ", text)


def _numbers(values: NDArray[np.float32], separator: str) -> Iterator[str]:
    """A line a row; nine digits bring every float32 back."""
    line = separator.join(["%.9g"] * values.shape[1])
    for row in values:
        yield line % tuple(row.tolist())


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with written_whole(path) as stream:
        for line in lines:
            stream.write(line.encode() + b"\n")
