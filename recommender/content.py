"""How a run weighs content: what places an item that comes after the training.

Learned by `recommender/learning/`, kept in the Run node as JSON, used by `recommender/arriving.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ContentSignal:
    """The weights of one signal's kernel (`w_r` or `w_b`), and what turns the kernel into edges.

    `to_known` scales edges to items that had feedback at the training, `to_unseen` those to items
    that had none.
    """

    weights: Mapping[str, float]
    to_known: float
    to_unseen: float


@dataclass(frozen=True, slots=True)
class ContentModel:
    """The content signals of a run by relation, `SHARES` and `RESEMBLES`, and its evidence cut."""

    signals: Mapping[str, ContentSignal]
    edges_per_item: int

    def to_json(self) -> dict[str, Any]:
        """The model as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        signals = {name: ContentSignal(**signal) for name, signal in value["signals"].items()}
        return cls(signals, value["edges_per_item"])
