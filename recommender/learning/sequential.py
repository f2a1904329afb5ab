"""Learns `FOLLOWED_BY`: the window, the regularisation, and how fast history fades."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Feedback
from recommender.evidence import Edges
from recommender.history import weigh
from recommender.kernels.cut import renumber, strongest
from recommender.kernels.sequential import Moments, Window, accumulate, fit_sequential
from recommender.learning.search import Quality, climb
from recommender.learning.validation import Bench
from recommender.recipe import SignalRecipe

WINDOWS = (Window(10.0, 15.0), Window(10.0, 8.0), Window(5.0, 10.0), Window(20.0, 20.0, past=80))
"""Tried in this order; on ml-1m all lie within .003 of each other."""


SPREAD_POWER = 0.75
"""For the cut; on ml-1m with 100 edges an item .2805, with 0 .2794, flat between 0.5 and 1."""


@dataclass(frozen=True, slots=True)
class SequentialChoice:
    """What is tuned."""

    window: Window = WINDOWS[0]
    regularization: float = 500.0
    decay: float = 8.0


def tune_sequential(bench: Bench, fit: Feedback) -> tuple[SequentialChoice, Quality]:
    """Choose on a bench; `fit` is all feedback to fit on, its items numbered as in the dataset."""
    strength = (bench.history.type == 0).astype(np.float64)
    moments: dict[Window, Moments] = {}
    fitted: dict[tuple[Window, float], NDArray[np.float32]] = {}

    def measure(choice: SequentialChoice) -> Quality:
        if choice.window not in moments:
            moments.clear()
            moments[choice.window] = _moments(fit, bench.items, choice.window)
        key = (choice.window, choice.regularization)
        if key not in fitted:
            fitted.clear()
            fitted[key] = fit_sequential(moments[choice.window], choice.regularization)
        signal = SignalRecipe("FOLLOWED_BY", theta=1.0, decay=choice.decay)
        history = weigh(bench.history, strength, signal, bench.shape).astype(np.float32)
        return bench.quality(history @ fitted[key])

    def decay(choice: SequentialChoice) -> Iterable[SequentialChoice]:
        for factor in (0.4, 0.7, 1.5, 4.0, 12.0):
            yield replace(choice, decay=choice.decay * factor)

    def regularization(choice: SequentialChoice) -> Iterable[SequentialChoice]:
        for factor in (0.2, 0.5, 2.0, 4.0):
            yield replace(choice, regularization=choice.regularization * factor)

    def window(choice: SequentialChoice) -> Iterable[SequentialChoice]:
        for value in WINDOWS:
            if value != choice.window:
                yield replace(choice, window=value)

    return climb(SequentialChoice(), [decay, regularization, window, decay], measure)


def fit_sequence(
    feedback: Feedback,
    choice: SequentialChoice,
    positions: NDArray[np.int32],
    edges_per_item: int,
) -> Edges:
    """The evidence among the items at `positions`."""
    moments = _moments(feedback, positions, choice.window)
    kernel = fit_sequential(moments, choice.regularization)
    return renumber(strongest(kernel, edges_per_item, SPREAD_POWER), positions)


def _moments(feedback: Feedback, positions: NDArray[np.int32], window: Window) -> Moments:
    """Moments over the items at `positions`.

    Pieces of one time have no order, so both orders are counted, each by half: in the order of ids
    the kernel would learn that an id follows the ids before it (ml-1m: .2817 against .2845).
    """
    column = np.full(
        max(int(feedback.item.max(initial=-1)), int(positions.max(initial=-1))) + 1, -1
    )
    column[positions] = np.arange(len(positions))
    rows = feedback.where((feedback.type == 0) & (column[feedback.item] >= 0))
    item = column[rows.item].astype(np.int32)
    backward = np.lexsort((-item, rows.at, rows.user))
    one = accumulate(rows.user, item, len(positions), window)
    other = accumulate(rows.user, item[backward], len(positions), window)
    return Moments((one.past + other.past) / 2.0, (one.cross + other.cross) / 2.0)
