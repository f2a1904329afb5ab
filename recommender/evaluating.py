"""Evaluation: hold feedback out, train on the rest, rank, and measure ours beside baselines.

All in memory, on a dataset read from the graph: nothing is written to the store. What a model is
fitted on is `Fold.train` (and `Fold.valid`, as `refit` says); `Fold.test` is only looked at to name
the users and to measure the lists.
"""

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from graph.dataset import Dataset
from graph.errors import ResourceError, UsageError
from recommender.evaluation.baselines import tuning_grid
from recommender.evaluation.contestants import Contestant, Ours, TunedBaseline
from recommender.evaluation.judging import Judge, join
from recommender.evaluation.report import (
    EvaluationReport,
    FoldResult,
    ModelResult,
    compare_models,
    measure_fold,
)
from recommender.evaluation.settings import NEEDS_FEEDBACK, EvaluationSettings, SplitName
from recommender.evaluation.splits import (
    ChronologicalSplit,
    ColdItemSplit,
    FileSplit,
    Fold,
    KFoldSplit,
    RandomSplit,
    Split,
    read_cold_items,
    suit_split,
)
from recommender.learning.settings import TrainingSettings
from recommender.training import Embed, no_embeddings, silent

Rng = int | np.random.Generator | None


def evaluate(
    dataset: Dataset,
    settings: EvaluationSettings,
    training: TrainingSettings,
    *,
    rng: Rng = None,
    embed: Embed = no_embeddings,
    report: Callable[[str], None] = silent,
) -> EvaluationReport:
    """Measure ours and the baselines on held-out feedback of this dataset.

    Args:
        dataset: as read from the graph, held-out feedback included.
        settings: the split, the metrics and the baselines.
        training: how ours is trained, as for `train`.
        rng: decides random splits and seeds; the same seed gives the same report. Default:
            `settings.rng`.
        embed: gives the vectors of the items by part, as for `train`.
        report: is told in a sentence what is done and found.

    Raises:
        UsageError: this data cannot be split so.
        DataError: the file of cold items cannot be used.
    """
    if not dataset.feedback_types:
        raise UsageError("the graph holds no feedback; run `whypath import` first")
    name, split = _choose_split(dataset, settings)
    baselines, notes = _choose_baselines(name, settings.baselines)
    if isinstance(split, ColdItemSplit) and split.items:
        n_unknown = len(set(split.items) - set(dataset.items.tolist()))
        if n_unknown:
            notes.append(f"{n_unknown:,} of the cold items are not in the graph.")
    contestants: list[Contestant] = [
        Ours(dataset, training, settings.refit, name, max(settings.k), embed)
    ]
    for baseline in baselines:
        grid = tuning_grid(baseline, dataset, training.max_dense_items, settings.threads)
        contestants.append(TunedBaseline(grid, by_time=name == "chronological"))
    seed = np.random.default_rng(settings.rng if rng is None else rng)
    for_split, for_bootstrap, *for_models = seed.spawn(2 + len(contestants))
    judges: list[Judge] = []
    results: dict[str, list[FoldResult]] = {}
    with threadpool_limits(limits=settings.threads):
        for fold in split(dataset, for_split):
            judge = _judge(fold, settings.refit)
            judges.append(judge)
            report(f"fold {fold.name}: {len(judge.users):,} users, {len(fold.test):,} test rows")
            for contestant, for_model in zip(contestants, for_models, strict=True):
                try:
                    result = _run(contestant, fold, judge, settings.k, for_model, report)
                except ResourceError as error:
                    if isinstance(contestant, Ours):
                        raise
                    notes.append(f"{contestant.label} was left out: {error}.")
                else:
                    results.setdefault(contestant.label, []).append(result)

    bootstrap_seed = int(for_bootstrap.integers(2**62))  # the same draws for every comparison
    models = tuple(ModelResult(label, tuple(folds)) for label, folds in results.items())
    return EvaluationReport(
        split={"name": name, **_describe_split(split, settings)},
        ks=settings.k,
        n_users=len(np.unique(np.concatenate([judge.users for judge in judges]))),
        n_tests=sum(len(judge.test) for judge in judges),
        models=models,
        comparisons=tuple(
            comparison
            for model in models[1:]
            for comparison in compare_models(
                models[0], model, settings.k, bootstrap_seed, settings.resamples
            )
        ),
        notes=tuple(dict.fromkeys(notes)),
        users=dataset.users,
        items=dataset.items,
    )


def _judge(fold: Fold, refit: bool) -> Judge:
    """The question of a fold: validation items are no candidates, known by only with `refit`."""
    return Judge(
        known=join(fold.train, fold.valid if refit else None),
        seen=join(fold.train, fold.valid),
        test=fold.test,
        candidates=fold.candidates,
        n_users=fold.n_users,
    )


def _run(
    contestant: Contestant,
    fold: Fold,
    judge: Judge,
    ks: tuple[int, ...],
    rng: np.random.Generator,
    report: Callable[[str], None],
) -> FoldResult:
    started, cpu_started = time.perf_counter(), time.process_time()
    ranker, chosen = contestant(fold, judge, rng, report)
    lists = judge.rank(ranker, ks)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    result = measure_fold(fold.name, judge, lists, ks, seconds, cpu_seconds, chosen)
    ndcg = result.metrics["ndcg"][0]
    report(f"fold {fold.name}: {contestant.label}: nDCG@{ks[0]} {ndcg:.4f} in {seconds:.1f} s")
    return result


def _choose_split(dataset: Dataset, settings: EvaluationSettings) -> tuple[SplitName, Split]:
    name = settings.split
    if name == "auto":
        name = "cold_items" if settings.cold_items is not None else suit_split(dataset)
    if settings.only_folds and name != "kfold":
        raise UsageError(f"only_folds goes with the split kfold, and this data asks for {name}")
    if name == "files":
        return name, FileSplit()
    if name == "random":
        return name, RandomSplit(settings.test_share)
    if name == "chronological":
        return name, ChronologicalSplit(settings.test_share)
    if name == "kfold":
        return name, KFoldSplit(settings.folds, settings.only_folds or None)
    if settings.cold_items is None:
        return name, ColdItemSplit(test_share=settings.test_share)
    return name, ColdItemSplit(read_cold_items(settings.cold_items, settings.cold_fold))


def _choose_baselines(
    name: SplitName, baselines: tuple[str, ...]
) -> tuple[tuple[str, ...], list[str]]:
    """Cold items are beyond models that only know feedback: others stand in for them."""
    blind = [baseline for baseline in baselines if baseline in NEEDS_FEEDBACK]
    if name != "cold_items" or not blind:
        return baselines, []
    kept = dict.fromkeys([*(each for each in baselines if each not in blind), "random", "facts"])
    note = f"Left out, since they know nothing of an item without feedback: {', '.join(blind)}."
    return tuple(kept), [note]


def _describe_split(split: Split, settings: EvaluationSettings) -> dict[str, object]:
    if isinstance(split, FileSplit):
        return {"refit": settings.refit}
    if isinstance(split, RandomSplit | ChronologicalSplit):
        return {"test_share": split.test_share}
    if isinstance(split, ColdItemSplit):
        return {"items": len(split.items)} if split.items else {"test_share": split.test_share}
    return {}
