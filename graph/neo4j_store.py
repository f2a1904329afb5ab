"""The store on a Neo4j server: its constraints and indexes, and bulk writes by `UNWIND` batches.

One query for each batch tells new, changed and unchanged rows apart and writes them; every batch
is a transaction of its own, which the driver retries after a deadlock or a lost connection.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from graph import tables
from graph.cypher_store import EVIDENCE_LABELS, CypherStore, Names
from graph.errors import NotFoundError, StoreError
from graph.model import FORMAT_VERSION, PRIOR_EVIDENCE, FactType, GraphSchema, WriteCount
from graph.names import check_schema, kind_label
from graph.neo4j_engine import Neo4jEngine
from graph.schema_json import schema_to_json, union

BATCH = 20_000
"""Rows in one transaction: 20,000 were written 1.5 times as fast as 10,000, in 100 MB of heap."""

_INDEX_TIMEOUT_S = 300


class Neo4jStore(CypherStore):
    """The store on a server; see `graph.store.Store` for its verbs."""

    _engine: Neo4jEngine

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | None = None,
        database: str | None = None,
        read_only: bool = False,
    ) -> None:
        """Connect to a server; `url` is without credentials."""
        super().__init__(url, Neo4jEngine(url, auth, database, read_only=read_only))
        try:
            self.check_version()
        except BaseException:
            self.close()
            raise

    def prepare(self, schema: GraphSchema) -> None:
        """Create the constraints and indexes that are missing, and keep the schema."""
        check_schema(schema)
        whole = union(schema, self.schema())
        check_schema(whole)
        for label in ("User", "Item", "Entity", "Run", "Graph"):
            self._engine.write(self.statement("constrain_id", {"label": label}))
        for index in ("index_titles", "index_names"):
            self._engine.write(self.statement(index))
        self._engine.rows(self.statement("await_indexes", timeout_s=_INDEX_TIMEOUT_S))
        self._engine.write(
            self.statement(
                "save_schema", format_version=FORMAT_VERSION, schema=schema_to_json(whole)
            )
        )
        self.schema()

    # Bulk writes

    def write_items(self, items: pa.Table) -> WriteCount:
        """Upsert items."""
        return self._write_nodes("Item", items, tables.items_schema(self.schema().item_properties))

    def write_users(self, users: pa.Table) -> WriteCount:
        """Upsert users."""
        return self._write_nodes("User", users, tables.users_schema(self.schema().user_properties))

    def _write_nodes(self, label: str, rows: pa.Table, schema: pa.Schema) -> WriteCount:
        rows = tables.conform(rows, schema, ["id"], set())
        return self._write("write_nodes", {"label": label}, _nodes(rows))

    def write_entities(self, entities: pa.Table) -> WriteCount:
        """Upsert entities, with a second label from their kind."""
        rows = tables.conform(entities, tables.ENTITIES, ["id"], {"kind", "name"})
        labelled = (
            [[*row, [label] if (label := kind_label(row[1]["kind"])) else []] for row in batch]
            for batch in _nodes(rows)
        )
        return self._write("write_entities", {}, labelled)

    def write_facts(self, type: FactType, facts: pa.Table) -> WriteCount:
        """Upsert facts."""
        known = [f"{fact.source}-{fact.relation}" for fact in self.schema().fact_types]
        tables.known_type(f"{type.source}-{type.relation}", known, "fact type")
        rows = tables.conform(facts, tables.FACTS, ["source", "entity"], {"weight"})
        names = {"label": type.source, "relation": type.relation}
        return self._write("write_facts", names, _batches(rows))

    def write_feedback(self, type: str, feedback: pa.Table) -> WriteCount:
        """Upsert feedback."""
        tables.known_type(type, self.schema().feedback_types, "feedback type")
        rows = tables.conform(feedback, tables.FEEDBACK, ["user", "item"], {"value"})
        rows = tables.with_nulls(rows, tables.FEEDBACK)
        return self._write("write_feedback", {"relation": type}, _batches(rows))

    def _write(
        self, name: str, names: Mapping[str, Names], batches: Iterator[list[list[Any]]]
    ) -> WriteCount:
        counts: Counter[str] = Counter()
        for batch in batches:
            for state, rows in self._engine.write(self.statement(name, names, rows=batch)):
                counts[state] += rows
        return WriteCount(**counts)

    def delete_feedback(self, type: str, feedback: pa.Table) -> int:
        """Delete feedback by key; answers how many there were."""
        tables.known_type(type, self.schema().feedback_types, "feedback type")
        keys = tables.conform(
            feedback.select(["user", "item"]), tables.FEEDBACK, ["user", "item"], set()
        )
        return sum(
            self._engine.write(self.statement("delete_feedback", {"relation": type}, rows=batch))[
                0
            ][0]
            for batch in _batches(keys)
        )

    # Evidence

    def write_evidence(self, run: int, relation: str, edges: pa.Table) -> None:
        """Add evidence of a run that was begun."""
        if relation not in EVIDENCE_LABELS:
            raise ValueError(f"{relation!r} is no relationship type of evidence")
        if run not in {known.id for known in self.runs()}:
            raise NotFoundError(f"there is no run {run} in the graph; begin it first")
        if relation == PRIOR_EVIDENCE:
            edges = tables.conform(edges, tables.PRIOR, ["target"], {"weight"})
            edges = edges.add_column(0, "source", pa.array([run] * len(edges), pa.int64()))
        else:
            edges = tables.conform(edges, tables.EVIDENCE, ["source", "target"], {"weight"})
        names = {"label": EVIDENCE_LABELS[relation], "relation": relation}
        for batch in _batches(edges):
            [[written]] = self._engine.write(
                self.statement("add_evidence", names, rows=batch, run=run)
            )
            if written != len(batch):
                raise StoreError(
                    f"{len(batch) - written} of {len(batch)} {relation} edges name a node that is "
                    "not in the graph; import again, then train"
                )

    def _remove_run(self, run: int) -> None:
        for relation, label in EVIDENCE_LABELS.items():
            if relation != PRIOR_EVIDENCE:
                self._engine.write_in_parts(
                    self.statement(
                        "delete_evidence", {"label": label, "relation": relation}, run=run
                    )
                )
        self._engine.write(self.statement("delete_run", run=run))


def _batches(rows: pa.Table) -> Iterator[list[list[Any]]]:
    """The rows as lists, `BATCH` at a time."""
    for start in range(0, len(rows), BATCH):
        columns = [column.to_pylist() for column in rows.slice(start, BATCH).columns]
        yield [list(row) for row in zip(*columns, strict=True)]


def _nodes(rows: pa.Table) -> Iterator[list[list[Any]]]:
    """The rows as [id, properties], `BATCH` at a time."""
    for start in range(0, len(rows), BATCH):
        yield [[row.pop("id"), row] for row in rows.slice(start, BATCH).to_pylist()]
