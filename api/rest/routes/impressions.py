"""What was shown of recommendations, and what came of it."""

import time
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import ConfigDict, Field, StringConstraints

from api.rest.access import needs
from api.rest.asking import MAX_HISTORY, Context, Offset, ScenarioName
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Id
from api.rest.problems import RESOURCE
from api.rest.recommendation_ids import PATTERN, read_id
from api.rest.rows import At, Failed, check_batch
from api.rest.service import Parts
from api.rest.shapes import Answer, Part
from api.rest.strict import StrictRoute
from graph.errors import NotFoundError, UsageError
from graph.model import Outcome, ShownList

router = APIRouter(tags=["feedback"], dependencies=[needs("write")], route_class=StrictRoute)

RecommendationText = Annotated[
    str,
    StringConstraints(pattern=rf"^{PATTERN}$"),
    Field(
        description="`recommendation_id` of the answer.",
        examples=["3-68b8e1c0-Jm3VfQ0sQ2O0a9mC1sZtXw"],
    ),
]
Items = Annotated[list[Id], Field(min_length=1, max_length=MAX_HISTORY)]


class NewImpressions(Part):
    """What was shown of one recommendation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recommendation_id": "3-68b8e1c0-Jm3VfQ0sQ2O0a9mC1sZtXw",
                    "user": "u17",
                    "items": ["f12", "f4"],
                    "scenario": "home",
                    "context": {"device": "tv"},
                }
            ]
        }
    )

    recommendation_id: RecommendationText
    items: Items
    """Ids of the items that were shown, in their order."""
    user: Id | None = None
    """The one it was made for."""
    session: Id | None = None
    """The caller's own id of a visitor without an account; a merge makes it the user's."""
    offset: Offset = 0
    at: At | None = None
    scenario: ScenarioName | None = None
    """The one that was asked with, for later reading."""
    context: Context | None = None


class NewOutcome(Part):
    """What came of items that were shown. It never goes back: what was consumed stays so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recommendation_id": "3-68b8e1c0-Jm3VfQ0sQ2O0a9mC1sZtXw",
                    "items": ["f12"],
                    "outcome": "clicked",
                }
            ]
        }
    )

    recommendation_id: RecommendationText
    items: Items
    """Ids of the items that it came of."""
    outcome: Annotated[Outcome, Field(description="clicked, or consumed: bought, watched, read.")]
    at: At | None = None


class Recorded(Answer):
    """What became of the rows."""

    recorded: int
    """Items that were taken in, those known before included."""
    failed: list[Failed]
    """What was not taken in."""


@router.post(
    "/api/impressions",
    summary="Tell which items were shown",
    responses=problems(*EVERYWHERE, RESOURCE),
)
def write_impressions(
    service: Parts, impressions: Annotated[list[NewImpressions], Body()]
) -> Recorded:
    """Keeps what was shown of recommendations in the graph, beside the feedback.

    They are no feedback: no history and no training knows them. `rotation` reads them, and they go
    after `[serve] impressions_days`. Sent again, the same rows change nothing. An unknown user or
    item is listed in `failed`, and all else is written.
    """
    check_batch(service, impressions)
    now = int(time.time())
    recorded = 0
    failed: list[Failed] = []
    for row, one in enumerate(impressions):
        places: dict[str, int] = {}
        for place, item in enumerate(one.items, start=one.offset + 1):
            places.setdefault(item, place)
        try:
            made = read_id(one.recommendation_id, now)
            shown = ShownList(
                one.recommendation_id,
                made.at,
                made.run,
                one.user,
                one.session,
                one.scenario,
                one.context or {},
            )
            unknown = service.store.record_shown(shown, places, now if one.at is None else one.at)
        except NotFoundError as error:
            failed.append(Failed(row=row, field="user", message=str(error)))
            continue
        except UsageError as error:
            failed.append(Failed(row=row, field="recommendation_id", message=str(error)))
            continue
        recorded += len(places) - len(unknown)
        failed += [
            Failed(row=row, field="items", message=f"there is no item {item!r} in the graph")
            for item in sorted(unknown)
        ]
    service.sweeper.sweep_if_due(service.store)
    return Recorded(recorded=recorded, failed=failed)


@router.post(
    "/api/outcome",
    summary="Tell what came of items that were shown",
    responses=problems(*EVERYWHERE, RESOURCE),
)
def write_outcomes(service: Parts, outcomes: Annotated[list[NewOutcome], Body()]) -> Recorded:
    """Keeps which items of a recommendation were clicked or consumed.

    Tell first that they were shown (POST /api/impressions): what was not is listed in `failed`.
    What a user consumed counts in suggestions only as feedback (POST /api/feedback).
    """
    check_batch(service, outcomes)
    now = int(time.time())
    recorded = 0
    failed: list[Failed] = []
    for row, one in enumerate(outcomes):
        at = now if one.at is None else one.at
        try:
            missing = service.store.record_outcome(
                one.recommendation_id, one.items, one.outcome, at
            )
        except NotFoundError as error:
            failed.append(Failed(row=row, field="recommendation_id", message=str(error)))
            continue
        recorded += len(set(one.items)) - len(missing)
        failed += [
            Failed(row=row, field="items", message=f"item {item!r} was not noted as shown")
            for item in sorted(missing)
        ]
    return Recorded(recorded=recorded, failed=failed)
