"""`whypath validate`."""

import click

from api.console import TerminalProgress, message_console, output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.views.findings import show_findings
from graph.validation import validate_project


@click.command(short_help="Say what is wrong with the files.")
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
