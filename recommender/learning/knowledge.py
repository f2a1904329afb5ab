"""Learns the relation weights of `SHARES`, so that they also serve items that nobody touched.

The kernel knows nothing of an item's feedback, so every held-back item is scored as if it were
new. The weights minimise the softmax loss of the held-back items among all others (`listwise.py`);
a penalty draws them to one common weight.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from recommender.history import weigh
from recommender.learning.listwise import Lists, Penalty, fit_listwise
from recommender.learning.validation import Bench
from recommender.recipe import SignalRecipe

PENALTY = 0.1
"""Loss (nats per user) of a weight that is double the common one, or 0. Unseen items of ml-100k:
nDCG@10 .334 with 0.1 or more, .326 with 0.01, .295 without: the loss trusts genres too much."""


def learn_relation_weights(bench: Bench, vectors: Mapping[str, csr_array]) -> dict[str, float]:
    """`w_r` of each relation, 1 where nothing speaks for another weight.

    Args:
        bench: users and items to learn on.
        vectors: fact vectors of all items, by relation (`kernels/shared_facts.py`).
    """
    relations = sorted(vectors)
    if not relations:
        return {}
    strength = (bench.history.type == 0).astype(np.float64)
    signal = SignalRecipe("SHARES", theta=1.0, damping=1.0)
    history = weigh(bench.history, strength, signal, bench.shape)
    features = np.empty((len(relations), *bench.shape), dtype=np.float32)
    for number, relation in enumerate(relations):
        chosen = csr_array(vectors[relation][bench.items])
        features[number] = ((history @ chosen) @ chosen.T).toarray()
    if not features.any():
        return dict.fromkeys(relations, 1.0)
    features /= features.sum(axis=0).std()
    lists = Lists(features, ~bench.is_known, bench.is_relevant, np.arange(bench.shape[0]))
    together = replace(lists, features=features.sum(axis=0)[None])
    common = float(fit_listwise([together], Penalty.none(1))[0])
    if common <= 0.0:
        return dict.fromkeys(relations, 1.0)
    usual = np.full(len(relations), common)
    weights = fit_listwise([lists], Penalty(PENALTY / usual**2, usual)) / common
    return dict(zip(relations, weights.tolist(), strict=True))
