"""The run that answers requests: its recipe, its evidence and its factor model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from graph.errors import NotReadyError
from graph.model import Run
from graph.store import Store
from recommender.array_evidence import ArrayEvidence
from recommender.item_factors import ItemFactors
from recommender.recipe import Recipe
from recommender.run_artifact import read_factors
from recommender.run_evidence import Retrieval, RunEvidence
from recommender.stored_evidence import StoredEvidence


@dataclass(frozen=True, slots=True)
class ServingRun:
    """A run as serving needs it. `predicted` is the type of feedback it was trained to predict."""

    id: int
    recipe: Recipe
    predicted: str
    evidence: RunEvidence
    factors: ItemFactors | None = None


def current_run(store: Store) -> Run:
    """The run that serves; raises NotReadyError before the first training."""
    run = store.current_run()
    if run is None:
        raise NotReadyError("nothing has been trained yet: run `whypath train` first")
    return run


def read_serving_run(
    store: Store, run: Run, artifacts: Path | None = None, retrieval: Retrieval = "cypher"
) -> ServingRun:
    """What serving needs to know of a run.

    `artifacts` is the folder of its vectors. Raises an ArtifactError where they are not as they
    were written.
    """
    types = store.schema().feedback_types
    factors = read_factors(artifacts, run)
    evidence: RunEvidence
    if retrieval == "memory":
        evidence = ArrayEvidence.read(store, run.id, factors)
    else:
        evidence = StoredEvidence.of(store, run.id)
    return ServingRun(
        id=run.id,
        recipe=Recipe.from_json(cast(dict[str, Any], run.settings["recipe"])),
        predicted=types[0] if types else "",
        evidence=evidence,
        factors=factors,
    )
