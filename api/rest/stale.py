"""Answers while the graph store is gone: the last good ones, else the run's most popular items.

Nothing here is asked while the store answers; it only remembers. That requests do not wait for a
store that is gone is the work of `graph.outage`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graph.errors import StoreError, StoreUnavailableError
from graph.store import Store
from recommender.browsing import Page, popular_items
from recommender.request import MAX_N, Request
from recommender.sentences import phrases, say_note

KEPT = 2_000
"""Answers that are remembered, the latest: some 30 MB where lists are short."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Popular:
    run: int
    items: tuple[tuple[str, str | None, float], ...]


class StaleAnswers:
    """What one process remembers of its good answers. Safe for concurrent use."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._popular: _Popular | None = None
        self._lock = threading.Lock()

    def answer(self, key: str, request: Request, make: Callable[[], Answer]) -> tuple[Answer, bool]:
        """A good answer, or a remembered one; and whether it is that.

        Raises what `make` raises; a StoreUnavailableError where nothing that fits is remembered.
        """
        try:
            answer = make()
        except StoreUnavailableError:
            found = self._find(key, request)
            if found is None:
                raise
            return found, True
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return answer, False

    def learn_popular(self, store: Store, run: int) -> None:
        """Remember what is popular in a run, once."""
        if self._popular is None or self._popular.run != run:
            try:
                found = popular_items(store, Page(MAX_N))
            except StoreError:
                return  # it is gone, or switched its run: the next answer tries again
            items = tuple((item.id, item.title, value) for item, value in found.items)
            self._popular = _Popular(run if found.run is None else found.run, items)

    def _find(self, key: str, request: Request) -> Answer | None:
        with self._lock:
            known = self._answers.get(key)
        if known is not None:
            note = say_note(request.lang, "stale")
            return {**known, "note": f"{known['note']} {note}".strip()}
        popular = self._popular
        # What passes a filter or was boosted cannot be told without the graph.
        if popular is None or request.filter is not None or request.boost is not None:
            return None
        return _popular_answer(popular, request)


def _popular_answer(popular: _Popular, request: Request) -> Answer:
    left_out = request.exclude | frozenset(request.history or ())
    kept = [entry for entry in popular.items if entry[0] not in left_out]
    items: list[Answer] = []
    for rank, (item, title, value) in enumerate(kept[: request.depth], start=1):
        said: Answer = {"item": item, "title": title, "rank": rank, "score": value}
        if request.explain != "none":
            said["contributions"] = [{"signal": "prior", "value": value}]
            said["paths"] = []
            said["sentence"] = phrases(request.lang)["sentence"]["prior"]
        items.append(said)
    return {
        "user": request.user,
        "run": popular.run,
        "served_by": "prior",
        "note": say_note(request.lang, "stale_popular"),
        "items": items[request.offset :],
    }
