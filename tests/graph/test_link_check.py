"""Facts that were linked to the wrong items are found, and right ones are left in peace."""

import csv
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from graph.mapping import Mapping
from graph.validation import Finding, validate_project
from graph.validation.link_check import Linked, LinkVerdict, check_links
from graph.validation.link_findings import DOUBTFUL, WRONG

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data"

Rng = np.random.Generator


def planted(rng: Rng, share_wrong: float, n: int = 600) -> tuple[Linked, NDArray[np.int64]]:
    """Items with a genre and a year; facts name the genre, and a director who keeps to both."""
    genre = rng.integers(0, 10, n)
    year = rng.integers(1940, 2000, n)
    director = genre * 10 + (year - 1940) // 6
    linked_to = np.arange(n)
    wrong = rng.choice(n, int(share_wrong * n), replace=False)
    linked_to[wrong] = np.roll(wrong, 1)
    facts = np.concatenate(
        [
            np.stack([np.arange(n), np.zeros(n, dtype=int), genre[linked_to]], axis=1),
            np.stack([np.arange(n), np.ones(n, dtype=int), 10 + director[linked_to]], axis=1),
        ]
    )
    entities = [f"genre {g}" for g in range(10)] + [f"Director {d}" for d in range(100)]
    linked = Linked(
        n_items=n,
        numbers={"year": year.astype(float)},
        values={"Genre": (np.stack([np.arange(n), genre], axis=1), entities[:10])},
        facts=facts,
        relations=["GENRE", "DIRECTED_BY"],
        entities=entities,
    )
    return linked, wrong


def bound(verdict: LinkVerdict) -> float:
    assert verdict.wrong_at_most is not None
    return verdict.wrong_at_most


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_the_share_of_wrong_links_is_bounded_closely(share: float) -> None:
    for seed in range(3):
        linked, _ = planted(np.random.default_rng(seed), share, n=2_000)
        found = bound(check_links(linked, np.random.default_rng(0)))
        # All items of a director are alike here, so that chance has wide margins.
        assert found == pytest.approx(share, abs=0.12) or share == 1.0 > found > WRONG


def test_wrongly_linked_items_are_doubted_most() -> None:
    linked, wrong = planted(np.random.default_rng(1), 0.05)
    doubt = check_links(linked, np.random.default_rng(0)).doubt
    worst = np.argsort(-doubt)[: len(wrong)]
    assert len(set(worst.tolist()) & set(wrong.tolist())) >= 0.8 * len(wrong)


def test_years_named_in_facts_are_compared() -> None:
    rng = np.random.default_rng(0)
    year = rng.integers(1940, 2000, 300)
    names = [f"{y} films" for y in range(1940, 2000)] + [
        f"{d}s drama" for d in range(1940, 2000, 10)
    ]
    entity = np.where(rng.random(300) < 0.5, year - 1940, 60 + (year - 1940) // 10)
    facts = np.stack([np.arange(300), np.zeros(300, dtype=int), entity], axis=1)
    linked = Linked(300, {"year": year.astype(float)}, {}, facts, ["IN"], names)
    right = check_links(linked, rng)
    assert {c.kind for c in right.comparisons} == {"years", "near"}
    assert bound(right) < 0.1
    facts[:, 0] = rng.permutation(300)
    assert bound(check_links(linked, rng)) > WRONG


def test_too_few_items_give_no_verdict() -> None:
    linked, _ = planted(np.random.default_rng(0), 1.0, n=60)
    verdict = check_links(linked, np.random.default_rng(0))
    assert verdict.wrong_at_most is None
    assert not verdict.doubt.any()


Shuffle = Callable[[list[str], Rng], dict[str, str]]


def exchanged(share: float) -> Shuffle:
    """Exchange the item ids of a share of the items in a file of facts."""

    def shuffle(ids: list[str], rng: Rng) -> dict[str, str]:
        chosen = rng.choice(len(ids), int(share * len(ids)), replace=False)
        return {ids[at]: ids[to] for at, to in zip(chosen, np.roll(chosen, 1), strict=True)}

    return shuffle


def findings(folder: str, tmp_path: Path, shuffle: Shuffle) -> tuple[list[Finding], dict[str, str]]:
    """What is found in a benchmark's files when ids in its facts are exchanged."""
    base = REPOSITORY / "benchmarks" / folder
    tables = tomllib.loads((base / "whypath.toml").read_text())
    for key in ("users", "feedback"):
        tables.pop(key, None)
    with (base / tables["facts"][0]["file"]).open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    moved = shuffle(sorted({row[0] for row in rows}), np.random.default_rng(3))
    with (tmp_path / "facts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [header, *([moved.get(row[0], row[0]), *row[1:]] for row in rows)]
        )
    tables["facts"][0]["file"] = str(tmp_path / "facts.csv")
    found = validate_project(Mapping.from_toml(tables, base))
    return [f for f in found if f.code in ("facts-on-wrong-items", "doubtful-facts")], moved


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no benchmark data in ../shared/data")
class TestRealFacts:
    @pytest.mark.parametrize("folder", ["ml-100k", "ml-latest-small", "ml-1m"])
    def test_right_links_are_left_in_peace(self, folder: str, tmp_path: Path) -> None:
        found, _ = findings(folder, tmp_path, exchanged(0.0))
        assert {finding.severity for finding in found} <= {"info"}

    @pytest.mark.parametrize("folder", ["ml-100k", "ml-1m"])
    def test_links_at_random_are_an_error(self, folder: str, tmp_path: Path) -> None:
        (found,), _ = findings(folder, tmp_path, exchanged(1.0))
        assert (found.severity, found.code) == ("error", "facts-on-wrong-items")
        assert "hardly better than if they were linked at random" in found.message

    def test_half_of_the_links_at_random_is_a_warning(self, tmp_path: Path) -> None:
        (found,), moved = findings("ml-latest-small", tmp_path, exchanged(0.5))
        assert (found.severity, found.code) == ("warning", "facts-on-wrong-items")
        share = int(re.findall(r"up to (\d+)%", found.message)[0]) / 100
        assert DOUBTFUL < 0.45 < share < 0.6 < WRONG
        assert all(re.findall(r"item (\d+) ", example)[0] in moved for example in found.examples)

    def test_some_wrong_links_are_listed_first(self, tmp_path: Path) -> None:
        (found,), moved = findings("ml-latest-small", tmp_path, exchanged(0.05))
        assert found.code == "doubtful-facts"
        listed = [re.findall(r"item (\d+) ", example)[0] for example in found.examples]
        assert len(listed) == 5
        assert sum(item in moved for item in listed) >= 4
