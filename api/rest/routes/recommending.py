"""Suggestions for users."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.rest.access import needs
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import PathId
from api.rest.problems import BAD_FILTER, CONFLICT, NOT_READY
from api.rest.service import Service, service_of
from recommender.request import Request

router = APIRouter(tags=["recommend"], dependencies=[needs("read")])
Parts = Annotated[Service, Depends(service_of)]


@router.get(
    "/api/recommend/{user}",
    summary="Suggestions for a user",
    responses=problems(*EVERYWHERE, BAD_FILTER, NOT_READY, CONFLICT),
)
def recommend_for_user(
    service: Parts,
    user: PathId,
    n: Annotated[int, Query(ge=1, le=1000, description="How many.")] = 10,
    lang: Annotated[Literal["en", "zh"], Query(description="Language of the sentences.")] = "en",
) -> Any:
    """The best items for a user, best first, each with the paths that made its score.

    A user who is not in the graph gets the most popular items, and `note` says so.
    """
    answer = service.recommender.recommend(Request(user, n=n, lang=lang))
    service.metrics.recommendations.labels(answer.served_by).inc()
    return JSONResponse(answer.to_json())
