"""Writes artifacts into a folder: each whole or not at all, also when the writer is killed.

Files are written to a hidden folder beside the artifacts, brought to the disk, and renamed. Its
writer holds the system's lock on it, so what a killed writer left is known by being unlocked.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.artifact_manifest import (
    ARRAY_NAME,
    MANIFEST_FILE,
    ArrayEntry,
    Manifest,
    library_versions,
    sha256_of,
)
from embeddings.unfinished import PARTIAL, hold, locked, sweep_unfinished
from graph.errors import RESOURCE_REASONS, ResourceError

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ARTIFACT_NAME = re.compile(rf"{_LABEL.pattern}-[0-9a-f]{{12}}")
_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Written:
    """What a run keeps of its artifact: the name it has in its folder, and its manifest's hash."""

    name: str
    sha256: str


def write_artifact(
    folder: Path,
    label: str,
    *,
    kind: str,
    model: str,
    fingerprint: str,
    arrays: Mapping[str, NDArray[np.generic]],
    strings: Mapping[str, NDArray[np.object_]] | None = None,
    rng: int | None = None,
    settings: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    libraries: Iterable[str] = ("numpy",),
) -> Written:
    """Write an artifact under a new name, which is `label` and the first digits of its hash.

    `libraries` are the distributions whose versions it records. Raises a ResourceError where disk
    space or a permission is missing; then nothing is left.
    """
    if not _LABEL.fullmatch(label):
        raise ValueError(f"{label!r} cannot be part of a file's name")
    files = {**arrays}
    for name, values in (strings or {}).items():
        files[f"{name}.bytes"], files[f"{name}.offsets"] = _packed(values)
    for name, array in files.items():
        if not ARRAY_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an array")
        if array.dtype.kind not in "biuf":
            raise ValueError(f"the array {name!r} has the type {array.dtype}; numbers are wanted")
    manifest = Manifest(
        kind=kind,
        model=model,
        fingerprint=fingerprint,
        created_at=int(time.time()),
        rng=rng,
        settings=settings or {},
        metrics=metrics or {},
        libraries=library_versions(libraries),
    )
    with _told(folder), _partial(folder) as partial:
        entries = {name: _write_array(partial, name, array) for name, array in files.items()}
        content = replace(manifest, arrays=entries).to_json()
        with (partial / MANIFEST_FILE).open("wb") as stream:
            stream.write(content)
            _flush(stream)
        _sync_folder(partial)
        written = Written(f"{label}-{sha256_of(content)[:_HASH_DIGITS]}", sha256_of(content))
        target = folder / written.name
        if target.exists():  # The same content, but perhaps damaged since.
            old = target.rename(folder / f"{partial.name}.old")
            partial.rename(target)
            shutil.rmtree(old)
        else:
            partial.rename(target)
        _sync_folder(folder)
    return written


def sweep_artifacts(folder: Path, keep: Iterable[str]) -> list[str]:
    """Remove the artifacts that are not in `keep`, and what killed writers left; answers the names.

    Call it when no other training writes to the folder. Whatever is no artifact stays.
    """
    kept = set(keep)
    if not folder.is_dir():
        return []
    gone = []
    with _told(folder), locked(folder):
        sweep_unfinished(folder, f"{PARTIAL}*")
        for entry in sorted(folder.iterdir()):
            if (
                entry.name not in kept
                and _ARTIFACT_NAME.fullmatch(entry.name)
                and (entry / MANIFEST_FILE).is_file()
            ):
                # Renamed first: no reader finds a part of it.
                hidden = entry.with_name(f"{PARTIAL}{entry.name}")
                entry.rename(hidden)
                shutil.rmtree(hidden)
                gone.append(entry.name)
    return gone


def _packed(values: NDArray[np.object_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Strings as their bytes, one after the other, and where each begins and the last one ends."""
    encoded = [value.encode("utf-8", "surrogatepass") for value in values.tolist()]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


def _write_array(partial: Path, name: str, array: NDArray[np.generic]) -> ArrayEntry:
    little = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    file = partial / f"{name}.npy"
    with file.open("w+b") as stream:
        np.lib.format.write_array(stream, little, allow_pickle=False)
        _flush(stream)
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ArrayEntry(little.dtype.str, array.shape, file.stat().st_size, digest)


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A new hidden folder that is this process's own; gone at the end unless it was renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        sweep_unfinished(folder, f"{PARTIAL}*")
        partial = folder / f"{PARTIAL}{secrets.token_hex(8)}"
        partial.mkdir()
        descriptor = os.open(partial, os.O_RDONLY)
        hold(descriptor)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(descriptor)


def _flush(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn a failure of the file system into a sentence."""
    try:
        yield
    except OSError as error:
        reason = RESOURCE_REASONS.get(error.errno or 0, error.strerror)
        raise ResourceError(f"cannot write artifacts into {folder}: {reason}.") from error
