"""The arrivals of a run: the vectors of items that came after its training, in an artifact.

A run's own artifact never changes. What came later stands in another one, which is written whole at
each append; the run names the one that counts, so a server sees all of an append or nothing of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from embeddings.artifact import load_artifact, sweep_artifacts, write_artifact
from graph.dataset import Ids
from graph.model import Run
from graph.store import Store

KIND = "arrivals"
PLACER = "placer"
"""The kind of the artifact that places arrivals, which serving does not read."""

PART = "part."
"""Before the name of a part in the names of arrays."""


def _no_ids() -> Ids:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Items that came after a training, as its factor model knows them.

    `targets` (n, size) and `parts` are as in `ItemFactors`; `digests` (n,) change with anything
    that an item was placed by.
    """

    ids: Ids = field(default_factory=_no_ids)
    digests: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    targets: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


def arrivals_key(run: Run) -> str:
    """Changes when other arrivals count for a run; empty where there are none."""
    entry = cast(Mapping[str, Any] | None, run.settings.get(KIND))
    return "" if entry is None else str(entry["name"])


def read_arrivals(folder: Path, run: Run) -> Arrivals:
    """Those of a run; none before the first append.

    Raises an ArtifactError where the artifact is missing, damaged, or another graph's.
    """
    entry = cast(Mapping[str, Any] | None, run.settings.get(KIND))
    if entry is None:
        return Arrivals()
    artifact = load_artifact(
        folder, entry["name"], fingerprint=run.fingerprint, manifest_sha256=entry["sha256"]
    )
    parts = [name for name in artifact.manifest.arrays if name.startswith(PART)]
    return Arrivals(
        ids=artifact.strings("items"),
        digests=artifact.array("digests").astype(np.uint64),
        targets=artifact.array("targets").astype(np.float32, copy=False),
        parts={
            name.removeprefix(PART): artifact.array(name).astype(np.float32, copy=False)
            for name in parts
        },
    )


def write_arrivals(store: Store, folder: Path, run: Run, arrivals: Arrivals) -> None:
    """Make these the arrivals of a run, in the place of all before."""
    written = write_artifact(
        folder,
        _label(run),
        kind=KIND,
        model="ridge",
        fingerprint=run.fingerprint,
        settings={"run": run.id},
        libraries=("whypath", "numpy", "scipy"),
        arrays={
            "digests": arrivals.digests,
            "targets": arrivals.targets,
            **{f"{PART}{name}": rows for name, rows in arrivals.parts.items()},
        },
        strings={"items": arrivals.ids},
    )
    store.replace_run_settings(run.id, {**run.settings, KIND: asdict(written)})
    # Only those that this append replaced: another one's may not be named yet.
    gone = {arrivals_key(run)} - {written.name}
    sweep_artifacts(folder, {entry.name for entry in folder.iterdir()} - gone)


def names_of_arrivals(run: Run, folder: Path) -> list[str]:
    """The artifacts of arrivals that were ever written for a run and are still in the folder."""
    if PLACER not in run.settings or not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.glob(f"{_label(run)}-*"))


def _label(run: Run) -> str:
    """How the names begin: with what no other run has, its placer."""
    placer = cast(Mapping[str, Any], run.settings[PLACER])
    return f"{KIND}-{str(placer['name']).removeprefix(f'{PLACER}-')}"
