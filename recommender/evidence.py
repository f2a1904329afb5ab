"""The artifact of training: evidence edges and the recipe, before they are written to the graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids
from recommender.content import ContentModel
from recommender.item_factors import ItemFactors
from recommender.placing import Placer
from recommender.recipe import Recipe


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
    placer: Placer | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)
