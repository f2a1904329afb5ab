"""Feedback: it counts in the next suggestion, which reads the history from the graph."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Body, Query

from api.rest.access import needs
from api.rest.missing import check_there
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Cursor, Limit, PathId, cut_page, read_cursor
from api.rest.problems import NOT_FOUND, RESOURCE
from api.rest.rows import Deleted, FeedbackEntry, NewFeedback, TypeFilter, Written, check_batch
from api.rest.service import Parts, Service
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute
from graph.errors import NotFoundError
from graph.feedback_batches import write_feedback_batch
from graph.model import FeedbackEdge

router = APIRouter(tags=["feedback"], route_class=StrictRoute)
READ, WRITE = [needs("read")], [needs("write")]


class FeedbackPage(Answer):
    """A page of feedback."""

    feedback: list[FeedbackEntry]
    """By type, then by item or user."""
    cursor: str | None
    """Of the next page; null on the last one."""


@router.post(
    "/api/feedback",
    summary="Write feedback",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, RESOURCE),
)
def write_feedback(
    service: Parts,
    feedback: Annotated[list[NewFeedback], Body()],
    create: Annotated[
        bool, Query(description="Add users and items that are not in the graph.")
    ] = False,
) -> Written:
    """Takes in what users did, in one transaction; it counts in the very next suggestion.

    Sent again, the same rows change nothing. A row of an unknown type, user or item is listed in
    `failed`, and all others are written. What is answered here is on disk.
    """
    check_batch(service, feedback)
    now = int(time.time())
    rows = [row.row(now) for row in feedback]
    outcome = write_feedback_batch(service.store, rows, create=create)
    service.metrics.feedback.inc(len(rows) - len(outcome.failed))
    return Written.of(outcome)


@router.delete(
    "/api/feedback/{type}/{user}/{item}",
    summary="Delete a piece of feedback",
    dependencies=WRITE,
    responses=problems(*EVERYWHERE, NOT_FOUND, RESOURCE),
)
def delete_feedback(service: Parts, type: PathId, user: PathId, item: PathId) -> Deleted:
    """Deletes the feedback of this type of the user on the item; the next suggestion goes without.

    Deleting what is not there deletes nothing, and is no failure.
    """
    _check_types(service, [type])
    key = pa.table({"user": [user], "item": [item]})
    return Deleted(deleted=service.store.delete_feedback(type, key))


@router.get(
    "/api/user/{id}/feedback",
    summary="A user's feedback",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_user_feedback(
    service: Parts, id: PathId, types: TypeFilter = None, limit: Limit = 100, cursor: Cursor = None
) -> FeedbackPage:
    """What a user did, by type, then by item."""
    types = _check_types(service, types)
    found = service.store.feedback_of_user(id, types, _after(cursor), limit + 1)
    if not found:
        check_there(service, "User", id)
    return _page(found, limit, lambda edge: (edge.type, edge.item))


@router.get(
    "/api/item/{id}/feedback",
    summary="An item's feedback",
    dependencies=READ,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_item_feedback(
    service: Parts, id: PathId, types: TypeFilter = None, limit: Limit = 100, cursor: Cursor = None
) -> FeedbackPage:
    """What was done to an item, by type, then by user."""
    types = _check_types(service, types)
    found = service.store.feedback_of_item(id, types, _after(cursor), limit + 1)
    if not found:
        check_there(service, "Item", id)
    return _page(found, limit, lambda edge: (edge.type, edge.user))


def _page(
    found: Sequence[FeedbackEdge], limit: int, key: Callable[[FeedbackEdge], Sequence[str]]
) -> FeedbackPage:
    page, following = cut_page(found, limit, key)
    return FeedbackPage(feedback=[FeedbackEntry.of(edge) for edge in page], cursor=following)


def _after(cursor: str | None) -> tuple[str, str] | None:
    key = read_cursor(cursor, 2)
    return None if key is None else (key[0], key[1])


def _check_types(service: Service, types: Sequence[str] | None) -> list[str] | None:
    """A NotFoundError for a type of feedback that the graph does not have."""
    if types is None:
        return None
    known = service.store.schema().feedback_types
    for name in types:
        if name not in known:
            raise NotFoundError(
                f"the graph has no feedback type {name!r}; it has {', '.join(known) or 'none'}"
            )
    return list(types)
