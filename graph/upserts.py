"""Bulk writes: which rows are new or changed is found out in the transaction that writes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from graph import tables
from graph.engine import Engine, Names, Reader, Statement, statement
from graph.errors import StoreError
from graph.model import WriteCount

EdgeOutcome = Literal["added", "changed", "unchanged", "missing"]
"""What became of one row of edges; `missing`: an end of it is not in the graph."""


@dataclass(frozen=True, slots=True)
class Ends:
    """A relationship type with the labels that it connects."""

    source_label: str
    relation: str
    target_label: str

    @property
    def is_feedback(self) -> bool:
        """Whether a user's feedback is such an edge."""
        return (self.source_label, self.target_label) == ("User", "Item")


class Upserts:
    """Writes tables of nodes and edges through an engine, batch by batch.

    A changed node gets its properties set; a changed edge is deleted and added anew, which is four
    times as fast on Ladybug as setting two properties.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def nodes(self, label: str, rows: pa.Table) -> WriteCount:
        """Upsert nodes by `id`; the other columns are properties."""
        work = partial(self._nodes, label)
        return sum(
            (self._engine.write(partial(work, batch)) for batch in self._batches(rows)),
            WriteCount(),
        )

    def _nodes(self, label: str, rows: pa.Table, reader: Reader) -> WriteCount:
        news = self._news(label, rows, reader)
        if len(news.new):
            columns = _properties(rows)
            names: dict[str, Names] = {"label": label, "properties": columns}
            new = rows.select(["id", *columns]).take(pa.array(news.new))
            reader.rows(self._statement("add_nodes", names, new))
        self._set(label, rows.take(pa.array(news.changed)), reader)
        return WriteCount(len(news.new), len(news.changed), news.unchanged)

    def change(self, label: str, rows: pa.Table, reader: Reader) -> int:
        """Set the properties of those nodes that are there; answers how many they are."""
        self.lock(label, rows.column("id").to_pylist(), reader)
        news = self._news(label, rows, reader)
        self._set(label, rows.take(pa.array(news.changed)), reader)
        return len(news.changed) + news.unchanged

    def _news(self, label: str, rows: pa.Table, reader: Reader) -> tables.News:
        columns = _properties(rows)
        names: dict[str, Names] = {"label": label, "properties": columns}
        keys = pa.table({"key": rows.column("id"), **_row(rows)})
        kept = reader.table(
            self._statement("match_nodes", names, keys), _kept_schema(rows, columns)
        )
        return tables.compare(rows, kept, columns)

    def _set(self, label: str, rows: pa.Table, reader: Reader) -> None:
        for name in _properties(rows) if len(rows) else ():
            values = pa.table({"key": rows.column("id"), "value": rows.column(name)})
            names: dict[str, Names] = {"label": label, "property": name}
            reader.rows(self._statement("set_property", names, values))

    def create_nodes(self, label: str, ids: Sequence[str], reader: Reader) -> None:
        """Create nodes with nothing but an id, where they are not there."""
        names: dict[str, Names] = {"label": label}
        reader.rows(statement(self._engine.dialect, "create_nodes", names, ids=list(ids)))

    def known(self, label: str, ids: Sequence[str], reader: Reader) -> set[str]:
        """Those of these ids that nodes of this label have."""
        if not ids:
            return set()
        names: dict[str, Names] = {"label": label, "properties": ()}
        rows = reader.rows(statement(self._engine.dialect, "nodes", names, ids=list(ids)))
        return {row[0] for row in rows}

    def lock(self, label: str, ids: Sequence[str], reader: Reader) -> None:
        """Keep other clients from changing these nodes until the transaction ends."""
        if not self._engine.has_one_writer:
            names: dict[str, Names] = {"label": label}
            ordered = sorted(set(ids))
            reader.rows(statement(self._engine.dialect, "lock_nodes", names, ids=ordered))

    def edges(self, ends: Ends, rows: pa.Table) -> WriteCount:
        """Upsert edges; the first two columns are their ends, the others their properties."""
        work = partial(self.write_edges, ends)
        counted: Counter[str] = Counter()
        for batch in self._batches(rows):
            counted.update(self._engine.write(partial(work, batch), is_event=ends.is_feedback))
        return WriteCount(**counted)

    def write_edges(self, ends: Ends, rows: pa.Table, reader: Reader) -> list[EdgeOutcome]:
        """Upsert edges in the transaction of the reader; answers what became of each row."""
        columns = tuple(rows.column_names[2:])
        found = self._match(ends, rows, columns, reader)
        news = tables.compare(rows, found.filter(found.column("is_there")), columns)
        with_ends = found.column("row").to_numpy()
        new = np.intersect1d(news.new, with_ends, assume_unique=True)
        if len(news.changed):
            self.delete_these(ends, rows.take(pa.array(news.changed)), reader)
        written = np.union1d(new, news.changed)
        if len(written):
            self._add(ends, rows.take(pa.array(written)), reader)
        outcomes = np.full(len(rows), "missing", dtype=object)
        outcomes[with_ends] = "unchanged"
        outcomes[new] = "added"
        outcomes[news.changed] = "changed"
        answer: list[EdgeOutcome] = outcomes.tolist()
        return answer

    def write_feedback(self, type: str, rows: pa.Table, reader: Reader) -> list[EdgeOutcome]:
        """The same for feedback, a few rows one by one: the plans of their statements are kept."""
        if len(rows) > self._engine.one_by_one:
            return self.write_edges(Ends("User", type, "Item"), rows, reader)
        return [self._one_feedback(type, row, reader) for row in rows.to_pylist()]

    def _one_feedback(self, type: str, row: dict[str, Any], reader: Reader) -> EdgeOutcome:
        names: dict[str, Names] = {"relation": type}
        dialect = self._engine.dialect
        key = {name: row[name] for name in ("user", "item")}
        found = reader.rows(statement(dialect, "one_feedback", names, **key))
        if not found:
            return "missing"
        is_there, *kept = found[0]
        if is_there and kept == [row["value"], row["at"], row["split"]]:
            return "unchanged"
        if is_there:
            reader.rows(statement(dialect, "delete_one_feedback", names, **key))
        reader.rows(statement(dialect, "add_one_feedback", names, **row))
        return "changed" if is_there else "added"

    def delete_edges(self, ends: Ends, keys: pa.Table) -> int:
        """Delete edges by their ends; answers how many there were."""
        work = partial(self._delete_found, ends)
        return sum(
            self._engine.write(partial(work, batch), is_event=ends.is_feedback)
            for batch in self._batches(keys)
        )

    def _delete_found(self, ends: Ends, keys: pa.Table, reader: Reader) -> int:
        found = self._match(ends, keys, (), reader)
        there = found.filter(found.column("is_there")).column("row")
        if len(there):
            self.delete_these(ends, keys.take(there), reader)
        return len(there)

    def add_edges(self, ends: Ends, rows: pa.Table, mark: Statement) -> None:
        """Add edges that are not there yet; a StoreError where a node is missing.

        `mark` is run in the transaction of each batch.
        """

        def add(batch: pa.Table, reader: Reader) -> None:
            self._add(ends, batch, reader)
            reader.rows(mark)

        for batch in self._batches(rows):
            self._engine.write(partial(add, batch))

    def _match(
        self, ends: Ends, rows: pa.Table, columns: tuple[str, ...], reader: Reader
    ) -> pa.Table:
        """The rows that have both ends, whether they are edges already, and what these keep."""
        self.lock(ends.source_label, rows.column(0).to_pylist(), reader)
        return reader.table(
            self._statement(
                "match_edges",
                {**_names(ends), "properties": columns},
                _keys(rows).append_column("row", _row(rows)["row"]),
            ),
            _kept_schema(rows, columns).insert(1, pa.field("is_there", pa.bool_())),
        )

    def delete_these(self, ends: Ends, rows: pa.Table, reader: Reader) -> None:
        """Delete edges that are there, by their ends in the first two columns."""
        reader.rows(self._statement("delete_edges", _names(ends), _keys(rows)))

    def _add(self, ends: Ends, rows: pa.Table, reader: Reader) -> None:
        columns = rows.column_names[2:]
        named = rows.rename_columns(["source_key", "target_key", *columns])
        name = "add_edges" if len(rows) > self._engine.few_rows else "add_few_edges"
        [[added]] = reader.rows(
            self._statement(name, {**_names(ends), "properties": tuple(columns)}, named)
        )
        # Ladybug's COPY answers a sentence, and has refused the table where an end is missing.
        if isinstance(added, int) and added != len(rows):
            raise StoreError(
                f"{len(rows) - added} of {len(rows)} {ends.relation} edges name a node that is not "
                "in the graph; import again, then train"
            )

    def _batches(self, rows: pa.Table) -> Iterator[pa.Table]:
        for start in range(0, len(rows), self._engine.batch_rows):
            yield rows.slice(start, self._engine.batch_rows)

    def _statement(self, name: str, names: dict[str, Names], rows: pa.Table) -> Statement:
        return statement(self._engine.dialect, name, names, rows=rows)


def _properties(nodes: pa.Table) -> tuple[str, ...]:
    return tuple(name for name in nodes.column_names if name != "id")


def _row(rows: pa.Table) -> dict[str, pa.Array]:
    return {"row": pa.array(np.arange(len(rows)), pa.int64())}


def _keys(rows: pa.Table) -> pa.Table:
    return pa.table({"source_key": rows.column(0), "target_key": rows.column(1)})


def _names(ends: Ends) -> dict[str, Names]:
    return {
        "source_label": ends.source_label,
        "relation": ends.relation,
        "target_label": ends.target_label,
    }


def _kept_schema(rows: pa.Table, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field("row", pa.int64()), *(rows.schema.field(name) for name in columns)])
