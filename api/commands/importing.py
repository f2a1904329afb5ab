"""`whypath import`."""

import click
from rich.console import Console

from api.console import (
    TerminalProgress,
    message_console,
    output_console,
    print_json,
    step_reporter,
)
from api.context import CliContext, json_option, pass_context
from api.settings import Settings
from api.views.importing import show_import, show_placed
from graph.errors import UsageError, WhypathError
from graph.importing import import_project
from graph.store import Store


@click.command("import", short_help="Write the files into the graph.")
@click.option("--append", is_flag=True, help="The files hold additions; the graph has the rest.")
@click.option(
    "--encode-texts",
    is_flag=True,
    help="With --append: encode the texts of new items, whatever encoder has to be loaded.",
)
@json_option
@pass_context
def import_(context: CliContext, append: bool, encode_texts: bool, as_json: bool) -> None:
    """Write the files into the graph: every row once, however often it is done."""
    if encode_texts and not append:
        raise UsageError("--encode-texts is for what comes after a training; it needs --append.")
    settings = context.settings()
    mapping = context.mapping(settings)
    console = message_console()
    progress = TerminalProgress(console)
    placing: dict[str, object] = {"placed": [], "texts_waiting": 0, "not_placed": ""}
    with context.open_store(settings, must_exist=False) as store:
        report = import_project(mapping, store, append=append, progress=progress)
        if append and store.current_run() is not None:
            placing = _place_arrivals(store, settings, console, encode_texts)
    if as_json:
        print_json({**report.to_json(), **placing})
        return
    show_import(output_console(), report)
    show_placed(output_console(), placing)


def _place_arrivals(
    store: Store, settings: Settings, console: Console, encode_texts: bool
) -> dict[str, object]:
    """Give items that came after the training their evidence and vectors; what became of it.

    What stands in the way is told, and no failure: the files are in the graph.
    """
    from api.text_encoding import make_text_encoder
    from recommender.arriving import place_arrivals

    encode = make_text_encoder(
        settings,
        step_reporter(console),
        TerminalProgress(console),
        load="any" if encode_texts else "light",
    )
    try:
        placed = place_arrivals(store, settings.artifacts, encode)
    except WhypathError as error:
        return {"placed": [], "texts_waiting": 0, "not_placed": str(error)}
    return {
        "placed": list(placed.items),
        "texts_waiting": len(placed.wait),
        "not_placed": placed.reason,
    }
