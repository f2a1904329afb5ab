"""The door to suggestions and explanations: answers requests from the current run of a store."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from graph.errors import ArtifactError, StoreError
from graph.model import HistoryEntry, Run
from graph.store import Store
from recommender.explaining import Explanation, explain_item
from recommender.kept_answers import Grounds, KeptAnswers
from recommender.presenting import Presenter
from recommender.ranking import Ranking, rank_items
from recommender.request import Request
from recommender.run_evidence import Retrieval
from recommender.sentences import say_note
from recommender.serving_run import ServingRun, current_run, read_serving_run
from recommender.sharing import SharedFactFinder, relation_weights
from recommender.standing import read_history
from recommender.suggestion import Recommendation, ServedBy

ATTEMPTS = 3
"""Times that a request is begun when the current run is switched under it."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Serving:
    """A run with what is remembered while it serves."""

    node: Run
    run: ServingRun
    finder: SharedFactFinder

    def is_of(self, run: Run) -> bool:
        """Whether this is that run, with all that was added to it."""
        return self.node is run or self.node == run


class Recommender:
    """Suggests items from the evidence in a store. Safe for concurrent use, as the store is.

    It notices a new run, or evidence added to this one, at the next request, and never mixes two.
    """

    def __init__(
        self,
        store: Store,
        artifacts: Path | None = None,
        retrieval: Retrieval = "cypher",
        kept_suggestions: int = 0,
    ) -> None:
        """`artifacts` is the folder of the vectors of runs that have some.

        With `retrieval` "memory" the evidence of a run is read once into arrays. As many as
        `kept_suggestions` are kept: who asks the same again is given the same answer while the
        history, which is read each time, is the same, and nothing else has changed.
        """
        self._store = store
        self._artifacts = artifacts
        self._retrieval: Retrieval = retrieval
        self._kept = KeptAnswers(kept_suggestions) if kept_suggestions else None
        self._serving: _Serving | None = None
        self._loading = threading.Lock()

    def prepare(self) -> None:
        """Read the current run now rather than at the first request.

        Raises NotReadyError before the first training, ArtifactError.
        """
        self._current()

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
        current at the end was there all the time. Arrays are there in any case."""
        for _ in range(ATTEMPTS):
            serving = self._current()
            result = answer(serving)
            if serving.run.evidence.outlives_run or serving.is_of(current_run(self._store)):
                return result
        raise StoreError(f"the current run was switched {ATTEMPTS} times during one request")

    def _current(self) -> _Serving:
        """The current run. While another thread reads a new one, the old one if it is still whole;
        else wait for it."""
        run, serving = current_run(self._store), self._serving
        if serving is not None and serving.is_of(run):
            return serving
        may_wait = serving is None or not serving.run.evidence.outlives_run
        if not self._loading.acquire(blocking=may_wait) and serving is not None:
            return serving
        try:
            for _ in range(ATTEMPTS):
                if self._serving is None or not self._serving.is_of(run):
                    self._serving = self._read(run)
                # A run that was switched or added to while it was read may be half there.
                run = current_run(self._store)
                if self._serving is not None and self._serving.is_of(run):
                    return self._serving
        finally:
            self._loading.release()
        raise StoreError(f"the current run was switched {ATTEMPTS} times while it was read")

    def _read(self, run: Run) -> _Serving | None:
        """That run; None where it was changed while it was read."""
        try:
            return _Serving(
                run,
                read_serving_run(self._store, run, self._artifacts, self._retrieval),
                SharedFactFinder(self._store, relation_weights(run)),
            )
        except ArtifactError:
            # An append may have put other arrivals in the place of those that were named.
            if current_run(self._store) == run:
                raise
            return None

    def _recommend(self, serving: _Serving, request: Request) -> Recommendation:
        changes = self._store.changes()
        history = read_history(self._store, serving.run, request)
        if self._kept is None or changes is None or request.rotation is not None:
            return self._make(serving, request, history)
        grounds = Grounds(serving.node, changes, history)
        answer = self._kept.find(request, grounds)
        if answer is None:
            answer = self._make(serving, request, history)
            self._kept.keep(request, grounds, answer)
        return answer

    def _make(
        self, serving: _Serving, request: Request, history: Sequence[HistoryEntry]
    ) -> Recommendation:
        ranking = rank_items(self._store, serving.run, request, history)
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


def _served_by(ranking: Ranking) -> ServedBy:
    """What the suggestions rest on: any piece of history, else any attribute, else the prior."""
    if any(scored.fit is not None and any(scored.fit.values) for scored in ranking.chosen):
        return "history"
    through = {terms.relation for scored in ranking.chosen for terms in scored.edges}
    if not through:
        return "prior"
    return "profile" if through == {"FAVOURS"} else "history"


def _note(ranking: Ranking, request: Request) -> str:
    """What the reader of the list must know of how it came about; empty where nothing is odd."""
    return " ".join(
        say_note(
            request.lang,
            key,
            user=request.user,
            reached=ranking.candidates.found.by_evidence,
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
    asked, found = ranking.standing.asked, ranking.candidates.found
    is_asked = bool(asked.weights or asked.entities)
    return is_asked and found.by_evidence < min(request.depth, len(found.items))
