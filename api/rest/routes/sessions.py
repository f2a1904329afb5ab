"""What a visitor without an account did becomes a user's."""

import time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from api.rest.access import needs
from api.rest.asking import MAX_HISTORY
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Id, PathId
from api.rest.problems import NOT_FOUND, NOT_READY, RESOURCE
from api.rest.rows import EARLIEST, At, TypeName, Written
from api.rest.service import Parts
from api.rest.shapes import Part
from api.rest.strict import StrictRoute
from graph.errors import NotReadyError
from graph.feedback_batches import write_feedback_batch
from graph.model import FeedbackEdge
from recommender.near_matches import no_such_user

router = APIRouter(tags=["feedback"], dependencies=[needs("write")], route_class=StrictRoute)


class SessionHistory(Part):
    """What a visitor did. Sent again with the same `at`, it changes nothing.

    Each item counts as a second earlier than the one after it.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"history": ["f9", "f3"], "type": "VIEWED"}]}
    )

    history: Annotated[list[Id], Field(max_length=MAX_HISTORY)]
    """Item ids, the latest last."""
    type: TypeName | None = None
    """A type of feedback of the graph; its first one where left out."""
    at: At | None = None
    """When the latest item was looked at, in seconds since 1970; now, where left out."""


class Merged(Written):
    """What became of the items of a session."""

    recommendations: int
    """Recommendations of the session that are the user's now."""


@router.post(
    "/api/user/{id}/merge/{session}",
    summary="Make a session's items a user's feedback",
    responses=problems(*EVERYWHERE, NOT_FOUND, NOT_READY, RESOURCE),
)
def merge_session(
    service: Parts,
    id: PathId,
    session: PathId,
    visited: SessionHistory,
    create: Annotated[
        bool, Query(description="Add the user, and items that are not in the graph.")
    ] = False,
) -> Merged:
    """When a visitor signs in: the items of the session count in the user's next suggestion.

    The history lives with the caller until then, as the body of POST /api/session/recommend; here
    it is given once more. What was shown under the id of the session (POST /api/impressions)
    becomes the user's as well. An unknown item is listed in `failed`, and all others are written.
    """
    known = service.store.schema().feedback_types
    if not known:
        raise NotReadyError("the graph has no type of feedback yet: run `whypath import` first")
    if not create and service.store.user(id) is None:
        raise no_such_user(service.store, id)
    last = int(time.time()) if visited.at is None else visited.at
    kind = known[0] if visited.type is None else visited.type
    rows = [
        FeedbackEdge(kind, id, item, 1.0, max(EARLIEST, last - back))
        for back, item in zip(range(len(visited.history) - 1, -1, -1), visited.history, strict=True)
    ]
    outcome = write_feedback_batch(service.store, rows, create=create)
    service.metrics.feedback.inc(len(rows) - len(outcome.failed))
    return Merged.of(outcome, recommendations=service.store.join_session(session, id))
