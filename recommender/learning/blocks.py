"""What is known of items beside their feedback, as blocks of features with rows of length 1.

One block a relation of facts, one more for each kind of entity that several relations lead to (a
person who directed one film and plays in another), and one for each part of the embeddings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Block, unit_rows
from embeddings.vectors import Vectors
from graph.dataset import Dataset, Ids


@dataclass(frozen=True, slots=True)
class FactColumns:
    """What the columns of a block of facts stand for: the `entities` (in ascending order of their
    ids) that an item can have by any of these `relations`, each with its `rarity`."""

    relations: tuple[str, ...]
    entities: Ids
    rarity: NDArray[np.float64]

    def rows(self, dataset: Dataset) -> csr_array:
        """The block of a dataset's items, shape (n_items, n_columns); rows have length 1 or 0."""
        place = pc.index_in(_array(dataset.entities), value_set=_array(self.entities))
        places = pc.fill_null(place, -1).to_numpy()
        item, entity = _pairs(dataset, self.relations)
        column = places[entity]
        item, column = item[column >= 0], column[column >= 0]
        shape = (len(dataset.items), len(self.entities))
        return unit_rows(csr_array((self.rarity[column], (item, column)), shape=shape))


def fact_columns(dataset: Dataset) -> dict[str, FactColumns]:
    """What the block of every relation is made of, by its name, and of every kind with several
    relations, `any KIND`.

    Columns are the entities that two items share; their rarity is `log(n_items / items that have
    it)`. A block in which no two items share anything is left out.
    """
    names: dict[str, tuple[str, ...]] = {name: (name,) for name in sorted(dataset.item_facts)}
    for kind, several in _relations_by_kind(dataset).items():
        if len(several) > 1:
            names[f"any {kind}"] = tuple(several)
    found = {}
    for name, relations in names.items():
        _, entity = _pairs(dataset, relations)
        degree = np.bincount(entity, minlength=len(dataset.entities))
        shared = np.flatnonzero(degree >= 2)
        if len(shared):
            rarity = np.log(len(dataset.items) / degree[shared])
            found[name] = FactColumns(relations, dataset.entities[shared], rarity)
    return found


def fact_blocks(dataset: Dataset) -> dict[str, csr_array]:
    """The blocks of a dataset's facts, by name."""
    return {name: columns.rows(dataset) for name, columns in fact_columns(dataset).items()}


def all_blocks(facts: Mapping[str, csr_array], parts: Mapping[str, Vectors]) -> dict[str, Block]:
    """Unit rows of facts and of embedding parts; vectors are centred, so unlike items differ."""
    blocks: dict[str, Block] = dict(facts)
    for name, vectors in parts.items():
        blocks[name] = unit_rows(centred(vectors))
    return blocks


def centred(vectors: Vectors) -> NDArray[np.float32]:
    """The vectors minus their mean over known items; unknown ones stay 0."""
    mean = centre(vectors)
    return np.where(vectors.is_known[:, None], vectors.values - mean, 0.0).astype(np.float32)


def centre(vectors: Vectors) -> NDArray[np.float32]:
    """The mean over known items, shape (size,)."""
    if not vectors.is_known.any():
        return np.zeros(vectors.size, dtype=np.float32)
    mean: NDArray[np.float32] = vectors.values[vectors.is_known].mean(axis=0, dtype=np.float32)
    return mean


def amounts(dataset: Dataset, relations: Iterable[str] | None = None) -> NDArray[np.float32]:
    """How much is known of each item: `log(1 + facts)` of each of n relations, and the products of
    any two of them, shape (n_items, n + n (n + 1) / 2).

    Much is known of what many know: it predicts the popularity of an item without feedback. With
    products, a long cast can say more of a film in one language than of one in five. The relations
    are by default all of the dataset, in ascending order.
    """
    counts = [
        np.bincount(dataset.item_facts[relation].source, minlength=len(dataset.items))
        if relation in dataset.item_facts
        else np.zeros(len(dataset.items))
        for relation in (sorted(dataset.item_facts) if relations is None else relations)
    ]
    if not counts:
        return np.zeros((len(dataset.items), 0), dtype=np.float32)
    plain = np.log1p(np.stack(counts, axis=1)).astype(np.float32)
    first, second = np.triu_indices(plain.shape[1])
    return np.hstack([plain, plain[:, first] * plain[:, second]])


def _pairs(
    dataset: Dataset, relations: Iterable[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which items (first) have which entities (second) by any of these relations."""
    facts = [dataset.item_facts[name] for name in relations if name in dataset.item_facts]
    if not facts:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    source = np.concatenate([columns.source for columns in facts])
    entity = np.concatenate([columns.entity for columns in facts])
    pairs = np.unique(np.stack([source, entity]), axis=1)
    return pairs[0], pairs[1]


def _array(ids: Ids) -> pa.Array:
    return pa.array(ids.tolist(), pa.string())


def _relations_by_kind(dataset: Dataset) -> dict[str, list[str]]:
    if not len(dataset.words.kinds):
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for relation, facts in sorted(dataset.item_facts.items()):
        for kind in np.unique(dataset.words.kinds[facts.entity].astype(str)).tolist():
            found[kind].append(relation)
    return found
