"""The artifact of training: evidence edges and the recipe, before they are written to the graph."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids
from recommender.content import ContentModel
from recommender.item_factors import ItemFactors
from recommender.recipe import Recipe

if TYPE_CHECKING:  # scipy comes with it
    from recommender.placing import Placer


@dataclass(frozen=True, slots=True)
class Edges:
    """Weighted edges between two numbered sets of nodes; the three arrays have one length."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.weight):
            raise ValueError("source, target and weight differ in length")
        if not np.isfinite(self.weight).all():
            raise ValueError("evidence weights must be finite")

    def among(self, sources: NDArray[np.bool_], targets: NDArray[np.bool_]) -> Self:
        """The edges whose ends are kept, with positions among those that are kept."""
        kept = sources[self.source] & targets[self.target]
        return replace(
            self,
            source=_places(sources)[self.source[kept]],
            target=_places(targets)[self.target[kept]],
            weight=self.weight[kept],
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one training produced.

    `item_edges` maps a relation of `ITEM_EVIDENCE` to edges from item to item, `profile` holds
    edges from entity to item, `prior` one weight per item (0: no edge). Positions refer to
    `items` and `entities`. `factors` rerank what the edges find. `content` gives items that come
    later their edges, `placer` their place in the factor model.
    """

    items: Ids
    entities: Ids
    item_edges: Mapping[str, Edges]
    profile: Edges
    prior: NDArray[np.float64]
    recipe: Recipe
    factors: ItemFactors | None = None
    content: ContentModel | None = None
    placer: "Placer | None" = None
    settings: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)

    def among(self, items: Collection[str], entities: Collection[str]) -> Self:
        """What is left of it in a graph that has these items and entities; the others are gone."""
        kept_items = np.array([item in items for item in self.items.tolist()], dtype=np.bool_)
        kept_entities = np.array([e in entities for e in self.entities.tolist()], dtype=np.bool_)
        if kept_items.all() and kept_entities.all():
            return self
        return replace(
            self,
            items=self.items[kept_items],
            entities=self.entities[kept_entities],
            item_edges={
                relation: edges.among(kept_items, kept_items)
                for relation, edges in self.item_edges.items()
            },
            profile=self.profile.among(kept_entities, kept_items),
            prior=self.prior[kept_items],
            factors=None if self.factors is None else self.factors.among(items),
            placer=None if self.placer is None else self.placer.among(items),
        )


def _places(kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The new position of each that is kept."""
    return (np.cumsum(kept) - 1).astype(np.int32)
