"""Validation names what is wrong with files: how often, where, and what to do."""

import tomllib
from pathlib import Path

import pytest

from graph.mapping import Mapping
from graph.validation import Finding, validate_project

MAPPING = """
[items]
file = "items.csv"
id = "id"
title = "title"
[[items.properties]]
column = "year"
type = "integer"
[[items.attributes]]
column = "genre"
relation = "HAS_GENRE"
kind = "Genre"
[[feedback]]
file = "ratings.csv"
user = "user"
item = "item"
value = "value"
at = "at"
type = "LIKED"
split = { column = "split" }
"""
ITEMS = "id,title,year,genre\n" + "".join(f"{n},Film {n},{1950 + n},G{n % 3}\n" for n in range(40))
NOW_S = 1_700_000_000
START_S = 1_600_000_000
HEADER = "user,item,value,at,split\n"
RATINGS = HEADER + "".join(
    f"u{n % 7},{n % 40},{n % 5},{START_S + n * 1000},train\n" for n in range(200)
)


def validate(
    folder: Path, items: str | bytes = ITEMS, ratings: str | bytes = RATINGS
) -> list[Finding]:
    for name, text in (("items.csv", items), ("ratings.csv", ratings)):
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    mapping = Mapping.from_toml(tomllib.loads(MAPPING), folder)
    return validate_project(mapping, now_s=NOW_S)


def one(found: list[Finding], code: str) -> Finding:
    (finding,) = [finding for finding in found if finding.code == code]
    return finding


def codes(found: list[Finding]) -> set[str]:
    return {finding.code for finding in found if finding.severity != "info"}


def test_sound_files_have_no_findings_but_what_was_guessed(tmp_path: Path) -> None:
    found = validate(tmp_path)
    assert {finding.code for finding in found} == {"time-unit-guessed"}


@pytest.mark.parametrize(
    ("items", "code", "severity", "count", "example"),
    [
        (ITEMS + "40,a,b\n", "unreadable", "warning", 1, "items.csv:42: 3 cells where the header"),
        (ITEMS + ",Film,1990,G1\n", "missing-id", "warning", 1, "items.csv:42: missing id"),
        (ITEMS + "3,Film,1990,G1\n", "duplicate-id", "warning", 1, "first on line 5"),
        (ITEMS + "40,Film x,V,G1\n", "lost-value", "warning", 1, "items.csv: 'V'"),
        (ITEMS + "40,the FILM 3!,1953,G\n", "near-duplicates", "warning", 1, "= items.csv:42:"),
        (ITEMS + "40,Film x,1953,g1\n", "spelling", "info", 1, "G1 = g1"),
        (ITEMS + "40,Film x,1953,G-1\n", "similar-names", "info", 1, "G-1 ~ G1"),
        (ITEMS + "40,PokÃ©mon,1999,G1\n", "encoding", "warning", 1, "items.csv:42: 'PokÃ©mon'"),
        (ITEMS + "40, Film x,1953,G1\n", "cleaned", "info", 1, "' Film x'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_items(
    tmp_path: Path, items: str, code: str, severity: str, count: int, example: str
) -> None:
    finding = one(validate(tmp_path, items=items), code)
    assert (finding.severity, finding.count) == (severity, count)
    assert example in finding.examples[0]


def ratings(*rows: str) -> str:
    return RATINGS + "".join(f"{row}\n" for row in rows)


def rows(pattern: str) -> str:
    return HEADER + "".join(f"{pattern.format(n, START_S + n)}\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "code", "severity", "count", "example"),
    [
        (ratings(f"u1,99,1,{START_S},x"), "unknown-item", "warning", 1, "ratings.csv:202: unknown"),
        (ratings(f"u1,1,good,{START_S},x"), "bad-number", "warning", 1, "value is no number"),
        (ratings("u1,1,1,soon,x"), "bad-time", "warning", 1, "at is no time (s)"),
        (ratings(f"u1,1,1,{NOW_S * 2},x"), "future-times", "warning", 1, "user u1, item 1: 2077"),
        (ratings("u1,1,1,17,x"), "old-times", "warning", 1, "1970-01-01T00:00:17Z"),
        (rows("u{0},{0},{0},{0},x"), "time-unit", "error", 30, "1970"),
        (rows("u{0},{0},4,{1},x"), "constant-column", "warning", 30, ""),
        (rows("u{0},x{0},{0},{1},x"), "unknown-item", "error", 30, ""),
        (ratings(f"u0,0,1,{START_S},test"), "in-several-splits", "warning", 1, "user u0, item 0"),
        (ratings(f"u0,0,1,{START_S},train"), "repeated-feedback", "info", 1, "user u0, item 0"),
        (HEADER, "no-rows", "error", 1, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_feedback(
    tmp_path: Path, text: str, code: str, severity: str, count: int, example: str
) -> None:
    finding = one(validate(tmp_path, ratings=text), code)
    assert (finding.severity, finding.count) == (severity, count)
    assert example in "".join(finding.examples)
    assert finding.to_json()["where"] == "ratings.csv"


def test_users_that_no_person_can_be_are_told(tmp_path: Path) -> None:
    many = "".join(f"{n},Film {n},{1900 + n % 99},G{n % 3}\n" for n in range(1500))
    people = "".join(
        f"p{p},{(p * 7 + n) % 1500},{n % 5},{START_S + n * 999},a\n"
        for p in range(50)
        for n in range(9)
    )
    bot = "".join(f"bot,{n},{n % 5},{START_S + n // 300},a\n" for n in range(1500))
    found = validate(tmp_path, "id,title,year,genre\n" + many, HEADER + people + bot)
    burst = one(found, "impossible-activity")
    assert burst.count == 5
    assert "user bot: 300 at 2020-09-13" in burst.examples[0]
    assert one(found, "outlying-users").examples == ("user bot: 1,500 pieces of feedback",)


def test_a_file_that_cannot_be_used_does_not_hide_what_is_wrong_with_the_others(
    tmp_path: Path,
) -> None:
    found = validate(tmp_path, b"id,title,year,genre\n1,caf\xe9,1999,G\n", ratings("u1,1,good,1,x"))
    finding = one(found, "file")
    assert finding is found[0]
    assert finding.severity == "error"
    assert "line 2: the byte 0xE9" in finding.message
    assert codes(found) == {"file", "bad-number"}
    found = validate(tmp_path, ITEMS, RATINGS.replace("value", "stars"))
    assert "has no column 'value'" in one(found, "file").message


def test_nothing_is_written(tmp_path: Path) -> None:
    validate(tmp_path, ratings=ratings("u1,1,good,1,x"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items.csv", "ratings.csv"]


def test_a_condition_that_keeps_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "ratings.csv").write_text(RATINGS)
    mapping = Mapping.from_toml(tomllib.loads(MAPPING + 'keep = ">= 10"'), tmp_path)
    finding = one(validate_project(mapping, now_s=NOW_S), "nothing-kept")
    assert (finding.severity, finding.count) == ("error", 200)
