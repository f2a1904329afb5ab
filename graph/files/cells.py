"""The cells of one batch as clean columns, each cleaned once however often it is asked for."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.condition import Condition
from graph.files.batches import Batch, Rejection
from graph.files.cleaning import Cleaner, Tally, explode, first_group


class Cells:
    """Clean columns of a batch, and the rows of it that are to be rejected."""

    def __init__(self, batch: Batch, cleaner: Cleaner, tally: Tally) -> None:
        self.batch = batch
        self.cleaner = cleaner
        self.tally = tally
        self._text: dict[tuple[str, bool], pa.Array] = {}
        self._numbers: dict[str, pa.Array] = {}
        self._reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.batch)

    def text(
        self, column: str, pattern: str | None = None, *, only_empty: bool = False
    ) -> pa.Array:
        """The column as clean text, or what `pattern` finds in it; missing cells are null."""
        key = (column, only_empty)
        if key not in self._text:
            self._text[key] = self.cleaner.text(
                self.batch.columns[column], column, self.tally, only_empty=only_empty
            )
        text = self._text[key]
        return text if pattern is None else first_group(text, pattern)

    def numbers(self, column: str) -> pa.Array:
        """The column as float64; null where it is missing or no number."""
        if column not in self._numbers:
            self._numbers[column] = self.cleaner.numbers(self.text(column), column, self.tally)
        return self._numbers[column]

    def names(
        self, column: str, separator: str | None, pattern: str | None = None
    ) -> tuple[NDArray[np.int64], pa.Array]:
        """The names in the column's cells, taken apart: their rows and the names, none missing."""
        cells = self.batch.columns[column]
        if pattern is not None:
            cells = self.text(column, pattern)
        rows, parts = explode(cells, separator)
        names = self.cleaner.text(parts, column, self.tally)
        present = pc.is_valid(names).to_numpy(zero_copy_only=False)
        return rows[present], names.filter(pa.array(present))

    def keeps(self, condition: Condition | None, value: str | None = None) -> NDArray[np.bool_]:
        """Which rows a condition keeps; `value` is the column that it is about by default."""
        if condition is None:
            return np.ones(len(self), dtype=bool)
        return condition.holds(
            {column: self.text(column) for column in condition.columns()},
            None if value is None else self.text(value),
            self.cleaner.numbers,
            len(self),
        )

    def reject(self, where: NDArray[np.bool_], reason: str) -> None:
        """Reject rows; the first reason given for a row stands."""
        for row in np.flatnonzero(where).tolist():
            self._reasons.setdefault(row, reason)

    def reject_row(self, row: int, reason: str) -> None:
        """Reject one row; the first reason given for it stands."""
        self._reasons.setdefault(row, reason)

    def is_rejected(self) -> NDArray[np.bool_]:
        """Which rows were rejected so far."""
        rejected = np.zeros(len(self), dtype=bool)
        rejected[list(self._reasons)] = True
        return rejected

    def rejections(self) -> list[Rejection]:
        """All rows rejected or unreadable, in the order of the file."""
        rejected = [self.batch.reject(row, reason) for row, reason in self._reasons.items()]
        return sorted((*self.batch.unreadable, *rejected), key=lambda one: one.line)


def is_null(column: pa.Array) -> NDArray[np.bool_]:
    """Where a column is missing, as a numpy mask."""
    mask: NDArray[np.bool_] = pc.is_null(column).to_numpy(zero_copy_only=False)
    return mask
