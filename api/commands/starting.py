"""`whypath demo` and `whypath init`: how a project begins."""

from pathlib import Path

import click

from api.console import TerminalProgress, message_console
from api.context import CliContext, pass_context
from api.demo import make_demo
from api.settings import SETTINGS_FILE
from graph.errors import UsageError
from graph.proposal import propose_mapping


@click.command(short_help="Make an example project with real data.")
@click.argument("directory", type=click.Path(path_type=Path))
def demo(directory: Path) -> None:
    """Make a complete project in DIRECTORY: MovieLens 100k with facts from Wikidata."""
    console = message_console()
    report = make_demo(directory, TerminalProgress(console))
    console.print(
        f"{report.n_items:,} films, {report.n_users:,} users, {report.n_ratings:,} ratings, "
        f"{report.n_facts:,} facts about {report.n_linked:,} of the films"
    )
    console.print(report.credits, markup=False, highlight=False, end="")
    console.print(
        f"next: cd {directory} && whypath import && whypath train && whypath recommend 42"
    )


@click.command(short_help="Propose a mapping for data files.")
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
