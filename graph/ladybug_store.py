"""The store in an embedded Ladybug database: its tables, and bulk writes by `COPY` from Arrow.

`COPY` only adds, so a bulk write first asks which rows are there already and what is kept of them;
what is new is copied, a changed edge is deleted and copied anew, a changed node is updated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph import tables
from graph.cypher_store import EVIDENCE_LABELS, CypherStore
from graph.engine import Statement
from graph.errors import NotFoundError, StoreError
from graph.ladybug_engine import BUFFER_MB, LadybugEngine
from graph.model import (
    FORMAT_VERSION,
    PRIOR_EVIDENCE,
    FactType,
    GraphSchema,
    PropertyType,
    WriteCount,
)
from graph.names import check_schema, quote
from graph.schema_json import schema_to_json, union

_FIXED_TABLES = (
    "CREATE NODE TABLE User (id STRING PRIMARY KEY)",
    "CREATE NODE TABLE Item (id STRING PRIMARY KEY, title STRING, text STRING)",
    "CREATE NODE TABLE Entity (id STRING PRIMARY KEY, kind STRING, name STRING)",
    "CREATE NODE TABLE Run (id INT64 PRIMARY KEY, at INT64, fingerprint STRING, "
    "settings STRING, metrics STRING, is_ready BOOL)",
    "CREATE NODE TABLE Graph (id STRING PRIMARY KEY, format_version INT64, "
    "schema STRING, current_run INT64)",
    *(
        f"CREATE REL TABLE {relation} (FROM {label} TO Item, weight DOUBLE, run INT64)"
        for relation, label in EVIDENCE_LABELS.items()
    ),
)
_COLUMN_TYPES: Mapping[PropertyType, str] = {
    "string": "STRING",
    "integer": "INT64",
    "float": "DOUBLE",
    "boolean": "BOOL",
}


class LadybugStore(CypherStore):
    """The embedded store; see `graph.store.Store` for its verbs."""

    _engine: LadybugEngine

    def __init__(self, path: Path, *, read_only: bool = False, buffer_mb: int = BUFFER_MB) -> None:
        """Open the graph file, and create it unless `read_only`."""
        engine = LadybugEngine(path, read_only=read_only, buffer_mb=buffer_mb)
        super().__init__(f"ladybug://{path.absolute()}", engine)
        try:
            self._open(path)
        except BaseException:
            engine.close()
            raise

    def _open(self, path: Path) -> None:
        tables_there = {
            row[0] for row in self._engine.rows(Statement("CALL show_tables() RETURN name"))
        }
        if not tables_there:
            self._engine.write(
                *map(Statement, _FIXED_TABLES),
                self.statement(
                    "save_schema",
                    format_version=FORMAT_VERSION,
                    schema=schema_to_json(GraphSchema()),
                ),
            )
            self._engine.forget_plans()
        elif "Graph" not in tables_there:
            raise StoreError(
                f"{path} is a Ladybug database of another program; name another file for the graph"
            )
        self.check_version()

    def prepare(self, schema: GraphSchema) -> None:
        """Create the tables and columns that are missing for this schema."""
        check_schema(schema)
        old = self.schema()
        whole = union(schema, old)
        check_schema(whole)
        if whole == old and schema_to_json(whole) == schema_to_json(old):
            return
        statements = [*_missing_columns("Item", whole.item_properties, old.item_properties)]
        statements += _missing_columns("User", whole.user_properties, old.user_properties)
        for fact in whole.fact_types:
            if fact not in old.fact_types:
                relation, ends = quote(fact.relation), f"FROM {fact.source} TO Entity"
                statements.append(
                    f"CREATE REL TABLE IF NOT EXISTS {relation} ({ends}, weight DOUBLE)"
                )
                statements.append(f"ALTER TABLE {relation} ADD IF NOT EXISTS {ends}")
        statements += [
            f"CREATE REL TABLE {quote(feedback)} "
            "(FROM User TO Item, value DOUBLE, at INT64, split STRING)"
            for feedback in whole.feedback_types
            if feedback not in old.feedback_types
        ]
        self._engine.write(
            *map(Statement, statements),
            self.statement(
                "save_schema", format_version=FORMAT_VERSION, schema=schema_to_json(whole)
            ),
        )
        self._engine.forget_plans()
        self.schema()

    # Bulk writes

    def write_items(self, items: pa.Table) -> WriteCount:
        """Upsert items."""
        return self._write_nodes("Item", items, tables.items_schema(self.schema().item_properties))

    def write_users(self, users: pa.Table) -> WriteCount:
        """Upsert users."""
        return self._write_nodes("User", users, tables.users_schema(self.schema().user_properties))

    def write_entities(self, entities: pa.Table) -> WriteCount:
        """Upsert entities."""
        return self._write_nodes("Entity", entities, tables.ENTITIES, {"kind", "name"})

    def _write_nodes(
        self,
        label: str,
        rows: pa.Table,
        schema: pa.Schema,
        required: frozenset[str] | set[str] = frozenset(),
    ) -> WriteCount:
        rows = tables.conform(rows, schema, ["id"], set(required))
        if not len(rows):
            return WriteCount()
        columns = [name for name in rows.column_names if name != "id"]
        positions = pa.array(np.arange(len(rows)), pa.int64())
        kept = self._engine.table(
            self.statement(
                "match_nodes",
                {"label": label, "properties": tuple(columns)},
                rows=pa.table({"row": positions, "key": rows.column("id")}),
            ),
            pa.schema(
                [("row", pa.int64()), *((name, rows.schema.field(name).type) for name in columns)]
            ),
        )
        news = tables.compare(rows, kept, columns)
        statements = []
        if len(news.new):
            statements.append(
                self.statement(
                    "add_nodes",
                    {"label": label, "properties": tuple(columns)},
                    rows=rows.select(["id", *columns]).take(pa.array(news.new)),
                )
            )
        if len(news.changed):
            changed = rows.take(pa.array(news.changed))
            statements += [
                self.statement(
                    "set_property",
                    {"label": label, "property": name},
                    rows=pa.table({"key": changed.column("id"), "value": changed.column(name)}),
                )
                for name in columns
            ]
        if statements:
            self._engine.write(*statements)
        return WriteCount(len(news.new), len(news.changed), news.unchanged)

    def write_facts(self, type: FactType, facts: pa.Table) -> WriteCount:
        """Upsert facts."""
        known = [f"{fact.source}-{fact.relation}" for fact in self.schema().fact_types]
        tables.known_type(f"{type.source}-{type.relation}", known, "fact type")
        facts = tables.conform(facts, tables.FACTS, ["source", "entity"], {"weight"})
        return self._write_edges(type.source, type.relation, "Entity", facts)

    def write_feedback(self, type: str, feedback: pa.Table) -> WriteCount:
        """Upsert feedback."""
        tables.known_type(type, self.schema().feedback_types, "feedback type")
        feedback = tables.conform(feedback, tables.FEEDBACK, ["user", "item"], {"value"})
        return self._write_edges("User", type, "Item", tables.with_nulls(feedback, tables.FEEDBACK))

    def _write_edges(self, source: str, relation: str, target: str, rows: pa.Table) -> WriteCount:
        """Upsert edges; the first two columns are their ends, the others their properties."""
        if not len(rows):
            return WriteCount()
        columns = rows.column_names[2:]
        names = {"source_label": source, "relation": relation, "target_label": target}
        with_ends, kept = self._match_edges(names, rows, columns)
        news = tables.compare(rows, kept, columns)
        new = np.intersect1d(news.new, with_ends, assume_unique=True)
        statements = []
        if len(news.changed):
            gone = rows.take(pa.array(news.changed))
            statements.append(self.statement("delete_edges", names, rows=_ends(gone)))
        written = np.union1d(new, news.changed)
        if len(written):
            statements.append(self.statement("add_edges", names, rows=rows.take(pa.array(written))))
            self._engine.write(*statements)
        missing = len(rows) - len(with_ends)
        return WriteCount(len(new), len(news.changed), news.unchanged, missing)

    def _match_edges(
        self, names: Mapping[str, str], rows: pa.Table, columns: Sequence[str]
    ) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", pa.Table]:
        """Positions of the rows whose ends are there, and what is kept of those that are edges."""
        positions = pa.array(np.arange(len(rows)), pa.int64())
        found = self._engine.table(
            self.statement(
                "match_edges",
                {**names, "properties": tuple(columns)},
                rows=_ends(rows).append_column("row", positions),
            ),
            pa.schema(
                [
                    ("row", pa.int64()),
                    ("is_there", pa.bool_()),
                    *((name, rows.schema.field(name).type) for name in columns),
                ]
            ),
        )
        return found.column("row").to_numpy(), found.filter(found.column("is_there"))

    def delete_feedback(self, type: str, feedback: pa.Table) -> int:
        """Delete feedback by key; answers how many there were."""
        tables.known_type(type, self.schema().feedback_types, "feedback type")
        keys = tables.conform(
            feedback.select(["user", "item"]), tables.FEEDBACK, ["user", "item"], set()
        )
        if not len(keys):
            return 0
        names = {"source_label": "User", "relation": type, "target_label": "Item"}
        _, kept = self._match_edges(names, keys, [])
        if len(kept):
            self._engine.write(self.statement("delete_edges", names, rows=_ends(keys)))
        return len(kept)

    # Evidence

    def write_evidence(self, run: int, relation: str, edges: pa.Table) -> None:
        """Add evidence of a run that was begun."""
        if relation not in EVIDENCE_LABELS:
            raise ValueError(f"{relation!r} is no relationship type of evidence")
        if run not in {known.id for known in self.runs()}:
            raise NotFoundError(f"there is no run {run} in the graph; begin it first")
        numbers = pa.array(np.full(len(edges), run), pa.int64())
        if relation == PRIOR_EVIDENCE:
            edges = tables.conform(edges, tables.PRIOR, ["target"], {"weight"})
            edges = edges.add_column(0, "source", numbers)
        else:
            edges = tables.conform(edges, tables.EVIDENCE, ["source", "target"], {"weight"})
        if not len(edges):
            return
        names = {
            "source_label": EVIDENCE_LABELS[relation],
            "relation": relation,
            "target_label": "Item",
        }
        self._engine.write(
            self.statement("add_edges", names, rows=edges.append_column("run", numbers))
        )

    def _remove_run(self, run: int) -> None:
        self._engine.write(
            *(
                self.statement("delete_evidence", {"label": label, "relation": relation}, run=run)
                for relation, label in EVIDENCE_LABELS.items()
            ),
            self.statement("delete_run", run=run),
        )


def _missing_columns(
    table: str, whole: Mapping[str, PropertyType], old: Mapping[str, PropertyType]
) -> list[str]:
    return [
        f"ALTER TABLE {table} ADD IF NOT EXISTS {quote(name)} {_COLUMN_TYPES[kind]}"
        for name, kind in whole.items()
        if name not in old
    ]


def _ends(rows: pa.Table) -> pa.Table:
    return pa.table({"source_key": rows.column(0), "target_key": rows.column(1)})
