"""Checks the Arrow tables that come in for bulk writes, and finds out which rows are news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.errors import UsageError
from graph.model import PropertyType

ARROW_TYPES: Mapping[PropertyType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
}

ENTITIES = pa.schema([("id", pa.string()), ("kind", pa.string()), ("name", pa.string())])
FACTS = pa.schema([("source", pa.string()), ("entity", pa.string()), ("weight", pa.float64())])
FEEDBACK = pa.schema(
    [
        ("user", pa.string()),
        ("item", pa.string()),
        ("value", pa.float64()),
        ("at", pa.int64()),
        ("split", pa.string()),
    ]
)
TYPED_FEEDBACK = pa.schema([("type", pa.string()), *FEEDBACK])
EVIDENCE = pa.schema([("source", pa.string()), ("target", pa.string()), ("weight", pa.float64())])
PRIOR = pa.schema([("target", pa.string()), ("weight", pa.float64())])


def items_schema(properties: Mapping[str, PropertyType]) -> pa.Schema:
    """The columns of items with these properties."""
    return _with_properties({"id": "string", "title": "string", "text": "string"}, properties)


def users_schema(properties: Mapping[str, PropertyType]) -> pa.Schema:
    """The columns of users with these properties."""
    return _with_properties({"id": "string"}, properties)


def _with_properties(
    fixed: Mapping[str, PropertyType], properties: Mapping[str, PropertyType]
) -> pa.Schema:
    return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in {**fixed, **properties}.items()])


def conform(
    table: pa.Table, schema: pa.Schema, keys: Sequence[str], required: Sequence[str] = ()
) -> pa.Table:
    """The table with the schema's types, in the schema's order, keeping the columns that it has.

    Raises a ValueError for a column that the schema does not have, a missing key or required
    column, a null or infinite value where there must be one, and a key that stands there twice
    (without `keys`, rows may repeat).
    """
    unknown = [name for name in table.column_names if name not in schema.names]
    if unknown:
        raise ValueError(f"unknown column {unknown[0]!r}; known: {', '.join(schema.names)}")
    for name in [*keys, *required]:
        if name not in table.column_names:
            raise ValueError(f"the column {name!r} is missing")
        if table.column(name).null_count:
            raise ValueError(f"the column {name!r} has a null")
    fields = [field for field in schema if field.name in table.column_names]
    conformed = table.select([field.name for field in fields]).cast(pa.schema(fields))
    for field in fields:
        if pa.types.is_floating(field.type):
            values = conformed.column(field.name)
            if not pc.all(pc.is_finite(values), skip_nulls=True, min_count=0).as_py():
                raise ValueError(f"the column {field.name!r} has a value that is not finite")
    if not keys:
        return conformed
    groups = conformed.select(keys).group_by(keys).aggregate([])
    if len(groups) < len(conformed):
        counted = conformed.group_by(keys).aggregate([([], "count_all")])
        twice = (
            counted.filter(pc.greater(counted.column("count_all"), 1)).slice(0, 1).to_pylist()[0]
        )
        key = ", ".join(str(twice[name]) for name in keys)
        raise ValueError(f"the key ({key}) stands in one table twice")
    return conformed


def with_nulls(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all columns of the schema; those it lacks are null."""
    columns = [
        table.column(field.name)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class News:
    """Row positions of an incoming table: what is new, and what differs from what is kept."""

    new: NDArray[np.int64]
    changed: NDArray[np.int64]
    unchanged: int


def compare(incoming: pa.Table, kept: pa.Table, columns: Sequence[str]) -> News:
    """Compare incoming rows with kept ones; `kept.row` is the position of its incoming row."""
    rows = kept.column("row").to_numpy()
    same = np.ones(len(rows), dtype=bool)
    before = incoming.take(kept.column("row")) if columns else incoming
    for name in columns:
        old, new = kept.column(name), before.column(name)
        equal = pc.fill_null(pc.equal(old, new), False)
        both_null = pc.and_(pc.is_null(old), pc.is_null(new))
        same &= pc.or_(equal, both_null).to_numpy()
    is_new = np.ones(len(incoming), dtype=bool)
    is_new[rows] = False
    return News(np.flatnonzero(is_new), rows[~same], int(same.sum()))


def check_known(type: str, known: Sequence[str], what: str) -> None:
    """Refuse a type that the graph was not prepared for."""
    if type not in known:
        raise UsageError(f"the graph has no {what} {type!r}; it has {', '.join(known) or 'none'}")
