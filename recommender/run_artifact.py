"""The artifact of a run: the vectors that serving reads beside the graph, and how to read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from embeddings.artifact import Artifact, Written, load_artifact, write_artifact
from graph.errors import ArtifactError
from graph.model import Run
from recommender.arrivals import PART, PLACER, names_of_arrivals, read_arrivals
from recommender.evidence import Evidence
from recommender.item_factors import ItemFactors

KIND = "run"
LIBRARIES = (
    "whypath",
    "numpy",
    "scipy",
    "implicit",
    "torch",
    "pykeen",
    "dgl",
    "sentence-transformers",
)


def artifacts_of(run: Run, folder: Path) -> set[str]:
    """The names of all artifacts in a folder that belong to a run: its own, what places items that
    come later, and their vectors, also those that a killed append left."""
    entries = (run.settings.get(kind) for kind in ("artifact", PLACER))
    names = {str(cast(Mapping[str, Any], entry)["name"]) for entry in entries if entry is not None}
    return names | set(names_of_arrivals(run, folder))


def write_run_artifact(folder: Path, evidence: Evidence, fingerprint: str) -> Written:
    """Write the vectors of a training, which must have factors."""
    factors = evidence.factors
    if factors is None:
        raise ValueError("this evidence has no factors")
    training = cast(Mapping[str, Any], evidence.settings.get("training", {}))
    return write_artifact(
        folder,
        KIND,
        kind=KIND,
        model="factors",
        fingerprint=fingerprint,
        rng=training.get("rng"),
        settings=evidence.settings,
        metrics=evidence.metrics,
        libraries=LIBRARIES,
        arrays={
            "sources": factors.sources,
            "targets": factors.targets,
            **{f"{PART}{name}": rows.astype(np.float32) for name, rows in factors.parts.items()},
        },
        strings={"items": factors.ids},
    )


def read_factors(folder: Path | None, run: Run) -> ItemFactors | None:
    """The factors of a run with those of its arrivals, None where it has none.

    Raises what `read_trained_factors` raises.
    """
    factors = read_trained_factors(folder, run)
    if factors is None or folder is None:
        return None
    later = read_arrivals(folder, run)
    return factors.extended(later.ids, later.targets, later.parts) if len(later) else factors


def read_trained_factors(folder: Path | None, run: Run) -> ItemFactors | None:
    """The factors of a run as its training left them, None where it has none.

    Raises an ArtifactError where the artifact is missing, damaged, or another graph's.
    """
    entry = cast(Mapping[str, Any] | None, run.settings.get("artifact"))
    if entry is None:
        return None
    if folder is None:
        raise ArtifactError(
            f"run {run.id} has vectors ({entry['name']}) and no folder of artifacts was named; "
            "name it, or train without the signal factors"
        )
    artifact = load_artifact(
        folder, entry["name"], fingerprint=run.fingerprint, manifest_sha256=entry["sha256"]
    )
    parts = [name for name in artifact.manifest.arrays if name.startswith(PART)]
    return ItemFactors(
        ids=artifact.strings("items"),
        sources=_rows(artifact, "sources"),
        targets=_rows(artifact, "targets"),
        parts={name.removeprefix(PART): _rows(artifact, name) for name in parts},
    )


def _rows(artifact: Artifact, name: str) -> NDArray[np.float32]:
    return artifact.array(name).astype(np.float32, copy=False)
