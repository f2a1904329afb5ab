"""What is known of items beside their feedback, as blocks of features with rows of length 1.

One block a relation of facts, one more for each kind of entity that several relations lead to (a
person who directed one film and plays in another), and one for each part of the embeddings.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Block, unit_rows
from embeddings.vectors import Vectors
from graph.dataset import Dataset, Facts


def fact_blocks(dataset: Dataset) -> dict[str, csr_array]:
    """The block of every relation, by its name, and of every kind with several, `any KIND`.

    Rows (n_items, entities that two items share) have length 1; before that an entry is the
    entity's rarity, `log(n_items / items that have it)`.
    """
    blocks = {}
    for relation, facts in sorted(dataset.item_facts.items()):
        block = _fact_block(facts, len(dataset.items))
        if block is not None:
            blocks[relation] = block
    for kind, relations in _relations_by_kind(dataset).items():
        if len(relations) > 1:
            chosen = [dataset.item_facts[relation] for relation in relations]
            joined = Facts(
                np.concatenate([facts.source for facts in chosen]),
                np.concatenate([facts.entity for facts in chosen]),
                np.concatenate([facts.weight for facts in chosen]),
            )
            block = _fact_block(joined, len(dataset.items))
            if block is not None:
                blocks[f"any {kind}"] = block
    return blocks


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


def amounts(dataset: Dataset) -> NDArray[np.float32]:
    """How much is known of each item: `log(1 + facts)` a relation, shape (n_items, n_relations).

    Much is known of what many know: it predicts the popularity of an item without feedback.
    """
    counts = [
        np.bincount(dataset.item_facts[relation].source, minlength=len(dataset.items))
        for relation in sorted(dataset.item_facts)
    ]
    if not counts:
        return np.zeros((len(dataset.items), 0), dtype=np.float32)
    return np.log1p(np.stack(counts, axis=1)).astype(np.float32)


def _fact_block(facts: Facts, n_items: int) -> csr_array | None:
    """None where no two items share anything."""
    pairs = np.unique(np.stack([facts.source, facts.entity]), axis=1)
    degree = np.bincount(pairs[1]) if pairs.size else np.zeros(0, np.intp)
    item, entity = pairs[:, degree[pairs[1]] >= 2]
    if len(item) == 0:
        return None
    entities, column = np.unique(entity, return_inverse=True)
    rarity = np.log(n_items / degree[entities])
    shape = (n_items, len(entities))
    return unit_rows(csr_array((rarity[column], (item, column)), shape=shape))


def _relations_by_kind(dataset: Dataset) -> dict[str, list[str]]:
    if not len(dataset.words.kinds):
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for relation, facts in sorted(dataset.item_facts.items()):
        for kind in np.unique(dataset.words.kinds[facts.entity].astype(str)).tolist():
            found[kind].append(relation)
    return found
