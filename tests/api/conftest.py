"""A tiny project that imports, trains and recommends in well under a second."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main

MAPPING = """\
[items]
file = "items.csv"
id = "item"
title = "title"

[[items.properties]]
column = "year"
type = "integer"

[[items.attributes]]
column = "genres"
split = "|"
relation = "HAS_GENRE"
kind = "Genre"

[users]
file = "users.csv"
id = "user"

[[users.attributes]]
column = "job"
relation = "WORKS_AS"
kind = "Occupation"

[[feedback]]
file = "ratings.csv"
user = "user"
item = "item"
value = "rating"
at = "time"
type = "LIKED"
keep = ">= 4"
"""

Cli = Callable[..., tuple[int, str, str]]


def write_project(folder: Path) -> Path:
    """Sixteen users in two camps, one that likes comedies and one that likes thrillers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "whypath.toml").write_text(MAPPING, encoding="utf-8")
    items = [f"c{n},Comedy {n},{1980 + n},Comedy|Film" for n in range(8)]
    items += [f"t{n},Thriller {n},{1990 + n},Thriller|Film" for n in range(8)]
    lines = "\n".join(["item,title,year,genres", *items])
    (folder / "items.csv").write_text(lines + "\n", encoding="utf-8")
    users = [f"u{n},{'clown' if n % 2 else 'detective'}" for n in range(16)]
    (folder / "users.csv").write_text("\n".join(["user,job", *users]) + "\n", encoding="utf-8")
    ratings = ["user,item,rating,time"]
    for n in range(16):
        camp = "c" if n % 2 else "t"
        liked = [(n + step) % 8 for step in range(5)]
        ratings += [f"u{n},{camp}{i},5,{1_600_000_000 + 100 * n + i}" for i in liked]
        ratings.append(f"u{n},{'t' if n % 2 else 'c'}{n % 8},2,{1_600_005_000 + n}")
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def project_writer() -> Callable[[Path], Path]:
    """`write_project`."""
    return write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tiny project, nothing imported yet."""
    return write_project(tmp_path / "films")


@pytest.fixture
def cli(project: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs one command on the project: `cli("import")` -> exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["--project", str(project), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def trained(cli: Cli) -> Cli:
    """The same, after import and training."""
    for command in ("import", "train"):
        code, _, err = cli(command)
        assert code == 0, err
    return cli
