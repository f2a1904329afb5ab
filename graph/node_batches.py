"""Writes a batch of users or items with their facts; what does not fit is said row by row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from graph import tables
from graph.batches import BadRowError, BatchOutcome, RowFailure
from graph.errors import UsageError
from graph.fact_rows import FactChecker, FactRow, fact_table, write_new_entities
from graph.model import FactType, NodeLabel, PropertyType, Scalar, WriteCount
from graph.property_values import fit_property, property_types
from graph.store import Store


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A user or an item. What is not named stays as it is; a property of None is removed.

    `properties` has the declared ones, and `title` and `text` of an item. Facts are added to those
    that the node has, or get their new weight.
    """

    id: str
    properties: Mapping[str, Scalar] = field(default_factory=dict)
    facts: tuple[FactRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    """A row that fits: values as the columns keep them, and weights by relation and entity."""

    properties: Mapping[str, Scalar]
    facts: Mapping[str, Mapping[str, float]]


def write_node_batch(store: Store, label: NodeLabel, rows: Sequence[NodeRow]) -> BatchOutcome:
    """Upsert the rows that fit; of rows with one id the last one that fits counts.

    Entities are written first, then nodes, then facts; a batch that was cut off is sent again.
    """
    types = property_types(label, store.schema())
    checker = FactChecker.of(store, label, [fact for row in rows for fact in row.facts])
    checked: dict[str, _Checked] = {}
    failed: list[RowFailure] = []
    repeated = 0
    for number, row in enumerate(rows):
        try:
            fitting = _check(label, row, types, checker)
        except BadRowError as error:
            failed.append(RowFailure(number, error.field, str(error)))
        else:
            repeated += row.id in checked
            checked[row.id] = fitting
    write_new_entities(store, checker.new.values())
    nodes = _write_nodes(store, label, checked, types)
    facts = _write_facts(store, label, checked)
    return BatchOutcome(
        added=nodes.added,
        changed=nodes.changed,
        unchanged=nodes.unchanged,
        repeated=repeated,
        facts=facts.added + facts.changed,
        failed=tuple(failed),
    )


def _check(
    label: NodeLabel, row: NodeRow, types: Mapping[str, PropertyType], checker: FactChecker
) -> _Checked:
    properties = {}
    for name, value in row.properties.items():
        try:
            properties[name] = fit_property(label, name, value, types)
        except UsageError as error:
            raise BadRowError(f"properties.{name:.100}", str(error)) from error
    return _Checked(properties, checker.check(row.facts))


def _write_nodes(
    store: Store,
    label: NodeLabel,
    checked: Mapping[str, _Checked],
    types: Mapping[str, PropertyType],
) -> WriteCount:
    """One table for all rows that name the same properties: a column of a table sets them all."""
    write = store.write_items if label == "Item" else store.write_users
    by_names: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, row in checked.items():
        by_names[tuple(sorted(row.properties))].append(key)
    counts = WriteCount()
    for names, ids in by_names.items():
        columns = {"id": pa.array(ids, pa.string())}
        for name in names:
            values = [checked[key].properties[name] for key in ids]
            columns[name] = pa.array(values, tables.ARROW_TYPES[types[name]])
        counts += write(pa.table(columns))
    return counts


def _write_facts(store: Store, label: NodeLabel, checked: Mapping[str, _Checked]) -> WriteCount:
    by_relation: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for key, row in checked.items():
        for relation, weights in row.facts.items():
            by_relation[relation] += [(key, entity, weight) for entity, weight in weights.items()]
    counts = WriteCount()
    for relation, facts in sorted(by_relation.items()):
        counts += store.write_facts(FactType(label, relation), fact_table(facts))
    return counts
