"""What became of a batch of rows: counts, and what was wrong with those that were not written."""

from dataclasses import dataclass

from graph.errors import UsageError


class BadRowError(UsageError):
    """A row that does not fit the graph; `field` is the part of it that is to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A row (its position in the batch) that was not written, and the field that is to blame."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """Counts of rows; with the failures they add up to the batch.

    `repeated`: a later row with the same key was taken instead. `facts` counts the facts that were
    added or changed; they belong to rows and are no rows themselves.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    facts: int = 0
    failed: tuple[RowFailure, ...] = ()
