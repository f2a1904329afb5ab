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
