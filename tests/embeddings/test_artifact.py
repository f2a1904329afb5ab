"""An artifact comes back as it was written; anything else is refused with one sentence."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from embeddings.artifact import Written, load_artifact, sweep_artifacts, write_artifact
from graph.errors import ArtifactError, ResourceError

FINGERPRINT = "0123456789abcdef"
IDS = np.array(["heat", "", "a\0b\n", "ü 日本", "\U0001f3ac"], dtype=object)
TARGETS = np.arange(10, dtype=np.float32).reshape(5, 2)
FILES = ("manifest.json", "targets.npy", "counts.npy", "items.bytes.npy", "items.offsets.npy")


@dataclass(frozen=True)
class Place:
    folder: Path
    written: Written

    @property
    def artifact(self) -> Path:
        return self.folder / self.written.name

    def load(self, fingerprint: str = FINGERPRINT, *, is_signed: bool = True) -> object:
        sha256 = self.written.sha256 if is_signed else None
        return load_artifact(
            self.folder, self.written.name, fingerprint=fingerprint, manifest_sha256=sha256
        )


def write(folder: Path, label: str = "run-1") -> Place:
    written = write_artifact(
        folder,
        label,
        kind="vectors",
        model="fused",
        fingerprint=FINGERPRINT,
        rng=7,
        settings={"embeddings": ["text"]},
        metrics={"ndcg@10": 0.25},
        libraries=("numpy", "no-such-distribution"),
        arrays={"targets": TARGETS, "counts": np.array([3, 1], dtype=np.int64)},
        strings={"items": IDS},
    )
    return Place(folder, written)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return write(tmp_path / "artifacts")


def test_what_was_written_comes_back(place: Place) -> None:
    artifact = load_artifact(
        place.folder,
        place.written.name,
        fingerprint=FINGERPRINT,
        manifest_sha256=place.written.sha256,
    )
    assert artifact.strings("items").tolist() == IDS.tolist()
    assert np.array_equal(artifact.array("targets"), TARGETS)
    assert "targets" in artifact
    assert "items" in artifact
    assert "part.text" not in artifact
    manifest = artifact.manifest
    assert (manifest.kind, manifest.model, manifest.rng) == ("vectors", "fused", 7)
    assert manifest.settings == {"embeddings": ["text"]}
    assert manifest.metrics == {"ndcg@10": 0.25}
    assert manifest.libraries == {"numpy": np.__version__}
    assert manifest.arrays["targets"].dtype == "<f4"
    assert manifest.arrays["targets"].shape == (5, 2)
    size_bytes = (place.artifact / "targets.npy").stat().st_size
    assert manifest.arrays["targets"].size_bytes == size_bytes


def test_arrays_are_mapped_and_cannot_be_changed(place: Place) -> None:
    artifact = load_artifact(place.folder, place.written.name, fingerprint=FINGERPRINT)
    targets = artifact.array("targets")
    assert isinstance(targets.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        targets[0, 0] = 1.0


@settings(deadline=None)  # the disk may be busy
@given(
    array=arrays_of.arrays(
        dtype=st.sampled_from(["<f4", "<f8", "<i8", ">f4", "|u1", "|b1"]),
        shape=arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    strings=st.lists(st.text(st.characters(exclude_categories=()))),
)
def test_any_array_and_any_string_comes_back(
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], strings: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = write_artifact(
            Path(folder),
            "any",
            kind="vectors",
            model="fused",
            fingerprint=FINGERPRINT,
            arrays={"array": array},
            strings={"strings": np.array([*strings, "end"], dtype=object)[:-1]},
        )
        artifact = load_artifact(Path(folder), written.name, fingerprint=FINGERPRINT)
        found = artifact.array("array")
        assert (found.shape, found.dtype) == (array.shape, array.dtype.newbyteorder("<"))
        assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")
        assert artifact.strings("strings").tolist() == strings


@pytest.fixture(scope="module")
def shared_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An artifact that many examples share: each puts back what it spoils."""
    return write(tmp_path_factory.mktemp("artifacts"))


