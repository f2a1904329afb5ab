"""Asks the store a small question for those who must not wait: probes and metrics.

They have a thread of their own, since all others may be at work or waiting for the store, and one
question at a time, whose answer goes to everyone who asks meanwhile.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio
import anyio.to_thread

from graph.errors import StoreUnavailableError

T = TypeVar("T")

WAIT_S = 1.5
"""How long an answer is waited for; a store that is well takes milliseconds, on a bad day more."""


class Probe(Generic[T]):
    """One question; it may take as long as it likes, and nobody waits longer than `WAIT_S`."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[T] | None = None
        self._thread = anyio.CapacityLimiter(1)

    async def answer(self) -> T:
        """The answer, or what `ask` raises; a StoreUnavailableError where it takes too long."""
        asking = self._asking
        if asking is None or asking.done():
            asking = self._asking = asyncio.create_task(self._run())
            # A failure that comes when nobody waits any more is no fault to be logged.
            asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        done, _ = await asyncio.wait({asking}, timeout=WAIT_S)
        if not done:
            raise StoreUnavailableError(f"the graph store did not answer within {WAIT_S:g} s")
        return asking.result()

    async def _run(self) -> T:
        return await anyio.to_thread.run_sync(self._ask, limiter=self._thread)
