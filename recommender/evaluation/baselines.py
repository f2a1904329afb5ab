"""Well-known recommenders to stand beside ours: each a frozen config that is called on rows.

Rows are the binary matrix (users, items) of the positives that training may see; a baseline knows
nothing else. All of them rank for the users they were fitted on, by what stands in their rows.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Protocol

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from implicit.utils import ParameterWarning
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix

from graph.dataset import Dataset
from recommender.evaluation.full_ease import FullEASE
from recommender.evaluation.ranker import Ranker, Scores
from recommender.evaluation.shared_facts import SharedFacts, fact_vectors


class Baseline(Protocol):
    """A config that can be fitted."""

    label: ClassVar[str]

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Fit on binary rows (users, items)."""


@dataclass(frozen=True, slots=True)
class RandomOrder:
    """A random order for each user: the floor, where nothing is known of the items."""

    label: ClassVar[str] = "random order"

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Draw one seed, from which each user's order follows."""
        return _RandomRanker(int(rng.integers(2**63)), rows.shape[1])


@dataclass(frozen=True, slots=True)
class _RandomRanker:
    seed: int
    n_items: int

    def scores(self, users: NDArray[np.integer]) -> Scores:
        return np.stack(
            [np.random.default_rng([self.seed, int(user)]).random(self.n_items) for user in users]
        )


@dataclass(frozen=True, slots=True)
class MostPopular:
    """Items by the number of users who have them."""

    label: ClassVar[str] = "most popular"

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Count."""
        return _PopularRanker(np.bincount(rows.indices, minlength=rows.shape[1]).astype(float))


@dataclass(frozen=True, slots=True)
class _PopularRanker:
    counts: NDArray[np.float64]

    def scores(self, users: NDArray[np.integer]) -> Scores:
        return np.broadcast_to(self.counts, (len(users), len(self.counts)))


@dataclass(frozen=True, slots=True)
class ItemKNN:
    """Cosine of the items' columns, the `neighbours` nearest of each item (`implicit`)."""

    label: ClassVar[str] = "item kNN"
    neighbours: int = 100

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Fit on one thread; the result does not depend on it."""
        # An item is its own nearest neighbour, which says nothing about other items.
        model = CosineRecommender(K=self.neighbours + 1, num_threads=1)
        with warnings.catch_warnings():
            # implicit hands its own COO matrix to its own check, which warns of it
            warnings.simplefilter("ignore", ParameterWarning)
            model.fit(csr_matrix(rows), show_progress=False)
        return _KernelRanker(rows, csr_array(model.similarity))


@dataclass(frozen=True, slots=True)
class _KernelRanker:
    rows: csr_array
    kernel: csr_array

    def scores(self, users: NDArray[np.integer]) -> Scores:
        dense: Scores = (self.rows[users] @ self.kernel).toarray()
        return dense


@dataclass(frozen=True, slots=True)
class ImplicitALS:
    """Weighted matrix factorisation by alternating least squares (`implicit`).

    Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008;
    `confidence` is their alpha.
    """

    label: ClassVar[str] = "iALS"
    factors: int = 128
    regularization: float = 50.0
    confidence: float = 10.0
    iterations: int = 15
    threads: int = 1

    def __call__(self, rows: csr_array, rng: np.random.Generator) -> Ranker:
        """Fit; the same generator gives the same factors."""
        model = AlternatingLeastSquares(
            factors=self.factors,
            regularization=self.regularization,
            alpha=self.confidence,
            iterations=self.iterations,
            num_threads=self.threads,
            random_state=int(rng.integers(2**31)),
        )
        model.fit(csr_matrix(rows, dtype=np.float32), show_progress=False)
        return _FactorRanker(model.user_factors, model.item_factors)


@dataclass(frozen=True, slots=True)
class _FactorRanker:
    user_factors: NDArray[np.float32]
    item_factors: NDArray[np.float32]

    def scores(self, users: NDArray[np.integer]) -> Scores:
        return np.asarray(self.user_factors[users] @ self.item_factors.T)


@dataclass(frozen=True, slots=True)
class WithPopularityForNewUsers:
    """A ranker whose answer for users with empty rows is the most popular."""

    ranker: Ranker
    rows: csr_array

    def scores(self, users: NDArray[np.integer]) -> Scores:
        """As the ranker's; rows of zeros replaced."""
        scores = np.asarray(self.ranker.scores(users))
        is_new = np.diff(self.rows.indptr)[users] == 0
        if is_new.any():
            counts = np.bincount(self.rows.indices, minlength=self.rows.shape[1])
            scores = np.where(is_new[:, None], counts[None, :].astype(scores.dtype), scores)
        return scores


def tuning_grid(name: str, dataset: Dataset, max_side: int, threads: int) -> Sequence[Baseline]:
    """The configs of a baseline among which validation data choose."""
    match name:
        case "popular":
            return [MostPopular()]
        case "itemknn":
            return [ItemKNN(neighbours) for neighbours in (50, 100, 200, 400, 800)]
        case "ials":
            return [
                ImplicitALS(regularization=regularization, confidence=confidence, threads=threads)
                for confidence in (1.0, 10.0)
                for regularization in (10.0, 50.0, 100.0)
            ]
        case "ease":
            regularizations = (50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
            return [FullEASE(regularization, max_side) for regularization in regularizations]
        case "facts":
            return [SharedFacts(fact_vectors(dataset))]
        case "random":
            return [RandomOrder()]
        case _:
            raise ValueError(f"unknown baseline {name!r}")


def describe(baseline: Baseline) -> dict[str, float]:
    """The settings of a config by name, without the limits on memory and threads."""
    names = [entry.name for entry in fields(baseline)]  # type: ignore[arg-type]  # a dataclass
    unimportant = ("max_side", "threads", "vectors")
    return {name: getattr(baseline, name) for name in names if name not in unimportant}
