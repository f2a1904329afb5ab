"""The profile kernel: how much more than others the users with an attribute like an item.

    K(e, c) = log( (n(e, c) + strength * p(c)) / ((n(e) + strength) * p(c)) )

with `n(e, c)` the feedback on `c` of users who have the attribute `e`, `n(e)` all their feedback,
and `p(c)` the share of `c` in all feedback: the logarithm of a lift, drawn to 0 where data is thin.
Added to a prior of `log n(c)` it is a naive Bayes classifier over the user's attributes.
"""

import numpy as np
from scipy.sparse import csr_array

from recommender.evidence import Edges

STRENGTH = 50.0
"""Pieces of feedback that the assumption "like everybody else" weighs."""


def fit_profile(traits: csr_array, rows: csr_array, edges_per_entity: int) -> Edges:
    """The strongest edges from entities to items.

    Args:
        traits: which user has which entity; shape (users, entities), binary.
        rows: feedback; shape (users, items).
        edges_per_entity: how many an entity keeps.
    """
    popularity = np.asarray(rows.sum(axis=0), dtype=np.float64)
    touched = np.flatnonzero(popularity)
    entities = np.flatnonzero(np.diff(csr_array(traits.T).indptr))
    share = popularity[touched] / max(popularity.sum(), 1.0)
    counts = (csr_array(traits[:, entities].T) @ rows[:, touched]).toarray()
    total = counts.sum(axis=1, keepdims=True)
    lift = np.log((counts + STRENGTH * share) / ((total + STRENGTH) * share))
    # Rare items have the greatest lifts and the least to say: rank by what a user would meet.
    importance = np.abs(lift) * np.sqrt(share)
    count = min(edges_per_entity, len(touched))
    if count == 0 or len(entities) == 0:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    picked = np.argpartition(importance, len(touched) - count, axis=1)[:, -count:]
    picked.sort(axis=1)
    row, place = np.nonzero(np.take_along_axis(importance, picked, axis=1))
    column = picked[row, place]
    return Edges(
        entities[row].astype(np.int32), touched[column].astype(np.int32), lift[row, column]
    )
