"""Items by the facts they share with the history: the plain peer for items without feedback.

Each item is a vector over (relation, entity) with the inverse document frequency of the entity,
`log(n_items / n_items that have it)`, scaled to length 1; an item scores the sum of its cosines
with the items of the history. No relation counts more than another, and nothing is learned.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack

from graph.dataset import Dataset
from recommender.evaluation.ranker import Ranker, Scores


@dataclass(frozen=True, slots=True)
class SharedFacts:
    """`vectors` has the shape (items, facts); see `fact_vectors`."""

    label: ClassVar[str] = "shared facts"
    vectors: csr_array = field(repr=False)

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Nothing is fitted but the users' histories."""
        return _FactRanker(csr_array(rows @ self.vectors), csr_array(self.vectors.T))


@dataclass(frozen=True, slots=True)
class _FactRanker:
    users: csr_array
    items: csr_array

    def scores(self, users: NDArray[np.integer]) -> Scores:
        scores: Scores = (self.users[users] @ self.items).toarray()
        return scores


def fact_vectors(dataset: Dataset) -> csr_array:
    """The items' vectors, of all relations beside each other."""
    shape = (len(dataset.items), len(dataset.entities))
    blocks = [csr_array((len(dataset.items), 0))]
    for relation in sorted(dataset.item_facts):
        facts = dataset.item_facts[relation]
        ones = np.ones(len(facts.source))
        has = csr_array((ones, (facts.source, facts.entity)), shape=shape)
        has.sum_duplicates()
        has.data[:] = 1.0
        n_holders = np.maximum(np.asarray(has.sum(axis=0)), 1.0)
        blocks.append(has @ diags_array(np.log(shape[0] / n_holders)))
    vectors = csr_array(hstack(blocks, format="csr"))
    lengths = np.sqrt(np.asarray(vectors.power(2).sum(axis=1)))
    return csr_array(diags_array(1.0 / np.where(lengths > 0.0, lengths, 1.0)) @ vectors)
