"""Opens the file that a table of the mapping names, by its format, and checks its columns."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from graph.errors import DataError
from graph.files.batches import DataFile
from graph.files.delimited_files import guess_delimiter, open_delimited
from graph.files.file_bytes import plain_suffix
from graph.files.json_files import open_json_lines
from graph.files.parquet_files import open_parquet
from graph.mapping_tables import FileFormat, Source
from graph.progress import SILENT, Progress

FORMAT_OF_SUFFIX: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Formats by file name; `.gz` after any of them means compressed."""


def open_source(path: Path, source: Source, progress: Progress = SILENT) -> DataFile:
    """Open and check a file; reads a text file to its end once.

    Raises DataError where the file is missing, damaged, or not of its format and encoding.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file in it")
    if not path.exists():
        raise DataError(f"{path} does not exist{_near(path)}")
    file_format = source.format or format_of(path)
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty")
    if file_format == "parquet":
        return open_parquet(path)
    if file_format == "jsonl":
        return open_json_lines(path, encoding=source.encoding, progress=progress)
    return open_delimited(
        path,
        delimiter=source.delimiter or ("\t" if file_format == "tsv" else ","),
        encoding=source.encoding,
        has_header=source.header,
        columns=source.columns,
        progress=progress,
    )


def format_of(path: Path) -> FileFormat:
    """The format that a file's name says; a DataError lists the known ones."""
    suffix = plain_suffix(path)
    if suffix not in FORMAT_OF_SUFFIX:
        known = ", ".join(FORMAT_OF_SUFFIX)
        raise DataError(
            f"{path}: the ending {suffix or '(none)'} does not tell its format; known are {known}, "
            'each also with .gz; or set format = "csv", "tsv", "jsonl" or "parquet"'
        )
    return FORMAT_OF_SUFFIX[suffix]


def require_columns(file: DataFile, wanted: Iterable[str], title: str) -> None:
    """Check that a file has the columns that a table of the mapping names, each once."""
    for column in wanted:
        found = file.header.count(column)
        if found == 1:
            continue
        if found > 1:
            raise DataError(
                f"{file.path} has {found} columns named {column!r}, and {title} uses it; "
                "rename one of them"
            )
        delimiter = guess_delimiter(file.header)
        if delimiter is not None:
            shown = "\\t" if delimiter == "\t" else delimiter
            raise DataError(
                f"{file.path} has the one column {file.header[0]!r}, not {column!r} ({title}); "
                f'if its cells are separated by {shown!r}, set delimiter = "{shown}"'
            )
        near = difflib.get_close_matches(column, file.header, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise DataError(
            f"{file.path} has no column {column!r} ({title}){hint} It has: {', '.join(file.header)}"
        )


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f": there is no folder {path.parent}"
    names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
