"""What a training leaves on the disk for serving: numbers and names, with a manifest.

An artifact is a folder: `manifest.json`, and one `.npy` file an array. Strings are two arrays,
their bytes and where each begins. Reading needs numpy alone, and nothing in the files is executed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.artifact_manifest import (
    ARTIFACT_VERSION,
    MANIFEST_FILE,
    ArrayEntry,
    Manifest,
    manifest_from_json,
    sha256_of,
)
from embeddings.artifact_writing import Written, sweep_artifacts, write_artifact
from graph.errors import ArtifactError

__all__ = [
    "ARTIFACT_VERSION",
    "Artifact",
    "ArrayEntry",
    "Manifest",
    "Written",
    "load_artifact",
    "sweep_artifacts",
    "write_artifact",
]

_AGAIN = "train again, or copy it from the machine that trained"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A verified artifact. Its arrays are memory-mapped and read-only."""

    manifest: Manifest
    _arrays: Mapping[str, NDArray[np.generic]]

    def __contains__(self, name: str) -> bool:
        """Whether it has such an array, or such strings."""
        return name in self._arrays or f"{name}.bytes" in self._arrays

    def array(self, name: str) -> NDArray[np.generic]:
        """The array of this name; a KeyError where there is none."""
        return self._arrays[name]

    def strings(self, name: str) -> NDArray[np.object_]:
        """The strings of this name, as an array of str; a KeyError where there are none."""
        content = self._arrays[f"{name}.bytes"].tobytes()
        ends = self._arrays[f"{name}.offsets"].tolist()
        values = np.empty(len(ends) - 1, dtype=object)
        values[:] = [
            content[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)
        ]
        return values


def load_artifact(
    folder: Path, name: str, *, fingerprint: str, manifest_sha256: str | None = None
) -> Artifact:
    """Open and verify the artifact `name` of a folder, made from the graph with this fingerprint.

    Every file is read once, to compare its hash with the manifest's. Raises an ArtifactError where
    anything is not as it was written, or was written from another graph or by a newer version.
    """
    place = folder / name
    content = _read_manifest(place)
    if manifest_sha256 is not None and sha256_of(content) != manifest_sha256:
        # A version or a graph that is not ours says more than a hash that differs.
        _check_graph(manifest_from_json(content, str(place / MANIFEST_FILE)), place, fingerprint)
        raise ArtifactError(
            f"{place / MANIFEST_FILE} is not the one that the run was trained with; {_AGAIN}."
        )
    manifest = manifest_from_json(content, str(place / MANIFEST_FILE))
    _check_graph(manifest, place, fingerprint)
    arrays = {
        array: _load_array(place / f"{array}.npy", entry)
        for array, entry in manifest.arrays.items()
    }
    for array in manifest.arrays:
        if array.endswith(".bytes"):
            _check_strings(place, array.removesuffix(".bytes"), arrays)
    return Artifact(manifest, arrays)


def _read_manifest(place: Path) -> bytes:
    try:
        return (place / MANIFEST_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = place if not place.is_dir() else place / MANIFEST_FILE
        raise ArtifactError(f"there is no {missing}, which this run needs; {_AGAIN}.") from error
    except OSError as error:
        raise _unreadable(place / MANIFEST_FILE, error) from error


def _check_graph(manifest: Manifest, place: Path, fingerprint: str) -> None:
    if manifest.fingerprint != fingerprint:
        raise ArtifactError(
            f"{place} was made from another graph: its fingerprint is {manifest.fingerprint}, and "
            f"that of this run is {fingerprint}; {_AGAIN}."
        )


def _load_array(file: Path, entry: ArrayEntry) -> NDArray[np.generic]:
    try:
        with file.open("rb") as stream:
            size_bytes = stream.seek(0, 2)
            if size_bytes != entry.size_bytes:
                raise ArtifactError(
                    f"{file} has {size_bytes} bytes instead of {entry.size_bytes}: it was cut off "
                    f"or changed; {_AGAIN}."
                )
            stream.seek(0)
            if hashlib.file_digest(stream, "sha256").hexdigest() != entry.sha256:
                raise ArtifactError(
                    f"{file} is damaged: its content is not what was written; {_AGAIN}."
                )
        array = np.asarray(np.lib.format.open_memmap(file, mode="r"))
    except FileNotFoundError as error:
        raise ArtifactError(f"there is no {file}, which the manifest lists; {_AGAIN}.") from error
    except OSError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:
        raise ArtifactError(f"{file} holds no array of numbers; {_AGAIN}.") from error
    if (array.dtype.str, array.shape) != (entry.dtype, entry.shape):
        raise ArtifactError(
            f"{file} holds {array.dtype.str} of shape {array.shape}, and the manifest says "
            f"{entry.dtype} of {entry.shape}; {_AGAIN}."
        )
    return array


def _check_strings(place: Path, name: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    content, offsets = arrays[f"{name}.bytes"], arrays.get(f"{name}.offsets", np.zeros(0))
    if not (
        content.dtype == np.uint8
        and offsets.dtype == np.int64
        and content.ndim == offsets.ndim == 1
        and len(offsets)
        and offsets[0] == 0
        and offsets[-1] == len(content)
        and bool(np.all(np.diff(offsets) >= 0))
    ):
        raise ArtifactError(f"the strings {name!r} of {place} do not fit together; {_AGAIN}.")


def _unreadable(file: Path, error: OSError) -> ArtifactError:
    return ArtifactError(f"cannot read {file}: {error.strerror}; {_AGAIN}.")
