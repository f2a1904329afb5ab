"""A snapshot of the graph as numbered arrays: what embeddings and training see of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.model import HELD_OUT, FactType
from graph.store import Store

Ids = NDArray[np.object_]
"""An array of node ids (str), or of other strings."""

NO_TIME = np.iinfo(np.int64).min
"""Stands in `Feedback.at` for a missing time."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback of all types as columns of one length, sorted by (user, at, item, type).

    `user`, `item` and `type` are positions in the dataset's `users`, `items` and
    `feedback_types`; `at` is in epoch seconds or `NO_TIME`; `split` holds "" where none was given.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    type: NDArray[np.int16]
    value: NDArray[np.float64]
    at: NDArray[np.int64]
    split: Ids

    def __len__(self) -> int:
        return len(self.user)

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """The rows where `mask` (shape (len(self),)) holds, in the same order."""
        return self.take(np.flatnonzero(mask))

    def take(self, rows: NDArray[np.intp]) -> Self:
        """These rows, in this order."""
        return replace(
            self,
            user=self.user[rows],
            item=self.item[rows],
            type=self.type[rows],
            value=self.value[rows],
            at=self.at[rows],
            split=self.split[rows],
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one relation as columns: positions of the source node and of the entity."""

    source: NDArray[np.int32]
    entity: NDArray[np.int32]
    weight: NDArray[np.float64]


def _no_words() -> Ids:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True, slots=True)
class Words:
    """What the nodes are called: one string a node, "" where the graph has none.

    `titles` and `texts` are of the items, `names` and `kinds` of the entities. All are empty in a
    dataset that was made without words.
    """

    titles: Ids = field(default_factory=_no_words)
    texts: Ids = field(default_factory=_no_words)
    names: Ids = field(default_factory=_no_words)
    kinds: Ids = field(default_factory=_no_words)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Users, items, entities, feedback and facts of one graph.

    `users`, `items` and `entities` are ids in ascending order. `feedback_types[0]` is what is
    predicted. `item_facts` and `user_facts` map a relation to its facts. `years` or other scalars
    are not in here: what counts as knowledge is a fact.
    """

    users: Ids
    items: Ids
    entities: Ids
    feedback_types: tuple[str, ...]
    feedback: Feedback
    item_facts: Mapping[str, Facts]
    user_facts: Mapping[str, Facts]
    words: Words = field(default_factory=Words)
    fingerprint: str = ""

    def with_feedback(self, feedback: Feedback) -> Self:
        """The same nodes and facts with other feedback."""
        return replace(self, feedback=feedback)

    def of_items(self, items: NDArray[np.intp]) -> Self:
        """Only these items, each given once, with their facts and titles, and no feedback."""
        number = np.full(len(self.items), -1, dtype=np.int32)
        number[items] = np.arange(len(items))
        facts = {}
        for relation, columns in self.item_facts.items():
            source = number[columns.source]
            kept = source >= 0
            facts[relation] = Facts(source[kept], columns.entity[kept], columns.weight[kept])
        words = self.words
        if len(words.titles):
            words = replace(words, titles=words.titles[items], texts=words.texts[items])
        return replace(
            self,
            items=self.items[items],
            feedback=concatenate([]),
            item_facts=facts,
            words=words,
            fingerprint="",
        )


def sort_feedback(feedback: Feedback) -> Feedback:
    """The same rows in the order that `Feedback` promises."""
    return feedback.take(np.lexsort((feedback.type, feedback.item, feedback.at, feedback.user)))


def read_items_and_facts(store: Store) -> Dataset:
    """Read what is known of the items alone: a dataset without users, feedback and fingerprint."""
    item_table = store.read_items().sort_by("id")
    items = _ids(item_table)
    entity_table = store.read_entities().sort_by("id")
    entities = _ids(entity_table)
    return Dataset(
        users=_no_words(),
        items=items,
        entities=entities,
        feedback_types=(),
        feedback=concatenate([]),
        item_facts={
            fact_type.relation: _read_facts(store, fact_type, items, entities)
            for fact_type in sorted(store.schema().fact_types)
            if fact_type.source == "Item"
        },
        user_facts={},
        words=_words(item_table, entity_table),
    )


def read_dataset(store: Store) -> Dataset:
    """Read the whole graph of a store, held-out feedback included (its `split` is `HELD_OUT`).

    Facts of one relation that start from items and from users are kept apart; facts between
    entities are not read. The fingerprint changes with any node, fact or piece of feedback that
    training may see, and not with the order in which they were imported.
    """
    schema = store.schema()
    users = _ids(store.read_users())
    item_table = store.read_items().sort_by("id")
    items = _ids(item_table)
    entity_table = store.read_entities().sort_by("id")
    entities = _ids(entity_table)
    parts = [
        _read_feedback(store.read_feedback(name), number, users, items)
        for number, name in enumerate(schema.feedback_types)
    ]
    facts: dict[str, dict[str, Facts]] = {"Item": {}, "User": {}}
    for fact_type in sorted(schema.fact_types):
        if fact_type.source in facts:
            sources = items if fact_type.source == "Item" else users
            facts[fact_type.source][fact_type.relation] = _read_facts(
                store, fact_type, sources, entities
            )
    dataset = Dataset(
        users=users,
        items=items,
        entities=entities,
        feedback_types=tuple(schema.feedback_types),
        feedback=sort_feedback(concatenate(parts)),
        item_facts=facts["Item"],
        user_facts=facts["User"],
        words=_words(item_table, entity_table),
    )
    return replace(dataset, fingerprint=fingerprint(dataset))


def fingerprint(dataset: Dataset) -> str:
    """A hash (16 hex digits) of all that training may see of a dataset."""
    digest = hashlib.sha256()

    def add(name: str, *columns: NDArray[np.generic] | Ids) -> None:
        digest.update(f"\0{name}\0{len(columns[0])}\0".encode())
        for column in columns:
            if column.dtype == object:
                digest.update("\0".join(column.tolist()).encode())
            else:
                digest.update(np.ascontiguousarray(column).tobytes())

    add("users", dataset.users)
    add("items", dataset.items)
    add("entities", dataset.entities)
    add("words", dataset.words.titles, dataset.words.texts)
    add("names", dataset.words.names, dataset.words.kinds)
    add("types", np.array(dataset.feedback_types, dtype=object))
    rows = dataset.feedback.where(dataset.feedback.split != HELD_OUT)
    add("feedback", rows.user, rows.item, rows.type, rows.value, rows.at, rows.split)
    for kind, facts in (("item", dataset.item_facts), ("user", dataset.user_facts)):
        for relation in sorted(facts):
            columns = facts[relation]
            add(f"{kind} {relation}", columns.source, columns.entity, columns.weight)
    return digest.hexdigest()[:16]


def _strings(column: pa.ChunkedArray) -> Ids:
    return np.array(pc.fill_null(column.cast(pa.string()), "").to_pylist(), dtype=object)


def _ids(table: pa.Table) -> Ids:
    return np.array(sorted(table["id"].to_pylist()), dtype=object)


def _with_ends(table: pa.Table, **ends: Ids) -> pa.Table:
    """The rows whose ends are known; a node that came during the reading waits for the next one."""
    for name, ids in ends.items():
        known = pa.array(ids.tolist(), type=table[name].type)
        table = table.filter(pc.is_in(table[name], value_set=known))
    return table


def _positions(column: pa.ChunkedArray, ids: Ids) -> NDArray[np.int32]:
    """Positions of the column's ids in `ids`, which holds all of them."""
    found = pc.index_in(column, value_set=pa.array(ids.tolist(), type=column.type))
    return np.asarray(found.to_numpy(), dtype=np.int32)


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _read_facts(store: Store, type: FactType, sources: Ids, entities: Ids) -> Facts:
    table = _with_ends(store.read_facts(type), source=sources, entity=entities)
    return Facts(
        source=_positions(table["source"], sources),
        entity=_positions(table["entity"], entities),
        weight=_floats(table["weight"]),
    )


def _words(items: pa.Table, entities: pa.Table) -> Words:
    return Words(
        titles=_strings(items["title"]),
        texts=_strings(items["text"]),
        names=_strings(entities["name"]),
        kinds=_strings(entities["kind"]),
    )


def _read_feedback(table: pa.Table, type_number: int, users: Ids, items: Ids) -> Feedback:
    table = _with_ends(table, user=users, item=items)
    at = pc.fill_null(table["at"].cast(pa.int64()), NO_TIME)
    split = pc.fill_null(table["split"].cast(pa.string()), "")
    return Feedback(
        user=_positions(table["user"], users),
        item=_positions(table["item"], items),
        type=np.full(table.num_rows, type_number, dtype=np.int16),
        value=_floats(table["value"]),
        at=np.asarray(at.to_numpy(), dtype=np.int64),
        split=np.array(split.to_pylist(), dtype=object),
    )


def concatenate(parts: list[Feedback]) -> Feedback:
    """The rows of all parts, one after the other (not sorted)."""
    if not parts:
        empty = np.zeros(0)
        return Feedback(
            user=empty.astype(np.int32),
            item=empty.astype(np.int32),
            type=empty.astype(np.int16),
            value=empty,
            at=empty.astype(np.int64),
            split=empty.astype(object),
        )
    return Feedback(
        user=np.concatenate([part.user for part in parts]),
        item=np.concatenate([part.item for part in parts]),
        type=np.concatenate([part.type for part in parts]),
        value=np.concatenate([part.value for part in parts]),
        at=np.concatenate([part.at for part in parts]),
        split=np.concatenate([part.split for part in parts]),
    )
