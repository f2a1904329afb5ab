"""`whypath demo`: a complete project from public data, made in one step.

Nothing of the data is part of this distribution: it is fetched from the package index, and the
project says where each file comes from and under which licence.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from api.demo_joining import display_title, join
from api.demo_sources import (
    BOKEH,
    RECBOLE,
    cache_folder,
    fetch,
    read_films,
    read_movies,
    read_ratings,
    read_viewers,
)
from graph.errors import ResourceError, UsageError
from graph.progress import SILENT, Progress

CREDITS = """\
MovieLens 100k, by way of the package recbole 1.2.1: GroupLens Research, University of Minnesota;
  for research, not for redistribution. F. M. Harper and J. A. Konstan, "The MovieLens Datasets:
  History and Context", ACM TiiS 5 (4), 2015.
Facts about films, by way of the package bokeh_sampledata 2026.1: Wikidata, CC0.
"""
"""Where the demo's data come from, and what may be done with them."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a demo project holds; `n_linked` of its items have facts from Wikidata."""

    directory: Path
    n_items: int
    n_users: int
    n_ratings: int
    n_facts: int
    n_linked: int
    credits: str = CREDITS


def make_demo(
    directory: Path, progress: Progress = SILENT, *, cache: Path | None = None
) -> DemoReport:
    """Make the project in a folder that does not exist yet or is empty.

    It is made beside the folder and moved there when it is complete. Raises UsageError for a folder
    that holds something, ResourceError where the data cannot be fetched or written.
    """
    directory = directory.absolute()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"{directory} is not empty; name a new folder for the demo")
    cache = cache_folder() if cache is None else cache
    try:
        recbole = fetch(RECBOLE, cache, progress)
        bokeh = fetch(BOKEH, cache, progress)
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".whypath-demo-", dir=directory.parent) as folder:
            project = Path(folder) / "project"
            report = _write(project, directory, recbole, bokeh, progress)
            if directory.exists():
                directory.rmdir()
            shutil.move(project, directory)
    except OSError as error:
        raise ResourceError(f"the demo cannot be written: {error}") from error
    return report


def _write(
    project: Path, directory: Path, recbole: Path, bokeh: Path, progress: Progress
) -> DemoReport:
    progress.start("Making the project", 4)
    data = project / "data"
    data.mkdir(parents=True)
    movies = read_movies(recbole)
    _write_csv(
        data / "items.csv",
        ("item_id", "title", "year", "genres"),
        (
            (movie.id, display_title(movie.title), movie.year or "", "|".join(movie.genres))
            for movie in movies
        ),
    )
    progress.advance(1)
    viewers = read_viewers(recbole)
    _write_csv(
        data / "users.csv",
        ("user_id", "age", "gender", "occupation"),
        ((viewer.id, viewer.age, viewer.gender, viewer.occupation) for viewer in viewers),
    )
    progress.advance(1)
    ratings = read_ratings(recbole)
    _write_csv(
        data / "ratings.csv",
        ("user_id", "item_id", "rating", "timestamp"),
        ((rating.user, rating.item, rating.value, rating.at) for rating in ratings),
    )
    progress.advance(1)
    linked = join(movies, read_films(bokeh))
    facts = [
        (movie.id, relation, name)
        for movie in movies
        if movie.id in linked
        for relation, name in linked[movie.id].facts
    ]
    _write_csv(data / "facts.csv", ("item_id", "relation", "name"), facts)
    (data / "SOURCES.txt").write_text(CREDITS, encoding="utf-8")
    mapping = (files("api") / "demo.toml").read_text(encoding="utf-8")
    (project / "whypath.toml").write_text(mapping, encoding="utf-8")
    progress.advance(1)
    progress.done()
    return DemoReport(directory, len(movies), len(viewers), len(ratings), len(facts), len(linked))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
