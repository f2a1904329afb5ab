"""Where encoders keep what need not be computed again, and what a killed one goes on from.

Everything in it can be deleted at any time: the next training only takes longer.
"""

import hashlib
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from embeddings.unfinished import PARTIAL, hold, locked, sweep_unfinished

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of finished results and of checkpoints, each under the key of what it depends on."""

    folder: Path

    def load(self, kind: str, key: str) -> dict[str, NDArray[np.generic]] | None:
        """A finished result, or None where there is none that can be read."""
        file = self.folder / kind / f"{key}.npz"
        try:
            # Opened here: numpy leaves a file open where it is not a sound archive.
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile):
            # RuntimeError: a flipped bit may ask for a password or an unknown compression.
            file.unlink(missing_ok=True)
            return None

    def save(self, kind: str, key: str, arrays: Arrays) -> None:
        """Keep a finished result, whole or not at all, and drop its checkpoints."""
        with written_whole(self.folder / kind / f"{key}.npz") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        shutil.rmtree(self.folder / "checkpoints" / kind / key, ignore_errors=True)

    def checkpoints(self, kind: str, key: str) -> Path:
        """The folder for checkpoints on the way to a result; it exists."""
        folder = self.folder / "checkpoints" / kind / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def key_of(*parts: object) -> str:
    """A key (24 hex digits) for JSON values and arrays; the same for the same parts."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype != object:
            digest.update(f"\0{part.dtype.str}{part.shape}\0".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            value = part.tolist() if isinstance(part, np.ndarray) else part
            digest.update(b"\0" + json.dumps(value, sort_keys=True).encode())
    return digest.hexdigest()[:24]


@contextmanager
def written_whole(file: Path) -> Iterator[IO[bytes]]:
    """A stream whose bytes become the file only when all of them are on the disk.

    What a killed writer left unfinished in the folder of the file is removed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file.parent):
        sweep_unfinished(file.parent, f".*{PARTIAL}*")
        partial = file.with_name(f".{file.name}{PARTIAL}{secrets.token_hex(8)}")
        stream = partial.open("xb")
        hold(stream.fileno())
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(partial, file)  # Before it is closed: until then it is held.
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
