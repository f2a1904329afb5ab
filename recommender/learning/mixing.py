"""Learns how much each signal counts, on evidence as it will be served: cut, and over all items."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommender.learning.search import Quality, climb
from recommender.learning.validation import Bench

THETAS = (0.0, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5)
"""Tried for every signal but the best, whose scores have deviation 1 and theta 1."""

TYPE_WEIGHTS = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
"""Tried for every type of feedback but the predicted one."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mixture:
    """`thetas` by signal, in units of the deviation of its scores; `type_weights` by type."""

    thetas: Mapping[str, float]
    type_weights: Mapping[str, float] = field(default_factory=dict)


Step = Callable[[Mixture], Iterable[Mixture]]


def mix(
    bench: Bench,
    score: Callable[[str, Mapping[str, float]], Scores],
    signals: Iterable[str],
    type_weights: Mapping[str, float],
) -> tuple[Mixture, dict[str, float]]:
    """The mixture, and the mean nDCG@10 of it ("mixture") and of each signal alone.

    Args:
        bench: users and all items.
        score: scores of a signal alone, deviation 1, under weights of the feedback types.
        signals: names; the best of them alone gets theta 1.
        type_weights: to start from; types other than the first are tuned.
    """
    cache: dict[tuple[str, str], Scores] = {}

    def scores(signal: str, weights: Mapping[str, float]) -> Scores:
        key = (signal, repr(sorted(weights.items())))
        if key not in cache:
            for old in [old for old in cache if old[0] == signal]:
                del cache[old]
            cache[key] = score(signal, weights)
        return cache[key]

    def total_of(mixture: Mixture) -> Scores:
        total = np.zeros(bench.shape, dtype=np.float32)
        for signal, theta in mixture.thetas.items():
            if theta:
                total += np.float32(theta) * scores(signal, mixture.type_weights)
        return total

    def measure(mixture: Mixture) -> Quality:
        return bench.quality(total_of(mixture))

    names = list(signals)
    alone = {name: float(measure(Mixture({name: 1.0}, type_weights)).mean()) for name in names}
    best = max(names, key=lambda name: alone[name])

    def theta_of(name: str) -> Step:
        def step(mixture: Mixture) -> Iterable[Mixture]:
            for theta in THETAS:
                if theta != mixture.thetas[name]:
                    yield replace(mixture, thetas={**mixture.thetas, name: theta})

        return step

    def weight_of(name: str) -> Step:
        def step(mixture: Mixture) -> Iterable[Mixture]:
            for weight in TYPE_WEIGHTS:
                if weight != mixture.type_weights[name]:
                    yield replace(mixture, type_weights={**mixture.type_weights, name: weight})

        return step

    start = Mixture({name: float(name == best) for name in names}, type_weights)
    others = sorted((name for name in names if name != best), key=lambda name: -alone[name])
    steps: list[Step] = [theta_of(name) for name in others]
    steps += [weight_of(name) for name in list(type_weights)[1:]]
    mixture, _ = climb(start, steps, measure, rounds=2)
    ndcg = {name: _ndcg(bench, total_of(Mixture({name: 1.0}, type_weights))) for name in names}
    return mixture, {"mixture": _ndcg(bench, total_of(mixture)), **ndcg}


def _ndcg(bench: Bench, scores: Scores) -> float:
    return round(float(bench.quality(scores, (10,)).mean()), 5)
