"""Learns `CO_LIKED`: regularisation, fact weights by relation, and how history fades."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recommender.evidence import Edges
from recommender.history import weigh
from recommender.kernels.cut import fit_again, renumber, strongest
from recommender.kernels.linear_autoencoder import fit_linear_autoencoder, gram
from recommender.learning.search import Quality, climb
from recommender.learning.validation import Bench
from recommender.recipe import SignalRecipe


@dataclass(frozen=True, slots=True)
class CollaborativeChoice:
    """What is tuned. `fact_weights`: how many users an entity of a relation counts as."""

    regularization: float = 250.0
    fact_weights: Mapping[str, float] = field(default_factory=dict)
    decay: float | None = None


Step = Callable[[CollaborativeChoice], Iterable[CollaborativeChoice]]


def tune_collaborative(
    bench: Bench, rows: csr_array, facts: Mapping[str, csr_array], *, has_times: bool
) -> tuple[CollaborativeChoice, Quality]:
    """Choose on a bench.

    Args:
        bench: users and items to choose on.
        rows: the feedback to fit on; shape (all users, items of the bench).
        facts: rows of facts over the items of the bench, by relation.
        has_times: whether fading history is worth trying.
    """
    grams = {relation: gram(matrix) for relation, matrix in facts.items()}
    base = gram(rows)
    strength = (bench.history.type == 0).astype(np.float64)
    fitted: dict[str, NDArray[np.float32]] = {}

    def measure(choice: CollaborativeChoice) -> Quality:
        key = f"{choice.regularization} {sorted(choice.fact_weights.items())}"
        if key not in fitted:
            fitted.clear()
            covariance = _add_facts(base, grams, choice.fact_weights)
            fitted[key] = fit_linear_autoencoder(covariance, choice.regularization)
        signal = SignalRecipe("CO_LIKED", theta=1.0, decay=choice.decay)
        history = weigh(bench.history, strength, signal, bench.shape).astype(np.float32)
        return bench.quality(history @ fitted[key])

    def all_relations(choice: CollaborativeChoice) -> Iterable[CollaborativeChoice]:
        for factor in (0.0, 0.3, 3.0, 10.0, 30.0) if grams else ():
            scaled = {name: weight * factor for name, weight in choice.fact_weights.items()}
            yield replace(choice, fact_weights=scaled)

    def regularization(choice: CollaborativeChoice) -> Iterable[CollaborativeChoice]:
        for factor in (0.2, 0.5, 2.0, 4.0):
            yield replace(choice, regularization=choice.regularization * factor)

    def decay(choice: CollaborativeChoice) -> Iterable[CollaborativeChoice]:
        for value in (None, 15.0, 40.0, 100.0, 250.0) if has_times else ():
            yield replace(choice, decay=value)

    def one_relation(name: str) -> Step:
        def step(choice: CollaborativeChoice) -> Iterable[CollaborativeChoice]:
            usual = float(np.median([w for w in choice.fact_weights.values() if w] or [1.0]))
            for value in (0.0, 0.3 * usual, 3.0 * usual, 10.0 * usual):
                yield replace(choice, fact_weights={**choice.fact_weights, name: value})

        return step

    start = CollaborativeChoice(fact_weights=dict.fromkeys(grams, 1.0))
    relations = [one_relation(name) for name in grams]
    steps = [decay, all_relations, regularization, *relations, regularization, decay]
    return climb(start, steps, measure)


def fit_collaborative(
    rows: csr_array,
    facts: Mapping[str, csr_array],
    choice: CollaborativeChoice,
    positions: NDArray[np.int32],
    edges_per_item: int,
) -> Edges:
    """The evidence among the items at `positions`; rows and facts are over all items."""
    grams = {
        relation: gram(csr_array(facts[relation][:, positions]))
        for relation, weight in choice.fact_weights.items()
        if weight and relation in facts
    }
    covariance = _add_facts(gram(csr_array(rows[:, positions])), grams, choice.fact_weights)
    edges = strongest(fit_linear_autoencoder(covariance, choice.regularization), edges_per_item)
    return renumber(fit_again(edges, covariance, choice.regularization), positions)


def _add_facts(
    base: NDArray[np.float32],
    grams: Mapping[str, NDArray[np.float32]],
    weights: Mapping[str, float],
) -> NDArray[np.float32]:
    covariance = base.copy()
    product = np.empty_like(base)  # a new one for each relation costs four times the time
    for relation, matrix in grams.items():
        if weights.get(relation, 0.0):
            np.multiply(matrix, np.float32(weights[relation]), out=product)
            covariance += product
    return covariance
