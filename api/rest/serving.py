"""Runs the app with uvicorn: one process, or several where the store allows them."""

import gc
import logging
import signal
import socket
import ssl
import sys
from functools import partial
from logging.config import dictConfig
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api.rest.access import is_loopback
from api.rest.app import create_app
from api.rest.connections import MAX_HEAD_BYTES, PromptConnection
from api.rest.keys import read_keys
from api.rest.metrics import counting_together
from api.rest.service import Service
from api.rest.settings import ServeSettings
from api.settings import Settings
from graph.errors import ResourceError, UsageError

log = logging.getLogger("whypath.rest")

_BACKLOG = 1024


def serve_app(settings: Settings, *, tls_cert: str | None, tls_key: str | None) -> int:
    """Serve until stopped; answers the exit code. The address is printed once it can be called.

    Raises a UsageError for what cannot be served: several processes on an embedded graph, other
    machines without any API key, a certificate that is none; a StoreLockedError for an embedded
    graph that another process holds; a ResourceError where the port is taken.
    """
    serve = settings.serve
    has_keys = bool(read_keys(settings.project / serve.keys))
    if not has_keys and not is_loopback(serve.host):
        raise UsageError(
            f"no API key is configured, so only this machine may be served, not {serve.host}; "
            "make one with `whypath key create NAME`, or serve 127.0.0.1"
        )
    if serve.workers > 1 and settings.store.url.startswith("ladybug:"):
        raise UsageError(
            f"an embedded graph serves one process, not {serve.workers} workers; use a Neo4j "
            "server, or raise [serve] threads"
        )
    _check_certificate(tls_cert, tls_key)
    dictConfig(log_config(serve))
    if not has_keys:
        log.warning("no API key is configured: only this machine is served")
    # Told to stop, uvicorn finishes what runs and raises the signal again; that is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _listen(serve.host, serve.port) as listener:
        config = partial(
            uvicorn.Config,
            workers=serve.workers,
            # uvicorn only calls it.
            http=partial(PromptConnection, serve.read_timeout_s),  # type: ignore[arg-type]
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            ws="none",
            lifespan="on",
            log_config=log_config(serve),
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=serve.grace_s,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
        )
        url = _url("https" if tls_cert else "http", listener)
        if serve.workers > 1:
            return _serve_workers(
                settings, config(partial(create_app, settings), factory=True), listener, url
            )
        app = create_app(settings)
        service: Service = app.state.service
        service.open()  # here, where what is wrong with the store becomes one sentence
        # What is there by now stays: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        _tell(url)
        try:
            server = uvicorn.Server(config(app))
            server.run([listener])
        finally:
            service.close()
    return 0 if server.started else 1


def _serve_workers(
    settings: Settings, config: uvicorn.Config, listener: socket.socket, url: str
) -> int:
    """Serve with several processes, which share the socket; one that dies is replaced."""
    service = Service(settings)
    service.open()
    service.close()
    supervisor = Multiprocess(config, [listener])
    _tell(url)
    with counting_together():
        supervisor.run()
    failed = any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes)
    return 1 if failed else 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        raise UsageError(f"{host} is no address of this machine: {error.strerror}") from error
    except OSError as error:
        raise ResourceError(
            f"cannot listen at {host} port {port}: {error.strerror}; choose another --port"
        ) from error
    # Connections inherit it. Without it the body of an answer waits 40 ms for the client to
    # acknowledge the head: asyncio sets it only where a socket names its protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _tell(url: str) -> None:
    """The address on standard output, for people and for scripts that chose port 0."""
    print(url, flush=True)  # noqa: T201 (a result of the command)
    log.info("serving %s", url)


def _check_certificate(certificate: str | None, key: str | None) -> None:
    if certificate is None:
        if key is not None:
            raise UsageError("--tls-key needs the certificate, --tls-cert")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"{certificate} and its key cannot be used: {reason}; both must be PEM, and the key "
            "without a password, in --tls-key or in the same file"
        ) from error


def log_config(serve: ServeSettings) -> dict[str, Any]:
    """Logs to standard error: lines for people, or JSON."""
    level = serve.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "%(asctime)s %(levelname)s %(message)s"},
            "json": {"()": "api.rest.gate.JsonFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": serve.log}},
        "root": {"handlers": ["stderr"], "level": "ERROR" if level == "ERROR" else "WARNING"},
        "loggers": {
            name: {"level": level} for name in ("whypath.rest", "whypath.access", "uvicorn.error")
        },
    }
