"""What is popular and what is new: the same for everyone."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.rest.access import needs
from api.rest.answers import BrowsedItems
from api.rest.asking import Filter, N, Offset
from api.rest.json_answer import JsonAnswer
from api.rest.openapi import EVERYWHERE, problems
from api.rest.problems import BAD_FILTER, NOT_READY
from api.rest.service import Parts
from api.rest.strict import StrictRoute
from graph.errors import NotReadyError
from recommender.browsing import Browsed, Page, latest_items, popular_items
from recommender.request import Language
from recommender.sentences import phrases

router = APIRouter(tags=["recommend"], dependencies=[needs("read")], route_class=StrictRoute)
Properties = Annotated[bool, Query(description="Give the properties of the items.")]


@router.get(
    "/api/popular",
    summary="The most popular items",
    response_model=BrowsedItems,
    responses=problems(*EVERYWHERE, BAD_FILTER, NOT_READY),
)
def get_popular_items(
    service: Parts,
    n: Annotated[N, Query()] = 10,
    offset: Annotated[Offset, Query()] = 0,
    filter: Annotated[Filter | None, Query()] = None,
    lang: Annotated[Language, Query(description="Language of the sentences.")] = "en",
    return_properties: Properties = False,
) -> JsonAnswer:
    """The items that the serving run finds good for someone of whom nothing is known, best first.

    `value` is the weight of the edge `(run)-[:PRIOR]->(item)`.
    """
    found = popular_items(service.store, Page(n, offset, filter))
    said = {"sentence": phrases(lang)["sentence"]["prior"]}
    return JsonAnswer(
        {"run": found.run, "by": "PRIOR", "items": _items(found, offset, return_properties, said)}
    )


@router.get(
    "/api/latest",
    summary="The newest items",
    response_model=BrowsedItems,
    responses=problems(*EVERYWHERE, BAD_FILTER, NOT_READY),
)
def get_latest_items(
    service: Parts,
    n: Annotated[N, Query()] = 10,
    offset: Annotated[Offset, Query()] = 0,
    filter: Annotated[Filter | None, Query()] = None,
    return_properties: Properties = False,
) -> JsonAnswer:
    """The items with the greatest value of the numeric property that `[serve] latest` names.

    409 where the settings name none. Items without a value do not come.
    """
    by = service.settings.serve.latest
    if not by:
        raise NotReadyError(
            "what is new cannot be told: [serve] latest names no numeric property of items, such "
            "as latest = 'year'"
        )
    found = latest_items(service.store, Page(n, offset, filter), by)
    return JsonAnswer(
        {"run": None, "by": by, "items": _items(found, offset, return_properties, {})}
    )


def _items(
    found: Browsed, offset: int, with_properties: bool, more: dict[str, Any]
) -> list[dict[str, Any]]:
    return [
        {
            "item": item.id,
            "title": item.title,
            "rank": rank,
            "value": value,
            **more,
            **({"properties": dict(item.properties)} if with_properties else {}),
        }
        for rank, (item, value) in enumerate(found.items, start=offset + 1)
    ]
