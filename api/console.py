"""What a person sees on the terminal: tables, progress and messages; results go to stdout."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


def output_console() -> Console:
    """Standard output, for results. Piped output is not folded to the width of a terminal."""
    width = None if sys.stdout.isatty() else 140
    return Console(file=sys.stdout, highlight=False, soft_wrap=False, width=width)


def message_console() -> Console:
    """Standard error, for progress and messages."""
    return Console(file=sys.stderr, highlight=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def step_reporter(console: Console) -> Callable[[str], None]:
    """Prints each sentence it is told with the seconds since it was made."""
    started = time.perf_counter()

    def say(sentence: str) -> None:
        line = f"{time.perf_counter() - started:6.1f} s  {sentence}"
        console.print(Text(line, style="dim"))

    return say


class TerminalProgress:
    """Progress of a long task: a bar on a terminal, one plain line per step otherwise."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._what = ""

    def start(self, what: str, total: int | None = None) -> None:
        """A new step begins; `total` in the units of `advance`, if known."""
        self.done()
        self._what = what
        if not self._console.is_terminal:
            return
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._bars.start()
        self._task = self._bars.add_task(what, total=total)

    def advance(self, n: int = 1) -> None:
        """`n` more units of the step are done."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, n)

    def done(self) -> None:
        """The step has ended."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
        if self._what:
            self._console.print(Text(self._what, style="dim"))
        self._what = ""
