"""Training: from a dataset to the evidence of every signal and the recipe that mixes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from graph.errors import NotReadyError, UsageError
from graph.model import HELD_OUT
from recommender.dataset import Dataset, Feedback
from recommender.evidence import Edges, Evidence
from recommender.kernels.cut import strongest
from recommender.kernels.linear_autoencoder import fit_linear_autoencoder, gram
from recommender.recipe import Recipe, SignalRecipe

SIGNALS = ("collaborative", "sequential", "knowledge", "profile")
"""The signals that training can learn without embeddings."""

Rng = int | np.random.Generator | None
Validation = Literal["auto", "random", "chronological"]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What a caller may choose; everything else is learned on validation data."""

    signals: tuple[str, ...] = SIGNALS
    edges_per_item: int = 100
    max_dense_items: int = 20_000
    validation: Validation = "auto"
    history_limit: int = 500
    memory_limit_bytes: int | None = None
    rng: int = 0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.signals) - set(SIGNALS))
        if unknown:
            raise UsageError(f"unknown signal {unknown[0]!r}; known: {', '.join(SIGNALS)}")
        if not self.signals:
            raise UsageError(f"no signal to learn; known: {', '.join(SIGNALS)}")
        for name in ("edges_per_item", "max_dense_items", "history_limit"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1")


def silent(message: str) -> None:
    """The `report` that tells nobody."""


def train(
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    rng: Rng = None,
    validation: Feedback | None = None,
    refit: bool = True,
    report: Callable[[str], None] = silent,
) -> Evidence:
    """Learn evidence; see `docs/signals.md` for the formulas.

    Args:
        dataset: its feedback is the training data; rows whose split is `HELD_OUT` are left out,
            rows with split "valid" are validation data.
        settings: see `TrainingSettings`.
        rng: decides the validation split, where training makes one itself.
        validation: validation data besides those of the dataset.
        refit: train the final evidence on training and validation data; else on the former alone.
        report: is told in a sentence what was chosen.
    """
    feedback = dataset.feedback.where(dataset.feedback.split != HELD_OUT)
    liked = feedback.where(feedback.type == 0)
    if len(liked) == 0:
        raise NotReadyError("there is no feedback to learn from; run `whypath import` first")
    shape = (len(dataset.users), len(dataset.items))
    rows = csr_array((np.ones(len(liked)), (liked.user, liked.item)), shape=shape)
    kernel = fit_linear_autoencoder(gram(rows), 300.0)
    edges = strongest(kernel, settings.edges_per_item)
    report(f"collaborative: {len(edges.weight)} edges")
    popularity = np.log1p(np.bincount(liked.item, minlength=shape[1]))
    nothing = np.zeros(0, dtype=np.int32)
    return Evidence(
        items=dataset.items,
        entities=dataset.entities,
        item_edges={"CO_LIKED": edges},
        profile=Edges(nothing, nothing, np.zeros(0)),
        prior=popularity / max(popularity.max(), 1.0),
        recipe=Recipe(
            signals=(SignalRecipe("CO_LIKED", theta=1.0),),
            type_weights={dataset.feedback_types[0]: 1.0},
            prior=1e-3,
            history_limit=settings.history_limit,
        ),
    )
