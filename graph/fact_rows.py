"""Facts as callers give them: checked against the schema, their entities found or made.

An entity is named by its id, or by its kind and name: then its id is the one that an import gives
it, `kind:name`. Relations and kinds must be in the graph's schema; nothing declares one by the way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from graph import tables
from graph.batches import BadRowError
from graph.errors import NotFoundError
from graph.files.entities import entity_id, fold_name
from graph.model import Entity, FactType, GraphSchema, NodeLabel
from graph.store import Store


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact about a node. `kind` and `name` may be left out for an entity in the graph."""

    relation: str
    entity: str | None = None
    kind: str | None = None
    name: str | None = None
    weight: float = 1.0

    @property
    def entity_id(self) -> str | None:
        """The id of the entity; None where too little is said to have one."""
        if self.entity is not None:
            return self.entity
        if self.kind is None or self.name is None:
            return None
        return entity_id(self.kind, fold_name(self.name, fold_case=False))


@dataclass
class FactChecker:
    """Checks facts of one batch, and gathers the entities that they bring along."""

    label: NodeLabel
    schema: GraphSchema
    known: dict[str, Entity]
    """Entities by id: of the graph, and those that facts of the batch make."""

    new: dict[str, Entity] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, label: NodeLabel, facts: Iterable[FactRow]) -> "FactChecker":
        """A checker that knows those entities of the graph that the facts name."""
        ids = sorted({key for fact in facts if (key := fact.entity_id) is not None})
        known = {entity.id: entity for entity in store.entities(ids)}
        return cls(label, store.schema(), known)

    def check(self, facts: Sequence[FactRow]) -> dict[str, dict[str, float]]:
        """The weights of one node's facts by relation and entity id.

        Raises a BadRowError for one that does not fit; its entities are then not taken in.
        """
        weights: dict[str, dict[str, float]] = {}
        brought: dict[str, Entity] = {}
        for number, fact in enumerate(facts):
            try:
                entity = self._check(fact, brought)
            except BadRowError as error:
                raise BadRowError(f"facts[{number}].{error.field}", str(error)) from error
            brought[entity.id] = entity
            weights.setdefault(fact.relation, {})[entity.id] = fact.weight
        fresh = {key: entity for key, entity in brought.items() if key not in self.known}
        self.known |= fresh
        self.new |= fresh
        return weights

    def _check(self, fact: FactRow, brought: Mapping[str, Entity]) -> Entity:
        if fact.relation not in relations(self.label, self.schema):
            raise BadRowError("relation", no_such_relation(self.label, fact.relation, self.schema))
        key = fact.entity_id
        if key is None:
            raise BadRowError("entity", "give the id of an entity, or its kind and name")
        found = self.known.get(key) or brought.get(key)
        return self._make(key, fact) if found is None else _agree(found, fact)

    def _make(self, id: str, fact: FactRow) -> Entity:
        if fact.kind is None or fact.name is None:
            raise BadRowError(
                "entity",
                f"there is no entity {id!r} in the graph; give its kind and name to add it",
            )
        if not fact.name.strip():
            raise BadRowError("name", "the name of an entity is blank")
        kinds = self.schema.entity_kinds
        if fact.kind not in kinds:
            raise BadRowError(
                "kind",
                f"the graph has no entities of kind {fact.kind!r}; "
                f"it has {', '.join(kinds) or 'none'}",
            )
        return Entity(id, fact.kind, fold_name(fact.name, fold_case=False))


def _agree(entity: Entity, fact: FactRow) -> Entity:
    """The entity, where the fact says nothing else of it: a fact renames nothing."""
    if fact.kind not in (None, entity.kind):
        raise BadRowError("kind", f"the entity {entity.id!r} is of kind {entity.kind!r}")
    if fact.name is not None and fold_name(fact.name, fold_case=False) != entity.name:
        raise BadRowError("name", f"the entity {entity.id!r} has the name {entity.name!r}")
    return entity


def write_new_entities(store: Store, entities: Iterable[Entity]) -> None:
    """Add the entities that facts are about to lead to."""
    rows = list(entities)
    if rows:
        store.write_entities(
            pa.table(
                {
                    "id": [entity.id for entity in rows],
                    "kind": [entity.kind for entity in rows],
                    "name": [entity.name for entity in rows],
                }
            )
        )


def replace_node_facts(
    store: Store, label: NodeLabel, id: str, relation: str, facts: Sequence[FactRow]
) -> None:
    """Make these the node's only facts of a relation.

    Raises a BadRowError for a fact that does not fit, a NotFoundError where the node is not there
    or its label has no such relation. Whatever relation the facts name is not looked at.
    """
    checker = FactChecker.of(store, label, facts)
    if relation not in relations(label, checker.schema):
        raise NotFoundError(no_such_relation(label, relation, checker.schema))
    if not _is_there(store, label, id):
        raise NotFoundError(f"there is no {label.lower()} {id!r} in the graph")
    weights = checker.check([replace(fact, relation=relation) for fact in facts])
    write_new_entities(store, checker.new.values())
    store.replace_facts(FactType(label, relation), id, weights.get(relation, {}))


def delete_node_fact(store: Store, label: NodeLabel, id: str, relation: str, entity: str) -> int:
    """Delete one fact; answers 0 where there is none, and a NotFoundError for no such relation."""
    schema = store.schema()
    if relation not in relations(label, schema):
        raise NotFoundError(no_such_relation(label, relation, schema))
    return store.delete_facts(FactType(label, relation), fact_table([(id, entity, 1.0)]))


def relations(label: NodeLabel, schema: GraphSchema) -> list[str]:
    """The relations by which nodes of this label can have facts."""
    return [kind.relation for kind in schema.fact_types if kind.source == label]


def no_such_relation(label: NodeLabel, relation: str, schema: GraphSchema) -> str:
    """What is said of a relation that the schema does not have."""
    known = ", ".join(relations(label, schema)) or "none"
    return f"{label.lower()}s have no facts {relation!r:.100}; they have {known}"


def _is_there(store: Store, label: NodeLabel, id: str) -> bool:
    return not store.unknown(label, [id])


def fact_table(rows: Iterable[tuple[str, str, float]]) -> pa.Table:
    """Facts as a store takes them: source, entity, weight."""
    sources, entities, weights = [], [], []
    for source, entity, weight in rows:
        sources.append(source)
        entities.append(entity)
        weights.append(weight)
    columns = zip(tables.FACTS, (sources, entities, weights), strict=True)
    return pa.table({kind.name: pa.array(values, kind.type) for kind, values in columns})
