"""The bulk writing verbs of the store over an engine; only the schema differs between databases."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from graph import tables
from graph.cypher_edits import CypherEdits
from graph.cypher_impressions import CypherImpressions
from graph.cypher_inspection import CypherInspection
from graph.cypher_reads import EVIDENCE_LABELS
from graph.engine import Reader, Row, Statement
from graph.errors import NotFoundError, StoreError, UsageError
from graph.item_vectors import conform_vectors, size_of
from graph.model import PRIOR_EVIDENCE, FactType, GraphSchema, Run, WriteCount
from graph.upserts import Ends


class CypherStore(CypherEdits, CypherInspection, CypherImpressions, ABC):
    """A store but for `prepare`, which each database does in its own way."""

    @abstractmethod
    def prepare(self, schema: GraphSchema) -> None:
        """Create what is missing for this schema: tables, constraints, indexes."""

    def _write(self, *statements: Statement) -> list[Row]:
        """Run the statements in one transaction; answers the rows of the last one."""
        return self._engine.write(
            lambda reader: [reader.rows(statement) for statement in statements][-1]
        )

    # Bulk writes

    def write_items(self, items: pa.Table) -> WriteCount:
        """Upsert items."""
        schema = tables.items_schema(self.schema().item_properties)
        return self._upserts.nodes("Item", tables.conform(items, schema, ["id"]))

    def write_users(self, users: pa.Table) -> WriteCount:
        """Upsert users."""
        schema = tables.users_schema(self.schema().user_properties)
        return self._upserts.nodes("User", tables.conform(users, schema, ["id"]))

    def write_entities(self, entities: pa.Table) -> WriteCount:
        """Upsert entities."""
        rows = tables.conform(entities, tables.ENTITIES, ["id"], ["kind", "name"])
        return self._upserts.nodes("Entity", rows)

    def write_facts(self, type: FactType, facts: pa.Table) -> WriteCount:
        """Upsert facts by (source, entity)."""
        self._check_fact_type(type)
        rows = tables.conform(facts, tables.FACTS, ["source", "entity"], ["weight"])
        return self._upserts.edges(Ends(type.source, type.relation, "Entity"), rows)

    def write_feedback(self, type: str, feedback: pa.Table) -> WriteCount:
        """Upsert feedback by (user, item)."""
        tables.check_known(type, self.schema().feedback_types, "feedback type")
        rows = tables.conform(feedback, tables.FEEDBACK, ["user", "item"], ["value"])
        rows = tables.with_nulls(rows, tables.FEEDBACK)
        return self._upserts.edges(Ends("User", type, "Item"), rows)

    def delete_feedback(self, type: str, feedback: pa.Table) -> int:
        """Delete feedback by key; answers how many there were."""
        tables.check_known(type, self.schema().feedback_types, "feedback type")
        keys = feedback.select(["user", "item"])
        keys = tables.conform(keys, tables.FEEDBACK, ["user", "item"])
        return self._upserts.delete_edges(Ends("User", type, "Item"), keys)

    # Runs and evidence

    def begin_run(self, run: Run) -> None:
        """Write the Run node, not ready; removes what earlier runs left that were never ready."""
        for old in self.runs():
            if not old.is_ready:
                self._remove_run(old.id)
            elif old.id == run.id:
                raise UsageError(f"run {run.id} is in the graph already")
        self._write(
            self.statement(
                "create_run",
                id=run.id,
                at=run.at,
                fingerprint=run.fingerprint,
                settings=json.dumps(dict(run.settings), ensure_ascii=False),
                metrics=json.dumps(dict(run.metrics), ensure_ascii=False),
            )
        )

    def write_evidence(self, run: int, relation: str, edges: pa.Table) -> None:
        """Add evidence of a run that was begun."""
        if relation not in EVIDENCE_LABELS:
            raise ValueError(f"{relation!r} is no relationship type of evidence")
        if run not in {known.id for known in self.runs()}:
            raise NotFoundError(f"there is no run {run} in the graph; begin it first")
        numbers = pa.array(np.full(len(edges), run), pa.int64())
        if relation == PRIOR_EVIDENCE:
            edges = tables.conform(edges, tables.PRIOR, ["target"], ["weight"])
            edges = edges.add_column(0, "source", numbers)
        else:
            edges = tables.conform(edges, tables.EVIDENCE, ["source", "target"], ["weight"])
        self._upserts.add_edges(
            Ends(EVIDENCE_LABELS[relation], relation, "Item"),
            edges.append_column("run", numbers),
            self.statement("revise_run", run=run),
        )

    def activate_run(self, run: int) -> None:
        """Mark the run ready and make it the current one."""
        if not self._write(self.statement("activate_run", run=run)):
            raise NotFoundError(f"there is no run {run} in the graph; `whypath status` lists them")

    def delete_run(self, run: int) -> None:
        """Remove a run and its evidence; the current one is refused."""
        found = [old for old in self.runs() if old.id == run]
        if not found:
            raise NotFoundError(f"there is no run {run} in the graph; `whypath status` lists them")
        if found[0].is_current:
            raise UsageError(f"run {run} is serving; activate another one before deleting it")
        self._write(self.statement("retire_run", run=run))
        self._remove_run(run)

    def replace_run_settings(self, run: int, settings: Mapping[str, object]) -> None:
        """Put these in the place of the settings of a run."""
        text = json.dumps(dict(settings), ensure_ascii=False)
        if not self._write(self.statement("replace_run_settings", run=run, settings=text)):
            raise NotFoundError(f"there is no run {run} in the graph; `whypath status` lists them")

    def write_vectors(self, run: int, vectors: pa.Table) -> None:
        """Make these the vectors that items have in the graph, in place of those of another run."""
        rows = conform_vectors(vectors)
        self._check_serving(run)
        self._replace_vectors(rows)

    def add_vectors(self, run: int, vectors: pa.Table) -> None:
        """Give more items vectors of the length that others have."""
        rows = conform_vectors(vectors)
        self._check_serving(run)
        if not len(rows):
            return
        size = self._vector_size()
        if size is None:
            self._replace_vectors(rows)
        elif size != size_of(rows):
            raise ValueError(f"vectors of {size_of(rows)} numbers beside those of {size}")
        else:
            self._add_vectors(rows)

    def _check_serving(self, run: int) -> None:
        current = self.current_run()
        if current is None or current.id != run:
            raise UsageError(
                f"run {run} is not serving; the graph keeps the vectors of the serving run only"
            )

    @abstractmethod
    def _replace_vectors(self, rows: pa.Table) -> None:
        """Remove the vectors of all items and set these: `key, value (float32[size])`."""

    @abstractmethod
    def _vector_size(self) -> int | None:
        """Numbers in each vector that items can have now, None where they can have none."""

    @abstractmethod
    def _add_vectors(self, rows: pa.Table) -> None:
        """Set these vectors, which have that size."""

    def _set_vectors(self, rows: pa.Table, reader: Reader) -> None:
        [[written]] = reader.rows(self.statement("set_vectors", rows=rows))
        if written != len(rows):
            raise StoreError(
                f"{len(rows) - written} of {len(rows)} vectors are of items that are not in the "
                "graph; import again, then train"
            )

    @abstractmethod
    def _remove_run(self, run: int) -> None:
        """Remove a run that is not ready: its evidence first, its node last."""
