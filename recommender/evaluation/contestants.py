"""The models of one evaluation, ours and the baselines, behind one call: a fold in, a ranker out.

Each chooses its settings on the same validation data and is then fitted on the same rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.random import Generator

from graph.dataset import Dataset, Feedback
from recommender.evaluation.baselines import Baseline, WithPopularityForNewUsers, describe
from recommender.evaluation.judging import Judge, positives, to_rows
from recommender.evaluation.ranker import Ranker
from recommender.evaluation.served import ServedRanker
from recommender.evaluation.settings import SplitName
from recommender.evaluation.splits import Fold, last_of_each_user
from recommender.learning.settings import TrainingSettings, ValidationName
from recommender.training import Embed, no_embeddings, train

Report = Callable[[str], None]
Fitted = tuple[Ranker, Mapping[str, object]]

_TUNING_K = 10
_VALIDATION: Mapping[SplitName, ValidationName] = {
    "random": "random",
    "kfold": "random",
    "chronological": "chronological",
}


class Contestant(Protocol):
    """A model that can be trained on one fold."""

    @property
    def label(self) -> str:
        """Its name in the report."""

    def __call__(self, fold: Fold, judge: Judge, rng: Generator, report: Report) -> Fitted:
        """The ranker for the users of `judge`, and the settings chosen."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What `whypath train` learns, evidence cut and all, ranked as it is served: the best `n`.

    Where training is free to choose how it validates, it does so as the split `tests`: a mixture
    chosen on the latest feedback is not the best one for feedback held out at random.
    """

    dataset: Dataset
    training: TrainingSettings
    refit: bool
    tests: SplitName
    n: int
    embed: Embed = no_embeddings
    label: str = "whypath"

    def __call__(self, fold: Fold, judge: Judge, rng: Generator, report: Report) -> Fitted:
        """Train on `fold.train`, tuned on `fold.valid` or on what training holds out itself."""
        visible = self.dataset.with_feedback(fold.train)
        training = self.training
        if training.validation == "auto" and self.tests in _VALIDATION:
            training = replace(training, validation=_VALIDATION[self.tests])
        evidence = train(
            visible,
            training,
            rng=rng,
            embed=self.embed,
            validation=fold.valid,
            refit=self.refit,
            report=report,
        )
        chosen = {"recipe": evidence.recipe.to_json(), **evidence.settings, **evidence.metrics}
        return ServedRanker(evidence, visible, judge.known, self.n), chosen


@dataclass(frozen=True, slots=True)
class TunedBaseline:
    """The config of a grid with the highest nDCG@10 on validation data, the first of equals.

    Where the split has no validation data, a `share` of each user's positives is taken from the
    training data: the latest ones where `by_time`, else random ones.
    """

    grid: Sequence[Baseline]
    by_time: bool
    share: float = 0.1

    @property
    def label(self) -> str:
        """Its name in the report."""
        return self.grid[0].label

    def __call__(self, fold: Fold, judge: Judge, rng: Generator, report: Report) -> Fitted:
        """Choose on validation data, then fit on all that is known of the users."""
        config = self.grid[0] if len(self.grid) == 1 else self._choose(fold, rng)
        return _fit(config, judge.known, judge.shape, rng), describe(config)

    def _choose(self, fold: Fold, rng: Generator) -> Baseline:
        train, valid = positives(fold.train), fold.valid
        if valid is None:
            chance = rng.permutation(len(train))
            order = np.lexsort((train.item, train.at)) if self.by_time else chance
            is_last = last_of_each_user(train, order, self.share)
            train, valid = train.where(~is_last), train.where(is_last)
        valid = positives(valid)
        if len(valid) == 0:
            return self.grid[0]
        judge = Judge(train, train, valid, fold.candidates, fold.n_users)
        found = [
            judge.rank(_fit(config, train, judge.shape, rng), (_TUNING_K,)).metrics["ndcg"].mean()
            for config in self.grid
        ]
        return self.grid[int(np.argmax(found))]


def _fit(config: Baseline, feedback: Feedback, shape: tuple[int, int], rng: Generator) -> Ranker:
    rows = to_rows(positives(feedback), shape)
    return WithPopularityForNewUsers(config(rows, rng), rows)
