"""`whypath demo`, `init`, `validate` and `import`: from files to a graph."""

from pathlib import Path

import click

from api.console import TerminalProgress, message_console, output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.demo import make_demo
from api.settings import SETTINGS_FILE
from api.views.data import show_findings, show_import
from graph.errors import UsageError
from graph.importing import import_project
from graph.proposal import propose_mapping
from graph.validation import validate_project


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def demo(directory: Path) -> None:
    """Make a complete project in DIRECTORY: MovieLens 100k with facts from Wikidata."""
    console = message_console()
    make_demo(directory, TerminalProgress(console))
    console.print(
        f"next: cd {directory} && whypath import && whypath train && whypath recommend 42"
    )


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help=f"Replace a {SETTINGS_FILE} that is there.")
@pass_context
def init(context: CliContext, files: tuple[Path, ...], force: bool) -> None:
    """Look at FILES and propose a mapping, with comments, as whypath.toml."""
    target = context.project / SETTINGS_FILE
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; --force replaces it.")
    proposal = propose_mapping([file.absolute() for file in files], context.project.absolute())
    target.write_text(proposal, encoding="utf-8")
    message_console().print(
        f"{target} written: read its comments, correct its guesses, then `whypath validate`"
    )


@click.command()
@json_option
@pass_context
def validate(context: CliContext, as_json: bool) -> None:
    """Say what is wrong with the files; writes nothing. Exit code 1 if there are errors."""
    mapping = context.mapping(context.settings())
    findings = validate_project(mapping, TerminalProgress(message_console()))
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        show_findings(output_console(), findings)
    if any(finding.severity == "error" for finding in findings):
        raise click.exceptions.Exit(1)


@click.command("import")
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
