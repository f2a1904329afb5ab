"""One connection of a client: HTTP/1.1 by uvicorn, with a time limit on the head of a request.

uvicorn waits for a head without end, as long as a byte comes now and then. The body is the gate's.
It would also answer what is no request in plain text; here that is a problem document like others.
"""

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.rest.problems import HEAD_TOO_LARGE, MALFORMED, URI_TOO_LONG, Problem
from api.rest.refusing import refusal

MAX_HEAD_BYTES = 65_536
"""Of a request line with its headers; what comes in one piece may be longer."""

_LINGER_S = 1.0
"""A refused client is listened to for so long: were the connection closed while it sends, the
system would take back the answer that it has not read yet."""


class PromptConnection(H11Protocol):
    """Closes itself where a head is not whole in time, or where nothing comes at all."""

    def __init__(self, head_timeout_s: float, **given: Any) -> None:
        super().__init__(**given)
        self._head_timeout_s = head_timeout_s
        self._late: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Something came: perhaps a whole head, perhaps the beginning of one."""
        if self._is_refused:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request; uvicorn calls it while it handles h11's error."""
        self._is_refused = True
        is_begun = self.cycle is not None and not self.cycle.response_complete
        if is_begun:  # The body of a request is broken: the app hears that its client has gone.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_begun and self.cycle.response_started:
            self.transport.close()
            return
        hint = 400 if is_begun else getattr(sys.exception(), "error_status_hint", 400)
        self.transport.write(refusal(_problem(hint, self.conn.trailing_data[0])))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)

    def _await_head(self) -> None:
        self._late = self.loop.call_later(self._head_timeout_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def _problem(hint: int, unread: bytes) -> Problem:
    """What is wrong with bytes that are no request, by the status that h11 would answer."""
    if hint != HEAD_TOO_LARGE.status:
        return Problem(MALFORMED, "what came is no request of HTTP/1.1")
    if b"\n" in unread:
        return Problem(HEAD_TOO_LARGE, f"a head has at most {MAX_HEAD_BYTES:,} bytes")
    return Problem(URI_TOO_LONG, f"a request line has at most {MAX_HEAD_BYTES:,} bytes")
