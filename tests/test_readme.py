"""What the README promises: its commands run, in order, on the data that they bring themselves."""

import re
import shlex
from pathlib import Path

import pytest

from api.cli import COMMANDS, main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[list[str]]:
    """The `whypath` calls of the first block of commands under a heading, without comments."""
    section = README.split(f"## {heading}\n")[1]
    block = next(part for part in section.split("\n\n") if "    whypath " in part)
    lines = [line.split("#")[0] for line in block.splitlines()]
    calls = [part for line in lines for part in re.split(r"&&|;", line)]
    return [shlex.split(call)[1:] for call in calls if call.strip().startswith("whypath ")]


@pytest.mark.slow
def test_the_commands_of_the_readme_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "movies"
    calls = commands("Use")
    assert calls[0] == ["demo", "movies"]
    assert {call[0] for call in calls} <= COMMANDS.keys()
    assert len(calls) >= 7
    assert main(["demo", str(project)]) == 0
    for call in calls[1:]:
        if call[0] == "evaluate":  # all signals are measured on real data by other tests
            call = [*call, "--baselines", "popular", "--signals", "knowledge"]
        code = main(["--project", str(project), *call])
        captured = capsys.readouterr()
        assert code == 0, (call, captured.err)
        assert captured.out.strip(), call


def test_the_suggestion_shown_is_one_with_its_paths() -> None:
    shown = README.split("## Start")[0]
    reason = r"^ +1 .*Because (you liked|it fits the history)"
    assert re.search(reason, shown, flags=re.MULTILINE)
    assert len(re.findall(r" -LIKED-> .* -(CO_LIKED|FOLLOWED_BY)-> ", shown)) >= 2
    assert re.search(r"-DIRECTED_BY-> .* <-DIRECTED_BY- ", shown)
