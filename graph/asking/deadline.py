"""Runs callers' statements a few at a time, and stops waiting for one when its time is over.

An engine stops a statement late or not at all: Neo4j looks at its clock every two seconds, and both
plan without looking. So each statement has a thread, which is left behind when its time is over and
keeps its place until the engine lets it go: what cannot be stopped takes a place, not the server.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from graph.errors import StoreError, TimeLimitError

T = TypeVar("T")

PLACES = 4
"""Statements that run at the same time."""

_GRACE_S = 0.3
_STOP_S = 10.0


class Askers:
    """Places for statements that run at the same time."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._running: dict[threading.Thread, Callable[[], None] | None] = {}
        self._lock = threading.Lock()
        self._is_stopping = False

    def run(
        self, work: Callable[[], T], time_s: float, interrupt: Callable[[], None] | None = None
    ) -> T:
        """The result of the work, or a TimeLimitError soon after `time_s`, once interrupted.

        A StoreError where no place gets free in that time.
        """
        ends = time.monotonic() + time_s
        if not self._places.acquire(timeout=time_s):
            raise StoreError(
                "as many statements as may run at the same time are running; try again later"
            )
        answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

        def answer() -> None:
            try:
                answers.put((work(), None))
            except BaseException as error:  # it is raised again by the thread that waits
                answers.put((None, error))
            finally:
                with self._lock:
                    del self._running[threading.current_thread()]
                self._places.release()

        thread = threading.Thread(target=answer, name="ask", daemon=True)
        with self._lock:
            if self._is_stopping:
                self._places.release()
                raise StoreError("the store is being closed")
            self._running[thread] = interrupt
        thread.start()
        try:
            result, error = answers.get(timeout=max(0.0, ends - time.monotonic()) + _GRACE_S)
        except queue.Empty:
            if interrupt is not None:
                interrupt()
            raise TimeLimitError(
                f"the statement was stopped after {time_s:g} s; ask for less, or add a LIMIT"
            ) from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value] # there is no error, so there is a result

    def stop(self) -> bool:
        """Interrupt what runs and wait for it; whether all has ended."""
        with self._lock:
            self._is_stopping = True
            running = dict(self._running)
        for interrupt in running.values():
            if interrupt is not None:
                interrupt()
        ends = time.monotonic() + _STOP_S
        for thread in running:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in running)
