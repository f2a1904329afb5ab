"""Long work keeps to its own threads: others are answered meanwhile, and waiting takes none."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from api.rest import places
from api.rest.places import Places
from api.rest.problems import OVERLOAD, Problem

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
LONG = f"MATCH {', '.join(f'({name}:Item)' for name in 'abcdefgh')} RETURN sum(a.year * h.year)"
"""Goes on until it is stopped after 5 s."""


def test_as_much_runs_at_a_time_as_there_are_places() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def work() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return 1

    async def all_of_it() -> list[int]:
        own = Places(2)
        done: list[int] = []

        async def one() -> None:
            done.append(await own.run(work, "pieces"))

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(one)
        return done

    assert anyio.run(all_of_it) == [1] * 10
    assert most == 2


def test_who_waits_too_long_is_told_so_and_what_runs_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "WAIT_S", 0.2)
    has_begun, may_end = threading.Event(), threading.Event()

    def work() -> bool:
        has_begun.set()
        return may_end.wait(30)

    async def both() -> list[bool]:
        own = Places(1)
        found: list[bool] = []

        async def first() -> None:
            found.append(await own.run(work, "pieces"))

        async with anyio.create_task_group() as group:
            group.start_soon(first)
            while not has_begun.is_set():
                await anyio.sleep(0.01)
            try:
                with pytest.raises(Problem) as caught:
                    await own.run(lambda: None, "pieces")
            finally:
                may_end.set()
            assert caught.value.kind is OVERLOAD
            assert caught.value.detail.startswith("1 pieces are at work")
        return found

    assert anyio.run(both) == [True]


@embedded
def test_long_statements_leave_threads_for_suggestions(serve: Serve) -> None:
    """With as many threads as statements, these would have taken them all."""
    http = serve(threads=2)
    assert http.get("/api/recommend/u1").status_code == 200
    with ThreadPoolExecutor(4) as pool:
        long = [pool.submit(http.post, "/api/cypher", json={"statement": LONG}) for _ in range(4)]
        time.sleep(0.5)
        before = time.monotonic()
        for _ in range(5):
            assert http.get("/api/recommend/u1").status_code == 200
        assert not all(one.done() for one in long)
        assert time.monotonic() - before < 4.0  # a statement takes 5 s
        statuses = [one.result().status_code for one in long]
    assert set(statuses) <= {503, 504}
    assert 504 in statuses
