"""Finds candidates by the evidence in the graph, and orders them by their scores up to rounding.

What the graph finds, the factor model reranks: it adds its terms to every candidate.

The database adds the scores up, so their last digits depend on its order of addition; the exact
ones come from `recommender/terms.py`, for the few that matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.store import Store
from recommender.anchors import Anchors
from recommender.serving_run import ServingRun

LIMIT = 1000
"""Candidates taken from each kind of evidence; retrieval goes deeper where a filter needs it."""

RERANKED = 10_000
"""The same where the factor model reranks: it may lift any of them to the top."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Item ids with their approximate scores, best first, ties by prior, then by id.

    `is_complete` says that nothing else can be reached. `by_items` of them were reached from items
    of the history, `by_evidence` from there or from entities of the profile, the rest by the prior.
    """

    scores: Mapping[str, float]
    is_complete: bool
    by_items: int
    by_evidence: int


def retrieve(
    store: Store,
    run: ServingRun,
    anchors: Anchors,
    excluded: frozenset[str],
    *,
    n: int,
    limit: int = LIMIT,
    silent: Mapping[str, Mapping[str, float]] | None = None,
) -> Candidates:
    """The candidates of these anchors: from items, from entities, and from the prior; reranked.

    The most popular items are among them where the prior counts, and where evidence reaches fewer
    than `n`. What `silent` anchors reach is found, and nothing is added for it.
    """
    scores: dict[str, float] = {}
    is_complete = True
    edges = anchors.edges
    if edges:
        reached = store.retrieve(edges, run.id, excluded, limit)
        scores.update(reached)
        is_complete &= len(reached) < limit
    if silent:
        reached = store.retrieve(silent, run.id, excluded, limit)
        for item, _ in reached:
            scores.setdefault(item, 0.0)
        is_complete &= len(reached) < limit
    by_items = len(scores)
    if anchors.entities:
        reached = store.retrieve_by_entities(anchors.entities, run.id, excluded, limit)
        for item, score in reached:
            scores[item] = scores.get(item, 0.0) + score
        is_complete &= len(reached) < limit
    by_evidence = len(scores)
    priors = run.priors.weights
    if anchors.prior is not None and (anchors.prior != 0.0 or by_evidence < n):
        popular = list(run.priors.best(excluded, limit))
        is_complete &= len(popular) < limit
        for item in dict.fromkeys([*scores, *popular]):
            scores[item] = scores.get(item, 0.0) + anchors.prior * priors.get(item, 0.0)
    factors = anchors.factors
    if run.factors is not None and factors and scores:
        found = list(scores)
        for item, more in zip(found, run.factors.scores(factors, found).tolist(), strict=True):
            scores[item] += more
    ordered = sorted(scores, key=lambda item: (-scores[item], -priors.get(item, 0.0), item))
    return Candidates({item: scores[item] for item in ordered}, is_complete, by_items, by_evidence)
