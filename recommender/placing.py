"""Where an item that comes after a training belongs in its factor model: linear maps, no training.

    target(i) = sum over blocks b  x_b(i) M_b

`x_b(i)` are the item's own features in block b: a row of length 1 over the entities that the block
was learned on, the row of an embedding, or how much is known of the item. What was not there at the
training (an entity, a relation) has no say, and neither has a part that the item lacks. `M_b` comes
of the ridge regressions of `recommender/learning/placement.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings.fusion import Block, unit_rows
from embeddings.kge.composing import compose_later
from embeddings.origins import FactOrigin, Origin, TextOrigin
from embeddings.vectors import Vectors
from graph.dataset import Dataset, Ids
from recommender.learning.blocks import FactColumns, amounts

AMOUNT = "amount"
"""The name of the block of amounts, which no relation has: theirs are in capitals."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the embeddings at the training: the `centre` of its vectors, and their origin."""

    centre: NDArray[np.float32]
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """The usual amounts of facts of these relations and of their products (`learning/blocks.py`):
    their mean, and what they are divided by."""

    relations: tuple[str, ...] = ()
    mean: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    scale: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Placer:
    """What a training keeps for the items that come after it.

    `items` are those that it knew, `is_untouched` (n_items,) those of them without feedback. `maps`
    holds `M_b`, shape (width of the block, `size`), of the blocks that were learned on: `columns`,
    `parts` and `AMOUNT`; none where no weights for items without feedback were learned. `size` is
    that of the targets of the factor model, 0 without one; then `rows` are those of the items in
    each part, which the factor model keeps otherwise.
    """

    items: Ids
    is_untouched: NDArray[np.bool_]
    size: int = 0
    columns: Mapping[str, FactColumns] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=Amounts)
    maps: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    rows: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def among(self, items: Collection[str]) -> Self:
        """The same knowing only those of its items that are among these."""
        kept = np.array([item in items for item in self.items.tolist()], dtype=np.bool_)
        return replace(
            self,
            items=self.items[kept],
            is_untouched=self.is_untouched[kept],
            rows={name: rows[kept] for name, rows in self.rows.items()},
        )

    def part_rows(self, later: Dataset, text: Vectors | None) -> dict[str, NDArray[np.float32]]:
        """The rows of later items in each part, of length 1; 0 where an item lacks the part.

        `text` are the vectors of their texts. They count if they are of the encoder that the
        training had.
        """
        rows = {}
        for name, part in self.parts.items():
            vectors = None
            if isinstance(part.origin, FactOrigin):
                vectors = compose_later(part.origin, later)
            elif isinstance(part.origin, TextOrigin) and self.is_same_encoder(text):
                vectors = text
            values = np.zeros((len(later.items), len(part.centre)), dtype=np.float32)
            if vectors is not None and vectors.size:
                known = vectors.is_known
                values[known] = vectors.values[known] - part.centre
            rows[name] = np.asarray(unit_rows(values), dtype=np.float32)
        return rows

    @property
    def text_parts(self) -> set[str]:
        """The parts that were encoded from texts."""
        return {name for name, part in self.parts.items() if isinstance(part.origin, TextOrigin)}

    def is_same_encoder(self, text: Vectors | None) -> bool:
        """Whether these vectors of texts can be compared with those of the training."""
        return text is not None and any(
            part.origin == text.origin
            for part in self.parts.values()
            if isinstance(part.origin, TextOrigin)
        )

    def targets(
        self, later: Dataset, parts: Mapping[str, NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """The places of later items, shape (n_items, size), by their facts and `part_rows`."""
        total = np.zeros((len(later.items), self.size), dtype=np.float32)
        for name, matrix in sorted(self.maps.items()):
            total += np.asarray(self._block(name, later, parts) @ matrix, dtype=np.float32)
        return total

    def _block(self, name: str, later: Dataset, parts: Mapping[str, NDArray[np.float32]]) -> Block:
        if name == AMOUNT:
            usual = self.amounts
            standard = (amounts(later, usual.relations) - usual.mean) / usual.scale
            return standard.astype(np.float32)
        return parts[name] if name in parts else self.columns[name].rows(later)
