"""What is like an item, and who is like a user, with the reasons."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.rest.access import needs
from api.rest.answers import ItemNeighbours, UserNeighbours
from api.rest.asking import Filter, N, Offset
from api.rest.json_answer import JsonAnswer
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import PathId
from api.rest.problems import BAD_FILTER, CONFLICT, NOT_FOUND, NOT_READY
from api.rest.service import Parts
from api.rest.strict import StrictRoute
from recommender.request import Request
from recommender.user_neighbours import user_neighbours

router = APIRouter(dependencies=[needs("read")], route_class=StrictRoute)

LIKENESS = ("collaborative", "sequential", "knowledge", "semantic")
"""The signals whose evidence leads from an item to an item."""


@router.get(
    "/api/item/{id}/neighbors",
    tags=["items"],
    summary="Items like an item",
    response_model=ItemNeighbours,
    responses=problems(*EVERYWHERE, BAD_FILTER, NOT_FOUND, NOT_READY, CONFLICT),
)
def get_item_neighbors(
    service: Parts,
    id: PathId,
    n: Annotated[N, Query()] = 10,
    offset: Annotated[Offset, Query()] = 0,
    filter: Annotated[Filter | None, Query()] = None,
) -> JsonAnswer:
    """The items that the evidence of the serving run leads to from an item, the strongest first.

    The paths say why: people who like one like the other, they share an actor, they are similar in
    content. Signals are weighed as they are for a user.
    """
    request = Request(
        history=(id,), n=n, offset=offset, filter=filter, signals=LIKENESS, explain="paths"
    )
    answer = service.recommender.recommend(request).to_json()
    for item in answer["items"]:
        del item["sentence"]  # it speaks of a session
    return JsonAnswer({"item": id, "run": answer["run"], "items": answer["items"]})


@router.get(
    "/api/user/{id}/neighbors",
    tags=["users"],
    summary="Users like a user",
    response_model=UserNeighbours,
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_user_neighbors(
    service: Parts,
    id: PathId,
    n: Annotated[N, Query()] = 10,
    offset: Annotated[Offset, Query()] = 0,
) -> JsonAnswer:
    """The users with feedback on the same items; the fewer others have any on an item, the more it
    counts.

    `items` are up to ten of the items in common, those that say most. Of a very long history only
    the rarest items are compared by, `looked_at` of them.
    """
    looked_at, found = user_neighbours(service.store, id, n, offset)
    return JsonAnswer(
        {
            "user": id,
            "looked_at": looked_at,
            "users": [
                {
                    "user": other.user,
                    "rank": rank,
                    "score": other.score,
                    "common": other.common,
                    "items": [
                        {"item": item.id, "title": item.title, "feedback": pieces}
                        for item, pieces in other.items
                    ],
                }
                for rank, other in enumerate(found, start=offset + 1)
            ],
        }
    )
