"""The reading verbs of the store, over an engine; they are the same on every database.

What has an order is sorted here, so that all stores sort alike.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from graph import tables
from graph.asking.gate import admit
from graph.asking.limits import Answer, AskLimits
from graph.engine import Engine, Names, Row, Statement, statement
from graph.errors import GraphVersionError
from graph.kept import Kept
from graph.model import (
    ENTITY_EVIDENCE,
    FORMAT_VERSION,
    HELD_OUT,
    ITEM_EVIDENCE,
    PRIOR_EVIDENCE,
    Entity,
    EvidenceEdge,
    FactEdge,
    FactType,
    GraphSchema,
    HistoryEntry,
    Item,
    Run,
    User,
)
from graph.schema_json import schema_from_json

EVIDENCE_LABELS = {
    **dict.fromkeys(ITEM_EVIDENCE, "Item"),
    **dict.fromkeys(ENTITY_EVIDENCE, "Entity"),
    PRIOR_EVIDENCE: "Run",
}
"""The label that each relationship type of evidence starts from."""


LABELS = ("Item", "User", "Entity")
KEPT_NODES = 20_000
"""Nodes of a label whose properties, and whose facts, are kept in memory until something changes:
some 60 MB where each has twenty facts."""


class CypherReads:
    """All that reads a graph; `CypherStore` adds what writes."""

    def __init__(self, url: str, engine: Engine) -> None:
        self._url = url
        self._engine = engine
        self._schema_text = ""
        self._schema = GraphSchema()
        self._items: Kept[str, Item] = Kept(KEPT_NODES)
        self._facts: dict[str, Kept[str, list[FactEdge]]] = {
            label: Kept(KEPT_NODES) for label in LABELS
        }
        self._ids: dict[str, Kept[str, bool]] = {label: Kept(KEPT_NODES) for label in LABELS}
        self._current: tuple[int | None, Run | None] | None = None

    @property
    def url(self) -> str:
        """The URL it was opened with, without credentials."""
        return self._url

    def close(self) -> None:
        """Release the database."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def statement(
        self, name: str, names: Mapping[str, Names] | None = None, **parameters: Any
    ) -> Statement:
        """The query of that name, rendered for this database, with its parameters."""
        return statement(self._engine.dialect, name, names, **parameters)

    # Schema

    def schema(self) -> GraphSchema:
        """What the graph holds now; empty for a new graph."""
        rows = self._engine.rows(self.statement("graph"))
        if rows:
            self._learn_schema(rows[0][1])
        return self._schema

    def check_version(self) -> None:
        """Refuse a graph of a newer version."""
        for version, _, _ in self._engine.rows(self.statement("graph")):
            if version is not None and version > FORMAT_VERSION:
                raise GraphVersionError(
                    f"the graph at {self._url} has format {version}, this whypath knows up to "
                    f"{FORMAT_VERSION}; upgrade whypath (pip install --upgrade whypath)"
                )

    def _learn_schema(self, text: str | None) -> None:
        if text and text != self._schema_text:
            self._schema, self._schema_text = schema_from_json(text), text

    def _known_schema(self) -> GraphSchema:
        """The schema as last read; `current_run` reads it, too, so that serving keeps up."""
        return self._schema if self._schema_text else self.schema()

    # Bulk reads

    def read_items(self) -> pa.Table:
        """All items by id."""
        properties = self.schema().item_properties
        return self._read(
            "read_items", tables.items_schema(properties), properties=tuple(properties)
        )

    def read_users(self) -> pa.Table:
        """All users by id."""
        properties = self.schema().user_properties
        return self._read(
            "read_users", tables.users_schema(properties), properties=tuple(properties)
        )

    def read_entities(self) -> pa.Table:
        """All entities by id."""
        return self._read("read_entities", tables.ENTITIES)

    def read_facts(self, type: FactType) -> pa.Table:
        """All facts of a type by (source, entity)."""
        if type not in self.schema().fact_types:
            return tables.FACTS.empty_table()
        return self._read("read_facts", tables.FACTS, 2, label=type.source, relation=type.relation)

    def read_feedback(self, type: str) -> pa.Table:
        """All feedback of a type by (user, item)."""
        if type not in self.schema().feedback_types:
            return tables.FEEDBACK.empty_table()
        return self._read("read_feedback", tables.FEEDBACK, 2, relation=type)

    def _read(self, name: str, schema: pa.Schema, keys: int = 1, **names: Names) -> pa.Table:
        table = self._engine.table(self.statement(name, names), schema)
        return table.sort_by([(key, "ascending") for key in schema.names[:keys]])

    def read_evidence(self, run: int, relation: str) -> pa.Table:
        """All evidence of a run of one relation by (source, target)."""
        if relation not in (*ITEM_EVIDENCE, *ENTITY_EVIDENCE):
            raise ValueError(f"{relation!r} is no evidence from an item or an entity")
        names: dict[str, Names] = {"label": EVIDENCE_LABELS[relation], "relation": relation}
        table = self._engine.table(self.statement("read_evidence", names, run=run), tables.EVIDENCE)
        return table.sort_by([("source", "ascending"), ("target", "ascending")])

    def changes(self) -> int | None:
        """A number that changes with every write but those of events, None if others write."""
        return self._engine.changes

    def counts(self) -> Mapping[str, int]:
        """Number of nodes by label and of relationships by type."""
        schema = self.schema()
        relations = dict.fromkeys(fact.relation for fact in schema.fact_types)
        counts = {}
        for label in ("User", "Item", "Entity", "Run"):
            counts[label] = self._count("count_nodes", label=label)
        for relation in (*schema.feedback_types, *relations, *EVIDENCE_LABELS):
            counts[relation] = self._count("count_edges", relation=relation)
        return counts

    def _count(self, name: str, **names: Names) -> int:
        return int(self._engine.rows(self.statement(name, names))[0][0])

    # Runs

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        graph = self._engine.rows(self.statement("graph"))
        current = graph[0][2] if graph else None
        return [_run(row, current) for row in self._engine.rows(self.statement("runs"))]

    def current_run(self) -> Run | None:
        """The run that serves, or None; not asked for again where nothing can have changed."""
        changes = self._engine.changes
        known = self._current
        if changes is None or known is None or known[0] != changes:
            known = self._current = (changes, self._read_current_run())
        return known[1]

    def _read_current_run(self) -> Run | None:
        rows = self._engine.rows(self.statement("current_run", graph="graph"))
        if not rows:
            return None
        schema, *run = rows[0]
        self._learn_schema(schema)
        return _run(run, run[0])

    # Serving reads

    def ping(self) -> None:
        """Raise a StoreUnavailableError where the database does not answer soon."""
        self._engine.ping()

    def user(self, id: str) -> User | None:
        """One user, or None."""
        properties = tuple(self._known_schema().user_properties)
        rows = self._engine.rows(self.statement("user", {"properties": properties}, id=id))
        return User(rows[0][0], present(properties, rows[0][1:])) if rows else None

    def items(self, ids: Sequence[str]) -> list[Item]:
        """The items with these ids that exist, in the order asked for."""
        found = self._items.look_up(self._engine.changes, ids, self._read_some_items)
        return [found[key] for key in ids if key in found]

    def _read_some_items(self, ids: list[str]) -> dict[str, Item]:
        properties = tuple(self._known_schema().item_properties)
        rows = self._engine.rows(self.statement("items", {"properties": properties}, ids=ids))
        return {row[0]: Item(row[0], row[1], row[2], present(properties, row[3:])) for row in rows}

    def history(self, user: str, limit: int) -> list[HistoryEntry]:
        """The user's latest feedback, latest first, without held-out rows."""
        if not self._known_schema().feedback_types or limit < 1:
            return []
        rows = self._engine.rows(self.statement("history", user=user, held_out=HELD_OUT))
        rows.sort(key=_latest_first)
        return [HistoryEntry(*row) for row in rows[:limit]]

    def facts(self, label: str, ids: Sequence[str]) -> list[FactEdge]:
        """All facts of these nodes by (source, relation, entity id)."""
        if label not in self._facts:
            raise ValueError(f"facts start from Item, User or Entity, not from {label!r}")
        found = self._facts[label].look_up(
            self._engine.changes, sorted(ids), partial(self._read_some_facts, label)
        )
        return [fact for facts in found.values() for fact in facts]

    def _read_some_facts(self, label: str, ids: list[str]) -> dict[str, list[FactEdge]]:
        if not self._has_facts(label):
            return {}
        rows = self._engine.rows(self.statement("facts", {"label": label}, ids=ids))
        rows.sort(key=lambda row: row[:3])
        found: dict[str, list[FactEdge]] = {}
        for source, relation, entity, kind, name, weight in rows:
            fact = FactEdge(source, relation, Entity(entity, kind, name), weight)
            found.setdefault(source, []).append(fact)
        return found

    def _has_facts(self, label: str) -> bool:
        return any(fact.source == label for fact in self._known_schema().fact_types)

    def retrieve(
        self,
        anchors: Mapping[str, Mapping[str, float]],
        run: int,
        excluded: Iterable[str],
        limit: int,
    ) -> list[tuple[str, float]]:
        """Candidates by their summed evidence from items."""
        for relation in anchors:
            if relation not in ITEM_EVIDENCE:
                raise ValueError(f"{relation!r} is no evidence from item to item")
        return self._retrieve(anchors, run, excluded, limit)

    def retrieve_by_entities(
        self, anchors: Mapping[str, float], run: int, excluded: Iterable[str], limit: int
    ) -> list[tuple[str, float]]:
        """Candidates by their summed evidence from entities."""
        return self._retrieve({ENTITY_EVIDENCE[0]: anchors}, run, excluded, limit)

    def _retrieve(
        self,
        weights: Mapping[str, Mapping[str, float]],
        run: int,
        excluded: Iterable[str],
        limit: int,
    ) -> list[tuple[str, float]]:
        """One query for each relation; their sums are added here, in the order of the relations."""
        scores: dict[str, float] = {}
        for relation in sorted(weights):
            anchors = weights[relation]
            if not anchors:
                continue
            rows = self._engine.rows(
                self.statement(
                    "retrieve",
                    {"label": EVIDENCE_LABELS[relation], "relation": relation},
                    sources=list(anchors),
                    weights=[float(weight) for weight in anchors.values()],
                    run=run,
                )
            )
            for item, score in rows:
                scores[item] = scores.get(item, 0.0) + score
        for item in excluded:
            scores.pop(item, None)
        return _best(scores.items(), limit)

    def retrieve_by_prior(
        self, run: int, excluded: Iterable[str], limit: int
    ) -> list[tuple[str, float]]:
        """The items with the greatest prior."""
        left_out = set(excluded)
        rows = self._engine.rows(
            self.statement("retrieve_by_prior", run=run, limit=limit + len(left_out))
        )
        return _best([(item, weight) for item, weight in rows if item not in left_out], limit)

    def evidence(
        self, sources: Sequence[str], targets: Sequence[str], run: int
    ) -> list[EvidenceEdge]:
        """Item-to-item evidence between two sets of items, in key order."""
        return self._evidence("evidence", sources, targets, run)

    def entity_evidence(
        self, sources: Sequence[str], targets: Sequence[str], run: int
    ) -> list[EvidenceEdge]:
        """Evidence from entities to items, in key order."""
        return self._evidence("entity_evidence", sources, targets, run)

    def _evidence(
        self, name: str, sources: Sequence[str], targets: Sequence[str], run: int
    ) -> list[EvidenceEdge]:
        if not sources or not targets:
            return []
        rows = self._engine.rows(
            self.statement(name, sources=list(sources), targets=list(targets), run=run)
        )
        return [EvidenceEdge(*row) for row in sorted(rows)]

    def prior(self, targets: Sequence[str], run: int) -> Mapping[str, float]:
        """The prior of those targets that have one."""
        if not targets:
            return {}
        rows = self._engine.rows(self.statement("prior", run=run, targets=list(targets)))
        return dict(sorted((item, weight) for item, weight in rows))

    def entity_degrees(self, entities: Sequence[str]) -> list[tuple[str, str, int]]:
        """How many items have each entity by each relation, in key order."""
        if not entities or not self._has_facts("Item"):
            return []
        rows = self._engine.rows(self.statement("entity_degrees", entities=list(entities)))
        return sorted((entity, relation, items) for entity, relation, items in rows)

    # Callers' own Cypher

    def ask(self, statement: str, parameters: Mapping[str, Any], limits: AskLimits) -> Answer:
        """Answer a caller's statement, if it can only read."""
        admitted = admit(statement, parameters, self._engine.dialect, limits)
        return self._engine.ask(admitted, limits)


def _latest_first(row: Row) -> tuple[float, str, str]:
    """Of a row of `history`: missing times come last."""
    item, relation, _, at, _ = row
    return (math.inf if at is None else -at, item, relation)


def _best(scored: Iterable[tuple[str, float]], limit: int) -> list[tuple[str, float]]:
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:limit]


def present(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The properties that are there; a database without nulls does not keep the others."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _run(row: Row, current: int | None) -> Run:
    number, at, fingerprint, settings, metrics, is_ready, revision = row
    return Run(
        id=number,
        at=at,
        fingerprint=fingerprint,
        settings=json.loads(settings),
        metrics=json.loads(metrics),
        is_ready=is_ready,
        is_current=number == current,
        revision=revision,
    )
