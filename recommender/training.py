"""Training: from a dataset to the evidence of every signal and the recipe that mixes them.

A straight line: hold validation feedback back, choose the settings of each signal on it, choose
how the signals mix, then learn the evidence again from all feedback.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from embeddings.vectors import Vectors
from graph.dataset import Dataset, Feedback, concatenate, sort_feedback
from graph.errors import NotReadyError
from graph.model import HELD_OUT
from recommender.evidence import Evidence
from recommender.learning.assembly import DAMPING, Assembly, Choices
from recommender.learning.collaborative import CollaborativeChoice, tune_collaborative
from recommender.learning.factors import tune_factors
from recommender.learning.finishing import finish, with_least_thetas
from recommender.learning.knowledge import learn_relation_weights
from recommender.learning.memory import require_dense
from recommender.learning.mixing import Mixture, mix
from recommender.learning.placement import scale_unseen
from recommender.learning.search import Quality
from recommender.learning.sequential import SequentialChoice, tune_sequential
from recommender.learning.settings import SIGNALS, TrainingSettings
from recommender.learning.unseen import learn_unseen
from recommender.learning.validation import (
    MIN_USERS,
    Bench,
    feedback_rows,
    has_times,
    hold_back,
    make_bench,
)

Rng = int | np.random.Generator | None

TUNING_USERS = 3_000
"""Users that settings are chosen on, at most. With 1,000 of ml-1m the sample decided: nDCG@10 on
test went from .2847 to .2902 with it. With 3,000 the settings were those of the better samples."""

TUNING_ITEMS = 2_000
"""Items, those with the most feedback, that settings of kernels are chosen on, at most."""

MIXING_CELLS = 20_000_000
"""Users times items that the mixture is chosen on, at most."""

MIXING_USERS = 2_000
"""Users that the mixture is chosen on, at most."""

DEFAULT_THETAS: Mapping[str, float] = {
    "collaborative": 1.0,
    "sequential": 0.5,
    "knowledge": 0.3,
    "semantic": 0.1,
    "factors": 0.5,
    "profile": 0.1,
    "prior": 0.1,
}
"""The mixture where there are too few users to choose one."""

WORTHWHILE: Mapping[str, float] = {"sequential": 0.75, "factors": 0.6}
"""Share of the collaborative signal's quality that another one must reach to be mixed in: below it,
the theta of the sequential one came out as 0 to 0.1 (ml-100k .74, ml-latest-small .70, ml-1m
1.28)."""

Embed = Callable[[Dataset, Feedback], Mapping[str, Vectors]]
"""The embeddings of a dataset's items by part ("text", "knowledge", "gnn"), learned from these rows
of feedback alone. Called once for the feedback to choose on and once for all feedback."""


def no_embeddings(dataset: Dataset, feedback: Feedback) -> Mapping[str, Vectors]:
    """The `embed` of a training by facts alone."""
    return {}


def silent(message: str) -> None:
    """The `report` that tells nobody."""


def train(
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    rng: Rng = None,
    embed: Embed = no_embeddings,
    validation: Feedback | None = None,
    refit: bool = True,
    report: Callable[[str], None] = silent,
) -> Evidence:
    """Learn evidence; see `docs/signals.md` for the formulas.

    Args:
        dataset: its feedback is the training data; rows whose split is `HELD_OUT` are left out,
            rows with split "valid" are validation data.
        settings: see `TrainingSettings`.
        rng: decides the validation split, where training makes one itself, and samples of users;
            by default `settings.rng`.
        embed: gives the vectors of the items by part, for the feedback that they may see.
        validation: validation data besides those of the dataset.
        refit: train the final evidence on training and validation data; else on the former alone.
            A split that training makes itself is always trained on in the end.
        report: is told in a sentence what was chosen.

    Raises:
        NotReadyError: there is no feedback to learn from.
        ResourceError: the kernels will not fit into memory.
    """
    generator = np.random.default_rng(settings.rng if rng is None else rng)
    feedback = dataset.feedback.where(dataset.feedback.split != HELD_OUT)
    if not dataset.feedback_types or not (feedback.type == 0).any():
        raise NotReadyError("there is no feedback to learn from; run `whypath import` first")
    with threadpool_limits(limits=settings.threads):
        sample = _split(feedback, validation, settings, refit, generator)
        report(sample.sentence)
        assembly = Assembly(
            dataset,
            signals=tuple(name for name in SIGNALS if name in settings.signals),
            edges_per_item=settings.edges_per_item,
            max_dense_items=settings.max_dense_items,
            history_limit=settings.history_limit,
            parts=embed(dataset, sample.fit),
            seed=int(generator.integers(2**31)),
        )
        if assembly.is_dense(feedback):
            require_dense(len(assembly.positions(feedback)), settings.memory_limit_bytes)
        else:
            report(
                f"{len(dataset.items):,} items are more than max_dense_items "
                f"({settings.max_dense_items:,}): collaborative evidence comes from nearest "
                "neighbours, and there is no sequential evidence"
            )
        choices, metrics = _choose(assembly, sample, settings, generator, report)
        if assembly.parts:
            assembly = replace(assembly, parts=embed(dataset, sample.final))
        evidence = finish(assembly, sample.final, with_least_thetas(choices))
    counts = {name: len(edges.weight) for name, edges in sorted(evidence.item_edges.items())}
    report("edges: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    return replace(
        evidence,
        settings={
            "training": asdict(settings),
            "validation": sample.kind,
            "choices": asdict(choices),
        },
        metrics={**metrics, "edges": counts},
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """`fit` and `held` to choose with, `final` to learn the evidence from."""

    fit: Feedback
    held: Feedback
    final: Feedback
    kind: str

    @property
    def sentence(self) -> str:
        return f"validation: {len(self.held):,} of {len(self.final):,} rows ({self.kind})"


def _split(
    feedback: Feedback,
    validation: Feedback | None,
    settings: TrainingSettings,
    refit: bool,
    rng: np.random.Generator,
) -> _Sample:
    is_held = feedback.split == "valid"
    given = feedback.where(is_held)
    if validation is not None:
        given = sort_feedback(concatenate([given, validation]))
    if len(given):
        fit = feedback.where(~is_held)
        final = sort_feedback(concatenate([fit, given])) if refit else fit
        return _Sample(fit, given, final, "given")
    is_timed = has_times(feedback.where(feedback.type == 0))
    chronological = settings.validation == "chronological" or (
        settings.validation == "auto" and is_timed
    )
    held = hold_back(feedback, chronological=chronological, rng=rng)
    kind = "chronological" if chronological else "random"
    return _Sample(feedback.where(~held), feedback.where(held), feedback, kind)


def _choose(
    assembly: Assembly,
    sample: _Sample,
    settings: TrainingSettings,
    rng: np.random.Generator,
    report: Callable[[str], None],
) -> tuple[Choices, dict[str, object]]:
    """The choices for every signal and their mixture, and the metrics they were chosen by."""
    dataset, fit = assembly.dataset, sample.fit
    timed = has_times(fit.where(fit.type == 0))
    signals = assembly.usable_signals(fit, timed=timed)

    def bench_of(max_users: int, max_items: int | None) -> Bench:
        return make_bench(
            dataset,
            fit,
            sample.held,
            max_users=max_users,
            max_items=max_items,
            history_limit=settings.history_limit,
            rng=rng,
        )

    bench = bench_of(TUNING_USERS, TUNING_ITEMS)
    types = {name: float(number == 0) for number, name in enumerate(dataset.feedback_types)}
    thetas = {name: DEFAULT_THETAS[name] for name in (*signals, "prior")}
    choices = Choices(
        collaborative=CollaborativeChoice(fact_weights=dict.fromkeys(assembly.facts, 1.0)),
        sequential=SequentialChoice(),
        relation_weights=dict.fromkeys(assembly.facts, 1.0),
        mixture=Mixture(thetas, types),
    )
    if bench.shape[0] < MIN_USERS:
        report(f"{bench.shape[0]} users can be validated on: the usual settings are taken")
        return choices, {"validation": {"users": bench.shape[0]}}
    best = 0.0
    if "collaborative" in signals and assembly.is_dense(fit):
        rows = feedback_rows(fit, assembly.shape)[:, bench.items]
        chosen, quality = tune_collaborative(
            bench, rows, assembly.facts_among(bench.items), has_times=timed
        )
        choices = replace(choices, collaborative=chosen)
        best = float(quality.mean())
        report(f"collaborative: {_words(asdict(chosen))} (quality {quality.mean():.4f})")
    if "sequential" in signals:
        chosen_sequence, quality = tune_sequential(bench, fit)
        choices = replace(choices, sequential=chosen_sequence)
        report(f"sequential: {_words(asdict(chosen_sequence))} (quality {quality.mean():.4f})")
        signals = _unless_behind("sequential", quality, best, signals, report)
    if "factors" in signals:
        rows = feedback_rows(fit, assembly.shape)[:, bench.items]
        chosen_factors, quality = tune_factors(bench, rows, DAMPING, assembly.seed, best)
        choices = replace(choices, factors=chosen_factors)
        report(f"factors: {_words(asdict(chosen_factors))} (quality {quality.mean():.4f})")
        signals = _unless_behind("factors", quality, best, signals, report)
    if "knowledge" in signals:
        weights = learn_relation_weights(bench, assembly.vectors)
        choices = replace(choices, relation_weights=weights)
        report(f"knowledge: {_words(weights)}")
    if "semantic" in signals and assembly.is_dense(fit):
        unseen = learn_unseen(
            bench,
            assembly.knowledge(choices.relation_weights).take(bench.items),
            choices.factors if "factors" in signals else None,
            DAMPING,
            rng,
        )
        if unseen is not None:
            choices = replace(choices, unseen=unseen)
            report(f"unseen items: {_words(asdict(unseen))}")
    most = min(MIXING_USERS, max(MIXING_CELLS // len(dataset.items), MIN_USERS))
    wide = bench_of(most, None)
    score = assembly.scorer(wide, fit, choices)
    mixture, ndcg = mix(wide, score, (*signals, "prior"), types, rng.spawn(1)[0])
    choices = replace(choices, mixture=mixture)
    if choices.unseen is not None:
        scale = scale_unseen(assembly, wide, fit, choices, choices.unseen, score)
        choices = replace(choices, unseen_scale=scale)
        report(f"unseen items: scale {scale:.4g}")
    if "profile" in signals:
        choices = replace(choices, profile_alone=assembly.tune_profile_alone(wide, fit))
    report(f"mixture: {_words(mixture.thetas)}")
    report(f"validation nDCG@10: {_words(ndcg)}")
    return choices, {"validation": {"users": wide.shape[0], "ndcg@10": ndcg}}


def _unless_behind(
    name: str,
    quality: Quality,
    best: float,
    signals: tuple[str, ...],
    report: Callable[[str], None],
) -> tuple[str, ...]:
    """The signals, without this one where it is too far behind the collaborative signal."""
    if float(quality.mean()) >= WORTHWHILE[name] * best:
        return signals
    report(f"{name}: left out, it is too far behind the collaborative signal")
    return tuple(signal for signal in signals if signal != name)


def _words(values: Mapping[str, object]) -> str:
    """Settings as `name value, name value`."""
    parts = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            parts.append(f"{name} ({_words(value)})")
        else:
            parts.append(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(parts)
