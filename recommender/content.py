"""What a run knows of content: the maps that give an item its vector without training.

Learned by `recommender/learning/`, kept in the artifact, used for items that come after a training.
It knows numpy alone, so it can be applied wherever a graph is served.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids


@dataclass(frozen=True, slots=True)
class FactPart:
    """A block of facts: which relations lead to it, and its columns.

    Column `j` is the entity `entities[j]`, with `rarity[j]`; `similarity` is the block's weight in
    `RESEMBLES`. `map` (columns, embedding_size) leads to fused vectors and `popularity` (columns,)
    to the popularity; both may be empty.
    """

    relations: tuple[str, ...]
    entities: Ids
    rarity: NDArray[np.float64]
    similarity: float
    map: NDArray[np.float32]
    popularity: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ContentModel:
    """How an item without feedback is placed.

    The `*_scale` turn an item's terms (`w_r`-weighted shared facts, weighted cosines, fused vector,
    predicted popularity) into evidence weights of this run; `edges_per_item` is its cut.
    `amount_mean`, `amount_deviation` and `amount_map` are of the counts of facts by `relations`.
    """

    relation_weights: Mapping[str, float]
    facts: Mapping[str, FactPart]
    shares_scale: float
    resembles_scale: float
    factors_scale: float
    popularity_scale: float
    popularity_bounds: tuple[float, float]
    relations: tuple[str, ...]
    amount_mean: NDArray[np.float32]
    amount_deviation: NDArray[np.float32]
    amount_map: NDArray[np.float32]
    edges_per_item: int
