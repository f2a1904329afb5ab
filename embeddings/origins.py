"""How the vectors of a part came to be: what an item that comes later needs to get its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """They were encoded from texts; `encoder` has the JSON values that they depend on besides."""

    encoder: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FactOrigin:
    """They are composed of the vectors of entities (`embeddings/kge/composing.py`).

    `vectors` (n, d) are of the `entities` that have one, in ascending order of their ids; `rarity`
    (n,) is by relation.
    """

    entities: Ids
    vectors: NDArray[np.float32]
    rarity: Mapping[str, NDArray[np.float64]]


Origin: TypeAlias = TextOrigin | FactOrigin
