"""The demo project is complete, rightly joined, and never written over something."""

import csv
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from api.demo import CREDITS, make_demo
from api.demo_joining import display_title, join
from api.demo_sources import BOKEH, RECBOLE, Film, Movie, Package, cache_folder, fetch
from graph.errors import DataError, ResourceError, UsageError
from graph.mapping import Mapping
from graph.validation import validate_project


def movie(id: str, title: str, year: int | None, *genres: str) -> Movie:
    return Movie(id, title, year, genres)


def film(id: int, title: str, year: int, *genres: str) -> Film:
    return Film(id, title, year, tuple(("genre", genre) for genre in genres))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Usual Suspects, The", "The Usual Suspects"),
        ("Enfer, L'", "L'Enfer"),
        ("Postino, Il", "Il Postino"),
        ("Twelve Monkeys", "Twelve Monkeys"),
        ("I, Worst of All", "I, Worst of All"),
        ("Paris, France", "Paris, France"),
    ],
)
def test_titles_are_shown_as_people_say_them(title: str, shown: str) -> None:
    assert display_title(title) == shown


def test_films_are_joined_by_title_and_year() -> None:
    films = [
        film(1, "The Usual Suspects", 1995),
        film(2, "12 Monkeys", 1995),
        film(3, "Star Wars: Episode V – The Empire Strikes Back", 1980),
        film(4, "Three Colours: Red", 1994),
        film(5, "Heat", 1972),
        film(6, "Heat", 1995),
        film(7, "Fear", 1996, "Crime"),
        film(8, "Blood and Wine", 1996, "Crime"),
        film(9, "Twins", 1990),
        film(10, "Twins", 1990),
        film(11, "Queen Margot", 1994),
    ]
    movies = [
        movie("a", "Usual Suspects, The", 1995),
        movie("b", "Twelve Monkeys", 1995),
        movie("c", "Empire Strikes Back, The", 1980),
        movie("d", "Three Colors: Red", 1994),
        movie("e", "Heat", 1995),
        movie("f", "Fear, The", 1995, "Horror"),  # another film: a year off, and no genre shared
        movie("g", "Blood & Wine", 1997, "Film-Noir"),  # a year off, but the genres agree
        movie("h", "Twins", 1990),  # two films fit: none is taken
        movie("i", "Heat", None),
        movie("j", "Reine Margot, La (Queen Margot)", 1994),
        movie("k", "Empire Strikes Back, The", 1981),  # parts of titles only in the very year
    ]
    joined = {key: found.id for key, found in join(movies, films).items()}
    assert joined == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 6, "g": 8, "j": 11}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        make_demo(tmp_path)
    with pytest.raises(UsageError, match="is not empty"):
        make_demo(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_wheel_that_is_another_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / RECBOLE.wheel).write_bytes(b"not it")
    with pytest.raises(DataError, match="SHA-256"):
        fetch(RECBOLE, tmp_path)
    right = Package("p", "1", "p.whl", hashlib.sha256(b"it").hexdigest())
    (tmp_path / "p.whl").write_bytes(b"it")
    assert fetch(right, tmp_path) == tmp_path / "p.whl"


def test_what_pip_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    missing = Package("whypath-no-such-package", "1", "x.whl", "")
    with pytest.raises(ResourceError, match="pip could not fetch whypath-no-such-package==1"):
        fetch(missing, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_follows_the_desktop_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert cache_folder() == Path("/cache/whypath")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "whypath"


def index_answers() -> bool:
    """Whether the two wheels are in the cache, or pip gets an answer from its index."""
    if all((cache_folder() / package.wheel).exists() for package in (RECBOLE, BOKEH)):
        return True
    command = [sys.executable, "-m", "pip", "index", "versions", "bokeh_sampledata"]
    options = ["--disable-pip-version-check", "--retries", "0", "--timeout", "10"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*command, *options], capture_output=True, env=environment)
    return done.returncode == 0


def test_the_demo_is_a_sound_project(tmp_path: Path) -> None:
    if not index_answers():
        pytest.skip("the package index does not answer, and the demo's wheels are not in the cache")
    report = make_demo(tmp_path / "movies")
    assert (report.n_items, report.n_users, report.n_ratings) == (1_682, 943, 100_000)
    assert report.n_linked >= 1_380
    project = tmp_path / "movies"
    assert [path.name for path in tmp_path.iterdir()] == ["movies"]
    assert (project / "data" / "SOURCES.txt").read_text(encoding="utf-8") == CREDITS
    with (project / "data" / "facts.csv").open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    assert len(facts) == report.n_facts
    assert {"item_id": "1", "relation": "director", "name": "John Lasseter"} in facts
    with (project / "data" / "items.csv").open(encoding="utf-8", newline="") as file:
        items = {row["item_id"]: row for row in csv.DictReader(file)}
    assert items["12"]["title"] == "The Usual Suspects"
    assert items["1412"]["year"] == "1995"
    mapping = Mapping.from_toml(tomllib.loads((project / "whypath.toml").read_text()), project)
    assert mapping.feedback_types() == ("LIKED", "RATED_LOW")
    found = validate_project(mapping)
    assert {f.code for f in found if f.severity != "info"} == {"near-duplicates"}
    assert sum(f.count for f in found if f.code == "doubtful-facts") <= 3
    with pytest.raises(UsageError, match="is not empty"):
        make_demo(project)
