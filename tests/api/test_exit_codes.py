"""A command that finds errors says so with its exit code, too."""

from pathlib import Path

import pytest

from api.cli import main

MAPPING = """
[[feedback]]
file = "ratings.csv"
user = "user"
item = "item"
type = "LIKED"
"""


@pytest.mark.parametrize(("ratings", "code"), [("user,item\nu,i\n", 0), ("user,item\n", 1)])
def test_validate_exits_with_one_where_it_finds_errors(
    tmp_path: Path, ratings: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "whypath.toml").write_text(MAPPING)
    (tmp_path / "ratings.csv").write_text(ratings)
    assert main(["--project", str(tmp_path), "validate"]) == code
    assert ("holds a header and no rows" in capsys.readouterr().out) == (code == 1)


@pytest.mark.parametrize(
    "call",
    [
        ["frobnicate"],
        ["recommend", "42", "-n", "0"],
        ["recommend", "42", "--lang", "xx"],
        ["explain", "42"],
        ["recommend", "42", "--no-such-option"],
    ],
)
def test_a_wrong_call_is_one_sentence(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(call) == 2
    said = capsys.readouterr().err
    assert said.startswith("whypath: ")
    assert said.count("\n") == 1
    assert "--help" in said