def refusal(place: Place, **how: object) -> str:
    with pytest.raises(ArtifactError) as caught:
        place.load(**how)  # type: ignore[arg-type]
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def refusal_of_content(place: Place, file: str, content: bytes | bytearray) -> str:
    """What is said of the artifact while one of its files holds something else."""
    path = place.artifact / file
    right = path.read_bytes()
    path.write_bytes(content)
    try:
        return refusal(place)
    finally:
        path.write_bytes(right)


def test_another_graph(place: Place) -> None:
    said = refusal(place, fingerprint="fedcba9876543210")
    assert "another graph" in said
    assert FINGERPRINT in said
    assert "fedcba9876543210" in said


def test_a_missing_folder(place: Place) -> None:
    shutil.rmtree(place.folder)
    said = refusal(place)
    assert f"there is no {place.artifact}" in said
    assert "train again, or copy it from the machine that trained" in said


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file(place: Place, file: str) -> None:
    (place.artifact / file).unlink()
    assert f"there is no {place.artifact / file}" in refusal(place)


@pytest.mark.parametrize("file", FILES)
@given(share=st.floats(0, 1, exclude_max=True))
def test_truncation_anywhere(shared_place: Place, file: str, share: float) -> None:
    content = (shared_place.artifact / file).read_bytes()
    cut = content[: int(share * len(content))]
    assert file in refusal_of_content(shared_place, file, cut)


@pytest.mark.parametrize("file", FILES)
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere(shared_place: Place, file: str, share: float, bit: int) -> None:
    content = bytearray((shared_place.artifact / file).read_bytes())
    content[int(share * len(content))] ^= 1 << bit
    assert str(shared_place.artifact) in refusal_of_content(shared_place, file, content)


def change_manifest(place: Place, change: Callable[[dict[str, object]], object]) -> None:
    file = place.artifact / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest))


@pytest.mark.parametrize(("version", "is_signed"), [(2, True), (2, False), (0, False)])
def test_another_format_version(place: Place, version: int, is_signed: bool) -> None:
    change_manifest(place, lambda manifest: manifest.update(format_version=version))
    said = refusal(place, is_signed=is_signed)
    assert f"the format version {version}" in said
    assert "update whypath" in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"format_version": true}',
        b'{"format_version": 1, "kind": "vectors"}',
    ],
)
def test_a_manifest_that_is_none(place: Place, content: bytes) -> None:
    (place.artifact / "manifest.json").write_bytes(content)
    assert "manifest.json is damaged" in refusal(place, is_signed=False)


@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("name", ["kind", "rng", "settings", "arrays"])
def test_a_manifest_that_lacks_a_field(place: Place, name: str, is_signed: bool) -> None:
    change_manifest(place, lambda manifest: manifest.pop(name))
    assert "manifest.json is damaged" in refusal(place, is_signed=is_signed)


@pytest.mark.parametrize(
    "arrays",
    [
        {"targets": 3},
        {"targets": {"dtype": "<f4"}},
        {"../../targets": {"dtype": "<f4", "shape": [1], "size_bytes": 4, "sha256": ""}},
    ],
)
def test_a_manifest_of_other_arrays(place: Place, arrays: dict[str, object]) -> None:
    change_manifest(place, lambda manifest: manifest.update(arrays=arrays))
    assert "manifest.json is damaged" in refusal(place, is_signed=False)


def test_a_manifest_that_is_not_the_runs(place: Place) -> None:
    change_manifest(place, lambda manifest: manifest.update(metrics={"ndcg@10": 0.99}))
    assert "is not the one that the run was trained with" in refusal(place)


@pytest.mark.parametrize(
    "entry", [{"dtype": "<f8"}, {"shape": [2, 5]}, {"shape": [10]}, {"dtype": "nonsense"}]
)
def test_another_shape_or_type(place: Place, entry: dict[str, object]) -> None:
    change_manifest(place, lambda manifest: manifest["arrays"]["targets"].update(entry))  # type: ignore[index]
    assert "targets.npy holds <f4 of shape (5, 2)" in refusal(place, is_signed=False)


