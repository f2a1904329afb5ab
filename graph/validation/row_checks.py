"""What is said of rows that cannot be used, and of cells that cleaning changes or gives up."""

from collections.abc import Iterable

from graph.files.batches import Rejection
from graph.files.cleaning import Tally
from graph.files.rejects import reason_kind
from graph.validation.findings import EXAMPLES, Finding, Severity

_SHOWN = 120
_ADVICE = {
    "unreadable": "repair these lines; quotes and line breaks inside a cell need quotes around it",
    "missing-id": "a row without an id belongs to nothing; fill it in or leave the row out",
    "duplicate-id": "the first row counts; remove the others, or give them ids of their own",
    "unknown-item": "add these items to the items file, or leave the rows out; "
    "check that both files write ids alike",
    "unknown-user": "add these users to the users file, or leave the rows out",
    "bad-time": "set `time_unit`, or repair these cells",
    "bad-number": 'repair these cells; for a decimal comma set decimal = "," under [cleaning]',
    "unusable-row": "repair these rows or leave them out",
}


class RowCounts:
    """The rows of one file: how many there are, are used, left out and rejected, and why."""

    def __init__(self, where: str, id_columns: Iterable[str]) -> None:
        self._where = where
        self._id_columns = frozenset(id_columns)
        self._read = 0
        self._kept = 0
        self._left_out = 0
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, read: int, kept: int, left_out: int, rejections: Iterable[Rejection]) -> None:
        """Count the rows of a batch."""
        self._read += read
        self._kept += kept
        self._left_out += left_out
        for rejection in rejections:
            reason = reason_kind(rejection.reason)
            self._counts[reason] = self._counts.get(reason, 0) + 1
            examples = self._examples.setdefault(reason, [])
            if len(examples) < EXAMPLES:
                raw = str(rejection.raw)[:_SHOWN]
                examples.append(f"{self._where}:{rejection.line}: {rejection.reason}: {raw}")

    def findings(self) -> list[Finding]:
        """What is to be said: a reason that takes half of the rows or more is an error."""
        found = []
        if self._read == 0:
            found.append(
                Finding(
                    "error", "no-rows", f"{self._where} holds a header and no rows", self._where
                )
            )
        elif self._kept == 0 and self._left_out:
            found.append(
                Finding(
                    "error",
                    "nothing-kept",
                    f"`keep` leaves out all of the {self._left_out} usable rows",
                    self._where,
                    self._left_out,
                    advice="compare the condition with what the column holds",
                )
            )
        for reason, count in self._counts.items():
            code = self._code(reason)
            severity: Severity = "error" if 2 * count >= self._read else "warning"
            found.append(
                Finding(
                    severity,
                    code,
                    f"{count:,} of {self._read:,} rows cannot be used: {reason}",
                    self._where,
                    count,
                    tuple(self._examples[reason]),
                    _ADVICE[code],
                )
            )
        return found

    def _code(self, reason: str) -> str:
        if reason.startswith("missing ") and reason.removeprefix("missing ") in self._id_columns:
            return "missing-id"
        for start, code in (
            ("duplicate ", "duplicate-id"),
            ("unknown item", "unknown-item"),
            ("unknown user", "unknown-user"),
        ):
            if reason.startswith(start):
                return code
        if " is no time" in reason:
            return "bad-time"
        if reason.endswith(" is no number"):
            return "bad-number"
        if reason.startswith(("missing ", "unknown ")) or reason.endswith(" cannot be a name"):
            return "unusable-row"
        return "unreadable"


def cleaning_findings(tally: Tally, where: str) -> list[Finding]:
    """What cleaning will do to the cells of a file."""
    found = []
    for what, count in tally.counts.items():
        lost = ": left out, not " in what
        example = tally.examples.get(what)
        found.append(
            Finding(
                "warning" if lost else "info",
                "lost-value" if lost else "cleaned",
                f"{what} ({count:,} cells)",
                where,
                count,
                () if example is None else (f"{where}: {example!r}",),
                "repair these cells, or declare another type for the column" if lost else "",
            )
        )
    return found
