"""Reads all files of a mapping as an import would, writes nothing, and says what is wrong."""

import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.errors import DataError
from graph.files.batches import DataFile
from graph.files.checking import CheckedTable, columns_of, read_together, reading_key
from graph.files.cleaning import Cleaner, Tally
from graph.files.edge_files import Numbering, find_time_unit, read_facts, read_feedback
from graph.files.node_files import read_nodes
from graph.files.readers import open_source, require_columns
from graph.files.registry import Registry
from graph.files.spool import Spool, records
from graph.mapping import Mapping
from graph.mapping_tables import Facts, Feedback, Items, Users
from graph.progress import SILENT, Progress
from graph.validation.feedback_checks import FeedbackChecks
from graph.validation.findings import Finding, worst_first
from graph.validation.link_findings import ItemColumns, LinkedFacts, link_findings
from graph.validation.node_checks import (
    Constants,
    misread_text,
    near_duplicates,
    spelling_variants,
)
from graph.validation.row_checks import RowCounts, cleaning_findings


def validate_project(
    mapping: Mapping, progress: Progress = SILENT, *, now_s: float | None = None
) -> list[Finding]:
    """What is wrong with the files, worst first; nothing is written but temporary files.

    `now_s` is the time that feedback in the future is told by, in epoch seconds.
    """
    with tempfile.TemporaryDirectory(prefix="whypath-") as folder:
        validation = _Validation(mapping, Path(folder), progress)
        try:
            validation.read_nodes()
            validation.read_facts()
            validation.read_feedback(time.time() if now_s is None else now_s)
        finally:
            validation.close()
    return worst_first(validation.findings)


