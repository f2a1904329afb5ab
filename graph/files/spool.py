"""Edges on disk between reading and writing, so that memory does not grow with the files.

Every edge is a record of 32 bytes. Records are spread over parts by their source, so that all
records of one edge are in one part, and a part fits in memory. Repeated edges are resolved part by
part, and a k-core needs only the degree of each node.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from graph.mapping_tables import DuplicatesPolicy, KCore

NO_TIME = np.iinfo(np.int64).min
"""Stands for a missing time."""

RECORD = np.dtype(
    [
        ("source", "<i4"),
        ("target", "<i4"),
        ("type", "<i4"),
        ("split", "<i4"),
        ("value", "<f8"),
        ("at", "<i8"),
    ]
)
"""An edge: positions of its ends and its type, its weight or value, and its time if it has one."""

Records = NDArray[np.void]

PART_ROWS = 500_000
"""About how many records a part should hold."""

_MOST_PARTS = 200


def records(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    type: NDArray[np.int32] | int,
    value: NDArray[np.float64] | float,
    at: NDArray[np.int64] | int = NO_TIME,
    split: NDArray[np.int32] | int = 0,
) -> Records:
    """Columns as records."""
    made = np.empty(len(source), dtype=RECORD)
    made["source"], made["target"], made["type"] = source, target, type
    made["value"], made["at"], made["split"] = value, at, split
    return made


class Spool:
    """Records in files of a folder that its maker removes."""

    def __init__(self, folder: Path, expected_rows: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        parts = min(max(1, -(-expected_rows // PART_ROWS)), _MOST_PARTS)
        self._open: list[BinaryIO] = [self._path(n).open("wb") for n in range(parts)]
        self._parts = parts

    def close(self) -> None:
        """Close its files."""
        for file in self._open:
            file.close()

    def rows(self) -> int:
        """How many records there are."""
        for file in self._open:
            file.flush()
        return sum(self._path(n).stat().st_size for n in range(self._parts)) // RECORD.itemsize

    def append(self, rows: Records) -> None:
        """Add records, after those that are there."""
        if self._parts == 1:
            self._open[0].write(rows.tobytes())
            return
        part_of = rows["source"] % self._parts
        order = np.argsort(part_of, kind="stable")
        ends = np.cumsum(np.bincount(part_of, minlength=self._parts))[:-1]
        for file, part in zip(self._open, np.split(rows[order], ends), strict=True):
            if len(part):
                file.write(part.tobytes())

    def parts(self) -> Iterator[Records]:
        """The records, part by part."""
        for number in range(self._parts):
            self._open[number].flush()
            yield np.fromfile(self._path(number), dtype=RECORD)

    def resolve(self, policy: DuplicatesPolicy) -> NDArray[np.int64]:
        """Leave one record for each (source, target, type); how many went, by type."""
        gone = np.zeros(1, dtype=np.int64)
        for number, part in enumerate(self.parts()):
            left = resolve(part, policy)
            n_types = int(part["type"].max(initial=0)) + 1
            gone = np.pad(gone, (0, max(0, n_types - len(gone))))
            gone[:n_types] += np.bincount(part["type"], minlength=n_types)
            gone[:n_types] -= np.bincount(left["type"], minlength=n_types)
            self._replace(number, left)
        return gone

    def keep_core(self, core: KCore, n_sources: int, n_targets: int) -> NDArray[np.int64]:
        """Leave only the k-core; how many records went, by type."""
        alive = _core(self.parts, core, n_sources, n_targets)
        gone = np.zeros(1, dtype=np.int64)
        for number, part in enumerate(self.parts()):
            inside = alive[0][part["source"]] & alive[1][part["target"]]
            n_types = int(part["type"].max(initial=0)) + 1
            gone = np.pad(gone, (0, max(0, n_types - len(gone))))
            gone[:n_types] += np.bincount(part["type"][~inside], minlength=n_types)
            self._replace(number, part[inside])
        return gone

    def _replace(self, number: int, rows: Records) -> None:
        file = self._open[number]
        file.seek(0)
        file.truncate()
        file.write(rows.tobytes())

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:03}.edges"


def resolve(rows: Records, policy: DuplicatesPolicy) -> Records:
    """One record for each (source, target, type), in that order of type, source, target.

    `last` and `first` go by time (a missing one is the earliest), then by the order in the file;
    `max` by value; `sum` adds the values up and has the time of the last.
    """
    keys = (rows["at"], rows["value"]) if policy == "max" else (rows["at"],)
    order = np.lexsort((*keys, rows["target"], rows["source"], rows["type"]))
    ordered = rows[order]
    is_first = np.ones(len(ordered), dtype=bool)
    if len(ordered) > 1:
        is_first[1:] = (
            (ordered["type"][1:] != ordered["type"][:-1])
            | (ordered["source"][1:] != ordered["source"][:-1])
            | (ordered["target"][1:] != ordered["target"][:-1])
        )
    starts = np.flatnonzero(is_first)
    if policy == "first":
        firsts: Records = ordered[starts]
        return firsts
    lasts = np.append(starts[1:], len(ordered))[: len(starts)] - 1
    left: Records = ordered[lasts]
    if policy == "sum" and len(ordered):
        left["value"] = np.add.reduceat(ordered["value"], starts)
    return left


def _core(
    parts: Callable[[], Iterator[Records]], core: KCore, n_sources: int, n_targets: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which sources and targets are left when those of too low a degree are taken out in turns."""
    sources = np.ones(n_sources, dtype=bool)
    targets = np.ones(n_targets, dtype=bool)
    while True:
        source_degree = np.zeros(n_sources, dtype=np.int64)
        target_degree = np.zeros(n_targets, dtype=np.int64)
        for part in parts():
            inside = sources[part["source"]] & targets[part["target"]]
            source_degree += np.bincount(part["source"][inside], minlength=n_sources)
            target_degree += np.bincount(part["target"][inside], minlength=n_targets)
        kept_sources = sources & (source_degree >= core.users)
        kept_targets = targets & (target_degree >= core.items)
        if kept_sources.sum() == sources.sum() and kept_targets.sum() == targets.sum():
            return sources, targets
        sources, targets = kept_sources, kept_targets
