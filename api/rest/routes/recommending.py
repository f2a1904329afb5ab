"""Suggestions for users and for visitors without an account."""

import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.rest.access import needs
from api.rest.answers import Suggestions
from api.rest.asking import Asked, AskedBody, AskedInAddress, AskedInSession, choices, make_request
from api.rest.json_answer import JsonAnswer
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import PathId
from api.rest.problems import BAD_FILTER, CONFLICT, NOT_FOUND, NOT_READY
from api.rest.recommendation_ids import make_id
from api.rest.service import Parts, Service
from api.rest.strict import StrictRoute

router = APIRouter(tags=["recommend"], dependencies=[needs("read")], route_class=StrictRoute)
_PROBLEMS = problems(*EVERYWHERE, BAD_FILTER, NOT_FOUND, NOT_READY, CONFLICT)


@router.get(
    "/api/recommend/{user}",
    summary="Suggestions for a user",
    response_model=Suggestions,
    responses=_PROBLEMS,
)
def recommend_for_user(
    service: Parts, user: PathId, asked: Annotated[AskedInAddress, Query()]
) -> JsonAnswer:
    """The best items for a user, best first, each with the paths that made its score.

    Items of the user's history do not come, unless `include_seen`. A user who is not in the graph
    gets the most popular items, and `note` says so. `exclude` and `signals` may be given several
    times.
    """
    return _answer(service, asked, user=user)


@router.post(
    "/api/recommend/{user}",
    summary="Suggestions for a user, with the parameters in a body",
    response_model=Suggestions,
    responses=_PROBLEMS,
)
def recommend_for_user_by_body(service: Parts, user: PathId, asked: AskedBody) -> JsonAnswer:
    """The same as GET, for parameters that are too long for an address; it changes nothing."""
    return _answer(service, asked, user=user)


@router.post(
    "/api/session/recommend",
    summary="Suggestions for a visitor without an account",
    response_model=Suggestions,
    responses=_PROBLEMS,
)
def recommend_for_session(service: Parts, asked: AskedInSession) -> JsonAnswer:
    """The best items for what a visitor did, which stands in the body and is kept nowhere.

    Once the visitor signs in, POST /api/user/{id}/merge/{session} makes it the user's. An item that
    is not in the graph is named in the problem.
    """
    return _answer(service, asked, history=tuple(asked.history))


def _answer(service: Service, asked: Asked, **about: Any) -> JsonAnswer:
    chosen = choices(service.settings, service.scenarios, asked)
    context = chosen.pop("context", None)
    request = make_request(service.settings, chosen, **about)

    def make() -> dict[str, Any]:
        answer = service.recommender.recommend(request)
        return answer.to_json(with_properties=chosen.get("return_properties", False))

    if service.stale is None:
        said, is_stale = make(), False
    else:
        key = json.dumps([about, chosen], sort_keys=True)
        said, is_stale = service.stale.answer(key, request, make)
        if is_stale:
            service.metrics.degraded.inc()
        else:
            service.stale.learn_popular(service.store, said["run"])
    service.metrics.recommendations.labels(said["served_by"]).inc()
    return JsonAnswer(
        {
            "recommendation_id": make_id(said["run"], int(time.time())),
            "user": said["user"],
            "run": said["run"],
            "served_by": said["served_by"],
            "degraded": is_stale,
            "note": said["note"],
            **({} if context is None else {"context": context}),
            "items": said["items"],
        }
    )
