"""`whypath key`: the keys of the REST API."""

import time

import click

from api.console import output_console, print_json
from api.context import CliContext, json_option, pass_context
from api.rest.keys import SCOPES, create_key, read_keys, revoke_key


@click.group(short_help="Keys of the REST API.")
def key() -> None:
    """Make, list and revoke the keys of the REST API; only their hashes are kept."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it allows; may be given several times.  [default: read]",
)
@json_option
@pass_context
def create(context: CliContext, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key called NAME and print it: it cannot be shown again."""
    settings = context.settings()
    file = settings.project / settings.serve.keys
    text, made = create_key(file, name, scopes or ("read",))
    if as_json:
        print_json({"key": text, "id": made.id, "name": made.name, "scopes": list(made.scopes)})
        return
    console = output_console()
    console.print(text, soft_wrap=True, highlight=False)
    console.print(f"scopes: {', '.join(made.scopes)}. Keep it now: only its hash is stored.")


@key.command(name="list")
@json_option
@pass_context
def list_(context: CliContext, as_json: bool) -> None:
    """List the keys, without their secrets."""
    settings = context.settings()
    keys = read_keys(settings.project / settings.serve.keys)
    if as_json:
        print_json(
            [
                {"id": key.id, "name": key.name, "scopes": list(key.scopes), "made_at": key.made_at}
                for key in keys
            ]
        )
        return
    console = output_console()
    for one in keys:
        made = time.strftime("%Y-%m-%d", time.localtime(one.made_at))
        console.print(f"{one.id}  {made}  {', '.join(one.scopes)}  {one.name}", highlight=False)
    if not keys:
        console.print("No keys: the API serves this machine alone.")


@key.command()
@click.argument("id")
@pass_context
def revoke(context: CliContext, id: str) -> None:
    """Revoke the key with this ID; a running server refuses it within a second."""
    settings = context.settings()
    gone = revoke_key(settings.project / settings.serve.keys, id)
    output_console().print(f"revoked {gone.id} ({gone.name})", highlight=False)
