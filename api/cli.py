"""The command line: parses, calls, prints. What a command computes is decided in other folders."""

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click

from api.context import CliContext
from graph.errors import RESOURCE_REASONS, ResourceError, WhypathError

COMMANDS = {
    "demo": "api.commands.starting:demo",
    "init": "api.commands.starting:init",
    "validate": "api.commands.validating:validate",
    "import": "api.commands.importing:import_",
    "train": "api.commands.training:train",
    "recommend": "api.commands.serving:recommend",
    "explain": "api.commands.serving:explain",
    "evaluate": "api.commands.evaluating:evaluate",
    "export": "api.commands.exporting:export",
    "serve": "api.commands.serve:serve",
    "key": "api.commands.keys:key",
    "status": "api.commands.project:status",
    "doctor": "api.commands.project:doctor",
}
"""Where each command is. Its module is imported when it is called: `recommend` needs no scipy."""


class Commands(click.Group):
    """The commands in the order in which a person meets them, each imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Project folder: where whypath.toml and the embedded graph are.  [default: .]",
)
@click.option("--store", "store_url", help="Store URL, e.g. ladybug:graph.lbug, bolt://host:7687.")
@click.option("--traceback", is_flag=True, help="Show the Python traceback of a failure.")
@click.version_option(version("whypath"), prog_name="whypath")
@click.pass_context
def whypath(context: click.Context, project: Path, store_url: str | None, traceback: bool) -> None:
    """Recommendations from a knowledge graph, each with the path that produced its score."""
    del traceback  # read by `main`, which sees every failure
    context.obj = CliContext(project=project, store_url=store_url)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code: 0 done, 1 failed, 2 wrong call, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        # Not standalone, click answers the code of an Exit that a command raised; else None.
        code = whypath.main(args=arguments, prog_name="whypath", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        message = error.format_message().rstrip(".")
        context = error.ctx if isinstance(error, click.UsageError) else None
        help_call = f"; `{context.command_path} --help` says what is legal" if context else ""
        _say(f"{message[:1].lower()}{message[1:]}{help_call}.")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted; what was written before stays as it was")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--traceback" in arguments:
            raise
        known = known_error(error)
        if known is None:
            _say(
                f"this is a fault in whypath, not in your data: {type(error).__name__}: {error}. "
                "Run again with `whypath --traceback ...` and report what it prints."
            )
            return 1
        _say(str(known))
        return known.exit_code
    return code if isinstance(code, int) else 0


def known_error(error: Exception) -> WhypathError | None:
    """The errors that name what a user can change; None for a fault of ours."""
    if isinstance(error, WhypathError):
        return error
    if isinstance(error, MemoryError):
        return ResourceError("not enough memory; lower train.max_dense_items or use more memory.")
    if isinstance(error, OSError) and (reason := RESOURCE_REASONS.get(error.errno or 0)):
        if error.filename is not None:
            return ResourceError(f"cannot write or read {error.filename}: {reason}.")
        if error.errno == errno.ENOSPC:  # of the others, nothing says what was to be written
            return ResourceError(f"{reason}; free some space and run the command again.")
    return None


def _say(sentence: str) -> None:
    print(f"whypath: {sentence}", file=sys.stderr)  # noqa: T201 - the one place for failures


def run() -> None:
    """The console script."""
    sys.exit(main())
