"""Rows of the items and users files as nodes, with the attributes they bring along."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.files.batches import Batch, DataFile, Rejection
from graph.files.cells import Cells, is_null
from graph.files.cleaning import Cleaner, Tally
from graph.files.ranges import range_names
from graph.files.registry import Registry
from graph.mapping_tables import Attribute, Items, Property, Users
from graph.model import PropertyType

ARROW_TYPES: dict[PropertyType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
}
"""What the declared types are in Arrow tables."""


@dataclass(frozen=True, slots=True)
class AttributeValues:
    """Values of one attribute: `names[i]` belongs to the node in row `rows[i]` of the table."""

    attribute: Attribute
    rows: NDArray[np.int64]
    names: pa.Array


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes out of a batch of rows: `table` as the store takes it, and the lines they came from."""

    table: pa.Table
    lines: NDArray[np.int64]
    attributes: tuple[AttributeValues, ...]
    rejections: tuple[Rejection, ...]
    read: int
    left_out: int
    consumed: int


def columns_of_nodes(table: Items | Users) -> tuple[str, ...]:
    """The columns that a table of nodes needs in its file."""
    wanted = [table.id]
    if isinstance(table, Items):
        wanted += [*table.text, *([] if table.title is None else [table.title])]
    wanted += [declared.column for declared in table.properties]
    wanted += [attribute.column for attribute in table.attributes]
    wanted += [] if table.keep is None else table.keep.columns()
    return tuple(dict.fromkeys(wanted))


def read_nodes(
    file: DataFile, table: Items | Users, cleaner: Cleaner, known: Registry, tally: Tally
) -> Iterator[Nodes]:
    """The nodes of a file, batch by batch; their ids are registered in `known`.

    Of rows with the same id the first counts, the others are rejected.
    """
    for batch in file.batches(columns_of_nodes(table)):
        yield _nodes(batch, table, cleaner, known, tally)


def _nodes(
    batch: Batch, table: Items | Users, cleaner: Cleaner, known: Registry, tally: Tally
) -> Nodes:
    cells = Cells(batch, cleaner, tally)
    ids = cells.text(table.id)
    kept = cells.keeps(table.keep)
    cells.reject(kept & is_null(ids), f"missing {table.id}")
    is_new = np.zeros(len(batch), dtype=bool)
    for row, node in enumerate(ids.to_pylist()):
        if node is None or not kept[row]:
            continue
        if known.claim(node, int(batch.lines[row])):
            is_new[row] = True
        else:
            first = known.line(known.position(node))
            cells.reject_row(row, f"duplicate {table.id}: first on line {first}")
    columns: dict[str, pa.Array] = {"id": ids}
    if isinstance(table, Items):
        columns["title"] = _title(cells, table)
        columns["text"] = _text(cells, table)
    for declared in table.properties:
        columns[declared.name] = _property(cells, declared)
    at = np.cumsum(is_new) - 1
    values = []
    for attribute in table.attributes:
        rows, names = _attribute(cells, attribute)
        inside = is_new[rows]
        values.append(AttributeValues(attribute, at[rows[inside]], names.filter(pa.array(inside))))
    return Nodes(
        table=pa.table(columns).filter(pa.array(is_new)),
        lines=batch.lines[is_new],
        attributes=tuple(values),
        rejections=tuple(cells.rejections()),
        read=len(batch) + len(batch.unreadable),
        left_out=int((~kept & ~cells.is_rejected()).sum()),
        consumed=batch.consumed,
    )


def _title(cells: Cells, table: Items) -> pa.Array:
    if table.title is None:
        return pa.nulls(len(cells), pa.string())
    return cells.text(table.title, only_empty=True)


def _text(cells: Cells, table: Items) -> pa.Array:
    """The text columns, a line each, without those that are missing."""
    if not table.text:
        return pa.nulls(len(cells), pa.string())
    parts = [cells.text(column, only_empty=True) for column in table.text]
    joined = pc.binary_join_element_wise(*parts, "\n", null_handling="skip")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _property(cells: Cells, declared: Property) -> pa.Array:
    text = cells.text(declared.column, declared.pattern)
    return cells.cleaner.typed(text, declared.type, declared.name, cells.tally)


def _attribute(cells: Cells, attribute: Attribute) -> tuple[NDArray[np.int64], pa.Array]:
    if not attribute.is_numeric:
        return cells.names(attribute.column, attribute.split, attribute.pattern)
    text = cells.text(attribute.column, attribute.pattern)
    what = f"{attribute.column} for {attribute.kind}"
    names = range_names(cells.cleaner.typed(text, "float", what, cells.tally), attribute)
    present = ~is_null(names)
    return np.flatnonzero(present), names.filter(pa.array(present))
