"""Scores items without feedback: the learned weights, applied to what is known of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Fusion, fit_fusion
from graph.dataset import Feedback
from recommender.history import type_strength, weigh
from recommender.kernels.factors import Factors
from recommender.learning.assembly import Assembly, Choices
from recommender.learning.mixing import Scores
from recommender.learning.search import is_better
from recommender.learning.unseen import (
    Knowledge,
    PopularityModel,
    UnseenChoice,
    fit_popularity_model,
)
from recommender.learning.validation import Bench

UNSEEN_SCALES = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03)
"""Tried for the scores of items without feedback, in units of the deviation of the others'."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How items without feedback stand among the others, by what is known of all.

    `items` are their positions; `fused` (len(items), d) their vectors in the space of the factors
    (0 wide without factors), `popularity` (len(items),) the predicted one, about 0. Both come of
    `fusion` (None without factors) and `popularity_model`, which also serve items to come.
    """

    items: NDArray[np.intp]
    knowledge: Knowledge
    fused: NDArray[np.float32]
    popularity: NDArray[np.float32]
    fusion: Fusion | None
    popularity_model: PopularityModel

    def scores(
        self,
        content: csr_array,
        history: csr_array,
        choice: UnseenChoice,
        factors: Factors | None,
    ) -> NDArray[np.float32]:
        """Scores in units of the loss; shape (users, len(items)).

        `content` and `history` hold damped weights of all items, shape (users, n_items): those of
        SHARES and RESEMBLES, and those of the factor model.
        """
        shares = self.knowledge.shares
        total = choice.knowledge * ((content @ shares) @ shares[self.items].T).toarray()
        for name, weight in choice.blocks.items():
            block = self.knowledge.blocks[name]
            product = (content @ block) @ block[self.items].T
            total += weight * (product if isinstance(product, np.ndarray) else product.toarray())
        if factors is not None and self.fused.shape[1]:
            total += choice.factors * ((history @ factors.sources) @ self.fused.T)
            length = np.asarray(history.sum(axis=1)).ravel()
            total += choice.popularity * np.outer(length, self.popularity)
        return np.asarray(total, dtype=np.float32)


def place_unseen(
    assembly: Assembly,
    feedback: Feedback,
    choices: Choices,
    choice: UnseenChoice,
    factors: Factors | None,
) -> Placement:
    """Learn from the items with feedback where those without belong."""
    knowledge = assembly.knowledge(choices.relation_weights)
    untouched = np.flatnonzero(assembly.untouched(feedback))
    rows = assembly.positions(feedback)
    even = dict.fromkeys(knowledge.blocks, 1.0)
    fused = np.zeros((len(untouched), 0), dtype=np.float32)
    wanted = knowledge.take(untouched)
    fusion = None
    if factors is not None:
        targets = factors.targets[rows]
        fusion = fit_fusion(knowledge.blocks, even, targets, rows, choice.regularization)
        fused = fusion.vectors(wanted.blocks)
    count = np.bincount(feedback.item[feedback.type == 0], minlength=assembly.shape[1])
    popularity = fit_popularity_model(knowledge.take(rows), even, count[rows])
    predicted = popularity.predict(wanted)
    return Placement(untouched, knowledge, fused, predicted, fusion, popularity)


def scale_unseen(
    assembly: Assembly,
    bench: Bench,
    fit: Feedback,
    choices: Choices,
    unseen: UnseenChoice,
    score: Callable[[str, Mapping[str, float]], Scores],
) -> float:
    """What the scores of items without feedback are multiplied by to stand in one list.

    The greatest of `UNSEEN_SCALES` that is not clearly worse than the best of them on validation,
    where some relevant items have no feedback to fit on. `score` is the scorer of the assembly that
    the mixture was chosen with.
    """
    mixture = choices.mixture
    total = np.zeros(bench.shape, dtype=np.float32)
    for signal, theta in mixture.thetas.items():
        if theta:
            total += np.float32(theta) * score(signal, mixture.type_weights)
    factors = assembly.factors(fit, choices) if mixture.thetas.get("factors") else None
    placement = place_unseen(assembly, fit, choices, unseen, factors)
    unit = float(total.std()) / unseen.deviation
    if not bench.is_relevant[:, placement.items].any():
        return unit
    types = assembly.dataset.feedback_types
    strength = type_strength(bench.history, types, mixture.type_weights)
    content, history = (
        weigh(bench.history, strength, assembly.signal_recipe(name, 1.0, choices), bench.shape)
        for name in ("semantic", "factors")
    )
    scores = placement.scores(content, history, unseen, factors) * np.float32(unit)
    qualities = []
    for scale in UNSEEN_SCALES:
        total[:, placement.items] = np.float32(scale) * scores
        qualities.append(bench.quality(total))
    top = max(qualities, key=lambda quality: float(quality.mean()))
    kept = next(
        scale
        for scale, quality in zip(UNSEEN_SCALES, qualities, strict=True)
        if not is_better(top, quality)
    )
    return unit * kept
