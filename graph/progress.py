"""How long work tells how far it is, without knowing who shows it."""

from typing import Protocol


class Progress(Protocol):
    """Receives the steps of a long task, one after the other; `done` ends a step."""

    def start(self, what: str, total: int | None = None) -> None:
        """A step begins; `total` is its size in the units of `advance`, None if unknown."""

    def advance(self, n: int) -> None:
        """`n` more units of the step are done."""

    def done(self) -> None:
        """The step has ended."""


class Silent:
    """Shows nothing."""

    def start(self, what: str, total: int | None = None) -> None:
        """Ignore the beginning of a step."""

    def advance(self, n: int) -> None:
        """Ignore progress."""

    def done(self) -> None:
        """Ignore the end of a step."""


SILENT = Silent()
