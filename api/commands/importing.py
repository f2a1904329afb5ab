"""`whypath import`."""

import click

from api.console import TerminalProgress, message_console, output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.views.importing import show_import
from graph.importing import import_project


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
    if as_json:
        print_json(report.to_json())
    else:
        show_import(output_console(), report)
