"""The writing verbs for single nodes and small batches, each of them one transaction."""

from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa

from graph import tables
from graph.cypher_reads import CypherReads
from graph.engine import Engine, Reader
from graph.errors import NotFoundError
from graph.feedback_rows import FeedbackRows
from graph.model import FactType, FeedbackOutcome, NodeLabel, PropertyType, Scalar
from graph.property_values import fit_property, property_types
from graph.upserts import Ends, Upserts


class CypherEdits(CypherReads):
    """Changes and deletes nodes, facts and feedback."""

    def __init__(self, url: str, engine: Engine) -> None:
        super().__init__(url, engine)
        self._upserts = Upserts(engine)

    def add_feedback(self, feedback: pa.Table, *, create: bool = False) -> list[FeedbackOutcome]:
        """Upsert feedback of several types; answers what became of each row."""
        rows = FeedbackRows.of(feedback, self.schema().feedback_types)
        if not len(rows):
            return []
        return self._engine.write(
            partial(rows.write, self._upserts, create),
            is_event=not create,
            keeps_plans=len(rows) <= self._engine.one_by_one,
        )

    def delete_nodes(self, label: NodeLabel, ids: Sequence[str]) -> int:
        """Delete nodes with all their edges; answers how many there were."""
        _check_label(label, ("User", "Item", "Entity"))
        wanted = sorted(set(ids))

        def delete(reader: Reader) -> int:
            self._upserts.lock(label, wanted, reader)
            known = self._upserts.known(label, wanted, reader)
            if known:
                if label == "User":  # what they were shown says as much of them as feedback
                    reader.rows(self.statement("delete_recommendations_of", ids=sorted(known)))
                names = {"label": label}
                reader.rows(self.statement("delete_nodes", names, ids=sorted(known)))
                if label != "User":  # evidence of the run went with them
                    reader.rows(self.statement("revise_current_run", graph="graph"))
            return len(known)

        return self._engine.write(delete, keeps_plans=True) if wanted else 0

    def patch_node(self, label: NodeLabel, id: str, properties: Mapping[str, Scalar]) -> bool:
        """Set these properties of a node, None removes one; answers whether there is the node."""
        _check_label(label, ("User", "Item"))
        row = _row(label, id, properties, property_types(label, self.schema()))
        found = self._engine.write(partial(self._upserts.change, label, row))
        return found == 1

    def delete_facts(self, type: FactType, facts: pa.Table) -> int:
        """Delete facts by key; answers how many there were."""
        self._check_fact_type(type)
        keys = tables.conform(
            facts.select(["source", "entity"]), tables.FACTS, ["source", "entity"]
        )
        return self._upserts.delete_edges(Ends(type.source, type.relation, "Entity"), keys)

    def replace_facts(self, type: FactType, source: str, facts: Mapping[str, float]) -> None:
        """Make these the facts of one node of one relation, in place of those it had."""
        self._check_fact_type(type)
        rows = tables.conform(
            pa.table(
                {
                    "source": pa.array([source] * len(facts), pa.string()),
                    "entity": pa.array(list(facts), pa.string()),
                    "weight": pa.array(list(facts.values()), pa.float64()),
                }
            ),
            tables.FACTS,
            ["source", "entity"],
        )
        ends = Ends(type.source, type.relation, "Entity")
        names = {"label": type.source, "relation": type.relation}

        def replace(reader: Reader) -> None:
            self._upserts.lock(type.source, [source], reader)
            if not self._upserts.known(type.source, [source], reader):
                raise NotFoundError(f"there is no {type.source.lower()} {source!r} in the graph")
            missing = set(facts) - self._upserts.known("Entity", list(facts), reader)
            if missing:
                raise NotFoundError(f"there is no entity {min(missing)!r} in the graph")
            old = [row[0] for row in reader.rows(self.statement("facts_of", names, id=source))]
            gone = [entity for entity in old if entity not in facts]
            if gone:
                self._upserts.delete_these(
                    ends, pa.table({"source": [source] * len(gone), "entity": gone}), reader
                )
            if len(rows):
                self._upserts.write_edges(ends, rows, reader)

        self._engine.write(replace)

    def _check_fact_type(self, type: FactType) -> None:
        known = [f"{fact.source}-{fact.relation}" for fact in self.schema().fact_types]
        tables.check_known(f"{type.source}-{type.relation}", known, "fact type")


def _check_label(label: str, known: tuple[str, ...]) -> None:
    if label not in known:
        raise ValueError(f"a node of {' or '.join(known)} is wanted, not of {label!r}")


def _row(
    label: NodeLabel,
    id: str,
    properties: Mapping[str, Scalar],
    types: Mapping[str, PropertyType],
) -> pa.Table:
    """The node as a table of one row; a UsageError where a property is unknown or of no use."""
    columns = {"id": pa.array([id], pa.string())}
    for name, value in properties.items():
        fitting = fit_property(label, name, value, types)
        columns[name] = pa.array([fitting], tables.ARROW_TYPES[types[name]])
    return pa.table(columns)
