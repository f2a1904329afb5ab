"""What a user's scores are made from: the pieces of history and attributes, each with its weight.

    score(u, c) = sum over anchors of  weight(anchor) * weight of the evidence edge (anchor)-->(c)

An anchor's weight is `theta_m(u) * a_m(u, s)` of the recipe. Masking a piece (the counterfactual)
takes its weights away and leaves all others as they were: they are computed before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from graph.model import FactEdge, HistoryEntry
from recommender.recipe import FACTORS, RELATION_OF_SIGNAL, Recipe


@dataclass(frozen=True, slots=True)
class Anchors:
    """The nodes that a score starts from.

    `weights` holds for each relation of evidence in use (or `FACTORS`) the weights of items of the
    history, `entities` maps an entity of the user to its weight; none is 0. `prior` is the factor
    of an item's PRIOR weight, None where the prior is not to be used at all. `pieces` holds for
    each item of the history the piece of feedback that counts most, `traits` for each entity the
    user's fact.
    """

    weights: Mapping[str, Mapping[str, float]]
    entities: Mapping[str, float]
    prior: float | None
    pieces: Mapping[str, HistoryEntry]
    traits: Mapping[str, FactEdge]

    @property
    def edges(self) -> dict[str, Mapping[str, float]]:
        """The weights that edges start from: all but those of the factor model."""
        return {name: found for name, found in self.weights.items() if name != FACTORS}

    @property
    def factors(self) -> Mapping[str, float]:
        """The weights of the factor model, by item of the history."""
        return self.weights.get(FACTORS, {})

    def select(self, signals: Iterable[str]) -> Self:
        """Only the weights of these signals."""
        relations = {RELATION_OF_SIGNAL[signal] for signal in signals}
        if len(relations) == len(RELATION_OF_SIGNAL):
            return self
        return replace(
            self,
            weights={name: found for name, found in self.weights.items() if name in relations},
            entities=self.entities if "FAVOURS" in relations else {},
            prior=self.prior if "PRIOR" in relations else None,
        )

    def mask(self, items: Iterable[str]) -> Self:
        """Without the weights of these items of the history."""
        masked = frozenset(items)
        if not masked:
            return self
        weights = {
            name: {item: weight for item, weight in found.items() if item not in masked}
            for name, found in self.weights.items()
        }
        return replace(self, weights={name: found for name, found in weights.items() if found})


def weigh(recipe: Recipe, history: Sequence[HistoryEntry], traits: Iterable[FactEdge]) -> Anchors:
    """The anchors of a user who has a history (latest first; cut at the recipe's limit)."""
    pieces = history[: recipe.history_limit]
    weights: dict[str, dict[str, float]] = {}
    for signal in recipe.signals:
        by_piece = signal.weights(pieces, recipe.type_weights).tolist()
        for piece, weight in zip(pieces, by_piece, strict=True):
            if weight != 0.0:
                found = weights.setdefault(signal.relation, {})
                found[piece.item] = found.get(piece.item, 0.0) + weight
    strongest: dict[str, HistoryEntry] = {}
    for piece in pieces:
        known = strongest.get(piece.item)
        if known is None or _strength(recipe, piece) > _strength(recipe, known):
            strongest[piece.item] = piece
    return Anchors(
        weights=weights,
        entities=_entities(traits, recipe.profile),
        prior=recipe.prior,
        pieces=strongest,
        traits=_by_entity(traits),
    )


def weigh_without_history(recipe: Recipe, traits: Iterable[FactEdge]) -> Anchors:
    """The anchors of a user of whom nothing but attributes is known, or not even those."""
    return Anchors(
        weights={},
        entities=_entities(traits, recipe.profile_without_history),
        prior=recipe.prior_without_history,
        pieces={},
        traits=_by_entity(traits),
    )


def _strength(recipe: Recipe, piece: HistoryEntry) -> float:
    return abs(recipe.type_weights.get(piece.type, 0.0))


def _entities(traits: Iterable[FactEdge], weight: float) -> dict[str, float]:
    return {fact.entity.id: weight for fact in traits} if weight != 0.0 else {}


def _by_entity(traits: Iterable[FactEdge]) -> dict[str, FactEdge]:
    found: dict[str, FactEdge] = {}
    for fact in traits:
        found.setdefault(fact.entity.id, fact)
    return found
