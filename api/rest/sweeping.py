"""Lets impressions go when they are old, a few at a time, as new ones come in."""

import threading
import time

from graph.store import Store

EVERY_S = 60.0
AT_ONCE = 1_000
_DAY_S = 86_400


class Sweeper:
    """Deletes what was shown more than `days` ago; 0 days keep all. Safe for concurrent use."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._swept = float("-inf")
        self._lock = threading.Lock()

    def sweep_if_due(self, store: Store) -> int:
        """Delete some old impressions unless that was just done; answers how many."""
        now = time.monotonic()
        with self._lock:
            if not self._days or now - self._swept < EVERY_S:
                return 0
            self._swept = now
        return store.sweep_shown(int(time.time()) - self._days * _DAY_S, AT_ONCE)
