"""Files as bytes and as text: opening them, and checking all of a text file before a row is used.

The check streams the file once, holding a quarter of a mebibyte. It finds what would otherwise stop
an import half-way: bytes that are not of the declared encoding, a damaged gzip stream, a line that
never ends.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from graph.errors import DataError, ResourceError
from graph.progress import SILENT, Progress

LINE_LIMIT = 1 << 20
"""The most characters of a line."""

_CHUNK = 1 << 18
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_gzip_name(path: Path) -> bool:
    """Whether the name says that the file is compressed with gzip."""
    return path.suffix.lower() == ".gz"


def plain_suffix(path: Path) -> str:
    """The suffix that tells the format, in lower case: `.csv` for `a.csv` and `a.csv.gz`."""
    return (Path(path.stem) if is_gzip_name(path) else path).suffix.lower()


def expected_rows(path: Path) -> int:
    """About how many rows a text file has, by its size: few bytes a row, packed ones fewer."""
    return path.stat().st_size // (4 if is_gzip_name(path) else 20) + 1


@contextmanager
def open_bytes(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The unpacked bytes of a file, and the raw file whose position tells the progress.

    Operating system and gzip failures become a DataError or ResourceError with the file's name.
    """
    try:
        if path.is_dir():
            raise DataError(f"{path} is a folder; name a file in it")
        with path.open("rb") as raw:
            if is_gzip_name(path):
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield io.BufferedReader(unpacked), raw
            else:
                yield raw, raw
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except PermissionError as error:
        raise ResourceError(f"{path} may not be read: no permission") from error
    except gzip.BadGzipFile as error:
        raise DataError(f"{path} is no gzip file, though its name says so ({error})") from error
    except EOFError as error:
        raise DataError(f"{path} ends too early: its gzip stream is cut off") from error
    except zlib.error as error:
        raise DataError(f"{path} is damaged: its gzip stream cannot be unpacked") from error


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[tuple[io.TextIOWrapper, IO[bytes]]]:
    """The text of a file with its line ends as they are, and the raw file for the progress."""
    with open_bytes(path) as (data, raw):
        text = io.TextIOWrapper(data, encoding=_without_mark(encoding), newline="")
        try:
            yield text, raw
        finally:
            text.detach()


def check_text(path: Path, encoding: str, progress: Progress = SILENT) -> None:
    """Read a text file to its end; a DataError says the first thing that makes it unusable."""
    try:
        decoder = codecs.getincrementaldecoder(_without_mark(encoding))("strict")
    except LookupError as error:
        raise DataError(
            f"{path}: the encoding {encoding!r} is unknown; legal are `utf-8`, `latin-1`, "
            "`cp1252`, `utf-16`, `gb18030` and the others of Python"
        ) from error
    line, open_length, position = 1, 0, 0
    with open_bytes(path) as (data, raw):
        progress.start(f"Checking {path.name}", path.stat().st_size)
        while chunk := data.read(_CHUNK):
            if position == 0:
                _check_start(path, chunk, encoding)
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _encoding_error(path, line, error, encoding) from error
            ends = _line_ends(text)
            if open_length + (ends[0] if ends else len(text)) > LINE_LIMIT:
                raise DataError(
                    f"{path}, line {line} is longer than {LINE_LIMIT:,} characters; "
                    "is it a text file with one row a line?"
                )
            open_length = len(text) - ends[1] - 1 if ends else open_length + len(text)
            line += text.count("\n")
            progress.advance(raw.tell() - position)
            position = raw.tell()
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise _encoding_error(path, line, error, encoding) from error
        progress.done()
    if position == 0:
        raise DataError(f"{path} is empty")


def _line_ends(text: str) -> tuple[int, int] | None:
    """The positions of the first and the last line end."""
    firsts = [at for at in (text.find("\n"), text.find("\r")) if at >= 0]
    if not firsts:
        return None
    return min(firsts), max(text.rfind("\n"), text.rfind("\r"))


def _check_start(path: Path, chunk: bytes, encoding: str) -> None:
    if chunk.startswith(_UTF16_MARKS) and not encoding.lower().startswith("utf-16"):
        raise DataError(f'{path} is UTF-16 text: set encoding = "utf-16"')
    if chunk.startswith(b"\x1f\x8b"):
        raise DataError(f"{path} is compressed with gzip: give its name the ending .gz")
    if chunk.startswith(b"PAR1"):
        raise DataError(f'{path} is a Parquet file: set format = "parquet"')
    if chunk.startswith(b"PK\x03\x04"):
        raise DataError(f"{path} is a ZIP archive or a spreadsheet: save it as CSV")


def _encoding_error(path: Path, line: int, error: UnicodeDecodeError, encoding: str) -> DataError:
    before = error.object[: error.start]
    line += before.count(b"\n")
    byte = error.object[error.start] if error.start < len(error.object) else 0
    guess = "cp1252" if 0x80 <= byte < 0xA0 else "latin-1"
    return DataError(
        f"{path}, line {line}: the byte 0x{byte:02X} is not {encoding}; "
        f'if the file is from a Western system, set encoding = "{guess}"'
    )


def _without_mark(encoding: str) -> str:
    """The codec that also takes away a byte order mark."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
