"""Remembers that something is gone, so that calls fail at once while one caller at a time tries it.

A circuit breaker of its own: docs/decisions/outages.md says why. It knows nothing of databases.
"""

import threading
import time
from collections.abc import Callable

from graph.errors import StoreUnavailableError

RETRY_S = 0.5
"""From the end of one trial to the next one."""

_GONE = "the graph store could not be reached a moment ago; it is tried again by itself"


class Outage:
    """Whether a store is gone, for all threads that call it. Nothing is locked during a call."""

    def __init__(self, *, is_on: bool = False) -> None:
        """With `is_on`, the first call makes the trial."""
        self._is_on = is_on
        self._is_tried = False
        self._next = float("-inf")
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Whether calls fail at once."""
        return self._is_on

    def begin(self) -> None:
        """Let calls fail from now on: one was tried long enough."""
        with self._lock:
            self._is_on = True
            self._next = time.monotonic() + RETRY_S

    def end(self) -> None:
        """Let calls through again: the store has answered."""
        with self._lock:
            self._is_on = False

    def check(self, trial: Callable[[], object]) -> None:
        """Return where calls may go on, else raise a StoreUnavailableError at once.

        During an outage one caller at a time makes the trial, the next one `RETRY_S` after it. The
        outage is over where the trial returns; what it raises goes to its caller alone.
        """
        if not self._is_on:  # read without the lock, which nearly every call can do without
            return
        with self._lock:
            if not self._is_on:
                return
            if self._is_tried or time.monotonic() < self._next:
                raise StoreUnavailableError(_GONE)
            self._is_tried = True
        try:
            trial()
            self.end()
        finally:
            with self._lock:
                self._is_tried = False
                self._next = time.monotonic() + RETRY_S
