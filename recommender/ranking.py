"""The line from a request to its ranked items: stand, retrieve, filter, score, diversify."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.model import HistoryEntry
from graph.store import Store
from recommender.adjusting import Adjuster, Unmasked
from recommender.diversity import diversify, pool_size
from recommender.request import Request
from recommender.retrieval import LIMIT, RERANKED, Candidates, retrieve
from recommender.scored import Scored, score_items
from recommender.serving_run import ServingRun
from recommender.sieve import Sieve
from recommender.standing import Standing, fall_back_if_mute, take_standing

MARGIN = 20
"""Items looked at beyond the first n (or n more, if that is more): sums may order near ties
differently than the exact scores."""

DEEPEST = 1_000_000
"""Candidates retrieved at most when a filter lets few through."""

DEEPEST_ADJUSTED = 20_000
"""The same where a boost might lift one from far below."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The chosen items in their final order, from the first one on, and what they were chosen from.

    `passing` are the candidates that the filter let through, as far as they were needed.
    """

    chosen: tuple[Scored, ...]
    standing: Standing
    candidates: Candidates
    passing: tuple[str, ...]
    sieve: Sieve
    adjuster: Adjuster


def rank_items(
    store: Store,
    run: ServingRun,
    request: Request,
    history: Sequence[HistoryEntry],
    limit: int | None = None,
) -> Ranking:
    """The best items for a request, found within `limit` candidates of each kind.

    `history` is that of the request, as `read_history` gave it.
    """
    sieve = Sieve.of(store, request)
    adjuster = Adjuster.of(store, request)
    standing = take_standing(store, run, request, history)
    pool = request.depth + max(request.n, MARGIN)
    if request.diversity > 0.0:
        pool = pool_size(request.depth)
    deepest = DEEPEST if adjuster.is_idle else DEEPEST_ADJUSTED
    if limit is None:
        limit = RERANKED if run.factors is not None and standing.asked.factors else LIMIT
    while True:
        standing, candidates = _retrieve(store, run, request, standing, pool, limit)
        if request.without and not adjuster.is_idle:
            adjuster = replace(adjuster, unmasked=Unmasked(run, standing.unmasked(request)))
        passing, is_enough = adjuster.first(sieve, candidates, pool)
        if is_enough or candidates.found.is_complete or limit >= deepest:
            break
        limit *= 10
    near: Sequence[str] = passing
    if adjuster.is_idle and request.diversity == 0.0:
        near = candidates.contenders(passing, request.depth)
    scored = adjuster.adjust(score_items(run, standing.asked, near))
    chosen = diversify(scored, request.depth, request.diversity)
    return Ranking(tuple(chosen), standing, candidates, tuple(passing), sieve, adjuster)


def _retrieve(
    store: Store,
    run: ServingRun,
    request: Request,
    standing: Standing,
    n: int,
    limit: int,
) -> tuple[Standing, Candidates]:
    """Candidates, by the user's attributes or the prior where the history leads nowhere."""
    excluded = standing.excluded(request)
    silent = {} if run.factors is None else standing.silent(request)
    candidates = retrieve(run, standing.asked, excluded, n=n, limit=limit, silent=silent)
    if not candidates.found.by_items:
        fallen = fall_back_if_mute(store, run, request, standing)
        if fallen is not standing:
            standing = fallen
            candidates = retrieve(run, fallen.asked, excluded, n=n, limit=limit)
    return standing, candidates
