"""The artifact that places what comes later: a `Placer` as arrays, read by appends alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from embeddings.artifact import Artifact, Written, load_artifact, write_artifact
from embeddings.origins import FactOrigin, Origin, TextOrigin
from graph.dataset import Ids
from graph.model import Run
from recommender.arrivals import PLACER as KIND
from recommender.learning.blocks import FactColumns
from recommender.placing import Amounts, Part, Placer


def write_placer(folder: Path, placer: Placer, fingerprint: str) -> Written:
    """Write it for the run that was trained on the graph with this fingerprint."""
    writing = _Writing(placer)
    return write_artifact(
        folder,
        KIND,
        kind=KIND,
        model="ridge",
        fingerprint=fingerprint,
        settings=writing.settings,
        libraries=("whypath", "numpy", "scipy"),
        arrays=writing.arrays,
        strings=writing.strings,
    )


def read_placer(folder: Path, run: Run) -> Placer | None:
    """That of a run, None where it has none.

    Raises an ArtifactError where it is missing, damaged, or another graph's.
    """
    entry = cast(Mapping[str, Any] | None, run.settings.get(KIND))
    if entry is None:
        return None
    artifact = load_artifact(
        folder, entry["name"], fingerprint=run.fingerprint, manifest_sha256=entry["sha256"]
    )
    settings = artifact.manifest.settings
    return Placer(
        items=artifact.strings("items"),
        is_untouched=artifact.array("is_untouched").astype(np.bool_),
        size=settings["size"],
        columns={
            block["name"]: FactColumns(
                tuple(block["relations"]),
                artifact.strings(f"block.{n}.entities"),
                artifact.array(f"block.{n}.rarity").astype(np.float64),
            )
            for n, block in enumerate(settings["blocks"])
        },
        parts={
            part["name"]: Part(_floats(artifact, f"part.{n}.centre"), _origin(artifact, n, part))
            for n, part in enumerate(settings["parts"])
        },
        amounts=Amounts(
            tuple(settings["amounts"]),
            _floats(artifact, "amounts.mean"),
            _floats(artifact, "amounts.scale"),
        ),
        rows={
            part["name"]: _floats(artifact, f"part.{n}.rows")
            for n, part in enumerate(settings["parts"])
            if f"part.{n}.rows" in artifact
        },
        maps={name: _floats(artifact, f"map.{n}") for n, name in enumerate(settings["maps"])},
    )


class _Writing:
    """Names of relations and parts are in the settings, since a file cannot have every name."""

    def __init__(self, placer: Placer) -> None:
        usual = placer.amounts
        self.arrays: dict[str, NDArray[np.generic]] = {
            "is_untouched": placer.is_untouched,
            "amounts.mean": usual.mean,
            "amounts.scale": usual.scale,
        }
        self.strings: dict[str, Ids] = {"items": placer.items}
        for n, columns in enumerate(placer.columns.values()):
            self.strings[f"block.{n}.entities"] = columns.entities
            self.arrays[f"block.{n}.rarity"] = columns.rarity
        for n, matrix in enumerate(placer.maps.values()):
            self.arrays[f"map.{n}"] = matrix
        self.settings: dict[str, Any] = {
            "size": placer.size,
            "blocks": [
                {"name": name, "relations": columns.relations}
                for name, columns in placer.columns.items()
            ],
            "parts": [
                self._part(n, name, part) for n, (name, part) in enumerate(placer.parts.items())
            ],
            "amounts": usual.relations,
            "maps": list(placer.maps),
        }
        for n, name in enumerate(placer.parts):
            if name in placer.rows:
                self.arrays[f"part.{n}.rows"] = placer.rows[name]

    def _part(self, n: int, name: str, part: Part) -> dict[str, Any]:
        self.arrays[f"part.{n}.centre"] = part.centre
        origin = part.origin
        if isinstance(origin, TextOrigin):
            return {"name": name, "encoder": dict(origin.encoder)}
        if origin is None:
            return {"name": name}
        self.strings[f"part.{n}.entities"] = origin.entities
        self.arrays[f"part.{n}.vectors"] = origin.vectors
        for m, rarity in enumerate(origin.rarity.values()):
            self.arrays[f"part.{n}.rarity.{m}"] = rarity
        return {"name": name, "relations": list(origin.rarity)}


def _origin(artifact: Artifact, n: int, part: Mapping[str, Any]) -> Origin | None:
    if "encoder" in part:
        return TextOrigin(part["encoder"])
    if "relations" not in part:
        return None
    return FactOrigin(
        entities=artifact.strings(f"part.{n}.entities"),
        vectors=_floats(artifact, f"part.{n}.vectors"),
        rarity={
            relation: artifact.array(f"part.{n}.rarity.{m}").astype(np.float64)
            for m, relation in enumerate(part["relations"])
        },
    )


def _floats(artifact: Artifact, name: str) -> NDArray[np.float32]:
    return artifact.array(name).astype(np.float32, copy=False)
