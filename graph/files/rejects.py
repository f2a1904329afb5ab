"""Rejected rows, counted by reason and written to a file of their own."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from graph.files.batches import Rejection

EXAMPLES = 3
"""How many lines are kept as examples of a reason."""


def reason_kind(reason: str) -> str:
    """What is counted: `duplicate id` for `duplicate id: first on line 7`."""
    return reason.split(":", 1)[0]


class Rejects:
    """The rejected rows of one data file. The file is made with the first of them.

    Its columns are `line`, `reason` and `row`, the row as JSON.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: dict[str, int] = {}
        self.examples: dict[str, list[int]] = {}
        self._file: TextIO | None = None

    def __enter__(self) -> "Rejects":
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Count and write rejected rows."""
        for rejection in rejections:
            kind = reason_kind(rejection.reason)
            self.counts[kind] = self.counts.get(kind, 0) + 1
            lines = self.examples.setdefault(kind, [])
            if len(lines) < EXAMPLES:
                lines.append(rejection.line)
            row = json.dumps(rejection.raw, ensure_ascii=False, default=str)
            csv.writer(self._open()).writerow([rejection.line, rejection.reason, row])

    def _open(self) -> TextIO:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(["line", "reason", "row"])
        return self._file
