"""Runs the app with uvicorn: one process, or several where the store allows them."""

import logging
from logging.config import dictConfig
from typing import Any

import uvicorn

from api.rest.access import is_loopback
from api.rest.app import create_app
from api.rest.keys import read_keys
from api.rest.settings import ServeSettings
from api.settings import Settings
from graph.errors import UsageError

log = logging.getLogger("whypath.rest")


def serve_app(settings: Settings, *, tls_cert: str | None, tls_key: str | None) -> int:
    """Serve until stopped; answers the exit code.

    Raises a UsageError for what cannot be served: several processes on an embedded graph, or other
    machines without any API key.
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
    dictConfig(log_config(serve))
    if not has_keys:
        log.warning("no API key is configured: only this machine is served")
    app = create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=serve.host,
            port=serve.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=serve.grace_s,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
        )
    )
    server.run()
    return 0 if server.started else 1


def log_config(serve: ServeSettings) -> dict[str, Any]:
    """Logs to standard error: lines for people, or JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "%(asctime)s %(levelname)s %(message)s"},
            "json": {"()": "api.rest.gate.JsonFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": serve.log}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            name: {"level": "INFO"} for name in ("whypath.rest", "whypath.access", "uvicorn.error")
        },
    }
