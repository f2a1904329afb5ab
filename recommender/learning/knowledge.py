"""Learns the relation weights of `SHARES`, so that they also serve items that nobody touched.

The kernel knows nothing of an item's feedback, so every held-back item is scored as if it were
new. The weights minimise the listwise softmax loss of the held-back items among all others, which
is convex, under `w_r >= 0`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from recommender.history import weigh
from recommender.learning.validation import Bench
from recommender.recipe import SignalRecipe

PENALTY = 1e-4
"""Weight of the squared relation weights in the loss."""


def learn_relation_weights(bench: Bench, vectors: Mapping[str, csr_array]) -> dict[str, float]:
    """`w_r` of each relation, the greatest 1.

    Args:
        bench: users and items to learn on.
        vectors: unit vectors of all items, by relation (`kernels/shared_facts.py`).
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
    deviation = features.std(axis=(1, 2))
    varies = deviation > 0.0
    if not varies.any():
        return dict.fromkeys(relations, 1.0)
    features = features[varies] / deviation[varies][:, None, None]
    weights = np.zeros(len(relations))
    weights[varies] = _fit_softmax(features, bench.is_relevant, bench.is_known) / deviation[varies]
    if weights.max() <= 0.0:
        return dict.fromkeys(relations, 1.0)
    return dict(zip(relations, (weights / weights.max()).tolist(), strict=True))


def _fit_softmax(
    features: NDArray[np.float32],
    is_relevant: NDArray[np.bool_],
    is_known: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Non-negative weights (features,) for features of shape (features, users, items)."""
    users, items = np.nonzero(is_relevant)
    share = 1.0 / is_relevant.sum(axis=1)[users]
    blocked = np.where(is_known, np.float32(-np.inf), np.float32(0.0))
    n_users = len(is_relevant)
    target = (features[:, users, items] * share).sum(axis=1) / n_users

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = np.einsum("f,fui->ui", weights.astype(np.float32), features) + blocked
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        chance = odds / total
        chosen = (logits - np.log(total))[users, items]
        value = -float((chosen * share).sum()) / n_users + PENALTY * float(weights @ weights)
        expected = np.einsum("ui,fui->f", chance, features) / n_users
        return value, (expected - target + 2.0 * PENALTY * weights).astype(np.float64)

    start = np.full(len(features), 0.1)
    bounds = [(0.0, None)] * len(features)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: NDArray[np.float64] = found.x
    return weights
