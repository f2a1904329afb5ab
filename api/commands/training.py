"""`whypath train`."""

import contextlib
from pathlib import Path

import click

from api.console import (
    TerminalProgress,
    message_console,
    output_console,
    print_json,
    step_reporter,
)
from api.context import CliContext, json_option, pass_context
from api.embedding import embeddings_given, make_embedder
from api.text_encoding import make_text_encoder
from api.views.runs import show_run
from graph.dataset import read_dataset
from graph.errors import NotReadyError
from recommender import publishing
from recommender.arriving import place_arrivals
from recommender.training import train as train_evidence


@click.command(short_help="Learn evidence from the graph.")
@click.option("--signals", metavar="NAME,...", help="Learn only these signals.")
@click.option("--embeddings", metavar="NAME,...", help="text, kge, gnn; or none.")
@click.option(
    "--tensorboard",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Log losses and metrics of the embeddings here, and the vectors for the projector.",
)
@click.option("--edges", type=click.IntRange(1, 10_000), help="Evidence edges kept for an item.")
@click.option("--activate", type=int, metavar="RUN", help="Go back to this run; trains nothing.")
@json_option
@pass_context
def train(
    context: CliContext,
    signals: str | None,
    embeddings: str | None,
    tensorboard: Path | None,
    edges: int | None,
    activate: int | None,
    as_json: bool,
) -> None:
    """Learn evidence from the graph and write it as a new run beside the current one."""
    given = {
        "signals": signals,
        "embeddings": embeddings_given(embeddings),
        "edges_per_item": edges,
    }
    settings = context.settings({"train": given})
    console = message_console()
    say = step_reporter(console)
    with context.open_store(settings) as store:
        if activate is not None:
            run = publishing.activate(store, activate, settings.artifacts)
            with contextlib.suppress(NotReadyError):
                # Items may have come while another run served.
                encode = make_text_encoder(settings, say, TerminalProgress(console))
                place_arrivals(store, settings.artifacts, encode)
        else:
            dataset = read_dataset(store)
            if not len(dataset.feedback):
                raise NotReadyError("the graph holds no feedback; run `whypath import` first.")
            evidence = train_evidence(
                dataset,
                settings.train,
                rng=settings.train.rng,
                embed=make_embedder(settings, say, TerminalProgress(console), tensorboard),
                report=say,
            )
            run = publishing.publish(
                store, evidence, fingerprint=dataset.fingerprint, artifacts=settings.artifacts
            )
    if as_json:
        print_json({"run": run.id, "settings": run.settings, "metrics": run.metrics})
    else:
        show_run(output_console(), run)
