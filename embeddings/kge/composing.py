"""An item's knowledge vector from the vectors of its facts' entities: no training.

Every item's vector is made this way, also of those that were trained on, so that a new item is
comparable with the others from its first fact on:

    v_r(item) = sum over facts (r, e)  c(r, e) * v(e)  /  sum over facts (r, e)  c(r, e)
    v(item)   = mean over the relations r of the item  v_r(item)

`c(r, e)` is the weight of the fact times `rarity_r(e) = log(n_items / items with (r, e))`: of two
actors the one seen less says more. Relations count alike: pooled, the twenty actors of a film
outweigh its director and genres. Measured on cold items of ml-100k (TransE, ridge onto iALS
factors, nDCG@10): pooled .225, mean of relations .268, relations side by side .272, the trained
vector of the item itself .212; subtracting TransE's relation vectors adds nothing.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.origins import FactOrigin
from embeddings.triples import Vocabulary
from embeddings.vectors import Vectors
from graph.dataset import Dataset, Facts, Ids
from graph.model import NodeLabel

Rarity = Mapping[str, NDArray[np.float64]]
"""By relation, the rarity of every entity; shape (n_entities,)."""


def rarities(
    facts: Mapping[str, Facts], n_items: int, n_entities: int
) -> dict[str, NDArray[np.float64]]:
    """The inverse document frequency of every entity in every relation, by relation.

    An entity that no item has counts as one of a single item, so that the rarities of a training
    also serve the entities that come after it. With one item or none all are 0.
    """
    weights = {}
    for relation, columns in facts.items():
        pairs = np.unique(np.stack([columns.source, columns.entity]), axis=1)
        degree = np.maximum(np.bincount(pairs[1], minlength=n_entities), 1)
        weights[relation] = np.log(max(n_items, 1) / degree)
    return weights


def vectors_of(
    node_vectors: NDArray[np.float32], vocabulary: Vocabulary, label: NodeLabel, ids: Ids
) -> Vectors:
    """The vectors of these nodes, in their order; those without a triple are unknown."""
    rows = vocabulary.rows(label, ids)
    is_known = rows >= 0
    values = np.zeros((len(ids), node_vectors.shape[1]), dtype=np.float32)
    values[is_known] = node_vectors[rows[is_known]]
    return Vectors(values, is_known)


def compose_relations(
    entities: Vectors, facts: Mapping[str, Facts], n_items: int, rarity: Rarity
) -> dict[str, Vectors]:
    """`v_r` of n items by relation; unknown where no entity of that relation has a vector.

    Args:
        entities: one vector an entity; `facts` point to its rows.
        facts: of the items, by relation.
        n_items: how many items `facts` point to.
        rarity: see `rarities`; relations that it lacks are left out. For items that came after a
            training, that of the training.
    """
    composed = {}
    for relation in sorted(facts.keys() & rarity.keys()):
        columns = facts[relation]
        counts = entities.is_known[columns.entity]
        item, entity = columns.source[counts], columns.entity[counts]
        weight = columns.weight[counts] * rarity[relation][entity]
        shape = (n_items, len(entities.values))
        total = csr_array((weight, (item, entity)), shape=shape) @ entities.values
        mass = np.bincount(item, weights=weight, minlength=n_items)
        is_known = mass > 0.0
        values = np.zeros((n_items, entities.size), dtype=np.float32)
        values[is_known] = total[is_known] / mass[is_known, None]
        composed[relation] = Vectors(values, is_known)
    return composed


def origin_of(entities: Vectors, ids: Ids, rarity: Rarity) -> FactOrigin:
    """What composes the vectors of items to come; `ids` are of the entities, in ascending order."""
    known = entities.is_known
    return FactOrigin(
        ids[known], entities.values[known], {name: row[known] for name, row in rarity.items()}
    )


def compose_later(origin: FactOrigin, dataset: Dataset) -> Vectors:
    """`v` of all items of a dataset that came after the training; new entities do not count."""
    place = pc.index_in(_array(dataset.entities), value_set=_array(origin.entities))
    places = pc.fill_null(place, -1).to_numpy()
    facts = {}
    for relation, columns in dataset.item_facts.items():
        entity = places[columns.entity]
        kept = entity >= 0
        facts[relation] = Facts(columns.source[kept], entity[kept], columns.weight[kept])
    entities = Vectors(origin.vectors, np.ones(len(origin.vectors), dtype=np.bool_))
    return compose(entities, facts, len(dataset.items), origin.rarity)


def _array(ids: Ids) -> pa.Array:
    return pa.array(ids.tolist(), pa.string())


def compose(entities: Vectors, facts: Mapping[str, Facts], n_items: int, rarity: Rarity) -> Vectors:
    """`v` of n items, with the arguments of `compose_relations`."""
    total = np.zeros((n_items, entities.size))
    count = np.zeros(n_items)
    for vectors in compose_relations(entities, facts, n_items, rarity).values():
        total += vectors.values
        count += vectors.is_known
    values = total / np.maximum(count, 1.0)[:, None]
    return Vectors(values.astype(np.float32), count > 0.0)
