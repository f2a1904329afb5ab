"""Threads of their own for requests that take seconds, so that these cannot take everyone's."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from api.rest.problems import OVERLOAD, RETRY_AFTER_S, Problem

T = TypeVar("T")

WAIT_S = 4.0
"""How long a place is waited for: a statement of 5 s then ends within the usual `timeout_s`."""


class Places:
    """As many pieces of long work at a time as there are places; others wait, without a thread."""

    def __init__(self, number: int) -> None:
        self._free = anyio.Semaphore(number)
        self._threads = anyio.CapacityLimiter(number)
        self._number = number

    async def run(self, work: Callable[[], T], what: str) -> T:
        """The result of the work in a thread; a Problem where no place gets free in `WAIT_S`.

        `what` names such work in the plural.
        """
        with anyio.move_on_after(WAIT_S) as waiting:
            await self._free.acquire()
        if waiting.cancelled_caught:
            raise Problem(
                OVERLOAD,
                f"{self._number} {what} are at work, as many as may be at a time; try again "
                "shortly",
                {"Retry-After": str(RETRY_AFTER_S)},
            )
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._free.release()
