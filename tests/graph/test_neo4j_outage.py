"""A Neo4j server that goes, hangs or comes back: calls fail in seconds, and then work again."""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from graph.connect import open_store
from graph.errors import StoreUnavailableError, UsageError
from graph.store import Store
from tests.contracts.edit_contract import typed
from tests.contracts.store_contract import write_films

pytestmark = pytest.mark.neo4j
TIMEOUT_S = 1.0
LONGEST_S = 6.0
"""The driver waits up to 3 s between two tries, and the last one may take a timeout of its own."""


class Wire:
    """Carries bytes between clients and a server until it is cut, or holds them back."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._sockets: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._thread.start()

    def _run(self) -> None:
        while self._is_open:
            for key, _ in self._selector.select(0.05):
                self._flows.wait()
                if key.data is None:
                    self._connect()
                    continue
                sender = key.fileobj
                assert isinstance(sender, socket.socket)
                with contextlib.suppress(OSError):
                    if data := sender.recv(1 << 16):
                        key.data.sendall(data)
                        continue
                for end in (sender, key.data):
                    with contextlib.suppress(KeyError, ValueError):
                        self._selector.unregister(end)
                    end.close()

    def _connect(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        self._sockets += [client, server]
        self._selector.register(client, selectors.EVENT_READ, server)
        self._selector.register(server, selectors.EVENT_READ, client)

    def hold(self) -> None:
        self._flows.clear()

    def release(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """Close everything, as a server that was killed does."""
        self._is_open = False
        self._flows.set()
        self._thread.join()
        self._selector.close()
        for end in (self._listener, *self._sockets):
            end.close()


@pytest.fixture
def wire(neo4j_server: tuple[str, str]) -> Iterator[Wire]:
    parts = urlsplit(neo4j_server[0])
    assert parts.hostname is not None
    wire = Wire(parts.hostname, parts.port or 7687)
    yield wire
    wire.cut()


@pytest.fixture
def far_store(neo4j_store: Store, neo4j_server: tuple[str, str], wire: Wire) -> Iterator[Store]:
    """A store at the other end of the wire."""
    write_films(neo4j_store)
    url = f"bolt://127.0.0.1:{wire.port}?timeout_s={TIMEOUT_S}"
    with open_store(url, password=neo4j_server[1]) as store:
        yield store
        wire.release()


def refused(call: Callable[[], object]) -> float:
    """How long a call takes to fail, in seconds."""
    start = time.monotonic()
    with pytest.raises(StoreUnavailableError):
        call()
    return time.monotonic() - start


def test_calls_fail_soon_where_the_server_is_gone(far_store: Store, wire: Wire) -> None:
    assert far_store.history("ann", 5) != []
    wire.cut()
    rows = typed(("LIKED", "ann", "up", 1.0, 1))
    calls: list[Callable[[], object]] = [
        far_store.ping,
        lambda: far_store.history("ann", 5),
        far_store.current_run,
        lambda: far_store.add_feedback(rows),
    ]
    for call in calls:
        assert refused(call) < LONGEST_S


def test_a_ping_does_not_wait_for_a_server_that_hangs(far_store: Store, wire: Wire) -> None:
    far_store.ping()
    wire.hold()
    assert refused(far_store.ping) < 2 * TIMEOUT_S
    assert refused(far_store.ping) < 2 * TIMEOUT_S
    wire.release()
    deadline = time.monotonic() + 10.0
    while True:
        with contextlib.suppress(StoreUnavailableError):
            far_store.ping()
            break
        assert time.monotonic() < deadline
    assert far_store.history("ann", 5) != []


def test_nothing_listens(neo4j_server: tuple[str, str], wire: Wire) -> None:
    wire.cut()
    url = f"bolt://127.0.0.1:{wire.port}?timeout_s={TIMEOUT_S}"
    assert refused(lambda: open_store(url, password=neo4j_server[1])) < LONGEST_S


@pytest.mark.parametrize("timeout", ["0", "soon", "-1", "nan", "1e9", ""])
def test_timeouts_that_are_none(timeout: str) -> None:
    with pytest.raises(UsageError, match=r"timeout_s must be a number of seconds from 0\.1"):
        open_store(f"bolt://127.0.0.1:1?timeout_s={timeout}")
