"""The outermost layer of the app: ids, limits, headers, log and metrics of every request.

It is plain ASGI, since each layer of a framework costs as much as a query. Routes match the path
as it came, percent-encoded, so that an id may hold a slash; parameters decode themselves
(`parameters.py`).
"""

import asyncio
import json
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from api.rest.metrics import Metrics
from api.rest.problems import (
    OVERLOAD,
    RETRY_AFTER_S,
    SLOW,
    STOPPING,
    TIMEOUT,
    TOO_LARGE,
    Problem,
    internal_problem,
)
from api.rest.settings import ServeSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""A page of the app sets a content security policy of its own."""

_CLOSE = {"Connection": "close"}
"""Of a refusal in the middle of a body: the rest of it is no request."""

log = logging.getLogger("whypath.access")
faults = logging.getLogger("whypath.rest")


class Tracer(Protocol):
    """Takes a span of each request."""

    def record(self, scope: Scope, route: str, status: int, begun_ns: int, ended_ns: int) -> None:
        """Note a request that was answered; times in nanoseconds since the epoch."""

    def close(self) -> None:
        """Send what is not sent yet."""


class Gate:
    """Wraps the app; one instance a process."""

    def __init__(
        self, app: App, settings: ServeSettings, metrics: Metrics, tracer: Tracer | None = None
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._tracer = tracer
        self._left_behind: set[asyncio.Task[None]] = set()
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on what is no request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = scope["method"]
        # An answer to HEAD is one to GET that the server sends without its body (RFC 9110, 9.3.2).
        scope = {**scope, "method": "GET" if asked == "HEAD" else asked}
        scope["request_id"] = _request_id(scope)
        scope["root_path"] = self._settings.root_path
        scope["path"] = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        answer = _Answer(scope, send)
        started = time.perf_counter()
        self._in_flight += 1
        try:
            await self._answer(scope, receive, answer)
        finally:
            self._in_flight -= 1
            self._tell(scope, answer.status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        limit = self._settings.max_body_bytes
        if self._in_flight > self._settings.max_in_flight:
            await answer.refuse(
                Problem(
                    OVERLOAD,
                    f"{self._settings.max_in_flight} requests are being answered; try again "
                    "shortly",
                    {"Retry-After": str(RETRY_AFTER_S)},
                )
            )
            return
        if _announced(scope) > limit:
            await answer.refuse(_too_large(limit))
            return
        body = _Body(receive, answer, limit, self._settings.read_timeout_s)
        task = asyncio.ensure_future(self._app(scope, body.receive, answer.send))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._settings.timeout_s)
        except asyncio.CancelledError:
            task.cancel()
            if not answer.is_begun:
                await answer.refuse(
                    Problem(STOPPING, "the server is stopping; ask another one", _CLOSE)
                )
            raise
        if not done:
            # Its thread cannot be stopped; it goes on until its query's own limit, unheard.
            self._left_behind.add(task)
            task.add_done_callback(self._forget)
            if not answer.is_begun:
                await answer.refuse(
                    Problem(
                        TIMEOUT,
                        f"no answer within {self._settings.timeout_s:g} s; ask for less, or "
                        "try again shortly",
                        {"Retry-After": str(RETRY_AFTER_S)},
                    )
                )
            answer.close()
            return
        error = task.exception()
        if error is not None and not answer.is_closed:
            faults.error("fault in request %s", scope["request_id"], exc_info=error)
            if answer.is_begun:
                raise error
            await answer.refuse(internal_problem())

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._left_behind.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            faults.error("fault in a request that was given up", exc_info=error)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "")
        self._metrics.count(scope["method"], route, status, seconds)
        if self._tracer is not None:
            now = time.time_ns()
            self._tracer.record(scope, route, status, now - int(seconds * 1e9), now)
        log.log(
            logging.WARNING if status >= 500 else logging.INFO,
            "%s %s %d %.1f ms",
            scope["method"],
            # The route, not the path: ids in paths say who likes what.
            route or "(no route)",
            status,
            1000.0 * seconds,
            extra={
                "request_id": scope["request_id"],
                "method": scope["method"],
                "route": route,
                "status": status,
                "duration_ms": round(1000.0 * seconds, 1),
                "key": scope.get("key_id", ""),
            },
        )


class _Answer:
    """Sends one response, with the headers that every response has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.is_closed = False
        self.is_begun = False
        self.status = 499

    async def send(self, message: Message) -> None:
        """Pass a message of the app on."""
        if self.is_closed:
            return
        if message["type"] == "http.response.start":
            self.is_begun = True
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            given = {name.lower() for name, _ in headers}
            headers += [pair for pair in SECURITY_HEADERS if pair[0] not in given]
            headers.append((b"x-request-id", self._scope["request_id"].encode()))
            message = {**message, "headers": headers}
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem instead of what the app would say."""
        response = problem.response(self._scope["request_id"])
        await response(self._scope, _nothing, self.send)

    def close(self) -> None:
        """Pass nothing on any more."""
        self.is_closed = True


class _Body:
    """Hands the body on; one that grows too large or comes too slowly is refused and ended."""

    def __init__(self, receive: Receive, answer: _Answer, limit: int, seconds: float) -> None:
        self._receive = receive
        self._answer = answer
        self._limit = limit
        self._seconds = seconds
        self._until = asyncio.get_running_loop().time() + seconds
        self._size = 0
        self._is_whole = False

    async def receive(self) -> Message:
        """The next message."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            said = f"the body did not come in whole within {self._seconds:g} s"
            return await self._end(Problem(SLOW, said, _CLOSE))
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._size > self._limit:
                return await self._end(_too_large(self._limit))
        return message

    async def _end(self, problem: Problem) -> Message:
        if not self._answer.is_begun:
            await self._answer.refuse(problem)
        self._answer.close()
        return {"type": "http.disconnect"}


class JsonFormatter(logging.Formatter):
    """Log records as JSON lines: time, level, message, and what the record carries."""

    FIELDS = ("request_id", "method", "route", "status", "duration_ms", "key")

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: record.__dict__[name] for name in self.FIELDS if name in record.__dict__}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _request_id(scope: Scope) -> str:
    """The caller's `X-Request-Id` where it is plain, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return secrets.token_hex(8)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(limit: int) -> Problem:
    return Problem(
        TOO_LARGE,
        f"a body has at most {limit:,} bytes; send it in parts",
        {"Connection": "close"},
    )


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
