"""The run that answers requests: its recipe and, since a run never changes, its prior in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from graph.errors import NotReadyError
from graph.model import Run
from graph.store import Store
from recommender.item_factors import ItemFactors
from recommender.recipe import Recipe
from recommender.run_artifact import read_factors

KEPT = 100_000
"""Items whose prior is kept in memory, the most popular ones: some 15 MB."""


@dataclass(frozen=True, slots=True)
class Priors:
    """The greatest PRIOR weights of a run, best first; `is_whole`: there are no others."""

    weights: Mapping[str, float]
    is_whole: bool

    def best(self, excluded: frozenset[str], limit: int) -> Iterator[str]:
        """The most popular items but for the excluded ones."""
        return islice((item for item in self.weights if item not in excluded), limit)

    def of(self, store: Store, run: int, items: Sequence[str]) -> Mapping[str, float]:
        """The weights of those of these items that have one."""
        known = {item: self.weights[item] for item in items if item in self.weights}
        if self.is_whole or len(known) == len(items):
            return known
        return {**known, **store.prior([item for item in items if item not in known], run)}


@dataclass(frozen=True, slots=True)
class ServingRun:
    """A run as serving needs it. `predicted` is the type of feedback it was trained to predict."""

    id: int
    recipe: Recipe
    predicted: str
    priors: Priors
    factors: ItemFactors | None = None


def current_run(store: Store) -> Run:
    """The run that serves; raises NotReadyError before the first training."""
    run = store.current_run()
    if run is None:
        raise NotReadyError("nothing has been trained yet: run `whypath train` first")
    return run


def read_serving_run(store: Store, run: Run, artifacts: Path | None = None) -> ServingRun:
    """What serving needs to know of a run.

    `artifacts` is the folder of its vectors. Raises an ArtifactError where they are not as they
    were written.
    """
    types = store.schema().feedback_types
    popular = dict(store.retrieve_by_prior(run.id, (), KEPT))
    return ServingRun(
        id=run.id,
        recipe=Recipe.from_json(cast(dict[str, Any], run.settings["recipe"])),
        predicted=types[0] if types else "",
        priors=Priors(popular, len(popular) < KEPT),
        factors=read_factors(artifacts, run),
    )
