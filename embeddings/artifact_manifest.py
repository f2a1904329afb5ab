"""What an artifact says of itself, as a value and as `manifest.json`."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from types import NoneType
from typing import Any

from graph.errors import ArtifactError

ARTIFACT_VERSION = 1
"""Version of the files' format; an artifact with a higher one is refused."""

MANIFEST_FILE = "manifest.json"

ARRAY_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
"""What an array may be called: its file is `<name>.npy`."""


@dataclass(frozen=True, slots=True)
class ArrayEntry:
    """What one array file must be. `dtype` is numpy's, with its byte order: `<f4`."""

    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """How an artifact came to be, and what each of its files must be.

    `settings` and `metrics` are JSON values, `rng` is the seed, `libraries` the versions of what
    took part, `fingerprint` that of the graph it was made from, `created_at` in epoch seconds.
    """

    kind: str
    model: str
    fingerprint: str
    created_at: int
    rng: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, ArrayEntry] = field(default_factory=dict)
    format_version: int = ARTIFACT_VERSION

    def to_json(self) -> bytes:
        """The bytes of `manifest.json`; a ValueError for a number that is not finite."""
        text = json.dumps(asdict(self), ensure_ascii=False, allow_nan=False, indent=1)
        return text.encode() + b"\n"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "model": (str,),
    "fingerprint": (str,),
    "created_at": (int,),
    "rng": (int, NoneType),
    "settings": (dict,),
    "metrics": (dict,),
    "libraries": (dict,),
    "arrays": (dict,),
}


def manifest_from_json(content: bytes, where: str) -> Manifest:
    """The inverse of `to_json`; an ArtifactError that names `where` if it cannot be read."""
    damaged = ArtifactError(
        f"{where} is damaged: it is not the manifest of an artifact; train again, or copy the "
        "artifact from the machine that trained."
    )
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(found, dict) or type(found.get("format_version")) is not int:
        raise damaged
    if found["format_version"] != ARTIFACT_VERSION:
        raise ArtifactError(
            f"{where} has the format version {found['format_version']}, and this version of "
            f"whypath reads {ARTIFACT_VERSION}; update whypath, or train again with this one."
        )
    if any(name not in found or type(found[name]) not in types for name, types in _TYPES.items()):
        raise damaged
    if not all(ARRAY_NAME.fullmatch(name) for name in found["arrays"]):
        raise damaged
    try:
        arrays = {name: _entry(entry) for name, entry in found["arrays"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise damaged from error
    return Manifest(**{name: found[name] for name in _TYPES if name != "arrays"}, arrays=arrays)


def _entry(entry: Mapping[str, Any]) -> ArrayEntry:
    return ArrayEntry(
        dtype=str(entry["dtype"]),
        shape=tuple(int(length) for length in entry["shape"]),
        size_bytes=int(entry["size_bytes"]),
        sha256=str(entry["sha256"]),
    )


def sha256_of(content: bytes) -> str:
    """The hash of some bytes, as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """The installed versions of these distributions; those that are not installed are left out."""
    versions = {}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
