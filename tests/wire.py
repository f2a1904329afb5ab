"""A wire to a server that can be cut or held: what clients see of a server that goes or hangs."""

import contextlib
import selectors
import socket
import threading
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """Carries bytes between clients and a server until it is cut, or holds them back.

    It listens at a free port of this machine, or at the one of a wire that was cut.
    """

    def __init__(self, server: str, port: int = 0) -> None:
        parts = urlsplit(server)
        assert parts.hostname is not None
        self._server = (parts.hostname, parts.port or 7687)
        self._sockets: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def hold(self) -> None:
        """Be silent, as a server that was stopped is."""
        self._flows.clear()

    def release(self) -> None:
        """Carry on, with what came meanwhile."""
        self._flows.set()

    def cut(self) -> None:
        """Close everything, as a server that was killed does."""
        self._is_open = False
        self._flows.set()
        self._thread.join()
        self._selector.close()
        for end in (self._listener, *self._sockets):
            end.close()
