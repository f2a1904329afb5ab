"""All files of a mapping, opened and checked before a row of any is used."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.files.batches import DataFile
from graph.files.edge_files import columns_of_facts, columns_of_feedback
from graph.files.node_files import columns_of_nodes
from graph.files.readers import open_source, require_columns
from graph.mapping import Mapping
from graph.mapping_tables import Facts, Feedback, Items, Source, Users
from graph.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A table of the mapping, its title, and its file, which has the columns that it names."""

    title: str
    table: Items | Users | Facts | Feedback
    file: DataFile


def open_tables(mapping: Mapping, progress: Progress = SILENT) -> tuple[CheckedTable, ...]:
    """Open and check the files of all tables, each file once; a DataError says what is wrong."""
    opened: dict[tuple[object, ...], DataFile] = {}
    checked = []
    for title, source in mapping.sources():
        key = reading_key(source)
        if key not in opened:
            opened[key] = open_source(mapping.path(source), source, progress)
        require_columns(opened[key], columns_of(source), title)
        checked.append(CheckedTable(title, _known(source), opened[key]))
    return tuple(checked)


def read_together(tables: Sequence[CheckedTable]) -> tuple[tuple[CheckedTable, ...], ...]:
    """Feedback tables in groups that read the same file in the same way, in their order."""
    groups: dict[int, list[CheckedTable]] = {}
    for checked in tables:
        groups.setdefault(id(checked.file), []).append(checked)
    return tuple(tuple(group) for group in groups.values())


def reading_key(source: Source) -> tuple[object, ...]:
    """What is equal for two tables that read the same file in the same way."""
    return (
        source.file,
        source.format,
        source.delimiter,
        source.encoding,
        source.header,
        source.columns,
    )


def columns_of(source: Source) -> tuple[str, ...]:
    """The columns that a table of the mapping needs in its file."""
    table = _known(source)
    if isinstance(table, Facts):
        return columns_of_facts(table)
    if isinstance(table, Feedback):
        return columns_of_feedback(table)
    return columns_of_nodes(table)


def _known(source: Source) -> Items | Users | Facts | Feedback:
    if not isinstance(source, Items | Users | Facts | Feedback):
        raise TypeError(f"{type(source).__name__} is no table of a mapping")
    return source
