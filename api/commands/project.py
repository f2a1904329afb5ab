"""`whypath status` and `whypath doctor`."""

import click

from api.console import output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.doctor import examine
from api.views.doctor import show_doctor
from api.views.runs import show_status


@click.command(short_help="What the graph holds, and its runs.")
@json_option
@pass_context
def status(context: CliContext, as_json: bool) -> None:
    """What the graph holds, and its runs."""
    settings = context.settings()
    with context.open_store(settings) as store:
        counts, runs = dict(store.counts()), store.runs()
        url = store.url
    if as_json:
        listed = [
            {
                "run": run.id,
                "at": run.at,
                "is_ready": run.is_ready,
                "is_current": run.is_current,
                "fingerprint": run.fingerprint,
                "settings": run.settings,
                "metrics": run.metrics,
            }
            for run in runs
        ]
        print_json({"store": url, "counts": counts, "runs": listed})
    else:
        show_status(output_console(), url, counts, runs)


@click.command(short_help="What works here, and what does not.")
@json_option
@pass_context
def doctor(context: CliContext, as_json: bool) -> None:
    """What is installed, what can be reached, and what to do where something is missing."""
    checks = examine(context)
    if as_json:
        print_json([check.to_json() for check in checks])
    else:
        show_doctor(output_console(), checks)
    if not all(check.is_ok or check.is_optional for check in checks):
        raise click.exceptions.Exit(1)
