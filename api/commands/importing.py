"""`whypath import`."""

import click

from api.console import TerminalProgress, message_console, output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.views.importing import show_import
from graph.importing import import_project
from graph.store import Store


@click.command("import", short_help="Write the files into the graph.")
@click.option("--append", is_flag=True, help="The files hold additions; the graph has the rest.")
@json_option
@pass_context
def import_(context: CliContext, append: bool, as_json: bool) -> None:
    """Write the files into the graph: every row once, however often it is done."""
    settings = context.settings()
    mapping = context.mapping(settings)
    progress = TerminalProgress(message_console())
    with context.open_store(settings, must_exist=False) as store:
        report = import_project(mapping, store, append=append, progress=progress)
        placed = _place_arrivals(store) if append else []
    if as_json:
        print_json({**report.to_json(), "placed": placed})
        return
    show_import(output_console(), report)
    if placed:
        output_console().print(
            f"{len(placed):,} new item(s) can be recommended from now on, by what they share."
        )


def _place_arrivals(store: Store) -> list[str]:
    """Items that came after the training get evidence from their facts."""
    if store.current_run() is None:
        return []
    from recommender.arriving import place_arrivals

    return place_arrivals(store)
