"""The door to suggestions and explanations: answers requests from the current run of a store."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from graph.errors import ArtifactError, StoreError
from graph.model import Run
from graph.store import Store
from recommender.arrivals import arrivals_key
from recommender.explaining import Explanation, explain_item
from recommender.presenting import Presenter
from recommender.ranking import Ranking, rank_items
from recommender.request import Request
from recommender.sentences import say_note
from recommender.serving_run import ServingRun, current_run, read_serving_run
from recommender.sharing import SharedFactFinder, relation_weights
from recommender.suggestion import Recommendation, ServedBy

ATTEMPTS = 3
"""Times that a request is begun when the current run is switched under it."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Serving:
    """A run with what is remembered while it serves."""

    run: ServingRun
    finder: SharedFactFinder
    arrivals: str


class Recommender:
    """Suggests items from the evidence in a store. Safe for concurrent use, as the store is.

    It notices a new run, and items that were placed in the run later, at the next request, and
    never mixes two.
    """

    def __init__(self, store: Store, artifacts: Path | None = None) -> None:
        """`artifacts` is the folder of the vectors of runs that have some."""
        self._store = store
        self._artifacts = artifacts
        self._serving: _Serving | None = None

    def recommend(self, request: Request) -> Recommendation:
        """The best items for a request, best first; an unknown user gets the most popular ones.

        Raises UsageError or FilterError for a request that does not fit the graph, NotFoundError
        for an unknown item in a session, NotReadyError before the first training.
        """
        return self._answer(lambda serving: self._recommend(serving, request))

    def explain(self, request: Request, item: str) -> Explanation:
        """Every term and path of one item, and why the request does or does not suggest it.

        Raises what `recommend` raises, and NotFoundError for an unknown user or item.
        """
        return self._answer(
            lambda serving: explain_item(self._store, serving.run, serving.finder, request, item)
        )

    def _answer(self, answer: Callable[[_Serving], _Answer]) -> _Answer:
        """Answer from one run. Only a run that is not current can be deleted: one that still is
        current at the end was there all the time."""
        serving = self._current()
        for _ in range(ATTEMPTS):
            result = answer(serving)
            if current_run(self._store).id == serving.run.id:
                return result
            serving = self._current()
        raise StoreError(f"the current run was switched {ATTEMPTS} times during one request")

    def _current(self) -> _Serving:
        run = current_run(self._store)
        serving = self._serving
        if serving is None or (serving.run.id, serving.arrivals) != _key(run):
            serving = self._read(run)
            self._serving = serving
        return serving

    def _read(self, run: Run) -> _Serving:
        for _ in range(ATTEMPTS):
            try:
                return _Serving(
                    read_serving_run(self._store, run, self._artifacts),
                    SharedFactFinder(self._store, relation_weights(run)),
                    arrivals_key(run),
                )
            except ArtifactError:
                # An append may have put other arrivals in the place of those that were named.
                now = current_run(self._store)
                if _key(now) == _key(run):
                    raise
                run = now
        raise StoreError(f"the current run was changed {ATTEMPTS} times while it was read")

    def _recommend(self, serving: _Serving, request: Request) -> Recommendation:
        ranking = rank_items(self._store, serving.run, request)
        presenter = Presenter(
            self._store,
            serving.finder,
            request,
            ranking.standing.asked,
            serving.run,
        )
        return Recommendation(
            user=request.user,
            run=serving.run.id,
            served_by=_served_by(ranking),
            suggestions=presenter.suggestions(ranking.chosen[request.offset :]),
            note=_note(ranking, request),
            explain=request.explain,
        )


def _key(run: Run) -> tuple[int, str]:
    """What a server must read anew when it changes."""
    return run.id, arrivals_key(run)


def _served_by(ranking: Ranking) -> ServedBy:
    """What the suggestions rest on: any piece of history, else any attribute, else the prior."""
    through = {
        term.relation == "FAVOURS"
        for scored in ranking.chosen
        for term in scored.terms
        if term.via is not None
    }
    if not through:
        return "prior"
    return "history" if False in through else "profile"


def _note(ranking: Ranking, request: Request) -> str:
    """What the reader of the list must know of how it came about; empty where nothing is odd."""
    return " ".join(
        say_note(
            request.lang,
            key,
            user=request.user,
            reached=ranking.candidates.by_evidence,
            found=len(ranking.chosen),
        )
        for key in _remarks(ranking, request)
    )


def _remarks(ranking: Ranking, request: Request) -> list[str]:
    standing, served_by = ranking.standing, _served_by(ranking)
    remarks = []
    if not standing.is_known:
        remarks.append("unknown")
    elif served_by != "history" and (standing.is_mute or not standing.has_history):
        kind = "session" if request.user is None else served_by
        remarks.append(f"mute_{kind}" if standing.is_mute else f"{served_by}_only")
    elif _is_filled(ranking, request):
        remarks.append("filled")
    if not ranking.chosen:
        remarks.append("none" if ranking.sieve.filter is None else "none_filtered")
    elif len(ranking.chosen) < request.depth and ranking.sieve.filter is not None:
        remarks.append("filtered")
    return remarks


def _is_filled(ranking: Ranking, request: Request) -> bool:
    """Whether evidence was asked for, fell short, and the prior made up for it."""
    asked, candidates = ranking.standing.asked, ranking.candidates
    is_asked = bool(asked.items or asked.entities)
    return is_asked and candidates.by_evidence < min(request.depth, len(candidates.scores))