class _Validation:
    """One reading of all files; findings gather file by file."""

    def __init__(self, mapping: Mapping, folder: Path, progress: Progress) -> None:
        self.findings: list[Finding] = []
        self._mapping = mapping
        self._progress = progress
        self._cleaner = Cleaner(mapping.cleaning)
        self._tables = self._open()
        opened = {checked.title for checked in self._tables}
        self._numbering = Numbering(
            # A file that cannot be read must not make all ids of the others unknown.
            users=Registry(is_open="[users]" not in opened),
            items=Registry(is_open="[items]" not in opened),
            relations=Registry(is_open=True),
            kinds=Registry(is_open=True),
            types=Registry(is_open=True),
            splits=Registry(is_open=True),
        )
        for name in mapping.feedback_types():
            self._numbering.types.add(name)
        self._item_columns = ItemColumns()
        self._spool = Spool(folder / "feedback", sum(t.file.expected_rows for t in self._tables))

    def close(self) -> None:
        self._spool.close()

    def read_nodes(self) -> None:
        for checked in self._tables:
            if isinstance(checked.table, Items | Users):
                self._read_nodes(checked, checked.table)

    def read_facts(self) -> None:
        for checked in self._tables:
            if isinstance(checked.table, Facts):
                self._read_facts(checked, checked.table)

    def read_feedback(self, now_s: float) -> None:
        self._numbering.users.is_open = True
        tables = [c for c in self._tables if isinstance(c.table, Feedback)]
        for group in read_together(tables):
            self._read_feedback(group)
        checks = FeedbackChecks(self._numbering.users.ids(), self._numbering.items.ids(), now_s)
        checks.look_through(self._spool)
        if tables:
            self.findings += checks.findings(tables[0].file.path.name)

    def _open(self) -> list[CheckedTable]:
        """The tables whose files can be used; what is wrong with the others is a finding."""
        opened: dict[tuple[object, ...], DataFile | DataError] = {}
        tables: list[CheckedTable] = []
        for title, source in self._mapping.sources():
            key = reading_key(source)
            is_new = key not in opened
            if is_new:
                try:
                    opened[key] = open_source(self._mapping.path(source), source, self._progress)
                except DataError as error:
                    opened[key] = error
            file = opened[key]
            try:
                if isinstance(file, DataError):
                    if is_new:
                        raise file
                    continue
                require_columns(file, columns_of(source), title)
            except DataError as error:
                self.findings.append(Finding("error", "file", str(error), source.file))
                continue
            if isinstance(source, Items | Users | Facts | Feedback):
                tables.append(CheckedTable(title, source, file))
        return tables

    def _read_nodes(self, checked: CheckedTable, table: Items | Users) -> None:
        where = checked.file.path.name
        is_items = isinstance(table, Items)
        known = self._numbering.items if is_items else self._numbering.users
        counts, tally, constants = RowCounts(where, (table.id,)), Tally(), Constants()
        spellings: dict[str, set[str]] = defaultdict(set)
        lines: list[int] = []
        titles: list[str | None] = []
        self._progress.start(f"Reading {where}", checked.file.size)
        for nodes in read_nodes(checked.file, table, self._cleaner, known, tally):
            counts.add(nodes.read, nodes.table.num_rows, nodes.left_out, nodes.rejections)
            lines += nodes.lines.tolist()
            for declared in table.properties:
                constants.add(declared.column, nodes.table.column(declared.name).to_pylist())
            for values in nodes.attributes:
                names = values.names.to_pylist()
                constants.add(values.attribute.column, names)
                if not values.attribute.is_numeric:
                    spellings[values.attribute.kind].update(names)
            if is_items:
                titles += nodes.table.column("title").to_pylist()
                self._item_columns.add(nodes)
            self._progress.advance(nodes.consumed)
        self._progress.done()
        labels = [f"{where}:{line}:" for line in lines]
        self.findings += counts.findings() + cleaning_findings(tally, where)
        self.findings += constants.findings(where)
        self.findings += spelling_variants(
            spellings, where, fold_case=self._mapping.cleaning.fold_case
        )
        if is_items:
            self.findings += misread_text(titles, labels, where)
            self.findings += near_duplicates(titles, self._item_columns.years(), labels, where)

    def _read_facts(self, checked: CheckedTable, table: Facts) -> None:
        where = checked.file.path.name
        id_columns = (table.node,)
        counts, tally = RowCounts(where, id_columns), Tally()
        spellings: dict[str, set[str]] = defaultdict(set)
        facts = LinkedFacts()
        self._progress.start(f"Reading {where}", checked.file.size)
        for batch in read_facts(checked.file, table, self._cleaner, self._numbering, tally):
            counts.add(batch.read, batch.kept, batch.left_out, batch.rejections)
            kinds = self._numbering.kinds.ids().to_pylist()
            for rows in batch.facts:
                for kind in np.unique(rows.kind).tolist():
                    names = rows.name.filter(pa.array(rows.kind == kind)).unique()
                    spellings[kinds[kind]].update(names.to_pylist())
                if table.item is not None:
                    facts.add(rows)
            self._progress.advance(batch.consumed)
        self._progress.done()
        self.findings += counts.findings() + cleaning_findings(tally, where)
        self.findings += spelling_variants(
            spellings, where, fold_case=self._mapping.cleaning.fold_case
        )
        names = sorted(name for group in spellings.values() for name in group)
        self.findings += misread_text(names, [f"{where}:"] * len(names), where)
        if table.item is not None and self._mapping.items is not None:
            self.findings += link_findings(
                self._item_columns, facts, self._numbering, self._mapping.items, where
            )

    def _read_feedback(self, group: tuple[CheckedTable, ...]) -> None:
        file = group[0].file
        where = file.path.name
        tables = [c.table for c in group if isinstance(c.table, Feedback)]
        units = [find_time_unit(file, table, self._cleaner) for table in tables]
        ids = [column for table in tables for column in (table.user, table.item)]
        counts, tally, constants = RowCounts(where, ids), Tally(), Constants()
        self._progress.start(f"Reading {where}", file.size)
        for batch in read_feedback(file, tables, units, self._cleaner, self._numbering, tally):
            counts.add(batch.read, batch.kept, batch.left_out, batch.rejections)
            for table, rows in zip(tables, batch.feedback, strict=True):
                if table.at is not None:
                    constants.add(table.at, rows.at.tolist())
                if isinstance(table.value, str):
                    constants.add(table.value, rows.value.tolist())
                self._spool.append(
                    records(rows.user, rows.item, rows.type, rows.value, rows.at, rows.split)
                )
            self._progress.advance(batch.consumed)
        self._progress.done()
        self.findings += counts.findings() + cleaning_findings(tally, where)
        self.findings += constants.findings(where)
        for table, unit in zip(tables, units, strict=True):
            if table.at is not None and table.time_unit is None:
                self.findings.append(
                    Finding(
                        "info",
                        "time-unit-guessed",
                        f"the times in {table.at!r} are taken to be in {unit}",
                        where,
                        advice=f'to make sure, set time_unit = "{unit}"',
                    )
                )
                break