def put(place: Place, name: str, content: bytes) -> None:
    """Another content for an array, with a manifest that agrees."""
    file = place.artifact / f"{name}.npy"
    file.write_bytes(content)
    entry = {"size_bytes": len(content), "sha256": sha256(content).hexdigest()}
    change_manifest(place, lambda manifest: manifest["arrays"][name].update(entry))  # type: ignore[index]


def test_objects_are_never_unpickled(place: Place, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'exploded'}",)

    np.save(tmp_path / "bomb.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    put(place, "targets", (tmp_path / "bomb.npy").read_bytes())
    assert "targets.npy holds no array of numbers" in refusal(place, is_signed=False)
    put(place, "targets", b"PK\x03\x04 an archive")
    assert "targets.npy holds no array of numbers" in refusal(place, is_signed=False)
    assert not (tmp_path / "exploded").exists()


def test_offsets_that_do_not_fit(place: Place, tmp_path: Path) -> None:
    file = place.artifact / "items.offsets.npy"
    offsets = np.load(file)
    for wrong in ([1, *offsets[1:]], [*offsets[:-1], 10**6], offsets[::-1]):
        np.save(tmp_path / "wrong.npy", np.array(wrong, dtype=np.int64))
        put(place, "items.offsets", (tmp_path / "wrong.npy").read_bytes())
        assert "the strings 'items'" in refusal(place, is_signed=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrays": {"Targets": TARGETS}},
        {"arrays": {"a/b": TARGETS}},
        {"arrays": {"ids": IDS}},
        {"settings": {"rate": float("nan")}},
    ],
)
def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, wrong: dict[str, object]) -> None:
    given = {"kind": "vectors", "model": "fused", "fingerprint": FINGERPRINT, "arrays": {}, **wrong}
    with pytest.raises(ValueError, match=r"name|type|JSON"):
        write_artifact(tmp_path, "run", **given)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(ResourceError, match="the system allows no file of this size"):
            write_artifact(
                tmp_path,
                "run",
                kind="vectors",
                model="fused",
                fingerprint=FINGERPRINT,
                arrays={"small": np.zeros(10), "great": np.zeros(10_000)},
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file")
    with pytest.raises(ResourceError, match=r"cannot write artifacts into .*artifacts: "):
        write(tmp_path / "artifacts")


def test_the_same_artifact_again_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.5)
    place = write(tmp_path)
    (place.artifact / "targets.npy").write_bytes(b"")
    assert write(tmp_path) == place
    place.load()
    assert [entry.name for entry in tmp_path.iterdir()] == [place.written.name]


def test_sweeping_removes_only_artifacts_of_other_runs(tmp_path: Path) -> None:
    old, new = write(tmp_path, "run-1"), write(tmp_path, "run-2")
    (tmp_path / "notes-0123456789ab").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".partial-0123").mkdir()
    assert sweep_artifacts(tmp_path, [new.written.name]) == [old.written.name]
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {new.written.name, "notes-0123456789ab", "notes.txt"}
    new.load()
    assert sweep_artifacts(tmp_path / "none", []) == []


def test_a_killed_writer_leaves_whole_artifacts(tmp_path: Path) -> None:
    target = Path(__file__).with_name("artifact_kill_target.py")
    said: list[str] = []
    for wanted in range(1, 6):
        with subprocess.Popen(
            [sys.executable, str(target), str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            said += [writer.stdout.readline().strip() for _ in range(wanted)]
            writer.kill()
    found = {entry.name for entry in tmp_path.iterdir() if not entry.name.startswith(".")}
    assert set(said) <= found
    for name in found:
        artifact = load_artifact(tmp_path, name, fingerprint="f" * 16)
        assert [float(artifact.array(f"part{part}")[0, 0]) for part in range(8)] == [
            (artifact.manifest.rng or 0) + part / 8 for part in range(8)
        ]
    write(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_reading_needs_numpy_alone(place: Place) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from embeddings.artifact import load_artifact\n"
        f"load_artifact(Path({str(place.folder)!r}), {place.written.name!r}, "
        f"fingerprint={FINGERPRINT!r}).strings('items')\n"
        "print(*(name for name in ('torch', 'pyarrow', 'scipy', 'pickle5') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
