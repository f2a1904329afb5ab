"""A Neo4j server that goes, hangs or comes back: calls fail in seconds, and then work again."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import neo4j
import pytest

from graph.asking.limits import AskLimits
from graph.connect import open_store
from graph.errors import StoreUnavailableError, UsageError
from graph.outage import RETRY_S
from graph.store import Store
from tests.contracts.edit_contract import typed
from tests.contracts.store_contract import write_films
from tests.wire import Wire

T = TypeVar("T")
pytestmark = pytest.mark.neo4j
TIMEOUT_S = 1.0
LONGEST_S = 6.0
"""The driver waits up to 3 s between two tries, and the last one may take a timeout of its own."""


@pytest.fixture
def far_store(neo4j_store: Store, neo4j_server: tuple[str, str], wire: Wire) -> Iterator[Store]:
    """A store at the other end of the wire."""
    write_films(neo4j_store)
    url = f"bolt://127.0.0.1:{wire.port}?timeout_s={TIMEOUT_S}"
    with open_store(url, password=neo4j_server[1]) as store:
        yield store
        wire.release()


def answers(call: Callable[[], T]) -> T:
    """What a call answers, once it does: within 10 s."""
    deadline = time.monotonic() + 10.0
    while True:
        with contextlib.suppress(StoreUnavailableError):
            return call()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def refused(call: Callable[[], object]) -> float:
    """How long a call takes to fail, in seconds."""
    start = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        call()
    return time.monotonic() - start


def test_calls_fail_soon_where_the_server_is_gone_then_at_once(
    far_store: Store, wire: Wire, neo4j_server: tuple[str, str]
) -> None:
    assert far_store.history("ann", 5) != []
    wire.cut()
    assert refused(far_store.ping) < LONGEST_S
    assert refused(lambda: far_store.history("ann", 5)) < LONGEST_S
    rows = typed(("LIKED", "ann", "up", 1.0, 1))
    calls: list[Callable[[], object]] = [
        far_store.current_run,
        lambda: far_store.add_feedback(rows),
        lambda: far_store.history("ann", 5),
        lambda: far_store.ask("RETURN 1", {}, AskLimits()),
    ]
    assert sum(refused(call) for call in calls * 5) < LONGEST_S
    with Wire(neo4j_server[0], wire.port):
        assert answers(lambda: far_store.history("ann", 5)) != []
        assert far_store.add_feedback(rows) is not None
        assert [far_store.history("ann", 5) for _ in range(5)]  # none of them fails


def test_a_short_absence_is_bridged_by_the_retries(
    far_store: Store, wire: Wire, neo4j_server: tuple[str, str]
) -> None:
    assert far_store.history("ann", 5) != []
    wire.cut()
    with contextlib.ExitStack() as stack:
        back = threading.Timer(
            0.3,
            lambda: stack.enter_context(Wire(neo4j_server[0], wire.port)),
        )
        back.start()
        assert far_store.history("ann", 5) != []
        back.join()


def test_a_password_that_was_changed_meanwhile_is_named(
    neo4j_store: Store, neo4j_server: tuple[str, str], neo4j_driver: neo4j.Driver, wire: Wire
) -> None:
    def manage(statement: str) -> None:
        neo4j_driver.execute_query(statement, database_="system")

    write_films(neo4j_store)
    manage("CREATE USER guest SET PASSWORD 'the-old-one' CHANGE NOT REQUIRED")
    url = f"bolt://guest@127.0.0.1:{wire.port}?timeout_s={TIMEOUT_S}"
    try:
        with open_store(url, password="the-old-one") as store:
            wire.cut()
            refused(lambda: store.history("ann", 5))
            manage("ALTER USER guest SET PASSWORD 'the-new-one'")
            with Wire(neo4j_server[0], wire.port):
                time.sleep(RETRY_S)
                with pytest.raises(StoreUnavailableError, match="refuses the user name or pass"):
                    store.history("ann", 5)
    finally:
        manage("DROP USER guest")


def test_a_ping_does_not_wait_for_a_server_that_hangs(far_store: Store, wire: Wire) -> None:
    far_store.ping()
    wire.hold()
    assert refused(far_store.ping) < 2 * TIMEOUT_S
    assert refused(far_store.ping) < 2 * TIMEOUT_S
    wire.release()
    answers(far_store.ping)
    assert far_store.history("ann", 5) != []


def test_nothing_listens(neo4j_server: tuple[str, str], wire: Wire) -> None:
    wire.cut()
    url = f"bolt://127.0.0.1:{wire.port}?timeout_s={TIMEOUT_S}"
    assert refused(lambda: open_store(url, password=neo4j_server[1])) < LONGEST_S


@pytest.mark.parametrize("timeout", ["0", "soon", "-1", "nan", "1e9", ""])
def test_timeouts_that_are_none(timeout: str) -> None:
    with pytest.raises(UsageError, match=r"timeout_s must be a number of seconds from 0\.1"):
        open_store(f"bolt://127.0.0.1:1?timeout_s={timeout}")
