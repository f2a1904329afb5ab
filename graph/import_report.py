"""What an import did, as plain values and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.model import WriteCount


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """Rows rejected for one reason, with some of their lines."""

    reason: str
    count: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One kind of change that cleaning made to a file's cells, with an example of one before it."""

    what: str
    count: int
    example: str | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of the rows of a file: `read == kept + left_out + sum of rejected`.

    `left_out` are those that a `keep` leaves out. `rejects` is where rejected rows were written.
    """

    file: str
    tables: tuple[str, ...]
    read: int
    kept: int
    left_out: int
    rejected: tuple[RejectedRows, ...]
    cleaned: tuple[Cleaned, ...]
    time_unit: str | None
    rejects: Path | None
    seconds: float


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    `written` maps `Item`, `User`, `Entity`, each relation of facts and each type of feedback to
    what the store did with their rows. `repeated` and `outside_core` count, by type of feedback,
    the pieces that the duplicates policy and the k-core left out; `not_in_files` counts, by the
    names of `written`, what the graph holds from earlier imports and these files do not give.
    """

    files: tuple[FileReport, ...]
    written: Mapping[str, WriteCount]
    repeated: Mapping[str, int] = field(default_factory=dict)
    outside_core: Mapping[str, int] = field(default_factory=dict)
    not_in_files: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def total(self) -> WriteCount:
        """All counts together."""
        return sum(self.written.values(), WriteCount())

    def n_rejected(self) -> int:
        """How many rows were rejected."""
        return sum(rows.count for file in self.files for rows in file.rejected)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "files": [
                {
                    "file": file.file,
                    "tables": list(file.tables),
                    "read": file.read,
                    "kept": file.kept,
                    "left_out": file.left_out,
                    "rejected": [
                        {"reason": rows.reason, "count": rows.count, "lines": list(rows.lines)}
                        for rows in file.rejected
                    ],
                    "cleaned": [
                        {"what": change.what, "count": change.count, "example": change.example}
                        for change in file.cleaned
                    ],
                    "time_unit": file.time_unit,
                    "rejects": None if file.rejects is None else str(file.rejects),
                    "seconds": round(file.seconds, 3),
                }
                for file in self.files
            ],
            "written": {
                name: {
                    "added": count.added,
                    "changed": count.changed,
                    "unchanged": count.unchanged,
                    "missing": count.missing,
                }
                for name, count in self.written.items()
            },
            "repeated": dict(self.repeated),
            "outside_core": dict(self.outside_core),
            "not_in_files": dict(self.not_in_files),
            "seconds": round(self.seconds, 3),
        }
