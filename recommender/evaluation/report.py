"""The answer of an evaluation as plain values: a table, intervals, the lists, and their JSON."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids
from graph.errors import ResourceError
from recommender.evaluation.judging import Judge, Lists, positives
from recommender.evaluation.metrics import (
    LIST_METRICS,
    NO_ITEM,
    USER_METRICS,
    coverage,
    gini,
    novelty,
)
from recommender.evaluation.significance import Interval, compare_paired

METRICS = (*USER_METRICS, *LIST_METRICS)
"""The columns of a report, in order."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What one model did in one fold. `metrics` maps each of `METRICS` to one number for each k."""

    fold: str
    lists: Lists
    metrics: Mapping[str, tuple[float, ...]]
    seconds: float
    cpu_seconds: float
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One row of the table: means over the users of a fold, then over the folds.

    `seconds` and `cpu_seconds` are the sums over the folds of choosing settings, fitting and
    ranking; `settings` are those chosen, for each fold.
    """

    model: str
    folds: tuple[FoldResult, ...]

    @property
    def metrics(self) -> Mapping[str, tuple[float, ...]]:
        """Each of `METRICS` for each k."""
        return {
            name: tuple(np.mean([fold.metrics[name] for fold in self.folds], axis=0).tolist())
            for name in METRICS
        }

    @property
    def seconds(self) -> float:
        """Wall time."""
        return sum(fold.seconds for fold in self.folds)

    @property
    def cpu_seconds(self) -> float:
        """CPU time of this process."""
        return sum(fold.cpu_seconds for fold in self.folds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours minus a baseline in nDCG@k, with its paired bootstrap interval."""

    baseline: str
    k: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Everything `whypath evaluate` answers. `models[0]` is ours.

    `n_users` counts users once, `n_tests` held-out rows over all folds. `users` and `items` are the
    ids that the lists' positions refer to.
    """

    split: Mapping[str, object]
    ks: tuple[int, ...]
    n_users: int
    n_tests: int
    models: tuple[ModelResult, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    users: Ids
    items: Ids

    def rows(self) -> list[tuple[str, dict[str, float]]]:
        """The table: each model with its values by column, `ndcg@10` and so on."""
        return [(model.model, _by_column(model.metrics, self.ks)) for model in self.models]

    def to_json(self) -> dict[str, Any]:
        """JSON values; the lists themselves are left to `write_lists`."""
        return {
            "split": dict(self.split),
            "k": list(self.ks),
            "folds": [fold.fold for fold in self.models[0].folds],
            "users": self.n_users,
            "held_out": self.n_tests,
            "models": [
                {
                    "model": model.model,
                    "metrics": _by_column(model.metrics, self.ks),
                    "seconds": round(model.seconds, 3),
                    "cpu_seconds": round(model.cpu_seconds, 3),
                    "folds": [
                        {
                            "fold": fold.fold,
                            "metrics": _by_column(fold.metrics, self.ks),
                            "settings": dict(fold.settings),
                        }
                        for fold in model.folds
                    ],
                }
                for model in self.models
            ],
            "comparisons": [
                {"baseline": entry.baseline, "metric": f"ndcg@{entry.k}", **asdict(entry.interval)}
                for entry in self.comparisons
            ],
            "notes": list(self.notes),
        }

    def write_lists(self, file: Path) -> None:
        """Write our lists as CSV `user,item,rank,score`, with `fold` where there are several.

        The file appears whole or not at all; a ResourceError says why it could not be written.
        """
        folds = self.models[0].folds
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            try:
                with draft.open("w", encoding="utf-8", newline="") as lines:
                    writer = csv.writer(lines, lineterminator="\n")
                    marks = ["fold"] if len(folds) > 1 else []
                    writer.writerow(["user", "item", "rank", "score", *marks])
                    for fold in folds:
                        mark = [fold.fold] if marks else []
                        writer.writerows([*row, *mark] for row in self._listed(fold.lists))
                draft.replace(file)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            raise ResourceError(f"cannot write {file}: {error.strerror}") from error

    def _listed(self, lists: Lists) -> Iterator[tuple[str, str, int, float]]:
        for user, top, scores in zip(lists.users, lists.top, lists.scores, strict=True):
            for rank, (item, score) in enumerate(zip(top, scores, strict=True), start=1):
                if item != NO_ITEM:
                    yield self.users[user], self.items[item], rank, float(score)


def measure_fold(
    fold: str,
    judge: Judge,
    lists: Lists,
    ks: Sequence[int],
    seconds: float,
    cpu_seconds: float,
    settings: Mapping[str, object],
) -> FoldResult:
    """The metrics of all users' lists together beside the means of each user's."""
    liked = positives(judge.known)
    n_holders = np.bincount(liked.item, minlength=len(judge.candidates))
    n_users = len(np.unique(liked.user))
    metrics = {name: tuple(lists.metrics[name].mean(axis=0).tolist()) for name in USER_METRICS}
    tops = [lists.top[:, :k] for k in ks]
    metrics["coverage"] = tuple(coverage(top, judge.candidates) for top in tops)
    metrics["gini"] = tuple(gini(top, judge.candidates) for top in tops)
    metrics["novelty"] = tuple(novelty(top, n_holders, n_users) for top in tops)
    return FoldResult(fold, lists, metrics, seconds, cpu_seconds, settings)


def compare_models(
    ours: ModelResult,
    baseline: ModelResult,
    ks: Sequence[int],
    seed: int,
    resamples: int,
) -> list[Comparison]:
    """Ours minus the baseline in nDCG at each k, over the same users and folds."""
    users = np.concatenate([fold.lists.users for fold in ours.folds])
    folds = np.repeat(np.arange(len(ours.folds)), [len(fold.lists.users) for fold in ours.folds])
    return [
        Comparison(
            baseline.model,
            k,
            compare_paired(
                _ndcg(ours, column),
                _ndcg(baseline, column),
                users,
                folds,
                np.random.default_rng(seed),
                resamples,
            ),
        )
        for column, k in enumerate(ks)
    ]


def _ndcg(model: ModelResult, column: int) -> NDArray[np.float64]:
    return np.concatenate([fold.lists.metrics["ndcg"][:, column] for fold in model.folds])


def _by_column(metrics: Mapping[str, Sequence[float]], ks: Sequence[int]) -> dict[str, float]:
    return {
        f"{name}@{k}": value for name in METRICS for k, value in zip(ks, metrics[name], strict=True)
    }
