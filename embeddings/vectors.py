"""Vectors of numbered nodes: what every encoder gives and the fusion takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.origins import Origin


@dataclass(frozen=True, slots=True)
class Vectors:
    """One vector a node, in the order of the dataset's nodes.

    `values` has the shape (n, d); the row of a node that has no vector is 0 and not `is_known`
    (shape (n,)). `origin` says how a node that comes later gets one, None where only another
    training can tell.
    """

    values: NDArray[np.float32]
    is_known: NDArray[np.bool_]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or len(self.values) != len(self.is_known):
            raise ValueError(f"vectors of shape {self.values.shape} for {len(self.is_known)} nodes")
        if not np.isfinite(self.values).all():
            raise ValueError("vectors must be finite")

    @property
    def size(self) -> int:
        """Numbers in one vector."""
        return int(self.values.shape[1])

    def normalized(self) -> NDArray[np.float32]:
        """The rows with length 1; those of unknown nodes stay 0."""
        length = np.linalg.norm(self.values, axis=1, keepdims=True)
        return (self.values / np.where(length > 0.0, length, 1.0)).astype(np.float32)
