"""What an encoder of texts is to the rest: a name for what its vectors depend on, and a door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into vectors; it may hold a loaded model."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, shape (len(texts), d), for one batch of texts that are not empty."""


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """An encoder that is chosen and not yet loaded: vectors from the cache need no model.

    `identity` holds the JSON values that its vectors depend on besides the text. `announce` says
    in a sentence what encoding these texts means, before it begins. `is_light`: loading it takes no
    library that needs seconds to load.
    """

    name: str
    identity: Mapping[str, object]
    load: Callable[[], Encoder]
    announce: Callable[[Sequence[str]], str]
    is_light: bool = False
