"""Gives items that were posted their evidence soon after, in a thread of its own.

An item without evidence cannot be suggested before the next training, and placing it reads all
items and their facts; so a batch is answered at once, and the batches of a moment are placed
together.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.settings import Settings
from api.text_encoding import make_text_encoder
from graph.errors import WhypathError
from graph.progress import SILENT
from graph.store import Store

QUIET_S = 0.2
"""Further batches are waited for this long."""

REST = 4.0
"""Times as long as the last placing took that the next one waits, so that requests go first."""

LONGEST_REST_S = 60.0

LOOK_S = 15.0
"""Between two looks whether another run serves: it knows nothing of items that came meanwhile."""

log = logging.getLogger("whypath.rest")


class ArrivalPlacer:
    """Places arrivals when told of some, and when another run has begun to serve."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """The workspace of the project holds the lock that keeps two processes from placing one
        item twice."""
        self._store = store
        self._artifacts = settings.artifacts
        self._encode = make_text_encoder(settings, log.info, SILENT)
        self._lock_file = settings.workspace / "arrivals.lock"
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._run: int | None = None
        self._thread = threading.Thread(target=self._work, name="arrivals", daemon=True)
        self._thread.start()

    def notice(self) -> None:
        """Items, or facts of items, have been written."""
        self._news.set()

    def close(self) -> None:
        """Finish what is being placed, and stop."""
        self._stopping.set()
        self._news.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            is_told = self._news.wait(LOOK_S)
            if self._stopping.wait(QUIET_S):
                return
            self._news.clear()
            started = time.monotonic()
            try:
                self._place(is_told)
            except (WhypathError, OSError) as error:
                log.warning("items that came are not placed yet: %s", error)
                self._run = None  # the next look tries again
            took = time.monotonic() - started
            self._stopping.wait(min(REST * took, LONGEST_REST_S))

    def _place(self, is_told: bool) -> None:
        run = self._store.current_run()
        if run is None or (run.id == self._run and not is_told):
            return
        # Not at the top: scipy comes with it, and a server may never place anything.
        from recommender.arriving import place_arrivals

        with _held(self._lock_file):
            placed = place_arrivals(self._store, self._artifacts, self._encode)
        self._run = run.id
        if placed.items:
            log.info("%d item(s) can be suggested from now on", len(placed.items))
        if placed.wait:
            why = placed.reason or "their encoder takes seconds to load"
            log.info("the texts of %d item(s) wait for a training: %s", len(placed.wait), why)


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Hold a lock among the processes of this machine; it goes with its process."""
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
