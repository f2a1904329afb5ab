"""Writes what an intake has taken in to a store, in the order in which edges find their ends."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from graph.files.intake import Intake
from graph.files.registry import UNKNOWN
from graph.files.spool import NO_TIME, Records, Spool
from graph.mapping import Mapping
from graph.mapping_tables import Items, Users
from graph.model import Entity, FactType, NodeLabel, WriteCount
from graph.progress import Progress
from graph.store import Store

WRITE_ROWS = 200_000
"""The most rows that are given to the store at once."""


class Writer:
    """Writes nodes and edges, and counts what the store did with them."""

    def __init__(self, mapping: Mapping, store: Store, intake: Intake, progress: Progress) -> None:
        self._mapping = mapping
        self._store = store
        self._intake = intake
        self._progress = progress
        self._n_loaded: dict[NodeLabel, int] = {"Item": 0, "User": 0}
        self.written: dict[str, WriteCount] = {}
        self.repeated: dict[str, int] = {}
        self.outside_core: dict[str, int] = {}

    def begin(self, *, append: bool) -> None:
        """Prepare the store for what is known now, and learn what it holds already."""
        self._store.prepare(self._mapping.schema())
        known = self._store.read_entities().select(["id", "kind", "name"])
        self._intake.entities.load(Entity(**row) for row in known.to_pylist())
        if append:
            numbering = self._intake.numbering
            for user in self._store.read_users().column("id").to_pylist():
                numbering.users.add(user)
            for item in self._store.read_items().column("id").to_pylist():
                numbering.items.add(item)
            self._n_loaded = {"Item": len(numbering.items), "User": len(numbering.users)}

    def write_nodes(self, table: Items | Users, nodes: pa.Table) -> None:
        """Write a batch of nodes."""
        if isinstance(table, Items):
            self._count("Item", self._store.write_items(nodes))
        else:
            self._count("User", self._store.write_users(nodes))

    def settle(self, *, take_core: bool) -> None:
        """Resolve repeated edges, and take the k-core of the feedback if one is declared."""
        numbering, rules = self._intake.numbering, self._mapping.cleaning
        self._progress.start("Resolving repetitions")
        for spool in self._intake.fact_spools.values():
            spool.resolve("last")
        feedback = self._intake.feedback_spool
        types = numbering.types.ids().to_pylist()
        self.repeated = _by_name(types, feedback.resolve(rules.duplicates))
        if take_core and rules.k_core is not None:
            gone = feedback.keep_core(rules.k_core, len(numbering.users), len(numbering.items))
            self.outside_core = _by_name(types, gone)
        self._progress.done()

    def write_open_nodes(self) -> None:
        """Write the nodes that appear with edges alone."""
        numbering, spools = self._intake.numbering, self._intake.fact_spools
        feedback = self._intake.feedback_spool
        has_edge = np.zeros(len(numbering.users), dtype=bool)
        _mark(has_edge, feedback, "source")
        _mark(has_edge, spools["User"], "source")
        for table in self._open_nodes("User", has_edge):
            self._count("User", self._store.write_users(table))
        has_edge = np.zeros(len(numbering.items), dtype=bool)
        _mark(has_edge, feedback, "target")
        _mark(has_edge, spools["Item"], "source")
        for table in self._open_nodes("Item", has_edge):
            self._count("Item", self._store.write_items(table))

    def write_entities(self) -> None:
        """Write the entities that facts were found about, and what the schema lacks for them."""
        numbering = self._intake.numbering
        declared = self._mapping.schema()
        relations = numbering.relations.ids().to_pylist()
        found = [
            FactType(label, relations[number])
            for label, spool in self._intake.fact_spools.items()
            for number in _types(spool)
        ]
        entities = self._intake.entities.used()
        kinds = entities.column("kind").unique().to_pylist()
        self._store.prepare(
            replace(
                declared,
                entity_kinds=tuple(dict.fromkeys((*declared.entity_kinds, *kinds))),
                fact_types=tuple(dict.fromkeys((*declared.fact_types, *found))),
            )
        )
        for start in range(0, entities.num_rows, WRITE_ROWS):
            self._count("Entity", self._store.write_entities(entities.slice(start, WRITE_ROWS)))

    def write_facts(self) -> None:
        """Write the facts about items and users."""
        numbering = self._intake.numbering
        relations = numbering.relations.ids().to_pylist()
        entities = self._intake.entities.ids()
        for label, spool in self._intake.fact_spools.items():
            nodes = (numbering.items if label == "Item" else numbering.users).ids()
            for number, rows in self._by_type(f"Writing facts of {label.lower()}s", spool):
                facts = pa.table(
                    {
                        "source": nodes.take(pa.array(rows["source"])),
                        "entity": entities.take(pa.array(rows["target"])),
                        "weight": pa.array(rows["value"]),
                    }
                )
                fact_type = FactType(label, relations[number])
                self._count(fact_type.relation, self._store.write_facts(fact_type, facts))

    def write_feedback(self) -> None:
        """Write the feedback."""
        numbering = self._intake.numbering
        users, items = numbering.users.ids(), numbering.items.ids()
        splits = numbering.splits.ids()
        types = numbering.types.ids().to_pylist()
        for number, rows in self._by_type("Writing feedback", self._intake.feedback_spool):
            feedback = pa.table(
                {
                    "user": users.take(pa.array(rows["source"])),
                    "item": items.take(pa.array(rows["target"])),
                    "value": pa.array(rows["value"]),
                    "at": pa.array(rows["at"], mask=rows["at"] == NO_TIME),
                    "split": splits.take(pa.array(rows["split"], mask=rows["split"] == UNKNOWN)),
                }
            )
            self._count(types[number], self._store.write_feedback(types[number], feedback))

    def not_in_files(self) -> dict[str, int]:
        """What the graph holds beyond what was written now, by label and relationship type."""
        counts = self._store.counts()
        beyond = {}
        for name, count in self.written.items():
            extra = counts.get(name, 0) - (count.added + count.changed + count.unchanged)
            if extra > 0:
                beyond[name] = extra
        return beyond

    def _open_nodes(self, label: NodeLabel, has_edge: NDArray[np.bool_]) -> Iterator[pa.Table]:
        numbering = self._intake.numbering
        registry = numbering.items if label == "Item" else numbering.users
        is_open = has_edge & registry.without_line()
        is_open[: self._n_loaded[label]] = False
        ids = registry.ids().filter(pa.array(is_open))
        for start in range(0, len(ids), WRITE_ROWS):
            yield pa.table({"id": ids.slice(start, WRITE_ROWS)})

    def _by_type(self, what: str, spool: Spool) -> Iterator[tuple[int, Records]]:
        """The records of a spool in pieces of one type each."""
        self._progress.start(what, spool.rows())
        for part in spool.parts():
            for number in np.unique(part["type"]).tolist():
                rows = part[part["type"] == number]
                for start in range(0, len(rows), WRITE_ROWS):
                    piece = rows[start : start + WRITE_ROWS]
                    yield number, piece
                    self._progress.advance(len(piece))
        self._progress.done()

    def _count(self, name: str, count: WriteCount) -> None:
        self.written[name] = self.written.get(name, WriteCount()) + count


def _mark(mask: NDArray[np.bool_], spool: Spool, end: str) -> None:
    for part in spool.parts():
        mask[part[end]] = True


def _types(spool: Spool) -> list[int]:
    found: set[int] = set()
    for part in spool.parts():
        found.update(np.unique(part["type"]).tolist())
    return sorted(found)


def _by_name(names: list[str], counts: NDArray[np.int64]) -> dict[str, int]:
    return {names[at]: int(count) for at, count in enumerate(counts) if count}
