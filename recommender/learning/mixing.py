"""Learns how much each signal counts, on evidence as it will be served: cut, and over all items."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommender.learning.search import Quality, climb
from recommender.learning.validation import CUTOFFS, Bench, mean_ndcg

THETAS = (0.0, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5)
"""Tried for every signal but the best, whose scores have deviation 1 and theta 1."""

WITHOUT_PATH = {"factors": 0.8}
"""Theta at most of a signal that has no edges, beside the 1 of the best signal that has some: what
leads a list must be paths (docs/decisions/paths-lead.md has what that costs)."""

DEPTH = 100
"""Items from the top of each signal that a mixture is measured on."""

RESAMPLES = 1_000
"""Of the validation users, for the intervals of the thetas."""

TYPE_WEIGHTS = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
"""Tried for every type of feedback but the predicted one."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mixture:
    """`thetas` by signal, in units of the deviation of its scores; `type_weights` by type.

    `intervals`: of each theta that was searched for, the 2.5 and 97.5 percentiles of the one that
    would have been best, the others as they are, had the validation users been drawn again.
    """

    thetas: Mapping[str, float]
    type_weights: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


Step = Callable[[Mixture], Iterable[Mixture]]


def mix(
    bench: Bench,
    score: Callable[[str, Mapping[str, float]], Scores],
    signals: Iterable[str],
    type_weights: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[Mixture, dict[str, float]]:
    """The mixture, and the mean nDCG@10 of it ("mixture") and of each signal alone.

    Args:
        bench: users and all items.
        score: scores of a signal alone, deviation 1, under weights of the feedback types.
        signals: names; the best alone of those with edges gets theta 1.
        type_weights: to start from; types other than the first are tuned.
        rng: draws users for the intervals.
    """
    names = list(signals)
    shortlist = _shortlist(bench, [score(name, type_weights) for name in names])
    cache: dict[tuple[str, str], Scores] = {}

    def scores(signal: str, weights: Mapping[str, float]) -> Scores:
        key = (signal, repr(sorted(weights.items())))
        if key not in cache:
            cache[key] = shortlist.take(score(signal, weights))
        return cache[key]

    def measure(mixture: Mixture, cutoffs: Sequence[int] = CUTOFFS) -> Quality:
        total = np.zeros(shortlist.items.shape, dtype=np.float32)
        for signal, theta in mixture.thetas.items():
            if theta:
                total += np.float32(theta) * scores(signal, mixture.type_weights)
        return shortlist.quality(total, cutoffs)

    singles = {name: Mixture({name: 1.0}, type_weights) for name in names}
    alone = {name: float(measure(single).mean()) for name, single in singles.items()}
    leading = [name for name in names if name not in WITHOUT_PATH] or names
    best = max(leading, key=lambda name: alone[name])

    def with_thetas(mixture: Mixture, name: str) -> Iterator[tuple[float, Mixture]]:
        for theta in THETAS:
            if theta <= WITHOUT_PATH.get(name, np.inf):
                yield theta, replace(mixture, thetas={**mixture.thetas, name: theta})

    def theta_of(name: str) -> Step:
        def step(mixture: Mixture) -> Iterable[Mixture]:
            return (
                one for theta, one in with_thetas(mixture, name) if theta != mixture.thetas[name]
            )

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
    draws = _draws(len(bench.users), rng)
    intervals = {}
    for name in others:
        tried = dict(with_thetas(mixture, name))
        means = np.stack([measure(one) for one in tried.values()]) @ draws
        best_thetas = np.array(list(tried))[means.argmax(axis=0)]
        low, high = np.percentile(best_thetas, (2.5, 97.5), method="nearest")
        intervals[name] = (float(low), float(high))
    mixture = replace(mixture, intervals=intervals)
    ndcg = {
        name: round(float(measure(chosen, (10,)).mean()), 5)
        for name, chosen in {"mixture": mixture, **singles}.items()
    }
    return mixture, ndcg


def _draws(n_users: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each user is drawn, with replacement; shape (users, resamples)."""
    drawn = rng.integers(n_users, size=(RESAMPLES, n_users))
    counts = np.stack([np.bincount(one, minlength=n_users) for one in drawn], axis=1)
    return counts.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Shortlist:
    """A user's candidates that any signal puts near its top: no other will be near the top of a
    mixture, and searching among these is twenty times faster.

    `items` (users, candidates) holds columns of the bench; a repeated one is not `is_open`.
    """

    items: NDArray[np.intp]
    is_open: NDArray[np.bool_]
    is_relevant: NDArray[np.bool_]
    n_relevant: NDArray[np.integer]

    def take(self, scores: Scores) -> Scores:
        return np.take_along_axis(scores, self.items, axis=1)

    def quality(self, scores: Scores, cutoffs: Sequence[int]) -> Quality:
        return mean_ndcg(scores, self.is_open, self.is_relevant, self.n_relevant, cutoffs)


def _shortlist(bench: Bench, scores: Iterable[Scores]) -> _Shortlist:
    depth = min(DEPTH, bench.shape[1])
    tops = []
    for one in scores:
        masked = np.where(bench.is_known, np.float32(-np.inf), one)
        tops.append(np.argpartition(masked, bench.shape[1] - depth, axis=1)[:, -depth:])
    items = np.sort(np.concatenate(tops, axis=1), axis=1)
    is_first = np.ones(items.shape, dtype=np.bool_)
    is_first[:, 1:] = items[:, 1:] != items[:, :-1]
    return _Shortlist(
        items=items,
        is_open=is_first & ~np.take_along_axis(bench.is_known, items, axis=1),
        is_relevant=np.take_along_axis(bench.is_relevant, items, axis=1),
        n_relevant=bench.is_relevant.sum(axis=1),
    )
