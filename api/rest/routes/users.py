"""Users: written in batches, listed, looked at, changed, deleted; and their facts."""

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
    NewUser,
    UserEntry,
    UserPatch,
    WrittenNodes,
)
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute

router = APIRouter(tags=["users"], route_class=StrictRoute)
READ, WRITE = [needs("read")], [needs("write")]


class UserPage(Answer):
    """A page of users."""

    users: list[UserEntry]
    """By id."""
    cursor: str | None
    """Of the next page; null on the last one."""


@router.post(
    "/api/users",
    summary="Write users",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, RESOURCE),
)
def write_users(service: Parts, users: Annotated[list[NewUser], Body()]) -> WrittenNodes:
    """Adds users and changes those that are there; sent again, the same batch changes nothing.

    Properties, relations and kinds must be in the graph's schema. A row that does not fit is listed
    in `failed`, and all others are written.
    """
    outcome = write_nodes(service, "User", users)
    return WrittenNodes.of(outcome, facts=outcome.facts)


@router.get("/api/users", summary="List users", dependencies=READ, responses=problems(*EVERYWHERE))
def list_users(service: Parts, limit: Limit = 100, cursor: Cursor = None) -> UserPage:
    """All users by id, page by page; users that come or go meanwhile shift nothing."""
    after = read_cursor(cursor)
    found = service.store.list_users(None if after is None else after[0], limit + 1)
    page, following = cut_page(found, limit, lambda user: [user.id])
    return UserPage(users=[UserEntry.of(user) for user in page], cursor=following)


@router.get(
    "/api/user/{id}",
    summary="One user",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_user(service: Parts, id: PathId) -> UserEntry:
    """The user and its properties; its facts and feedback have routes of their own."""
    return UserEntry.of(the_one(service.store.users([id]), "User", id))


@router.patch(
    "/api/user/{id}",
    summary="Change a user",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def patch_user(service: Parts, id: PathId, user: UserPatch) -> UserEntry:
    """Sets the properties that are named and leaves the others; answers the user as it is now."""
    patch_node(service, "User", id, user.properties)
    return get_user(service, id)


@router.delete(
    "/api/user/{id}",
    summary="Delete a user",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, RESOURCE),
)
def delete_user(service: Parts, id: PathId) -> Deleted:
    """Deletes the user with all its feedback and facts, at once and for good."""
    return delete_node(service, "User", id)


@router.get(
    "/api/user/{id}/facts",
    summary="A user's facts",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_user_facts(service: Parts, id: PathId) -> Facts:
    """All attributes of a user that are entities, such as an occupation."""
    return read_facts(service, "User", id)


@router.put(
    "/api/user/{id}/facts/{relation}",
    summary="Replace a user's facts of a relation",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def put_user_facts(service: Parts, id: PathId, relation: PathId, facts: FactsBody) -> Facts:
    """Makes these the user's only facts of the relation; an empty list removes them all."""
    return replace_facts(service, "User", id, relation, facts)


@router.delete(
    "/api/user/{id}/facts/{relation}/{entity}",
    summary="Delete a fact of a user",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def delete_user_fact(service: Parts, id: PathId, relation: PathId, entity: PathId) -> Deleted:
    """Deletes one fact; the entity stays."""
    return remove_fact(service, "User", id, relation, entity)
