"""Takes rows in from checked files: nodes one batch after the other, edges onto disk.

It keeps what all files of an import share (numbers of nodes, entities, spools) and a report on each
file. It writes nothing but spools and rejects.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from graph.errors import DataError
from graph.files.checking import CheckedTable
from graph.files.cleaning import Cleaner, Tally
from graph.files.edge_files import (
    EdgeBatch,
    FactRows,
    Numbering,
    find_time_unit,
    read_facts,
    read_feedback,
)
from graph.files.entities import Entities
from graph.files.node_files import Nodes, read_nodes
from graph.files.registry import Registry
from graph.files.rejects import Rejects
from graph.files.spool import Spool, records
from graph.import_report import Cleaned, FileReport, RejectedRows
from graph.mapping import Mapping
from graph.mapping_tables import Facts, Feedback, Items, Users
from graph.model import NodeLabel
from graph.progress import Progress

MOST_NAMES = 200
"""The most relations, and kinds of entities, that files may bring: each is part of the schema."""


class Intake:
    """One reading of all files of a mapping; spools go to `folder`, rejected rows to `rejects`."""

    def __init__(
        self,
        mapping: Mapping,
        tables: Sequence[CheckedTable],
        folder: Path,
        rejects: Path,
        progress: Progress,
    ) -> None:
        self.numbering = Numbering(
            users=Registry(is_open=mapping.users is None),
            items=Registry(is_open=mapping.items is None),
            relations=Registry(is_open=True),
            kinds=Registry(is_open=True),
            types=Registry(is_open=True),
            splits=Registry(is_open=True),
        )
        for name in mapping.feedback_types():
            self.numbering.types.add(name)
        self.entities = Entities(mapping.cleaning)
        self.reports: list[FileReport] = []
        expected = {id(checked.file): checked.file.expected_rows for checked in tables}
        self.feedback_spool = Spool(folder / "feedback", sum(expected.values()))
        self.fact_spools: dict[NodeLabel, Spool] = {
            "Item": Spool(folder / "item-facts", sum(expected.values())),
            "User": Spool(folder / "user-facts", sum(expected.values())),
        }
        self._cleaner = Cleaner(mapping.cleaning)
        self._rejects_folder = rejects
        self._progress = progress
        self._taken: set[str] = set()

    def close(self) -> None:
        """Close the spools; their folder belongs to the caller."""
        for spool in (self.feedback_spool, *self.fact_spools.values()):
            spool.close()

    def nodes(self, checked: CheckedTable, table: Items | Users) -> Iterator[Nodes]:
        """The nodes of a file; their attributes go to the spool when the batch was used."""
        label: NodeLabel = "Item" if isinstance(table, Items) else "User"
        known = self.numbering.items if label == "Item" else self.numbering.users
        with self._reading((checked,)) as reading:
            for nodes in read_nodes(checked.file, table, self._cleaner, known, reading.tally):
                yield nodes
                positions = known.find(nodes.table.column("id").combine_chunks())
                for values in nodes.attributes:
                    attribute = values.attribute
                    entity = self.entities.find(attribute.kind, values.names, reading.tally)
                    relation = self.numbering.relations.add(attribute.relation)
                    self.fact_spools[label].append(
                        records(positions[values.rows], entity, relation, attribute.weight)
                    )
                reading.count(nodes.read, nodes.table.num_rows, nodes.left_out)
                reading.rejects.add(nodes.rejections)
                self._progress.advance(nodes.consumed)

    def facts(self, checked: CheckedTable, table: Facts) -> None:
        """Take in the facts of a file."""
        label: NodeLabel = "Item" if table.item is not None else "User"
        with self._reading((checked,)) as reading:
            for batch in read_facts(
                checked.file, table, self._cleaner, self.numbering, reading.tally
            ):
                for rows in batch.facts:
                    self._spool_facts(label, rows, reading.tally)
                self._finish(batch, reading)
                for what, names in (
                    ("relations", self.numbering.relations),
                    ("kinds", self.numbering.kinds),
                ):
                    if len(names) > MOST_NAMES:
                        raise DataError(
                            f"{checked.file.path} brings more than {MOST_NAMES} {what} "
                            f"({checked.title}); is the right column named for them?"
                        )

    def feedback(self, group: Sequence[CheckedTable]) -> None:
        """Take in the feedback of a file that one or more tables read."""
        file = group[0].file
        tables = [c.table for c in group if isinstance(c.table, Feedback)]
        units = [find_time_unit(file, table, self._cleaner) for table in tables]
        has_times = any(table.at is not None for table in tables)
        with self._reading(group, units[0] if has_times else None) as reading:
            for batch in read_feedback(
                file, tables, units, self._cleaner, self.numbering, reading.tally
            ):
                for rows in batch.feedback:
                    self.feedback_spool.append(
                        records(rows.user, rows.item, rows.type, rows.value, rows.at, rows.split)
                    )
                self._finish(batch, reading)

    def _spool_facts(self, label: NodeLabel, rows: FactRows, tally: Tally) -> None:
        kinds = self.numbering.kinds.ids().to_pylist()
        entity = np.empty(len(rows.node), dtype=np.int32)
        for kind in np.unique(rows.kind).tolist():
            chosen = rows.kind == kind
            entity[chosen] = self.entities.find(kinds[kind], rows.name.filter(chosen), tally)
        self.fact_spools[label].append(records(rows.node, entity, rows.relation, rows.weight))

    def _finish(self, batch: EdgeBatch, reading: "_Reading") -> None:
        reading.count(batch.read, batch.kept, batch.left_out)
        reading.rejects.add(batch.rejections)
        self._progress.advance(batch.consumed)

    @contextmanager
    def _reading(
        self, group: Sequence[CheckedTable], time_unit: str | None = None
    ) -> Iterator["_Reading"]:
        file = group[0].file
        started = time.perf_counter()
        self._progress.start(f"Reading {file.path.name}", file.size)
        with Rejects(self._rejects_path(file.path)) as rejects:
            reading = _Reading(rejects)
            yield reading
        self._progress.done()
        self.reports.append(
            reading.report(
                group[0].table.file,
                tuple(checked.title for checked in group),
                time_unit,
                time.perf_counter() - started,
            )
        )

    def _rejects_path(self, path: Path) -> Path:
        """`ratings.csv` for `ratings.jsonl.gz`, `ratings-2.csv` for the next file of that name."""
        name, number = path.name.split(".", 1)[0], 1
        while (free := f"{name}.csv" if number == 1 else f"{name}-{number}.csv") in self._taken:
            number += 1
        self._taken.add(free)
        return self._rejects_folder / free


@dataclass(slots=True)
class _Reading:
    """What has become of a file so far."""

    rejects: Rejects
    tally: Tally = field(default_factory=Tally)
    read: int = 0
    kept: int = 0
    left_out: int = 0

    def count(self, read: int, kept: int, left_out: int) -> None:
        self.read += read
        self.kept += kept
        self.left_out += left_out

    def report(
        self, file: str, tables: tuple[str, ...], time_unit: str | None, seconds: float
    ) -> FileReport:
        rejected = tuple(
            RejectedRows(reason, count, tuple(self.rejects.examples[reason]))
            for reason, count in self.rejects.counts.items()
        )
        cleaned = tuple(
            Cleaned(what, count, self.tally.examples.get(what))
            for what, count in self.tally.counts.items()
        )
        return FileReport(
            file=file,
            tables=tables,
            read=self.read,
            kept=self.kept,
            left_out=self.left_out,
            rejected=rejected,
            cleaned=cleaned,
            time_unit=time_unit,
            rejects=self.rejects.path if rejected else None,
            seconds=seconds,
        )
