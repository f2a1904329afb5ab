"""The edges of items that come after a training, by the kernels and weights of the run.

The kernels are those of `recommender/kernels/`, over what the graph holds now: an entity that has
come since, or that a second item has now, counts with the rarity that it has today.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Block
from graph.dataset import Dataset
from recommender.content import ContentSignal
from recommender.kernels.fact_rows import rows_by_relation
from recommender.kernels.shared_facts import INCOMING, fact_vectors, joined_vectors
from recommender.learning.blocks import fact_blocks

AT_ONCE = 256
"""Items whose rows of a kernel are in memory at one time."""


@dataclass(frozen=True)
class Kernel:
    """The kernel of `SHARES` or `RESEMBLES` over a dataset's items.

    `parts` are the rows of all items in each part of the embeddings, in their order.
    """

    dataset: Dataset
    relation: str
    signal: ContentSignal
    parts: Mapping[str, NDArray[np.float32]]
    _blocks: list[tuple[float, Block]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        blocks = self._shares() if self.relation == "SHARES" else self._resembles()
        object.__setattr__(self, "_blocks", blocks)

    def edges(
        self, new: NDArray[np.intp], is_untouched: NDArray[np.bool_], edges_per_item: int
    ) -> pa.Table:
        """The strongest edges to and from new items: `source, target, weight`.

        To them they come from all items but those that are new with them; from them they lead to
        all. `is_untouched` (n_items,) says which items had no feedback at the training, for they
        have a scale of their own.
        """
        signal, items = self.signal, self.dataset.items
        scales = np.where(is_untouched, signal.to_unseen, signal.to_known)
        source: list[NDArray[np.intp]] = []
        target: list[NDArray[np.intp]] = []
        weight: list[NDArray[np.float64]] = []
        for item, row in self._rows(new):
            row[item] = 0.0
            outgoing = _greatest(row, edges_per_item)
            heard = row.copy()
            heard[new] = 0.0
            incoming = _greatest(heard, INCOMING * edges_per_item)
            source += [incoming, np.full(len(outgoing), item)]
            target += [np.full(len(incoming), item), outgoing]
            weight += [signal.to_unseen * row[incoming], scales[outgoing] * row[outgoing]]
        return pa.table(
            {
                "source": pa.array(items[_joined(source)].tolist(), pa.string()),
                "target": pa.array(items[_joined(target)].tolist(), pa.string()),
                "weight": pa.array(np.concatenate([np.zeros(0), *weight]), pa.float64()),
            }
        )

    def _rows(self, new: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """The kernel between each new item and all items, shape (n_items,)."""
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            total = np.zeros((len(some), len(self.dataset.items)))
            for weight, block in self._blocks:
                product = block[some] @ block.T
                total += weight * (
                    product if isinstance(product, np.ndarray) else product.toarray()
                )
            yield from zip(some.tolist(), total, strict=True)

    def _shares(self) -> list[tuple[float, Block]]:
        n_items = len(self.dataset.items)
        rows = rows_by_relation(self.dataset.item_facts, n_items)
        vectors = {name: fact_vectors(facts) for name, facts in rows.items()}
        return [(1.0, joined_vectors(vectors, self.signal.weights, n_items))]

    def _resembles(self) -> list[tuple[float, Block]]:
        blocks: dict[str, Block] = {
            name: csr_array(block) for name, block in fact_blocks(self.dataset).items()
        }
        blocks.update(self.parts)
        weights = self.signal.weights
        return [(weights[name], blocks[name]) for name in sorted(blocks) if weights.get(name)]


def _greatest(row: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The places of the up to `count` greatest positive numbers, greatest first."""
    places = np.argsort(-row, kind="stable")[:count]
    return places[row[places] > 0.0]


def _joined(places: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    return np.concatenate([np.zeros(0, np.intp), *places])
