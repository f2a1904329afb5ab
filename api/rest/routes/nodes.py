"""What the routes of users and of items have in common. It has no router."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import Body
from pydantic import Field

from api.rest.missing import check_there, no_such
from api.rest.problems import USAGE, Problem
from api.rest.rows import MAX_FACTS, Deleted, EntityFact, Facts, NewItem, NewUser, check_batch
from api.rest.service import Service
from graph.batches import BadRowError, BatchOutcome
from graph.fact_rows import delete_node_fact, replace_node_facts
from graph.model import Scalar
from graph.node_batches import write_node_batch

FactsBody = Annotated[
    list[EntityFact],
    Field(max_length=MAX_FACTS),
    Body(examples=[[{"kind": "Genre", "name": "Crime"}, {"entity": "Genre:Drama"}]]),
]

Label = Literal["User", "Item"]


def write_nodes(
    service: Service, label: Label, nodes: Sequence[NewUser] | Sequence[NewItem]
) -> BatchOutcome:
    """Add nodes and change those that are there; a batch that is too long is refused."""
    check_batch(service, nodes)
    return write_node_batch(service.store, label, [node.row() for node in nodes])


def patch_node(service: Service, label: Label, id: str, values: Mapping[str, Scalar]) -> None:
    """Set what is named and leave the rest; a NotFoundError where the node is not in the graph."""
    if not service.store.patch_node(label, id, values):
        raise no_such(label, id)


def delete_node(service: Service, label: Label, id: str) -> Deleted:
    """Delete a node with all its edges."""
    return Deleted(deleted=service.store.delete_nodes(label, [id]))


def read_facts(service: Service, label: Label, id: str) -> Facts:
    """All facts of a node; a NotFoundError where it is not in the graph."""
    facts = service.store.facts(label, [id])
    if not facts:
        check_there(service, label, id)
    return Facts.of(facts)


def replace_facts(
    service: Service, label: Label, id: str, relation: str, facts: Sequence[EntityFact]
) -> Facts:
    """Make these the node's only facts of a relation; answers all that it has now."""
    try:
        rows = [fact.row(relation) for fact in facts]
        replace_node_facts(service.store, label, id, relation, rows)
    except BadRowError as error:
        place = error.field.removeprefix("facts")
        raise Problem(
            USAGE,
            f"{place}: {error}; nothing was changed",
            errors=[{"field": place, "message": str(error)}],
        ) from error
    return read_facts(service, label, id)


def remove_fact(service: Service, label: Label, id: str, relation: str, entity: str) -> Deleted:
    """Delete one fact."""
    return Deleted(deleted=delete_node_fact(service.store, label, id, relation, entity))
