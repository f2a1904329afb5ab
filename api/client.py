"""A client of the REST API, blocking and asynchronous, which needs nothing of the server's code.

    with Client("http://127.0.0.1:8080", key="wp_...") as whypath:
        whypath.write_feedback([{"type": "LIKED", "user": "42", "item": "7"}])
        for item in whypath.recommend("42", n=5)["items"]:
            print(item["title"], item["sentence"])

`AsyncClient` has the same methods to be awaited. Calls that may be repeated are tried again after a
lost connection, a 429 or a 503, as the server's `Retry-After` says.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from api import client_calls as calls
from api.client_calls import Call

P = ParamSpec("P")
T = TypeVar("T")
Outcome = httpx.Response | httpx.TransportError
"""What came of an attempt."""

TIMEOUT_S = 30.0
RETRIES = 4
LONGEST_WAIT_S = 10.0
_AGAIN = frozenset({429, 502, 503, 504})


class ApiError(Exception):
    """The server answered with a problem document (or, status 0, did not answer at all).

    `kind` is the end of the problem's `type`, such as `not-found` (docs/http-api.md lists them);
    `errors` say which fields are wrong.
    """

    def __init__(
        self, status: int, kind: str, detail: str, request_id: str, errors: list[dict[str, str]]
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.request_id = request_id
        self.errors = errors


def _blocking(build: Callable[P, Call[T]]) -> Callable[Concatenate["Client", P], T]:
    @wraps(build)
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(*args, **kwargs))

    return method


def _awaited(build: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    @wraps(build)
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return method


class Client:
    """Calls the API and waits. Safe for concurrent use by threads."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
    ) -> None:
        self._retries = retries
        self._http = httpx.Client(**_options(base_url, key, timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Make a call of `api.client_calls`. Raises an ApiError."""
        outcome, attempts = self._attempt(call), 1
        while (wait_s := _wait_s(call, outcome, attempts, self._retries)) is not None:
            time.sleep(wait_s)
            outcome, attempts = self._attempt(call), attempts + 1
        return _read(call, outcome)

    def _attempt(self, call: Call[Any]) -> Outcome:
        try:
            return self._http.request(call.method, call.path, **_content(call))
        except httpx.TransportError as error:
            return error

    recommend = _blocking(calls.recommend)
    recommend_with = _blocking(calls.recommend_with)
    recommend_for_session = _blocking(calls.recommend_for_session)
    explain = _blocking(calls.explain)
    get_item_neighbors = _blocking(calls.get_item_neighbors)
    get_user_neighbors = _blocking(calls.get_user_neighbors)
    get_popular_items = _blocking(calls.get_popular_items)
    get_latest_items = _blocking(calls.get_latest_items)
    write_impressions = _blocking(calls.write_impressions)
    write_outcomes = _blocking(calls.write_outcomes)
    merge_session = _blocking(calls.merge_session)
    write_users = _blocking(calls.write_users)
    list_users = _blocking(calls.list_users)
    get_user = _blocking(calls.get_user)
    patch_user = _blocking(calls.patch_user)
    delete_user = _blocking(calls.delete_user)
    get_user_facts = _blocking(calls.get_user_facts)
    put_user_facts = _blocking(calls.put_user_facts)
    delete_user_fact = _blocking(calls.delete_user_fact)
    write_items = _blocking(calls.write_items)
    list_items = _blocking(calls.list_items)
    get_item = _blocking(calls.get_item)
    patch_item = _blocking(calls.patch_item)
    delete_item = _blocking(calls.delete_item)
    get_item_facts = _blocking(calls.get_item_facts)
    put_item_facts = _blocking(calls.put_item_facts)
    delete_item_fact = _blocking(calls.delete_item_fact)
    write_feedback = _blocking(calls.write_feedback)
    delete_feedback = _blocking(calls.delete_feedback)
    get_user_feedback = _blocking(calls.get_user_feedback)
    get_item_feedback = _blocking(calls.get_item_feedback)
    get_node = _blocking(calls.get_node)
    get_neighborhood = _blocking(calls.get_neighborhood)
    search_nodes = _blocking(calls.search_nodes)
    get_schema = _blocking(calls.get_schema)
    get_path = _blocking(calls.get_path)
    run_cypher = _blocking(calls.run_cypher)
    start_training = _blocking(calls.start_training)
    list_jobs = _blocking(calls.list_jobs)
    get_job = _blocking(calls.get_job)
    cancel_job = _blocking(calls.cancel_job)
    list_runs = _blocking(calls.list_runs)
    activate_run = _blocking(calls.activate_run)
    live = _blocking(calls.live)
    ready = _blocking(calls.ready)
    get_version = _blocking(calls.get_version)
    metrics = _blocking(calls.metrics)


class AsyncClient:
    """The same, to be awaited."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
    ) -> None:
        self._retries = retries
        self._http = httpx.AsyncClient(**_options(base_url, key, timeout_s))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Make a call of `api.client_calls`. Raises an ApiError."""
        outcome, attempts = await self._attempt(call), 1
        while (wait_s := _wait_s(call, outcome, attempts, self._retries)) is not None:
            await asyncio.sleep(wait_s)
            outcome, attempts = await self._attempt(call), attempts + 1
        return _read(call, outcome)

    async def _attempt(self, call: Call[Any]) -> Outcome:
        try:
            return await self._http.request(call.method, call.path, **_content(call))
        except httpx.TransportError as error:
            return error

    recommend = _awaited(calls.recommend)
    recommend_with = _awaited(calls.recommend_with)
    recommend_for_session = _awaited(calls.recommend_for_session)
    explain = _awaited(calls.explain)
    get_item_neighbors = _awaited(calls.get_item_neighbors)
    get_user_neighbors = _awaited(calls.get_user_neighbors)
    get_popular_items = _awaited(calls.get_popular_items)
    get_latest_items = _awaited(calls.get_latest_items)
    write_impressions = _awaited(calls.write_impressions)
    write_outcomes = _awaited(calls.write_outcomes)
    merge_session = _awaited(calls.merge_session)
    write_users = _awaited(calls.write_users)
    list_users = _awaited(calls.list_users)
    get_user = _awaited(calls.get_user)
    patch_user = _awaited(calls.patch_user)
    delete_user = _awaited(calls.delete_user)
    get_user_facts = _awaited(calls.get_user_facts)
    put_user_facts = _awaited(calls.put_user_facts)
    delete_user_fact = _awaited(calls.delete_user_fact)
    write_items = _awaited(calls.write_items)
    list_items = _awaited(calls.list_items)
    get_item = _awaited(calls.get_item)
    patch_item = _awaited(calls.patch_item)
    delete_item = _awaited(calls.delete_item)
    get_item_facts = _awaited(calls.get_item_facts)
    put_item_facts = _awaited(calls.put_item_facts)
    delete_item_fact = _awaited(calls.delete_item_fact)
    write_feedback = _awaited(calls.write_feedback)
    delete_feedback = _awaited(calls.delete_feedback)
    get_user_feedback = _awaited(calls.get_user_feedback)
    get_item_feedback = _awaited(calls.get_item_feedback)
    get_node = _awaited(calls.get_node)
    get_neighborhood = _awaited(calls.get_neighborhood)
    search_nodes = _awaited(calls.search_nodes)
    get_schema = _awaited(calls.get_schema)
    get_path = _awaited(calls.get_path)
    run_cypher = _awaited(calls.run_cypher)
    start_training = _awaited(calls.start_training)
    list_jobs = _awaited(calls.list_jobs)
    get_job = _awaited(calls.get_job)
    cancel_job = _awaited(calls.cancel_job)
    list_runs = _awaited(calls.list_runs)
    activate_run = _awaited(calls.activate_run)
    live = _awaited(calls.live)
    ready = _awaited(calls.ready)
    get_version = _awaited(calls.get_version)
    metrics = _awaited(calls.metrics)


def _options(base_url: str, key: str | None, timeout_s: float) -> dict[str, Any]:
    headers = {} if key is None else {"X-API-Key": key}
    return {"base_url": base_url, "headers": headers, "timeout": timeout_s}


def _content(call: Call[Any]) -> dict[str, Any]:
    given = {name: value for name, value in call.query.items() if value is not None}
    return {"params": given, **({} if call.body is None else {"json": call.body})}


def _wait_s(call: Call[Any], outcome: Outcome, attempts: int, retries: int) -> float | None:
    """How long to wait before the next attempt; None where there is none.

    As long as the server asks for, else twice as long each time; some of it by chance.
    """
    if not call.may_repeat or attempts > retries:
        return None
    asked = ""
    if isinstance(outcome, httpx.Response):
        if outcome.status_code not in _AGAIN:
            return None
        asked = outcome.headers.get("retry-after", "")
    wait_s = float(asked) if asked.isdigit() else 0.1 * 2.0**attempts
    return min(wait_s, LONGEST_WAIT_S) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def _read(call: Call[T], outcome: Outcome) -> T:
    """What an answer holds; an ApiError for a problem, or for no outcome."""
    if not isinstance(outcome, httpx.Response):
        said = f"the server does not answer: {str(outcome) or type(outcome).__name__}"
        raise ApiError(0, "unreachable", said, "", []) from outcome
    if outcome.is_success:
        body: T = outcome.text if call.is_text else outcome.json()  # type: ignore[assignment] # by Call
        return body
    try:
        problem = outcome.json()
        kind = str(problem["type"]).rpartition(":")[2]
        detail, request_id = str(problem["detail"]), str(problem["request_id"])
        errors = list(problem.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        # A proxy in between, perhaps.
        kind, request_id, errors = "unknown", outcome.headers.get("x-request-id", ""), []
        detail = f"{call.method} {call.path} was answered with status {outcome.status_code}"
    raise ApiError(outcome.status_code, kind, detail, request_id, errors)
