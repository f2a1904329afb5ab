"""The artifact of a training: every signal fitted on all feedback, scaled, and the recipe.

What leads to items without feedback is scaled apart: beside the thetas that hold for items with
feedback it carries the weights that were learned for those without. Their predicted popularity is
the last number of a vector: 1 in every source, so it counts in proportion to the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Feedback
from recommender.content import ContentModel, ContentSignal
from recommender.evidence import Edges, Evidence
from recommender.history import latest_first, type_strength, weigh
from recommender.item_factors import ItemFactors
from recommender.kernels.cut import scale
from recommender.kernels.factors import Factors
from recommender.learning.assembly import CONTENT, SCALING_USERS, Assembly, Choices, matrix_of
from recommender.learning.blocks import centre, fact_columns
from recommender.learning.placement import Placement, place_unseen
from recommender.placing import Amounts, Part, Placer
from recommender.recipe import Recipe, SignalRecipe

LEAST_THETA: Mapping[str, float] = {
    "knowledge": 0.02,
    "semantic": 0.02,
    "factors": 0.02,
}
"""Thetas at least: these signals also carry the scores of items without feedback, which validation
hardly holds."""


def finish(assembly: Assembly, feedback: Feedback, choices: Choices) -> Evidence:
    """Edges of all signals that count, factors, and the recipe."""
    mixture = choices.mixture
    shape = assembly.shape
    sample = _Sample.of(assembly, feedback, mixture.type_weights)
    factors = assembly.factors(feedback, choices) if mixture.thetas.get("factors") else None
    unseen = _Unseen.of(assembly, feedback, choices, factors)
    item_edges: dict[str, Edges] = {}
    recipes: list[SignalRecipe] = []
    item_factors = None
    content: dict[str, ContentSignal] = {}
    factors_theta = 0.0
    for signal, theta in mixture.thetas.items():
        if signal in ("prior", "profile") or theta == 0.0:
            continue
        recipe = assembly.signal_recipe(signal, theta, choices)
        history = sample.weigh(assembly.signal_recipe(signal, 1.0, choices))
        recipes.append(recipe)
        if signal == "factors" and factors is not None:
            deviation = float(((history @ factors.sources) @ factors.targets.T).std()) or 1.0
            targets = np.pad(factors.targets / np.float32(deviation), ((0, 0), (0, 1)))
            targets[unseen.items, :-1] = unseen.fused / theta
            targets[unseen.items, -1] = unseen.popularity / theta
            sources = np.pad(factors.sources, ((0, 0), (0, 1)), constant_values=1.0)
            item_factors = ItemFactors(
                assembly.dataset.items, sources, targets, _part_rows(assembly)
            )
            factors_theta = theta
            continue
        edges = assembly.item_edges(feedback, choices, signal)
        deviation = float((history @ matrix_of(edges, (shape[1], shape[1]))).toarray().std()) or 1.0
        scaled = scale(edges, 1.0 / deviation)
        if signal in CONTENT:
            to_unseen = unseen.weights.get(signal, theta / deviation) / theta
            is_unseen = unseen.is_unseen[edges.target]
            weight = np.where(is_unseen, edges.weight * to_unseen, scaled.weight)
            scaled = Edges(edges.source, edges.target, weight)
            weights = assembly.content_weights(signal, choices)
            content[recipe.relation] = ContentSignal(dict(weights), 1.0 / deviation, to_unseen)
        item_edges[recipe.relation] = _without_zeros(scaled)
    prior = assembly.prior(feedback)
    prior_weight = mixture.thetas.get("prior", 0.0) / (float(prior.std()) or 1.0)
    profile = Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    profile_theta = 0.0
    if "profile" in mixture.thetas:
        profile = assembly.profile_edges(feedback)
        favours = matrix_of(profile, (assembly.traits.shape[1], shape[1]))
        deviation = float((assembly.traits[sample.users] @ favours).toarray().std()) or 1.0
        profile_theta = mixture.thetas["profile"] / deviation
    return Evidence(
        items=assembly.dataset.items,
        entities=assembly.dataset.entities,
        item_edges=item_edges,
        profile=profile,
        prior=prior,
        factors=item_factors,
        content=ContentModel(content, assembly.edges_per_item) if content else None,
        placer=_placer(assembly, unseen, item_factors, factors_theta) if content else None,
        recipe=Recipe(
            signals=tuple(recipes),
            type_weights=mixture.type_weights,
            prior=prior_weight,
            prior_without_history=1.0,
            profile=profile_theta,
            profile_without_history=choices.profile_alone,
            history_limit=assembly.history_limit,
        ),
    )


def with_least_thetas(choices: Choices) -> Choices:
    """The choices with thetas that items without feedback can be reached by."""
    thetas = {
        name: max(theta, LEAST_THETA.get(name, 0.0))
        for name, theta in choices.mixture.thetas.items()
    }
    return replace(choices, mixture=replace(choices.mixture, thetas=thetas))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Histories that the deviation of a signal's scores is measured on."""

    users: NDArray[np.int32]
    history: Feedback
    strength: NDArray[np.float64]
    shape: tuple[int, int]

    @classmethod
    def of(
        cls, assembly: Assembly, feedback: Feedback, type_weights: Mapping[str, float]
    ) -> "_Sample":
        users = np.unique(feedback.user)
        users = users[:: max(len(users) // SCALING_USERS, 1)]
        chosen = feedback.where(np.isin(feedback.user, users))
        types = assembly.dataset.feedback_types
        history = latest_first(chosen, types, assembly.history_limit)
        strength = type_strength(history, types, type_weights)
        return cls(users, history, strength, assembly.shape)

    def weigh(self, signal: SignalRecipe) -> csr_array:
        return weigh(self.history, self.strength, signal, self.shape)[self.users]


@dataclass(frozen=True, slots=True)
class _Unseen:
    """What items without feedback get: the factor of their edges by signal, vectors and priors,
    all in units of the score. `amounts` turned those of the placement into these units."""

    items: NDArray[np.intp]
    is_unseen: NDArray[np.bool_]
    weights: Mapping[str, float]
    fused: NDArray[np.float32]
    popularity: NDArray[np.float64]
    placement: Placement | None = None
    amounts: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(
        cls, assembly: Assembly, feedback: Feedback, choices: Choices, factors: Factors | None
    ) -> "_Unseen":
        is_unseen = assembly.untouched(feedback)
        choice, size = choices.unseen, 0 if factors is None else factors.targets.shape[1]
        if choice is None:
            items = np.zeros(0, np.intp)
            empty = np.zeros((0, size), np.float32)
            return cls(items, is_unseen, {}, empty, np.zeros(0))
        placement = place_unseen(assembly, feedback, choices, choice, factors)
        amount = choices.unseen_scale
        return cls(
            placement.items,
            is_unseen,
            {"knowledge": amount * choice.knowledge, "semantic": amount},
            placement.fused * np.float32(amount * choice.factors),
            amount * choice.popularity * placement.popularity.astype(np.float64),
            placement,
            (amount * choice.factors, amount * choice.popularity),
        )


def _placer(
    assembly: Assembly, unseen: _Unseen, factors: ItemFactors | None, theta: float
) -> Placer:
    """What places items that come later, where those without feedback were placed.

    `theta` is that of the factor model.
    """
    dataset = assembly.dataset
    size = 0 if factors is None else factors.targets.shape[1]
    maps: dict[str, NDArray[np.float32]] = {}
    usual = Amounts()
    placement = unseen.placement
    if placement is not None and placement.fusion is not None and size:
        fused, popular = (amount / theta for amount in unseen.amounts)
        model = placement.popularity_model
        for name, ranks in model.maps.items():
            matrix = np.zeros((len(ranks), size), dtype=np.float32)
            matrix[:, -1] = np.float32(popular) * ranks[:, 0]
            if name in placement.fusion.maps:
                matrix[:, :-1] = np.float32(fused) * placement.fusion.maps[name]
            maps[name] = matrix
        usual = Amounts(tuple(sorted(dataset.item_facts)), model.mean, model.scale)
    return Placer(
        items=dataset.items,
        is_untouched=unseen.is_unseen,
        size=size,
        columns=fact_columns(dataset),
        parts={
            name: Part(centre(vectors), vectors.origin) for name, vectors in assembly.parts.items()
        },
        amounts=usual,
        maps=maps,
        rows={} if size else _part_rows(assembly),
    )


def _part_rows(assembly: Assembly) -> dict[str, NDArray[np.float32]]:
    """The rows of all items in each part of the embeddings."""
    return {name: np.asarray(assembly.blocks[name], dtype=np.float32) for name in assembly.parts}


def _without_zeros(edges: Edges) -> Edges:
    kept = edges.weight != 0.0
    return Edges(edges.source[kept], edges.target[kept], edges.weight[kept])
