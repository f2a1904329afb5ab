"""The store in an embedded Ladybug database: its tables and columns, which must be declared."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa

from graph.cypher_reads import EVIDENCE_LABELS
from graph.cypher_store import CypherStore
from graph.engine import Reader, Statement
from graph.errors import StoreError
from graph.item_vectors import size_of
from graph.ladybug_engine import BUFFER_MB, LadybugEngine
from graph.model import FORMAT_VERSION, GraphSchema, PropertyType
from graph.names import check_schema, quote
from graph.schema_json import schema_to_json, union

_FIXED_TABLES = (
    "CREATE NODE TABLE User (id STRING PRIMARY KEY)",
    "CREATE NODE TABLE Item (id STRING PRIMARY KEY, title STRING, text STRING)",
    "CREATE NODE TABLE Entity (id STRING PRIMARY KEY, kind STRING, name STRING)",
    "CREATE NODE TABLE Run (id INT64 PRIMARY KEY, at INT64, fingerprint STRING, "
    "settings STRING, metrics STRING, is_ready BOOL, revision INT64)",
    "CREATE NODE TABLE Graph (id STRING PRIMARY KEY, format_version INT64, "
    "schema STRING, current_run INT64)",
    *(
        f"CREATE REL TABLE {relation} (FROM {label} TO Item, weight DOUBLE, run INT64)"
        for relation, label in EVIDENCE_LABELS.items()
    ),
)
_IMPRESSION_TABLES = (
    "CREATE NODE TABLE Recommendation (id STRING PRIMARY KEY, at INT64, run INT64, "
    "session STRING, scenario STRING, context STRING)",
    "CREATE REL TABLE GOT (FROM User TO Recommendation)",
    "CREATE REL TABLE SHOWED (FROM Recommendation TO Item, position INT64, at INT64, "
    "outcome STRING, outcome_at INT64)",
)
"""What graphs that were made before the REST API lack."""

_VECTOR_TYPE = re.compile(r"FLOAT\[(\d+)\]")
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
        if read_only and _lacks_revisions(engine):
            engine.close()
            LadybugStore(path, buffer_mb=buffer_mb).close()
            engine = LadybugEngine(path, read_only=True, buffer_mb=buffer_mb)
        super().__init__(f"ladybug://{path.absolute()}", engine)
        try:
            self._open(path, read_only)
        except BaseException:
            engine.close()
            raise

    def _open(self, path: Path, read_only: bool) -> None:
        tables_there = {
            row[0] for row in self._engine.rows(Statement("CALL show_tables() RETURN name"))
        }
        if not tables_there:
            self._write(
                *map(Statement, (*_FIXED_TABLES, *_IMPRESSION_TABLES)),
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
        elif not read_only:
            self._add_what_is_new(tables_there)
        self.check_version()

    def _add_what_is_new(self, tables_there: set[str]) -> None:
        """What graphs that were made by earlier versions lack."""
        missing = [] if "Recommendation" in tables_there else [*_IMPRESSION_TABLES]
        if _lacks_revisions(self._engine):
            missing.append("ALTER TABLE Run ADD IF NOT EXISTS revision INT64")
        if missing:
            self._write(*map(Statement, missing))
            self._engine.forget_plans()

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
        self._write(
            *map(Statement, statements),
            self.statement(
                "save_schema", format_version=FORMAT_VERSION, schema=schema_to_json(whole)
            ),
        )
        self._engine.forget_plans()
        self.schema()

    def _replace_vectors(self, rows: pa.Table) -> None:
        def replace(reader: Reader) -> None:
            # Setting values anew takes 60 times as long as setting them in a new column.
            reader.rows(Statement("ALTER TABLE Item DROP IF EXISTS vector"))
            if len(rows):
                reader.rows(Statement(f"ALTER TABLE Item ADD vector FLOAT[{size_of(rows)}]"))
                self._set_vectors(rows, reader)

        self._engine.write(replace)
        self._engine.forget_plans()

    def _vector_size(self) -> int | None:
        found = [
            _VECTOR_TYPE.fullmatch(str(row[0]))
            for row in self._engine.rows(self.statement("vector_column"))
        ]
        return next((int(match[1]) for match in found if match is not None), None)

    def _add_vectors(self, rows: pa.Table) -> None:
        self._engine.write(partial(self._set_vectors, rows))

    def _remove_run(self, run: int) -> None:
        self._write(
            *(
                self.statement("delete_evidence", {"label": label, "relation": relation}, run=run)
                for relation, label in EVIDENCE_LABELS.items()
            ),
            self.statement("delete_run", run=run),
        )


def _lacks_revisions(engine: LadybugEngine) -> bool:
    """Whether the graph was made before runs had a `revision`."""
    tables_there = engine.rows(Statement("CALL show_tables() RETURN name"))
    if ["Graph"] not in tables_there:
        return False
    columns = engine.rows(Statement("CALL table_info('Run') RETURN name"))
    return ["revision"] not in columns


def _missing_columns(
    table: str, whole: Mapping[str, PropertyType], old: Mapping[str, PropertyType]
) -> list[str]:
    return [
        f"ALTER TABLE {table} ADD IF NOT EXISTS {quote(name)} {_COLUMN_TYPES[kind]}"
        for name, kind in whole.items()
        if name not in old
    ]
