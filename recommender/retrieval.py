"""Finds candidates by the evidence in the graph, in the order of their scores up to rounding.

The database adds the scores up, so their last digits depend on its order of addition; the exact
ones come from `recommender/terms.py`, for the few that matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.store import Store
from recommender.anchors import Anchors

LIMIT = 1000
"""Candidates taken from each kind of evidence; retrieval goes deeper where a filter needs it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Item ids with their approximate scores, best first, ties by prior, then by id.

    `priors` are the PRIOR weights of those that have one, `is_complete` says that nothing else can
    be reached. `by_items` of them were reached from items of the history, `by_evidence` from
    there or from entities of the profile, the rest by the prior.
    """

    scores: Mapping[str, float]
    priors: Mapping[str, float] = field(default_factory=dict)
    is_complete: bool = True
    by_items: int = 0
    by_evidence: int = 0


def retrieve(
    store: Store,
    anchors: Anchors,
    run: int,
    excluded: frozenset[str],
    *,
    n: int,
    limit: int = LIMIT,
) -> Candidates:
    """The candidates of these anchors: from items, from entities, and from the prior.

    The prior is asked where it counts, and to fill up where evidence reaches fewer than `n`.
    """
    scores: dict[str, float] = {}
    is_complete = True
    if anchors.items:
        reached = store.retrieve(anchors.items, run, excluded, limit)
        scores.update(reached)
        is_complete &= len(reached) < limit
    by_items = len(scores)
    if anchors.entities:
        reached = store.retrieve_by_entities(anchors.entities, run, excluded, limit)
        for item, score in reached:
            scores[item] = scores.get(item, 0.0) + score
        is_complete &= len(reached) < limit
    by_evidence = len(scores)
    priors: dict[str, float] = {}
    if anchors.prior is not None and (anchors.prior != 0.0 or by_evidence < n):
        popular = store.retrieve_by_prior(run, excluded, limit)
        priors.update(popular)
        is_complete &= len(popular) < limit
        # One beyond a cut list has at most the weight of its last: keep it in the race.
        unlisted = popular[-1][1] if len(popular) == limit else 0.0
        for item in scores.keys() | priors.keys():
            weight = priors.get(item, unlisted)
            scores[item] = scores.get(item, 0.0) + anchors.prior * weight
    ordered = sorted(scores, key=lambda item: (-scores[item], -priors.get(item, 0.0), item))
    return Candidates(
        {item: scores[item] for item in ordered}, priors, is_complete, by_items, by_evidence
    )
