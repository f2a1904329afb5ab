"""Imports the files of a mapping into a store: every row once, however often it is done.

All files are checked first. Nodes are written while their file is read; edges are gathered on disk,
cleared of repetitions, and written last. Every write is an upsert, so an import that was killed is
simply run again.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import RESOURCE_REASONS, ResourceError
from graph.files.checking import open_tables, read_together
from graph.files.intake import Intake
from graph.import_report import ImportReport
from graph.import_writing import Writer
from graph.mapping import Mapping
from graph.mapping_tables import Facts, Feedback, Items, Users
from graph.progress import SILENT, Progress
from graph.store import Store

REJECTS_FOLDER = "rejects"
"""The folder beside the mapping that rejected rows are written to."""


def import_project(
    mapping: Mapping, store: Store, *, append: bool = False, progress: Progress = SILENT
) -> ImportReport:
    """Write what the files hold to the store, and report on every file.

    Without `append` the files are all there is: feedback on items that the items file does not hold
    is rejected. With it, items of the graph are known, too, and no k-core is taken. Nothing is ever
    deleted. Raises DataError, before anything is written, where a file cannot be used.
    """
    started = time.perf_counter()
    with _resource_errors(), tempfile.TemporaryDirectory(prefix="whypath-") as folder:
        tables = open_tables(mapping, progress)
        intake = Intake(mapping, tables, Path(folder), mapping.base / REJECTS_FOLDER, progress)
        try:
            writer = Writer(mapping, store, intake, progress)
            writer.begin(append=append)
            for checked in tables:
                if isinstance(checked.table, Items | Users):
                    for nodes in intake.nodes(checked, checked.table):
                        writer.write_nodes(checked.table, nodes.table)
            for checked in tables:
                if isinstance(checked.table, Facts):
                    intake.facts(checked, checked.table)
            intake.numbering.users.is_open = True
            for group in read_together([c for c in tables if isinstance(c.table, Feedback)]):
                intake.feedback(group)
            writer.settle(take_core=not append)
            writer.write_open_nodes()
            writer.write_entities()
            writer.write_facts()
            writer.write_feedback()
        finally:
            intake.close()
    return ImportReport(
        files=tuple(intake.reports),
        written=writer.written,
        repeated=writer.repeated,
        outside_core=writer.outside_core,
        not_in_files={} if append else writer.not_in_files(),
        seconds=time.perf_counter() - started,
    )


@contextmanager
def _resource_errors() -> Iterator[None]:
    """Say in a sentence what the system lacks or forbids."""
    try:
        yield
    except OSError as error:
        if (reason := RESOURCE_REASONS.get(error.errno or 0)) is None:
            raise
        where = f" ({error.filename})" if error.filename else ""
        raise ResourceError(
            f"{reason}{where}: change that and import again; what was written stays valid"
        ) from error
