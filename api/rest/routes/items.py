"""Items: written in batches, listed, looked at, changed, deleted; and their facts."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.rest.access import needs
from api.rest.missing import the_one
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Cursor, Limit, PathId, cut_page, read_cursor
from api.rest.problems import NOT_FOUND, RESOURCE
from api.rest.routes.nodes import (
    FactsBody,
    delete_node,
    patch_node,
    read_facts,
    remove_fact,
    replace_facts,
    write_nodes,
)
from api.rest.rows import (
    Deleted,
    Facts,
    ItemEntry,
    ItemPatch,
    NewItem,
    WrittenItems,
)
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute

router = APIRouter(tags=["items"], route_class=StrictRoute)
READ, WRITE = [needs("read")], [needs("write")]


class ItemPage(Answer):
    """A page of items."""

    items: list[ItemEntry]
    """By id."""
    cursor: str | None
    """Of the next page; null on the last one."""


@router.post(
    "/api/items",
    summary="Write items",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, RESOURCE),
)
def write_items(service: Parts, items: Annotated[list[NewItem], Body()]) -> WrittenItems:
    """Adds items and changes those that are there; sent again, the same batch changes nothing.

    Properties, relations and kinds must be in the graph's schema. A row that does not fit is listed
    in `failed`, and all others are written. New items with facts can be suggested a moment later,
    without training again: `placing` says that their evidence is being made.
    """
    outcome = write_nodes(service, "Item", items)
    placing = bool(outcome.added or outcome.facts) and service.store.current_run() is not None
    if placing:
        service.arrivals.notice()
    return WrittenItems.of(outcome, facts=outcome.facts, placing=placing)


@router.get("/api/items", summary="List items", dependencies=READ, responses=problems(*EVERYWHERE))
def list_items(service: Parts, limit: Limit = 100, cursor: Cursor = None) -> ItemPage:
    """All items by id, page by page; items that come or go meanwhile shift nothing."""
    after = read_cursor(cursor)
    found = service.store.list_items(None if after is None else after[0], limit + 1)
    page, following = cut_page(found, limit, lambda item: [item.id])
    return ItemPage(items=[ItemEntry.of(item) for item in page], cursor=following)


@router.get(
    "/api/item/{id}",
    summary="One item",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_item(service: Parts, id: PathId) -> ItemEntry:
    """Title, text and properties; facts and feedback have routes of their own."""
    return ItemEntry.of(the_one(service.store.items([id]), "Item", id))


@router.patch(
    "/api/item/{id}",
    summary="Change an item",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def patch_item(service: Parts, id: PathId, item: ItemPatch) -> ItemEntry:
    """Sets what is named and leaves the rest; answers the item as it is now.

    Evidence rests on facts and feedback, so that it stays as it is.
    """
    patch_node(service, "Item", id, item.values())
    return get_item(service, id)


@router.delete(
    "/api/item/{id}",
    summary="Delete an item",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, RESOURCE),
)
def delete_item(service: Parts, id: PathId) -> Deleted:
    """Deletes the item with its feedback, facts and evidence: it is suggested no more at once."""
    return delete_node(service, "Item", id)


@router.get(
    "/api/item/{id}/facts",
    summary="An item's facts",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_item_facts(service: Parts, id: PathId) -> Facts:
    """All attributes of an item that are entities, such as genres."""
    return read_facts(service, "Item", id)


@router.put(
    "/api/item/{id}/facts/{relation}",
    summary="Replace an item's facts of a relation",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def put_item_facts(service: Parts, id: PathId, relation: PathId, facts: FactsBody) -> Facts:
    """Makes these the item's only facts of the relation; an empty list removes them all.

    An item without evidence gets some from its facts in a moment; the evidence of others stays as
    it is until the next training.
    """
    answer = replace_facts(service, "Item", id, relation, facts)
    service.arrivals.notice()
    return answer


@router.delete(
    "/api/item/{id}/facts/{relation}/{entity}",
    summary="Delete a fact of an item",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def delete_item_fact(service: Parts, id: PathId, relation: PathId, entity: PathId) -> Deleted:
    """Deletes one fact; the entity stays."""
    return remove_fact(service, "Item", id, relation, entity)
