"""On real data: what `whypath evaluate` measures is what `whypath recommend` then serves."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from graph.dataset import read_dataset
from graph.importing import import_project
from graph.mapping import Mapping
from graph.store import Store
from recommender.evaluating import evaluate
from recommender.evaluation.settings import EvaluationSettings
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.training import train

ROOT = Path(__file__).parents[3]
SETTINGS = EvaluationSettings(split="files", refit=True, baselines=())


@pytest.mark.data
@pytest.mark.slow
def test_the_lists_measured_on_ml_100k_are_the_lists_served(
    ladybug_store: Store, tmp_path: Path
) -> None:
    folder = ROOT / "benchmarks" / "ml-100k"
    mapping = Mapping.from_toml(tomllib.loads((folder / "whypath.toml").read_text()), folder)
    if not mapping.path(mapping.items).is_file():
        pytest.skip(f"{mapping.path(mapping.items)} is missing")
    import_project(mapping, ladybug_store)
    dataset = read_dataset(ladybug_store)
    (fold,) = evaluate(dataset, SETTINGS, TrainingSettings(), rng=0).models[0].folds
    # the generator that `evaluate` gives our model
    rng = np.random.default_rng(0).spawn(3)[2]
    evidence = train(dataset, TrainingSettings(), rng=rng)
    publish(ladybug_store, evidence, fingerprint=dataset.fingerprint, artifacts=tmp_path)
    recommender = Recommender(ladybug_store, tmp_path)
    for place in np.linspace(0, len(fold.lists.users) - 1, 40).astype(int):
        user = str(dataset.users[fold.lists.users[place]])
        served = recommender.recommend(Request(user=user, n=10)).suggestions
        measured = dataset.items[fold.lists.top[place]].tolist()
        assert [suggestion.item for suggestion in served] == measured, user
        scores = [suggestion.score for suggestion in served]
        assert scores == pytest.approx(fold.lists.scores[place].tolist(), abs=1e-6)
