"""Explains one pair of user and item in full: each term and path, and why it is not suggested."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from graph.store import Store
from recommender.anchors import Anchors
from recommender.near_matches import no_such_item, no_such_user
from recommender.presenting import Presenter
from recommender.ranking import DEEPEST, Ranking, rank_items
from recommender.request import Request
from recommender.retrieval import NEAR
from recommender.scored import Scored, score_items
from recommender.sentences import say_headline
from recommender.serving_run import ServingRun
from recommender.sharing import SharedFactFinder
from recommender.standing import read_history
from recommender.suggestion import Contribution, Path, Suggestion

Verdict = Literal[
    "suggested", "seen", "excluded", "filtered", "unreached", "outranked", "diversified"
]
"""Whether the item is in the list of the request, or what keeps it out."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the graph says about an item for a user or session.

    `rank` is the item's place by score among the `candidates` that the request allows, itself
    included; for a suggested item of a diverse list, its place in the list. `last` is the score of
    the last suggested item. Terms below 0 have paths, too; their share is below 0. `names` are the
    titles and names of what the contributions go through, by id.
    """

    user: str | None
    item: str
    title: str | None
    run: int
    verdict: Verdict
    rank: int
    candidates: int
    score: float
    last: float | None
    contributions: tuple[Contribution, ...]
    paths: tuple[Path, ...]
    names: Mapping[str, str]
    headline: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The public JSON form: that of a suggestion, and the verdict."""
        suggestion = Suggestion(
            self.item,
            self.title,
            self.rank,
            self.score,
            self.contributions,
            self.paths,
            self.sentence,
        )
        return {
            "user": self.user,
            "run": self.run,
            **suggestion.to_json(),
            "verdict": self.verdict,
            "candidates": self.candidates,
            "last": self.last,
            "names": dict(self.names),
            "headline": self.headline,
        }


def explain_item(
    store: Store, run: ServingRun, finder: SharedFactFinder, request: Request, item: str
) -> Explanation:
    """Explain an item for the user or session of a request, which also says what else is suggested.

    Raises NotFoundError for an unknown user or item.
    """
    if request.user is not None and store.user(request.user) is None:
        raise no_such_user(store, request.user)
    if not store.items([item]):
        raise no_such_item(store, item)
    history = read_history(store, run, request)
    ranking = rank_items(store, run, request, history)
    if not ranking.candidates.found.is_complete:
        deep = rank_items(store, run, request, history, limit=DEEPEST)
        ranking = replace(ranking, candidates=deep.candidates)
    anchors = ranking.standing.asked
    [own] = ranking.adjuster.adjust(score_items(run, anchors, [item]))
    verdict = _verdict(ranking, request, own)
    rank, candidates = _rank(run, ranking, own)
    if verdict == "suggested":
        rank = 1 + [scored.item for scored in ranking.chosen].index(item)
    presenter = Presenter(store, finder, request, anchors, run)
    reasons = [term for term in own.greatest_first() if term.via is not None]
    shown = [term for term in reasons if term.is_edge]
    [suggestion] = presenter.present([(own, shown)])
    last = ranking.chosen[-1].score if ranking.chosen else None
    headline = say_headline(
        request.lang,
        verdict,
        request.user,
        item=suggestion.title or item,
        run=run.id,
        rank=rank,
        candidates=candidates,
        n=request.n,
        score=f"{own.score:.6g}",
        last="" if last is None else f"{last:.6g}",
    )
    return Explanation(
        user=request.user,
        item=item,
        title=suggestion.title,
        run=run.id,
        verdict=verdict,
        rank=rank,
        candidates=candidates,
        score=own.score,
        last=last,
        contributions=suggestion.contributions,
        paths=suggestion.paths,
        names={term.via: _name(anchors, term.via) for term in reasons if term.via is not None},
        headline=headline,
        sentence=suggestion.sentence,
    )


def _verdict(ranking: Ranking, request: Request, own: Scored) -> Verdict:
    item = own.item
    if item in request.exclude:
        return "excluded"
    if item in ranking.standing.excluded(request):
        return "seen"
    if not ranking.sieve.first([item]):
        return "filtered"
    if any(scored.item == item for scored in ranking.chosen):
        return "suggested"
    if item not in ranking.candidates.items:
        return "unreached"
    return "diversified" if request.diversity > 0.0 else "outranked"


def _rank(run: ServingRun, ranking: Ranking, own: Scored) -> tuple[int, int]:
    """The place of an item by score among all allowed candidates, and how many there are.

    The sums of retrieval decide, and exact scores where those are too near to tell.
    """
    others = [item for item in ranking.sieve.first(ranking.candidates.items) if item != own.item]
    scores = ranking.adjuster.scores(ranking.candidates.scores, others)
    near = NEAR * max(1.0, abs(own.score))
    better = sum(scores[item] > own.score + near for item in others)
    close = [item for item in others if abs(scores[item] - own.score) <= near]
    exact = score_items(run, ranking.standing.asked, close) if close else []
    exact = ranking.adjuster.adjust(exact)
    return 1 + better + sum(scored.order < own.order for scored in exact), 1 + len(others)


def _name(anchors: Anchors, via: str) -> str:
    if via in anchors.pieces:
        return anchors.pieces[via].title or via
    return anchors.traits[via].entity.name
