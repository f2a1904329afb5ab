"""docs/evaluation.md names every split, metric, baseline and grid that there is."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from graph.dataset import Dataset, Feedback
from recommender.evaluation.baselines import describe, tuning_grid
from recommender.evaluation.report import METRICS
from recommender.evaluation.settings import BASELINES, SplitName

TEXT = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text(encoding="utf-8")

NOTHING = np.zeros(0, dtype=object)
NO_FEEDBACK = Feedback(*(np.zeros(0, dtype=kind) for kind in ("i4", "i4", "i2", "f8", "i8", "O")))
NO_DATA = Dataset(NOTHING, NOTHING, NOTHING, (), NO_FEEDBACK, {}, {})


@pytest.mark.parametrize("name", [*get_args(SplitName), *BASELINES])
def test_every_split_and_baseline_is_described(name: str) -> None:
    assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_formula(name: str) -> None:
    assert f"| `{name}@k` |" in TEXT


@pytest.mark.parametrize("name", BASELINES)
def test_every_value_of_a_grid_is_named(name: str) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |"))
    words = line.replace(",", " ").replace(";", " ").split()
    for config in tuning_grid(name, NO_DATA, max_side=1, threads=1):
        for value in describe(config).values():
            assert f"{value:g}" in words, (name, value)
