"""Failures as problem documents (RFC 9457): one stable `type` each, one sentence, no internals.

A problem never holds a traceback, a query or a path of a file: what the error tree says of those
goes to the log, under the request's id.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from graph.errors import (
    ArtifactError,
    DataError,
    EncoderError,
    FilterError,
    NotFoundError,
    NotReadyError,
    ResourceError,
    StatementError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    TimeLimitError,
    UsageError,
    WhypathError,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:whypath:problem:"
RETRY_AFTER_S = 2

log = logging.getLogger("whypath.rest")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: the end of its `type`, its status and title, and what to do about it."""

    name: str
    status: int
    title: str
    advice: str


USAGE = Kind(
    "usage", 400, "The request does not fit", "Mend the request; `detail` says what is legal."
)
BAD_FILTER = Kind(
    "filter", 400, "The filter cannot be read", "Mend the expression; `detail` points at the place."
)
STATEMENT = Kind(
    "statement", 400, "The statement is not taken", "Mend it; `detail` says what may be asked."
)
MALFORMED = Kind(
    "malformed", 400, "This is no HTTP request", "Send HTTP/1.1; the connection is closed."
)
NO_KEY = Kind("key-required", 401, "An API key is needed", "Send a key in `X-API-Key`.")
NO_SCOPE = Kind(
    "scope",
    403,
    "The API key does not allow this",
    "Use a key that has the scope, or make one with `whypath key create`.",
)
NOT_LOOPBACK = Kind(
    "loopback-only",
    403,
    "Without API keys only this machine is served",
    "Make a key with `whypath key create`, then send it.",
)
NOT_FOUND = Kind(
    "not-found", 404, "There is no such thing", "Look the id up; it is compared to the letter."
)
BAD_METHOD = Kind(
    "method",
    405,
    "The method is not allowed here",
    "The header `Allow` says which methods there are.",
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable", 406, "The answer cannot be given in that form", "Ask for JSON."
)
SLOW = Kind("slow", 408, "The request came too slowly", "Send the whole body without a pause.")
CONFLICT = Kind(
    "conflict", 409, "This cannot be done now", "Wait for what is under way, or ask an operator."
)
NOT_READY = Kind(
    "not-ready", 409, "The graph lacks what the call needs", "Import data and train first."
)
TOO_LARGE = Kind("too-large", 413, "The request is too large", "Send it in parts.")
URI_TOO_LONG = Kind(
    "uri-too-long",
    414,
    "The request line is too long",
    "Ask for less in the query, or use a route that takes a body.",
)
BAD_MEDIA = Kind("media-type", 415, "The body is of the wrong kind", "Send `application/json`.")
INVALID = Kind(
    "invalid",
    422,
    "A part of the request is not valid",
    "`errors` names each field with what is wrong with it.",
)
BAD_DATA = Kind("data", 422, "The data cannot be used", "Mend the data; `detail` names the place.")
RATE = Kind("rate", 429, "Too many requests", "Wait as long as `Retry-After` says.")
HEAD_TOO_LARGE = Kind(
    "head-too-large", 431, "The headers are too large", "Send fewer or shorter headers."
)
INTERNAL = Kind(
    "internal",
    500,
    "This is a fault in whypath",
    "Report it with its `request_id`; the log has the rest.",
)
STORE = Kind(
    "store",
    503,
    "The graph store cannot answer",
    "Try again after `Retry-After`; nothing that was answered with success is lost.",
)
ENCODER = Kind("encoder", 503, "The encoder of texts cannot answer", "Try again later.")
OVERLOAD = Kind("overload", 503, "Too many requests at a time", "Try again after `Retry-After`.")
TIMEOUT = Kind(
    "timeout", 503, "The answer took too long", "Ask for less, or try again after `Retry-After`."
)
STOPPING = Kind(
    "stopping", 503, "The server is stopping", "Try another server, or again after `Retry-After`."
)
TIME_LIMIT = Kind("time-limit", 504, "The statement took too long", "Ask for less.")
RESOURCE = Kind(
    "resource",
    507,
    "Memory or disk is missing",
    "An operator makes room; nothing was half-written.",
)

KINDS: tuple[Kind, ...] = (
    USAGE, BAD_FILTER, STATEMENT, MALFORMED, NO_KEY, NO_SCOPE, NOT_LOOPBACK, NOT_FOUND, BAD_METHOD,
    NOT_ACCEPTABLE, SLOW, CONFLICT, NOT_READY, TOO_LARGE, URI_TOO_LONG, BAD_MEDIA, INVALID,
    BAD_DATA, RATE, HEAD_TOO_LARGE, INTERNAL, STORE, ENCODER, OVERLOAD, TIMEOUT, STOPPING,
    TIME_LIMIT, RESOURCE,
)  # fmt: skip
"""All kinds, by status (docs/http-api.md lists them)."""

