"""Scores of many users at once from an `Evidence`: the numbers that the live store would give.

Used by tuning and evaluation. Serving computes the same sums in the graph; a test holds both equal.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Dataset, Feedback
from recommender.evidence import Edges, Evidence
from recommender.history import latest_first, type_strength, weigh
from recommender.recipe import FACTORS

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Scorer:
    """Scores every item for batches of users, from the evidence of one training.

    `dataset` gives the users, their attributes and the names of the feedback types; its feedback
    is not looked at. Its items and entities must be those of the evidence.
    """

    evidence: Evidence
    dataset: Dataset
    _kernels: dict[str, csr_array] = field(init=False, repr=False)
    _profile: csr_array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        n_items, n_entities = len(self.evidence.items), len(self.evidence.entities)
        kernels = {
            relation: to_matrix(edges, (n_items, n_items))
            for relation, edges in self.evidence.item_edges.items()
        }
        object.__setattr__(self, "_kernels", kernels)
        facts = self.dataset.user_facts.values()
        held = csr_array((len(self.dataset.users), n_entities))
        for fact in facts:
            ones = np.ones(len(fact.source))
            held = held + csr_array((ones, (fact.source, fact.entity)), shape=held.shape)
        held.data[:] = 1.0
        favours = to_matrix(self.evidence.profile, (n_entities, n_items))
        object.__setattr__(self, "_profile", held @ favours)

    def scores(self, users: NDArray[np.int32], histories: Feedback) -> Scores:
        """Scores of every item; shape (len(users), n_items), -inf where there is no evidence.

        Args:
            users: positions of users, each at most once.
            histories: the feedback these users are known by; rows of other users are ignored.
                Seen items get a score like any other: leave them out before ranking.
        """
        recipe = self.evidence.recipe
        history, strength = self._history(users, histories)
        shape = (len(self.dataset.users), len(self.dataset.items))
        scores = np.zeros((len(users), shape[1]))
        touched = np.zeros(scores.shape, dtype=np.bool_)
        for signal in recipe.signals:
            kernel = self._kernels.get(signal.relation)
            if kernel is None or signal.theta == 0.0:
                continue
            weights = weigh(history, strength, signal, shape)[users]
            _add(scores, touched, weights @ kernel)
        has_history = np.zeros(shape[0], dtype=np.bool_)
        has_history[history.user[strength != 0.0]] = True
        known = has_history[users]
        profile_weight = np.where(known, recipe.profile, recipe.profile_without_history)
        _add(scores, touched, self._profile[users].multiply(profile_weight[:, None]).tocsr())
        prior_weight = np.where(known, recipe.prior, recipe.prior_without_history)
        scores += prior_weight[:, None] * self.evidence.prior[None, :]
        touched |= (self.evidence.prior != 0.0)[None, :] & (prior_weight != 0.0)[:, None]
        scores += self.rerank(users, histories)
        scores[~touched] = -np.inf
        return scores

    def _history(
        self, users: NDArray[np.int32], histories: Feedback
    ) -> tuple[Feedback, NDArray[np.float64]]:
        """Their histories, latest first, and the weight of the type of each piece."""
        recipe, types = self.evidence.recipe, self.dataset.feedback_types
        is_asked = np.zeros(len(self.dataset.users), dtype=np.bool_)
        is_asked[users] = True
        history = latest_first(
            histories.where(is_asked[histories.user]), types, recipe.history_limit
        )
        return history, type_strength(history, types, recipe.type_weights)

    def rerank(self, users: NDArray[np.int32], histories: Feedback) -> Scores:
        """The part of the scores that the factor model adds, for every item; the same shape."""
        factors = self.evidence.factors
        signal = next(
            (one for one in self.evidence.recipe.signals if one.relation == FACTORS), None
        )
        if factors is None or signal is None:
            return np.zeros((len(users), len(self.evidence.items)))
        history, strength = self._history(users, histories)
        shape = (len(self.dataset.users), len(self.dataset.items))
        weights = weigh(history, strength, signal, shape)[users]
        added: Scores = (weights @ factors.sources.astype(np.float64)) @ factors.targets.T
        return added


def to_matrix(edges: Edges, shape: tuple[int, int]) -> csr_array:
    """Edges as a sparse matrix, sources in rows."""
    return csr_array((edges.weight, (edges.source, edges.target)), shape=shape)


def _add(scores: Scores, touched: NDArray[np.bool_], terms: csr_array) -> None:
    rows = np.repeat(np.arange(terms.shape[0]), np.diff(terms.indptr))
    np.add.at(scores, (rows, terms.indices), terms.data)
    touched[rows, terms.indices] = True
