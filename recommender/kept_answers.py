"""Answers kept for those who ask the same again while nothing that they rest on has changed.

They are kept pickled: as objects they would take five times the memory (4 kB a suggestion of
ml-100k instead of .9), and the collector of garbage would stop the process to walk through them.
"""

import pickle
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from graph.model import HistoryEntry, Run
from recommender.request import Request
from recommender.suggestion import Recommendation


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer to a request rests on, beside the request.

    `run` is the node that the evidence was read for; `changes` is `Store.changes()`, asked for
    before anything else was read, which tells of all but feedback; `history` is the user's.
    """

    run: Run
    changes: int
    history: Sequence[HistoryEntry]

    def are(self, others: "Grounds") -> bool:
        """Whether the same answer stands on both."""
        return (
            self.run is others.run
            and self.changes == others.changes
            and self.history == others.history
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    grounds: Grounds
    answer: bytes
    size: int


class KeptAnswers:
    """The answers that were asked for last. Safe for concurrent use."""

    def __init__(self, limit: int) -> None:
        """Keeps `limit` suggestions, whatever the answers they are in."""
        self._limit = limit
        self._kept: OrderedDict[Request, _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, request: Request, grounds: Grounds) -> Recommendation | None:
        """The answer to this request that was given on the same grounds."""
        with self._lock:
            kept = self._kept.get(request)
            if kept is None:
                return None
            self._kept.move_to_end(request)
        if not kept.grounds.are(grounds):
            return None
        answer: Recommendation = pickle.loads(kept.answer)  # noqa: S301 (of this process)
        return answer

    def keep(self, request: Request, grounds: Grounds, answer: Recommendation) -> None:
        """Keep an answer instead of what was kept for the request; the oldest go, if they must."""
        # An answer without suggestions takes room, too.
        kept = _Kept(grounds, pickle.dumps(answer), 1 + len(answer.suggestions))
        with self._lock:
            self._drop(request)
            self._kept[request] = kept
            self._size += kept.size
            while self._size > self._limit:
                self._drop(next(iter(self._kept)))

    def _drop(self, request: Request) -> None:
        kept = self._kept.pop(request, None)
        if kept is not None:
            self._size -= kept.size
