"""Writes artifacts one after the other until it is killed; says the name of each that is whole."""

import sys
from pathlib import Path

import numpy as np

from embeddings.artifact import write_artifact

folder = Path(sys.argv[1])
for number in range(100_000):
    written = write_artifact(
        folder,
        "run",
        kind="vectors",
        model="fused",
        fingerprint="f" * 16,
        rng=number,
        arrays={f"part{part}": np.full((200, 50), number + part / 8) for part in range(8)},
        strings={"items": np.array([f"item {i}" for i in range(200)], dtype=object)},
    )
    print(written.name, flush=True)
