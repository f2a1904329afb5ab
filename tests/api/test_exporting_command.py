"""`whypath export`: the vectors of the serving run, in three formats, and every refusal."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from embeddings.artifact import Artifact, load_artifact

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trained(cli: Cli) -> Cli:
    """The tiny project with vectors in its run: beside other signals they would count nothing."""
    for command in (["import"], ["train", "--signals", "factors"]):
        code, _, err = cli(*command)
        assert code == 0, err
    return cli


def artifact_of(cli: Cli, project: Path) -> Artifact:
    [run] = json.loads(cli("status", "--json")[1])["runs"]
    entry = run["settings"]["artifact"]
    return load_artifact(
        project / "artifacts",
        entry["name"],
        fingerprint=run["fingerprint"],
        manifest_sha256=entry["sha256"],
    )


def test_parquet_holds_the_vectors_of_the_run(trained: Cli, project: Path, tmp_path: Path) -> None:
    artifact = artifact_of(trained, project)
    code, out, err = trained("export", "-o", str(tmp_path / "v.parquet"), "--json")
    assert code == 0, err
    summary = json.loads(out)
    table = parquet.read_table(tmp_path / "v.parquet")
    targets = artifact.array("targets")[:, :-1]  # the last number is a popularity
    known = targets.any(axis=1)
    assert summary == {
        "run": 1,
        "vectors": "fused",
        "format": "parquet",
        "output": str(tmp_path / "v.parquet"),
        "items": int(known.sum()),
        "size": targets.shape[1],
        "without_vector": int((~known).sum()),
    }
    assert table["id"].to_pylist() == artifact.strings("items")[known].tolist()
    assert (
        dict(zip(table["id"].to_pylist(), table["title"].to_pylist(), strict=True))["c0"]
        == "Comedy 0"
    )
    assert np.array_equal(np.array(table["vector"].to_pylist(), np.float32), targets[known])


@pytest.mark.parametrize(
    ("format_", "files"),
    [
        ("word2vec", ["out"]),
        ("projector", ["metadata.tsv", "projector_config.pbtxt", "vectors.tsv"]),
    ],
)
def test_the_other_formats(trained: Cli, tmp_path: Path, format_: str, files: list[str]) -> None:
    place = tmp_path / "out"
    code, out, err = trained("export", "--format", format_, "-o", str(place))
    assert code == 0, err
    assert f"are in {place}" in out
    written = sorted(place.iterdir()) if format_ == "projector" else [place]
    assert [file.name for file in written] == files
    before = written[0].read_bytes()
    assert len(before) > 0
    written[0].write_bytes(b"mine")
    code, _, err = trained("export", "--format", format_, "-o", str(place))
    assert code == 2
    assert str(place) in err
    assert "is there already; --force replaces it." in err
    assert written[0].read_bytes() == b"mine"
    assert trained("export", "--format", format_, "-o", str(place), "--force")[0] == 0
    assert written[0].read_bytes() == before


def refused(cli: Cli, code: int, *arguments: str) -> str:
    found, out, err = cli("export", *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("whypath: ")
    assert err.count("\n") == 1
    return err


def test_wrong_places(trained: Cli, tmp_path: Path) -> None:
    assert "no folder" in refused(trained, 2, "-o", str(tmp_path / "none" / "v.parquet"))
    assert "is a folder; parquet needs a file" in refused(trained, 2, "-o", str(tmp_path))
    (tmp_path / "file").touch()
    said = refused(trained, 2, "--format", "projector", "-o", str(tmp_path / "file"))
    assert "is a file; the projector needs a folder" in said
    assert "output" in refused(trained, 2)


def test_before_any_training(cli: Cli, tmp_path: Path) -> None:
    assert cli("import")[0] == 0
    assert "`whypath train` first" in refused(cli, 1, "-o", str(tmp_path / "v"))


def test_a_run_without_these_vectors(trained: Cli, tmp_path: Path) -> None:
    said = refused(trained, 1, "-o", str(tmp_path / "v"), "--vectors", "gnn")
    assert "run 1 has no gnn vectors; it has: fused" in said
    assert not (tmp_path / "v").exists()


def test_a_run_without_any_vectors(cli: Cli, tmp_path: Path) -> None:
    assert cli("import")[0] == 0
    assert cli("train", "--signals", "collaborative")[0] == 0
    assert "run 1 has no vectors" in refused(cli, 1, "-o", str(tmp_path / "v"))


def test_artifacts_that_are_gone(trained: Cli, project: Path, tmp_path: Path) -> None:
    shutil.rmtree(project / "artifacts")
    said = refused(trained, 1, "-o", str(tmp_path / "v"))
    assert "train again, or copy it from the machine that trained" in said
