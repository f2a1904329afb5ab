"""`whypath serve`."""

import logging
import sys

import click

from api.context import CliContext, pass_context


@click.command(short_help="Serve the REST API.")
@click.option("--host", help="Address to listen at.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port; 0 is a free one.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; 1 for an embedded graph.")
@click.option("--tls-cert", type=click.Path(dir_okay=False, exists=True), help="PEM file.")
@click.option("--tls-key", type=click.Path(dir_okay=False, exists=True), help="PEM file.")
@pass_context
def serve(
    context: CliContext,
    host: str | None,
    port: int | None,
    workers: int | None,
    tls_cert: str | None,
    tls_key: str | None,
) -> None:
    """Serve the REST API until it is told to stop; requests that run are finished first."""
    settings = context.settings({"serve": {"host": host, "port": port, "workers": workers}})
    # Not at the top: the other commands need no server.
    from api.rest.serving import serve_app

    logging.captureWarnings(True)
    sys.exit(serve_app(settings, tls_cert=tls_cert, tls_key=tls_key))
