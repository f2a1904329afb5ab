"""What training learned beside the evidence: how much each signal counts, and how history fades.

A score is

    score(u, c) = sum over signals m  theta_m(u) * sum over s in history(u)  a_m(u, s) * K_m(s, c)
                + prior(c)

The kernels `K_m` are evidence edges in the graph. This module holds the rest: `theta_m`, the
parameters of `a_m`, and the weight of the prior. It is stored in the Run node as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graph.model import HistoryEntry

FACTORS = "FACTORS"
"""Stands for the factor model where a relation is named: it has no edges
(`recommender/item_factors.py`)."""

BOOST, ROTATION = "BOOST", "ROTATION"
"""Stand for what a request itself does to scores: no edges either (`recommender/adjusting.py`)."""

SIGNAL_OF_RELATION: Mapping[str, str] = {
    "CO_LIKED": "collaborative",
    "FOLLOWED_BY": "sequential",
    "SHARES": "knowledge",
    "RESEMBLES": "semantic",
    FACTORS: "factors",
    "FAVOURS": "profile",
    "PRIOR": "prior",
    BOOST: "boost",
    ROTATION: "rotation",
}
"""The name of the signal that each relationship type of evidence carries."""

RELATION_OF_SIGNAL: Mapping[str, str] = {
    signal: relation
    for relation, signal in SIGNAL_OF_RELATION.items()
    if relation not in (BOOST, ROTATION)
}
"""The signals that a run has learned, and a request may choose from."""


HORIZON = 7.0
"""Decays after which a piece of history no longer counts: exp(-7) is below a thousandth."""


def fade(rank: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    """`exp(-rank / decay)`, and 0 beyond the horizon."""
    faded: NDArray[np.float64] = np.where(rank <= HORIZON * decay, np.exp(-rank / decay), 0.0)
    return faded


def mean_ranks(
    is_new_time: NDArray[np.bool_],
    counts: NDArray[np.bool_],
    is_new_user: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Ranks from 0 among the pieces that count, latest first; those of one time share the mean.

    Args:
        is_new_time: whether a piece has another time, or user, than the one before it.
        counts: whether a piece counts at all; the others neither have nor take a place.
        is_new_user: where the next history begins; without it, all is one history.
    """
    if len(counts) == 0:
        return np.zeros(0)
    before: NDArray[np.float64] = np.cumsum(counts, dtype=np.float64) - counts
    if is_new_user is not None:
        starts = np.flatnonzero(is_new_user)
        before -= np.repeat(before[starts], np.diff(np.append(starts, len(counts))))
    group = np.cumsum(is_new_time) - 1
    size = np.maximum(np.bincount(group, weights=counts), 1)
    mean: NDArray[np.float64] = np.bincount(group, weights=before * counts) / size
    ranks: NDArray[np.float64] = mean[group]
    return ranks


@dataclass(frozen=True, slots=True)
class SignalRecipe:
    """How one item-to-item signal weighs a history.

    `a_m(u, s) = type_weight(s) * exp(-rank(s) / decay)`, with rank 0 for the latest piece whose
    type has a weight; pieces of one time share their mean rank, and beyond `HORIZON * decay` none
    counts. Without `decay` every piece counts alike.
    `theta_m(u) = theta * (sum over s of |a_m(u, s)|) ** -damping`: with `damping` 1 the evidence
    of a long history is averaged, with 0 it is summed.
    """

    relation: str
    theta: float
    decay: float | None = None
    damping: float = 0.0

    def weights(
        self, history: Sequence[HistoryEntry], type_weights: Mapping[str, float]
    ) -> NDArray[np.float64]:
        """`theta_m(u) * a_m(u, s)` for each piece of a history, latest first, one a piece."""
        strength: NDArray[np.float64] = np.array(
            [type_weights.get(entry.type, 0.0) for entry in history], dtype=np.float64
        )
        if self.decay is not None:
            times = [entry.at for entry in history]
            is_new = [True, *(late != early for late, early in pairwise(times))]
            rank = mean_ranks(np.array(is_new[: len(history)], dtype=np.bool_), strength != 0.0)
            strength = strength * fade(rank, self.decay)
        total = float(np.abs(strength).sum())
        if total == 0.0:
            return strength
        scale = self.theta * total**-self.damping
        weights: NDArray[np.float64] = strength * scale
        return weights


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that serving needs to know of a training besides its evidence edges.

    The prior and the profile (user attributes) count differently for a user with a history and for
    one without; each therefore has two weights. A user's profile contributes
    `weight * FAVOURS weight` for each of the user's entities.
    """

    signals: tuple[SignalRecipe, ...]
    type_weights: Mapping[str, float] = field(default_factory=dict)
    prior: float = 0.0
    prior_without_history: float = 1.0
    profile: float = 0.0
    profile_without_history: float = 1.0
    history_limit: int = 3_000

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        signals = tuple(SignalRecipe(**signal) for signal in value["signals"])
        return cls(**{**value, "signals": signals})
