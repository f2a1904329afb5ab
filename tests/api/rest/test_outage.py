"""The API while its graph is gone or silent, or its threads are at work: quick and predictable.

The bounds are many times what is usual, and below what the retries of one call take.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import neo4j
import pytest

from tests.api.rest.moving import replace_url
from tests.wire import Wire

Serve = Callable[..., httpx.Client]
pytestmark = [
    pytest.mark.neo4j,
    pytest.mark.parametrize("store_url", ["neo4j"], indirect=True),
]
SOON_S = 4.0
STORE = (503, "urn:whypath:problem:store")


@pytest.fixture
def http(serve: Serve, served_project: Path, store_url: str, wire: Wire) -> httpx.Client:
    """A client of a server with two threads, whose graph is at the other end of the wire."""
    replace_url(served_project, store_url, f"bolt://127.0.0.1:{wire.port}")
    return serve(served_project, threads=2)


def soon(http: httpx.Client, path: str) -> tuple[int, str]:
    """Status and type of an answer that must not take long; `ok` where it is no problem."""
    before = time.monotonic()
    answer = http.get(path)
    assert time.monotonic() - before < SOON_S, path
    if answer.is_success:
        return answer.status_code, "ok"
    return answer.status_code, answer.json()["type"]


def until(http: httpx.Client, path: str) -> float:
    """How many seconds it takes until a request is answered with success."""
    before = time.monotonic()
    while not http.get(path).is_success:
        assert time.monotonic() - before < 20.0
        time.sleep(0.05)
    return time.monotonic() - before


def test_a_store_that_is_gone_fails_requests_at_once(
    http: httpx.Client, wire: Wire, neo4j_server: tuple[str, str]
) -> None:
    assert soon(http, "/api/recommend/u1") == (200, "ok")
    assert soon(http, "/api/health/ready") == (200, "ok")
    wire.cut()
    with ThreadPoolExecutor(8) as pool:  # more than there are threads: all wait for the retries
        waiting = [pool.submit(http.get, "/api/recommend/u1") for _ in range(8)]
        assert soon(http, "/api/health/ready") == STORE
        assert soon(http, "/api/health/live") == (200, "ok")
        assert soon(http, "/metrics") == (200, "ok")
        assert {one.result().status_code for one in waiting} == {503}
    before = time.monotonic()
    for _ in range(20):
        assert soon(http, "/api/recommend/u1") == STORE
    assert time.monotonic() - before < SOON_S
    with Wire(neo4j_server[0], wire.port):
        assert until(http, "/api/recommend/u1") < 10.0
        assert until(http, "/api/health/ready") < 10.0
        for _ in range(10):
            assert soon(http, "/api/recommend/u1") == (200, "ok")


def test_a_store_that_is_silent_is_told_by_the_probe(http: httpx.Client, wire: Wire) -> None:
    assert soon(http, "/api/recommend/u1") == (200, "ok")
    wire.hold()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(http.get, "/api/recommend/u1") for _ in range(4)]
        for _ in range(2):
            assert soon(http, "/api/health/ready") == STORE
        assert soon(http, "/api/health/live") == (200, "ok")
        assert soon(http, "/metrics") == (200, "ok")
        wire.release()
        assert {one.result().status_code for one in waiting} == {200}
    until(http, "/api/health/ready")


def test_a_server_whose_threads_are_all_at_work_is_ready(
    http: httpx.Client, neo4j_driver: neo4j.Driver
) -> None:
    with neo4j_driver.session() as session, ThreadPoolExecutor(4) as pool:
        lock = session.begin_transaction()
        lock.run("MATCH (u:User {id: 'u1'}) SET u.locked = true").consume()
        change = {"method": "DELETE", "url": "/api/user/u1"}
        waiting = [pool.submit(http.request, **change) for _ in range(4)]
        time.sleep(0.5)
        for _ in range(2):
            assert soon(http, "/api/health/ready") == (200, "ok")
            assert soon(http, "/api/health/live") == (200, "ok")
            assert soon(http, "/metrics") == (200, "ok")
        assert not any(one.done() for one in waiting)
        lock.rollback()
        assert {one.result().status_code for one in waiting} == {200}