_OF_STATUS = {kind.status: kind for kind in (*reversed(KINDS), USAGE, NOT_FOUND, CONFLICT)}
_OF_ERROR: tuple[tuple[type[WhypathError], Kind], ...] = (
    (FilterError, BAD_FILTER),
    (StatementError, STATEMENT),
    (TimeLimitError, TIME_LIMIT),
    (UsageError, USAGE),
    (DataError, BAD_DATA),
    (NotFoundError, NOT_FOUND),
    (NotReadyError, NOT_READY),
    (ArtifactError, CONFLICT),
    (ResourceError, RESOURCE),
    (EncoderError, ENCODER),
    (StoreError, STORE),
)
_HIDDEN: Mapping[type[WhypathError], str] = {
    ArtifactError: "the vectors of the current run cannot be used; an operator finds the reason "
    "in the log, and training again makes new ones",
    ResourceError: "memory, disk space or a permission is missing on the server; nothing was "
    "half-written",
    StoreUnavailableError: "the graph store cannot be reached; try again shortly",
    StoreLockedError: "another process holds the graph; try again when it is done",
    StoreError: "the graph store refused the request or failed in it",
    EncoderError: "the encoder of texts failed; try again shortly",
}
"""What is said instead of messages that name files, addresses or queries."""


@dataclass(eq=False)  # not frozen: an exception is given its traceback
class Problem(Exception):  # noqa: N818 (a problem document that can be raised)
    """A problem of this app itself, which no error of the tree stands for."""

    kind: Kind
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()

    def document(self, request_id: str) -> dict[str, Any]:
        """The JSON document."""
        return {
            "type": PREFIX + self.kind.name,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "request_id": request_id,
            **({"errors": list(self.errors)} if self.errors else {}),
        }

    def response(self, request_id: str) -> Response:
        """The response that carries it."""
        return Response(
            json.dumps(self.document(request_id), ensure_ascii=False),
            self.kind.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


def problem_of(error: WhypathError) -> Problem:
    """The problem that an error of the tree is."""
    kind = next((kind for known, kind in _OF_ERROR if isinstance(error, known)), INTERNAL)
    is_told = isinstance(error, TimeLimitError)  # its message names the caller's limit only
    hidden = (
        None
        if is_told
        else next((text for known, text in _HIDDEN.items() if isinstance(error, known)), None)
    )
    headers = {"Retry-After": str(RETRY_AFTER_S)} if kind.status == 503 else {}
    return Problem(kind, hidden or str(error), headers)


def add_handlers(app: FastAPI) -> None:
    """Let every failure of the app become a problem document.

    The handlers are coroutines: others would wait for a thread, when all may be at work.
    """

    @app.exception_handler(Problem)
    async def own(request: Request, error: Problem) -> Response:
        return error.response(request_id(request))

    @app.exception_handler(WhypathError)
    async def known(request: Request, error: WhypathError) -> Response:
        problem = problem_of(error)
        if isinstance(error, StoreError):
            request.app.state.service.metrics.store_errors.inc()
        if problem.kind.status >= 500 or problem.detail != str(error):
            log.error("%s: %s", type(error).__name__, error)
        return problem.response(request_id(request))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return invalid_problem(error.errors()).response(request_id(request))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        kind = _OF_STATUS.get(error.status_code, USAGE)
        details = {
            404: "there is no such route; /docs lists them",
            405: f"{request.method} is not allowed on this route; see the header Allow",
        }
        detail = details.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(allowed_methods(request))
        return Problem(kind, detail, headers).response(request_id(request))


def allowed_methods(request: Request) -> list[str]:
    """The methods of a path, over all of its routes: the framework names those of one route."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(path):
            found |= route.methods
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def invalid_problem(errors: Sequence[Any]) -> Problem:
    """The problem of a request whose parts were checked by pydantic."""
    found = [{"field": _field(entry["loc"]), "message": _said(entry)} for entry in errors[:20]]
    first = found[0]
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    where = f"{first['field']}: " if first["field"] else ""
    return Problem(INVALID, f"{where}{first['message']}{more}", errors=found)


def internal_problem() -> Problem:
    """What is said of a fault of ours."""
    return Problem(
        INTERNAL, "this is a fault in whypath, not in your request; report the request_id"
    )


def request_id(request: Request) -> str:
    """The id that the log knows this request by."""
    return str(request.scope.get("request_id", ""))


def _field(location: Sequence[Any]) -> str:
    """`body.0.user` as people write it: `[0].user` of the body, or the name of the parameter."""
    where, *parts = location or ("",)
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text or str(where)


def _said(entry: Mapping[str, Any]) -> str:
    message = str(entry["msg"])
    for prefix in ("Value error, ", "Assertion failed, "):
        message = message.removeprefix(prefix)
    return message[:1].lower() + message[1:]
