"""What is popular, what is new, what is like an item, who is like a user."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.rest.answers import BrowsedItems, ItemNeighbours, UserNeighbours

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)


def browse(http: httpx.Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = http.get(f"/api/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    BrowsedItems.model_validate(answer.json(), strict=True)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_popular_items_come_in_pages_and_pass_the_filter(http: httpx.Client) -> None:
    whole = browse(http, "popular", n=16)
    values = [item["value"] for item in whole]
    assert values == sorted(values, reverse=True)
    assert [item["rank"] for item in whole] == list(range(1, len(whole) + 1))
    pages = [browse(http, "popular", n=5, offset=offset) for offset in (0, 5, 10, 15)]
    assert [item for page in pages for item in page] == whole
    filtered = browse(http, "popular", n=16, filter="year >= 1990", return_properties=True)
    assert all(item["properties"]["year"] >= 1990 for item in filtered)
    ids = {item["item"] for item in filtered}
    assert [item["item"] for item in whole if item["item"] in ids] == [
        item["item"] for item in filtered
    ]
    assert whole[0]["sentence"] == "Because it is popular with everyone."
    assert browse(http, "popular", offset=10_000) == []


def test_latest_items_go_by_a_property_of_the_settings(serve: Serve) -> None:
    client = serve(latest="year")
    found = browse(client, "latest", n=9)
    years = [item["value"] for item in found]
    assert years == sorted(years, reverse=True)
    assert (found[0]["item"], found[0]["value"]) == ("t7", 1997.0)
    comedies = browse(client, "latest", n=2, offset=1, filter="'Comedy' in HAS_GENRE")
    assert [item["item"] for item in comedies] == ["c6", "c5"]


@embedded
def test_without_such_a_property_a_problem_says_so(serve: Serve) -> None:
    answer = serve().get("/api/latest")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:whypath:problem:not-ready")
    assert "[serve] latest" in answer.json()["detail"]


@embedded
def test_a_property_that_no_item_has_is_named(serve: Serve) -> None:
    wrong = serve(latest="colour").get("/api/latest")
    assert (wrong.status_code, "'colour'" in wrong.json()["detail"]) == (400, True)


def test_items_like_an_item_come_with_the_reason(http: httpx.Client) -> None:
    answer = http.get("/api/item/c1/neighbors", params={"n": 20}).json()
    ItemNeighbours.model_validate(answer, strict=True)
    assert answer["items"]
    ids = [item["item"] for item in answer["items"]]
    assert "c1" not in ids
    assert ids[0].startswith("c")
    for item in answer["items"]:
        for path in item["paths"]:
            assert (path["nodes"][0]["id"], path["nodes"][-1]["id"]) == ("c1", item["item"])
    first = http.get("/api/item/c1/neighbors", params={"n": 2}).json()["items"]
    second = http.get("/api/item/c1/neighbors", params={"n": 2, "offset": 2}).json()["items"]
    assert [item["item"] for item in (*first, *second)] == ids[:4]
    filtered = http.get("/api/item/c1/neighbors?filter=title == 'Comedy 3'").json()["items"]
    assert [item["item"] for item in filtered] in ([], ["c3"])


def test_users_like_a_user_come_with_the_items_in_common(http: httpx.Client) -> None:
    answer = http.get("/api/user/u1/neighbors", params={"n": 20}).json()
    UserNeighbours.model_validate(answer, strict=True)
    assert answer["looked_at"] == 5
    # everyone who likes comedies; u9 likes the very same ones
    assert answer["users"][0]["user"] == "u9"
    assert answer["users"][0]["common"] == 5
    assert {one["user"] for one in answer["users"]} <= {f"u{n}" for n in range(3, 16, 2)}
    scores = [one["score"] for one in answer["users"]]
    assert scores == sorted(scores, reverse=True)
    mine = {one["item"] for one in http.get("/api/user/u1/feedback").json()["feedback"]}
    for other in answer["users"]:
        theirs = http.get(f"/api/user/{other['user']}/feedback").json()["feedback"]
        assert {one["item"] for one in other["items"]} == mine & {one["item"] for one in theirs}
    page = http.get("/api/user/u1/neighbors?n=2&offset=1").json()["users"]
    assert page == answer["users"][1:3]
    unknown = http.get("/api/user/nobody/neighbors")
    assert (unknown.status_code, "'nobody'" in unknown.json()["detail"]) == (404, True)
