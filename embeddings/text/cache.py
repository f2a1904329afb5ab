"""Vectors of texts that were encoded before, by a hash of the text: cache and checkpoint in one.

    .whypath/text/<hash of the encoder's identity>/<hash of a chunk>.npz

A chunk is written whole or not at all, so a killed run leaves every finished one; what it left
unfinished goes when the next chunk is written. Two processes may write beside each other. Chunks
are put together when there are many.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.workspace import Workspace, key_of

HASH_BYTES = 16
MOST_CHUNKS = 64
"""Above so many chunks they become one: 10,000 texts are then read in 0.1 s."""


def hash_of(text: str) -> bytes:
    """The key of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]


class VectorCache:
    """The vectors of one encoder in a workspace; all of one size."""

    def __init__(self, workspace: Workspace, identity: Mapping[str, object]) -> None:
        self._workspace = workspace
        self._kind = f"text/{key_of(dict(identity))}"
        self._vectors: dict[bytes, NDArray[np.float32]] = {}
        self._read()

    @property
    def folder(self) -> Path:
        """Where the chunks are."""
        return self._workspace.folder / self._kind

    @property
    def size(self) -> int | None:
        """Numbers in one vector; None while there is none."""
        return next((len(vector) for vector in self._vectors.values()), None)

    def __contains__(self, key: bytes) -> bool:
        return key in self._vectors

    def __getitem__(self, key: bytes) -> NDArray[np.float32]:
        return self._vectors[key]

    def keep(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Write one chunk: a vector (row of shape (len(keys), d)) for each key."""
        if not keys:
            return
        hashes = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, HASH_BYTES)
        rows = vectors.astype(np.float32)
        self._workspace.save(self._kind, key_of(hashes), {"hashes": hashes, "vectors": rows})
        self._vectors.update(zip(keys, rows, strict=True))

    def _read(self) -> None:
        names = sorted(file.stem for file in self.folder.glob("*.npz"))
        for name in names:
            chunk = self._workspace.load(self._kind, name)
            if chunk is not None and _is_sound(chunk, self.size):
                keys = [row.tobytes() for row in chunk["hashes"]]
                self._vectors.update(zip(keys, chunk["vectors"].astype(np.float32), strict=True))
        if len(names) > MOST_CHUNKS and self._vectors:
            self._put_together(names)

    def _put_together(self, names: Sequence[str]) -> None:
        keys = sorted(self._vectors)
        self.keep(keys, np.stack([self._vectors[key] for key in keys]))
        whole = key_of(np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, HASH_BYTES))
        for name in names:
            if name != whole:
                (self.folder / f"{name}.npz").unlink(missing_ok=True)


def _is_sound(chunk: Mapping[str, NDArray[np.generic]], size: int | None) -> bool:
    """Whether a file holds what `keep` writes, and vectors as long as those of the others."""
    hashes, vectors = chunk.get("hashes"), chunk.get("vectors")
    return (
        hashes is not None
        and vectors is not None
        and hashes.dtype == np.uint8
        and hashes.ndim == vectors.ndim == 2
        and hashes.shape[1] == HASH_BYTES
        and len(hashes) == len(vectors) > 0
        and vectors.dtype == np.float32
        and size in (None, vectors.shape[1])
        and bool(np.isfinite(vectors).all())
    )
