"""Facts of users and items: what the routes of both have in common. It has no router."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Body
from pydantic import Field

from api.rest.missing import check_there
from api.rest.problems import USAGE, Problem
from api.rest.rows import MAX_FACTS, Deleted, EntityFact, Facts
from api.rest.service import Service
from graph.batches import BadRowError
from graph.fact_rows import delete_node_fact, replace_node_facts

FactsBody = Annotated[
    list[EntityFact],
    Field(max_length=MAX_FACTS),
    Body(examples=[[{"kind": "Genre", "name": "Crime"}, {"entity": "Genre:Drama"}]]),
]

Label = Literal["User", "Item"]


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
