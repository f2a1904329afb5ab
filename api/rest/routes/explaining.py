"""Why an item is suggested to a user, or why not."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from api.rest.access import needs
from api.rest.answers import ExplainedItem
from api.rest.asking import AskedToExplain, choices, make_request
from api.rest.json_answer import JsonAnswer
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import PathId
from api.rest.problems import BAD_FILTER, CONFLICT, NOT_FOUND, NOT_READY
from api.rest.service import Parts
from api.rest.strict import StrictRoute
from recommender.subgraph import subgraph_json

router = APIRouter(tags=["recommend"], dependencies=[needs("read")], route_class=StrictRoute)


@router.get(
    "/api/explain/{user}/{item}",
    summary="Why an item, or why not",
    response_model=ExplainedItem,
    responses=problems(*EVERYWHERE, BAD_FILTER, NOT_FOUND, NOT_READY, CONFLICT),
)
def explain_item_for_user(
    service: Parts, user: PathId, item: PathId, asked: Annotated[AskedToExplain, Query()]
) -> JsonAnswer:
    """Everything that the graph says about an item for a user, whether it is suggested or not.

    Every contribution, every path, and all paths as one subgraph; the verdict, with the rank of the
    item in the list that the other parameters ask for, and what keeps it down. With `without`, also
    what would be if those pieces of the history weighed nothing.
    """
    chosen = choices(service.settings, service.scenarios, asked)
    without = chosen.pop("without", [])
    request = make_request(service.settings, {**chosen, "explain": "full"}, user=user)
    found = service.recommender.explain(request, item)
    said = found.to_json()
    said["missing"] = (
        found.last - found.score
        if found.verdict == "outranked" and found.last is not None
        else None
    )
    against = [term for term in said["contributions"] if term["value"] < 0.0]
    said["against"] = sorted(against, key=lambda term: term["value"])
    said["subgraph"] = subgraph_json(found.paths)
    if without:
        other = service.recommender.explain(replace(request, without=frozenset(without)), item)
        said["counterfactual"] = {
            "without": sorted(set(without)),
            "score": other.score,
            "change": other.score - found.score,
            "rank": other.rank,
            "verdict": other.verdict,
            "headline": other.headline,
        }
    return JsonAnswer(said)
