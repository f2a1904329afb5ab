"""The factor model of a run: what reranks candidates, term by term through the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids


@dataclass(frozen=True, slots=True)
class ItemFactors:
    """A user's vector is the weighted sum of `sources` over the history; `targets` answer it.

    `sources` and `targets` have the shape (n_items, embedding_size), in the order of `ids`. The
    term of history item s for candidate c is `weight of s * sources[s] . targets[c]`.
    `parts` are rows of length 1 (0 where unknown) of what an item was fused from, by name ("text",
    "knowledge", "gnn"); they say in what two items are alike.
    """

    ids: Ids
    sources: NDArray[np.float32]
    targets: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
