"""Rows of facts and feedback files as edges between nodes that are known by position."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.files.batches import Batch, DataFile, Rejection
from graph.files.cells import Cells, is_null
from graph.files.cleaning import Cleaner, Tally, guess_time_unit
from graph.files.registry import UNKNOWN, Registry
from graph.files.spool import NO_TIME
from graph.mapping_names import kind_name, relation_name
from graph.mapping_tables import Choice, Facts, Feedback, TimeUnit


@dataclass(frozen=True, slots=True)
class FactRows:
    """Facts out of a batch of rows, as columns of one length.

    `node`, `relation` and `kind` are positions in registries.
    """

    node: NDArray[np.int32]
    relation: NDArray[np.int32]
    kind: NDArray[np.int32]
    name: pa.Array
    weight: NDArray[np.float64]
    line: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FeedbackRows:
    """Feedback of one table of the mapping, out of a batch of rows, as columns of one length.

    `user`, `item`, `type` and `split` are positions in registries, `split` is `UNKNOWN` where
    there is none; `at` is in epoch seconds or `NO_TIME`.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    type: NDArray[np.int32]
    value: NDArray[np.float64]
    at: NDArray[np.int64]
    split: NDArray[np.int32]
    line: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """The rows where `mask` holds, in the same order."""
        return replace(
            self, **{column.name: getattr(self, column.name)[mask] for column in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class EdgeBatch:
    """The edges in a batch of rows, a piece for each table of the mapping, and the rows without."""

    facts: tuple[FactRows, ...]
    feedback: tuple[FeedbackRows, ...]
    rejections: tuple[Rejection, ...]
    read: int
    kept: int
    left_out: int
    consumed: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """The registries that edges are numbered by."""

    users: Registry
    items: Registry
    relations: Registry
    kinds: Registry
    types: Registry
    splits: Registry


def columns_of_facts(table: Facts) -> tuple[str, ...]:
    """The columns that a table of facts needs in its file."""
    wanted = [table.node, table.entity]
    wanted += [choice.column for choice in (table.relation, table.kind) if choice.column]
    wanted += [table.weight] if isinstance(table.weight, str) else []
    wanted += [] if table.keep is None else table.keep.columns()
    return tuple(dict.fromkeys(wanted))


def columns_of_feedback(table: Feedback) -> tuple[str, ...]:
    """The columns that a table of feedback needs in its file."""
    wanted = [table.user, table.item]
    wanted += [name for name in (table.value, table.at) if isinstance(name, str)]
    wanted += [choice.column for choice in (table.type, table.split) if choice and choice.column]
    wanted += [] if table.keep is None else table.keep.columns()
    return tuple(dict.fromkeys(wanted))


def read_facts(
    file: DataFile, table: Facts, cleaner: Cleaner, numbering: Numbering, tally: Tally
) -> Iterator[EdgeBatch]:
    """The facts of a file about the nodes known, batch by batch."""
    noun = "item" if table.item is not None else "user"
    nodes = numbering.items if table.item is not None else numbering.users

    def fact_name(text: str) -> str:
        name = relation_name(text)
        if numbering.types.position(name) != UNKNOWN:
            raise ValueError(f"{name} is a type of feedback")
        return name

    for batch in file.batches(columns_of_facts(table)):
        cells = Cells(batch, cleaner, tally)
        kept = cells.keeps(table.keep)
        ids = cells.text(table.node)
        rows, names = cells.names(table.entity, table.split)
        has_name = np.zeros(len(batch), dtype=bool)
        has_name[rows] = True
        cells.reject(kept & is_null(ids), f"missing {table.node}")
        cells.reject(kept & ~has_name, f"missing {table.entity}")
        relation = _chosen(cells, table.relation, kept, fact_name, numbering.relations)
        kind = _chosen(cells, table.kind, kept, kind_name, numbering.kinds)
        weight = _numbers(cells, table.weight, kept)
        usable = kept & ~cells.is_rejected()
        node = nodes.find(_only(ids, usable))
        cells.reject(usable & (node == UNKNOWN), f"unknown {noun}")
        usable = kept & ~cells.is_rejected()
        inside = usable[rows]
        rows = rows[inside]
        facts = FactRows(
            node[rows],
            relation[rows],
            kind[rows],
            names.filter(pa.array(inside)),
            weight[rows],
            batch.lines[rows],
        )
        yield _edge_batch(cells, kept, usable, facts=(facts,))


def read_feedback(
    file: DataFile,
    tables: Sequence[Feedback],
    units: Sequence[TimeUnit],
    cleaner: Cleaner,
    numbering: Numbering,
    tally: Tally,
) -> Iterator[EdgeBatch]:
    """The feedback that one or more tables of the mapping take from a file, batch by batch.

    `units` are the time units of the tables. A row that one of them cannot use is rejected.
    """
    wanted = dict.fromkeys(column for table in tables for column in columns_of_feedback(table))
    for batch in file.batches(tuple(wanted)):
        cells = Cells(batch, cleaner, tally)
        kept_by_any = np.zeros(len(batch), dtype=bool)
        kept_by: list[NDArray[np.bool_]] = []
        for table in tables:
            kept = cells.keeps(table.keep, table.value if isinstance(table.value, str) else None)
            checked = kept
            if table.keep is not None and table.keep.needs_value():
                # A rating that is no number fits no `keep`: it must be told, not passed over.
                checked = kept | is_null(cells.numbers(str(table.value)))
            kept_by.append(checked)
            kept_by_any |= checked
        pieces = [
            _feedback(cells, table, unit, kept, numbering)
            for table, unit, kept in zip(tables, units, kept_by, strict=True)
        ]
        usable = kept_by_any & ~cells.is_rejected()
        feedback = tuple(
            piece.where(kept & usable) for piece, kept in zip(pieces, kept_by, strict=True)
        )
        yield _edge_batch(cells, kept_by_any, usable, feedback=feedback)


def find_time_unit(file: DataFile, table: Feedback, cleaner: Cleaner) -> TimeUnit:
    """The unit of a table's times: as declared, else guessed from the first rows of the file."""
    if table.time_unit is not None:
        return table.time_unit
    if table.at is not None:
        for batch in file.batches((table.at,)):
            return guess_time_unit(cleaner.text(batch.columns[table.at], table.at, Tally()))
    return "s"


def _feedback(
    cells: Cells,
    table: Feedback,
    unit: TimeUnit,
    kept: NDArray[np.bool_],
    numbering: Numbering,
) -> FeedbackRows:
    """All rows of the batch as feedback; those that are not kept or rejected mean nothing."""
    users, items = cells.text(table.user), cells.text(table.item)
    cells.reject(kept & is_null(users), f"missing {table.user}")
    cells.reject(kept & is_null(items), f"missing {table.item}")
    value = _numbers(cells, table.value, kept)
    at = np.full(len(cells), NO_TIME, dtype=np.int64)
    if table.at is not None:
        text = cells.text(table.at)
        times = cells.cleaner.times(text, unit)
        cells.reject(kept & ~is_null(text) & is_null(times), f"{table.at} is no time ({unit})")
        at = times.fill_null(NO_TIME).to_numpy(zero_copy_only=False)
    types = _chosen(cells, table.type, kept, None, numbering.types)
    splits = np.full(len(cells), UNKNOWN, dtype=np.int32)
    if table.split is not None:
        splits = _chosen(cells, table.split, kept, str, numbering.splits)
    usable = kept & ~cells.is_rejected()
    item = numbering.items.find(_only(items, usable))
    cells.reject(usable & (item == UNKNOWN), "unknown item")
    user = numbering.users.find(_only(users, usable & (item != UNKNOWN)))
    return FeedbackRows(user, item, types, value, at, splits, cells.batch.lines)


def _only(ids: pa.Array, where: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(where), ids, pa.scalar(None, pa.string()))


def _chosen(
    cells: Cells,
    choice: Choice,
    kept: NDArray[np.bool_],
    name: Callable[[str], str] | None,
    names: Registry,
) -> NDArray[np.int32]:
    """The name of each row, by its position in `names`, which takes in new ones.

    Without `name` only the names listed in the mapping are legal.
    """
    if choice.column is None:
        return np.full(len(cells), names.add(str(choice.constant)), dtype=np.int32)
    text = cells.text(choice.column)
    encoded = _only(text, kept).dictionary_encode()
    positions: list[int] = []
    for value in encoded.dictionary.to_pylist():
        chosen = choice.names.get(value)
        if chosen is None and name is not None:
            try:
                chosen = name(value)
            except ValueError:
                chosen = None
        positions.append(UNKNOWN if chosen is None else names.add(chosen))
    at = encoded.indices.fill_null(len(positions)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int32] = np.array([*positions, UNKNOWN], dtype=np.int32)[at]
    missing = is_null(text)
    cells.reject(kept & missing, f"missing {choice.column}")
    reason = f"unknown {choice.column}" if name is None else f"{choice.column} cannot be a name"
    cells.reject(kept & ~missing & (found == UNKNOWN), reason)
    return found


def _numbers(cells: Cells, column: float | str, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    if not isinstance(column, str):
        return np.full(len(cells), float(column))
    numbers = cells.numbers(column)
    text_missing = is_null(cells.text(column))
    cells.reject(kept & text_missing, f"missing {column}")
    cells.reject(kept & ~text_missing & is_null(numbers), f"{column} is no number")
    values: NDArray[np.float64] = numbers.fill_null(0.0).to_numpy(zero_copy_only=False)
    return values


def _edge_batch(
    cells: Cells,
    kept: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    facts: tuple[FactRows, ...] = (),
    feedback: tuple[FeedbackRows, ...] = (),
) -> EdgeBatch:
    batch: Batch = cells.batch
    return EdgeBatch(
        facts=facts,
        feedback=feedback,
        rejections=tuple(cells.rejections()),
        read=len(batch) + len(batch.unreadable),
        kept=int(usable.sum()),
        left_out=int((~kept & ~cells.is_rejected()).sum()),
        consumed=batch.consumed,
    )
