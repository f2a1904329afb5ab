"""The mixture of signals on validation lists whose best weights are known, and how sure it is."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Feedback
from recommender.learning.mixing import THETAS, Mixture, mix
from recommender.learning.validation import Bench

USERS, ITEMS = 600, 200


def learned(rng: np.random.Generator, **true: float) -> Mixture:
    """What is learned where the held-out items are the best by these weights of the signals, and
    some chance."""
    signals: dict[str, NDArray[np.float32]] = {
        name: rng.normal(size=(USERS, ITEMS)).astype(np.float32) for name in true
    }
    total = rng.gumbel(scale=0.5, size=(USERS, ITEMS))
    for name, theta in true.items():
        total += theta * signals[name]
    is_relevant = total >= np.sort(total, axis=1)[:, -5:-4]
    no_ids, no_types = np.zeros(0, np.int32), np.zeros(0, np.int8)
    no_values, no_times = np.zeros(0, np.float64), np.zeros(0, np.int64)
    bench = Bench(
        users=np.arange(USERS, dtype=np.int32),
        items=np.arange(ITEMS, dtype=np.int32),
        history=Feedback(no_ids, no_ids, no_types, no_values, no_times, np.zeros(0, object)),
        is_known=np.zeros((USERS, ITEMS), dtype=np.bool_),
        is_relevant=is_relevant,
    )

    def score(signal: str, type_weights: Mapping[str, float]) -> NDArray[np.float32]:
        return signals[signal]

    mixture, _ = mix(bench, score, tuple(true), {"LIKED": 1.0}, rng)
    return mixture


def test_the_weights_behind_the_lists_lie_within_their_intervals() -> None:
    mixture = learned(np.random.default_rng(0), collaborative=1.0, knowledge=0.5, semantic=0.0)
    assert mixture.thetas["collaborative"] == 1.0
    assert "collaborative" not in mixture.intervals
    for signal, true in {"knowledge": 0.5, "semantic": 0.0}.items():
        low, high = mixture.intervals[signal]
        assert low <= true <= high
        assert low <= mixture.thetas[signal] <= high
        assert {low, high} <= set(THETAS)
        assert high - low < 0.6


def test_a_signal_without_edges_stays_below_its_bound() -> None:
    mixture = learned(np.random.default_rng(1), collaborative=1.0, factors=3.0)
    assert mixture.thetas == {"collaborative": 1.0, "factors": 0.8}
    assert mixture.intervals == {"factors": (0.8, 0.8)}
