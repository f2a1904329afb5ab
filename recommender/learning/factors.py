"""Chooses the settings of the factor model."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from recommender.history import weigh
from recommender.kernels.factors import FactorChoice, fit_factors
from recommender.learning.search import Quality, climb
from recommender.learning.validation import Bench
from recommender.recipe import SignalRecipe

PROMISING = 0.6
"""Share of the collaborative signal's quality below which the usual settings end the search."""


def tune_factors(
    bench: Bench, rows: csr_array, damping: float, seed: int, best: float
) -> tuple[FactorChoice, Quality]:
    """Choose on a bench.

    Args:
        bench: users and items to choose on.
        rows: the feedback to fit on; shape (users, items of the bench).
        damping: that of the signal.
        seed: of the start values.
        best: the collaborative signal's mean quality on the same bench, 0 where there is none.
    """
    strength = (bench.history.type == 0).astype(np.float64)
    signal = SignalRecipe("FACTORS", theta=1.0, damping=damping)
    history = weigh(bench.history, strength, signal, bench.shape)

    def measure(choice: FactorChoice) -> Quality:
        factors = fit_factors(rows, choice, damping, seed)
        return bench.quality((history @ factors.sources) @ factors.targets.T)

    def regularization(choice: FactorChoice) -> Iterable[FactorChoice]:
        for factor in (0.3, 3.0):
            yield replace(choice, regularization=choice.regularization * factor)

    def confidence(choice: FactorChoice) -> Iterable[FactorChoice]:
        for factor in (0.4, 2.0):
            yield replace(choice, confidence=choice.confidence * factor)

    start = FactorChoice()
    usual = measure(start)
    if float(usual.mean()) < PROMISING * best:
        return start, usual
    return climb(start, [regularization, confidence, regularization], measure)
