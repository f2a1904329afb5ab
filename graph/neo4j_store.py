"""The store on a Neo4j server: its constraints and indexes, and a label for each kind of entity."""

from functools import partial

import pyarrow as pa

from graph.cypher_reads import EVIDENCE_LABELS
from graph.cypher_store import CypherStore
from graph.item_vectors import size_of
from graph.model import FORMAT_VERSION, PRIOR_EVIDENCE, GraphSchema, WriteCount
from graph.names import check_schema, kind_label
from graph.neo4j_engine import BATCH, TIMEOUT_S, Neo4jEngine
from graph.schema_json import schema_to_json, union

_INDEX_TIMEOUT_S = 300
_NUMBERS_AT_ONCE = 2_000_000


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
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Connect to a server; `url` is without credentials."""
        engine = Neo4jEngine(url, auth, database, read_only=read_only, timeout_s=timeout_s)
        super().__init__(url, engine)
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
        for label in ("User", "Item", "Entity", "Run", "Graph", "Recommendation"):
            self._write(self.statement("constrain_id", {"label": label}))
        for index in ("index_titles", "index_names"):
            self._write(self.statement(index))
        for name in ("session", "at"):
            names = {"index": f"recommendation_{name}", "label": "Recommendation"}
            self._write(self.statement("index_property", {**names, "property": name}))
        self._engine.rows(self.statement("await_indexes", timeout_s=_INDEX_TIMEOUT_S))
        self._write(
            self.statement(
                "save_schema", format_version=FORMAT_VERSION, schema=schema_to_json(whole)
            )
        )
        self.schema()

    def write_entities(self, entities: pa.Table) -> WriteCount:
        """Upsert entities, with a second label from their kind."""
        count = super().write_entities(entities)
        ids, kinds = entities.column("id").to_pylist(), entities.column("kind").to_pylist()
        for start in range(0, len(ids), BATCH):
            labels = [
                ["Entity"] if (label := kind_label(kind)) is None else ["Entity", label]
                for kind in kinds[start : start + BATCH]
            ]
            self._write(
                self.statement("label_entities", ids=ids[start : start + BATCH], labels=labels)
            )
        return count

    def _replace_vectors(self, rows: pa.Table) -> None:
        size = size_of(rows)
        if self._engine.rows(self.statement("vector_index_size")) not in ([], [[size]]):
            self._write(self.statement("drop_vector_index"))
        self._engine.write_in_parts(self.statement("delete_vectors"))
        if not len(rows):
            return
        config = {"vector.dimensions": size, "vector.similarity_function": "cosine"}
        self._write(self.statement("index_vectors", options={"indexConfig": config}))
        self._add_vectors(rows)

    def _vector_size(self) -> int | None:
        sizes = self._engine.rows(self.statement("vector_index_size"))
        return int(sizes[0][0]) if sizes else None

    def _add_vectors(self, rows: pa.Table) -> None:
        batch = max(1, _NUMBERS_AT_ONCE // size_of(rows))
        for start in range(0, len(rows), batch):
            self._engine.write(partial(self._set_vectors, rows.slice(start, batch)))
        self._engine.rows(self.statement("await_indexes", timeout_s=_INDEX_TIMEOUT_S))

    def _remove_run(self, run: int) -> None:
        for relation, label in EVIDENCE_LABELS.items():
            if relation != PRIOR_EVIDENCE:
                self._engine.write_in_parts(
                    self.statement(
                        "delete_evidence", {"label": label, "relation": relation}, run=run
                    )
                )
        self._write(self.statement("delete_run", run=run))
