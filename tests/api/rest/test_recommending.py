"""Suggestions through the server: the invariants hold, and every parameter does its part."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rest.answers import ExplainedItem, Suggestions
from api.rest.recommendation_ids import read_id
from graph.errors import UsageError
from tests.api.rest.test_nodes import HOSTILE, quoted

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
WHOLE = {"n": 100, "include_seen": True}


def recommend(http: httpx.Client, user: str = "u1", **asked: Any) -> dict[str, Any]:
    """The answer of GET, held to its model; the same as that of POST."""
    answer = http.get(f"/api/recommend/{quoted(user)}", params=asked)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    Suggestions.model_validate(said, strict=True)
    posted = http.post(f"/api/recommend/{quoted(user)}", json=asked).json()
    assert {**posted, "recommendation_id": ""} == {**said, "recommendation_id": ""}
    return said


def items(answer: dict[str, Any]) -> list[str]:
    """The ids of the suggested items."""
    return [item["item"] for item in answer["items"]]


def problem(answer: httpx.Response, status: int) -> str:
    """What a problem says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def test_sums_masks_and_seen_items_hold_over_http(http: httpx.Client) -> None:
    history = {one["item"] for one in http.get("/api/user/u1/feedback").json()["feedback"]}
    answer = recommend(http, n=100)
    assert answer["user"] == "u1"
    assert (answer["served_by"], answer["degraded"]) == ("history", False)
    assert read_id(answer["recommendation_id"], int(time.time())).run == answer["run"]
    assert not history & set(items(answer))
    for explain in ("paths", "full"):
        whole = recommend(http, **WHOLE, explain=explain, boost="year >= 1985: 1.5")
        for item in whole["items"]:
            total = math.fsum(term["value"] for term in item["contributions"])
            assert total == pytest.approx(item["score"], abs=1e-9)
    masked = sorted(history)[0]
    for item in whole["items"][:5]:
        share = sum(t["value"] for t in item["contributions"] if t.get("via") == masked)
        explained = http.get(
            f"/api/explain/u1/{item['item']}",
            params={"without": masked, "include_seen": True, "boost": "year >= 1985: 1.5"},
        ).json()
        ExplainedItem.model_validate(explained, strict=True)
        assert explained["score"] == pytest.approx(item["score"], abs=1e-9)
        assert explained["counterfactual"]["change"] == pytest.approx(-share, abs=1e-9)


@embedded
def test_paths_are_few_and_all_that_has_none_is_summed(http: httpx.Client) -> None:
    for item in recommend(http)["items"]:
        places = [term["path"] for term in item["contributions"] if "path" in term]
        assert places == list(range(len(item["paths"])))
        signals = [term["signal"] for term in item["contributions"] if "path" not in term]
        assert len(set(signals)) == len(signals)
        assert item["sentence"]
    bare = recommend(http, explain="none")
    assert {frozenset(item) for item in bare["items"]} == {
        frozenset({"item", "title", "rank", "score"})
    }
    assert items(bare) == items(recommend(http))


@embedded
def test_filter_exclude_and_properties(http: httpx.Client) -> None:
    found = recommend(http, **WHOLE, filter="year >= 1990", return_properties=True)
    assert found["items"]
    assert all(item["properties"]["year"] >= 1990 for item in found["items"])
    best = items(recommend(http))[:2]
    assert not set(best) & set(items(recommend(http, exclude=best)))
    only = recommend(http, signals=["knowledge", "prior"], explain="full")
    signals = {term["signal"] for item in only["items"] for term in item["contributions"]}
    assert signals <= {"knowledge", "prior"}


@embedded
@pytest.mark.parametrize("asked", [{}, {"diversity": 0.6}, {"boost": "year < 1985: 3"}], ids=str)
def test_pages_join_without_overlap(http: httpx.Client, asked: dict[str, Any]) -> None:
    whole = recommend(http, n=9, **asked)
    pages = [recommend(http, n=3, offset=offset, **asked) for offset in (0, 3, 6)]
    joined = [(one["item"], one["rank"]) for page in pages for one in page["items"]]
    assert joined == [(one["item"], one["rank"]) for one in whole["items"]]
    assert recommend(http, offset=9_999)["items"] == []


@embedded
def test_a_boost_is_a_contribution_of_its_own(http: httpx.Client) -> None:
    plain = {one["item"]: one["score"] for one in recommend(http, **WHOLE)["items"]}
    found = recommend(http, **WHOLE, boost="'Comedy' in HAS_GENRE: 2; year > 1985: .5")
    for item in found["items"]:
        number = int(item["item"][1:])
        comedy, year = item["item"][0] == "c", 1980 + number
        if not comedy:
            year = 1990 + number
        factor = (2.0 if comedy else 1.0) * (0.5 if year > 1985 else 1.0)
        assert item["score"] == pytest.approx(factor * plain[item["item"]], abs=1e-9)
        boosted = [term["value"] for term in item["contributions"] if term["signal"] == "boost"]
        assert math.fsum(boosted) == pytest.approx((factor - 1.0) * plain[item["item"]], abs=1e-9)


@embedded
def test_injections_stay_data(http: httpx.Client) -> None:
    before = http.get("/api/items?limit=1000").json()
    for text in HOSTILE:
        literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
        assert recommend(http, filter=f"title == {literal}")["items"] == []
        assert recommend(http, boost=f"title == {literal}: 2", n=3)["items"]
        assert items(recommend(http, exclude=[text])) == items(recommend(http))
        assert recommend(http, user=text)["user"] == text
        for asked in ({"filter": text}, {"boost": text + ": 2"}, {"signals": text}):
            status = http.get("/api/recommend/u1", params=asked).status_code
            assert status in (400, 422), asked
        assert http.get(f"/api/explain/u1/{quoted(text)}").status_code == 404
        assert http.get(f"/api/item/{quoted(text)}/neighbors").status_code == 404
        assert http.get(f"/api/user/{quoted(text)}/neighbors").status_code == 404
    assert http.get("/api/items?limit=1000").json() == before


@embedded
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"n": 1001}, "n"),
        ({"offset": -1}, "offset"),
        ({"rotation": 1.5}, "rotation"),
        ({"signals": ["magic"]}, "signals[0]"),
        ({"signals": []}, "signals"),
        ({"explain": "all"}, "explain"),
        ({"exclude": ["x" * 513]}, "exclude[0]"),
        ({"exclude": ["a"] * 10_001}, "exclude"),
        ({"count": 3}, "count"),
        ({"n": "3"}, "n"),
        ({"context": {"a": 1}}, "context.a"),
        ({"context": {str(n): "" for n in range(21)}}, "context"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_asked_is_named(
    http: httpx.Client, asked: dict[str, Any], field: str
) -> None:
    answer = http.post("/api/recommend/u1", json=asked)
    assert problem(answer, 422)
    assert answer.json()["errors"][0]["field"] == field


@embedded
def test_wrong_expressions_and_parameters_say_what_is_wrong(http: httpx.Client) -> None:
    wrong = http.get("/api/recommend/u1", params={"boost": "year >= 1990"})
    assert "a colon and a factor must follow" in problem(wrong, 400)
    assert wrong.json()["type"] == "urn:whypath:problem:filter"
    assert "'colour'" in problem(http.get("/api/recommend/u1?filter=colour == 1"), 400)
    many = {"exclude": [f"x{n}" for n in range(101)]}
    assert problem(http.get("/api/recommend/u1", params=many), 422).startswith("exclude")
    assert http.post("/api/recommend/u1", json=many).status_code == 200
    assert problem(http.get("/api/recommend/u1?wherever=1"), 422).startswith("wherever")
    missing = http.get("/api/recommend/u1?scenario=home")
    assert "no scenario is called 'home'; the settings have none" in problem(missing, 404)


@embedded
def test_a_scenario_is_a_named_set_of_parameters(serve: Serve) -> None:
    scenarios = {"home": {"n": 2, "filter": "year >= 1990"}, "brief": {"explain": "none"}}
    client = serve(scenarios=scenarios)
    home = recommend(client, scenario="home", return_properties=True)
    assert len(home["items"]) == 2
    assert all(item["properties"]["year"] >= 1990 for item in home["items"])
    assert len(recommend(client, scenario="home", n=3)["items"]) == 3
    assert "paths" not in recommend(client, scenario="brief")["items"][0]
    assert "have brief, home" in problem(client.get("/api/recommend/u1?scenario=x"), 404)


@embedded
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"n": 0}, r"\[serve.scenarios.home\] n: "),
        ({"m": 1}, r"\[serve.scenarios.home\] m: "),
        ({"offset": 1}, r"\[serve.scenarios.home\] offset: "),
        ({"filter": "year >="}, r"\[serve.scenarios.home\] filter, column 8"),
        ({"boost": "year >= 1: x"}, r"\[serve.scenarios.home\] boost, column 12"),
    ],
)
def test_a_wrong_scenario_stops_the_start(serve: Serve, values: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        serve(scenarios={"home": values})


@embedded
def test_a_session_is_served_by_what_stands_in_the_body(http: httpx.Client) -> None:
    answer = http.post(
        "/api/session/recommend",
        json={"history": ["c1", "c2"], "n": 4, "context": {"page": "home"}},
    )
    said = answer.json()
    Suggestions.model_validate(said, strict=True)
    assert (said["user"], said["served_by"], len(said["items"])) == (None, "history", 4)
    assert said["context"] == {"page": "home"}
    assert not {"c1", "c2"} & set(items(said))
    for item in said["items"]:
        for path in item["paths"]:
            assert path["nodes"][0]["id"] in ("c1", "c2")
            assert path["nodes"][-1]["id"] == item["item"]
    unknown = http.post("/api/session/recommend", json={"history": ["c1", "gone"]})
    assert "no item 'gone'" in problem(unknown, 404)
    assert problem(http.post("/api/session/recommend", json={"history": []}), 422)
    assert problem(http.post("/api/session/recommend", json={}), 422).startswith("history")


def test_explaining_says_why_not_and_draws_the_subgraph(http: httpx.Client) -> None:
    answer = http.get("/api/explain/u1/c7", params={"n": 1}).json()
    ExplainedItem.model_validate(answer, strict=True)
    nodes, edges = answer["subgraph"]["nodes"], answer["subgraph"]["edges"]
    assert len({(node["label"], node["id"]) for node in nodes}) == len(nodes)
    drawn = {
        (nodes[edge["source"]]["id"], edge["type"], nodes[edge["target"]]["id"]) for edge in edges
    }
    assert len(drawn) == len(edges)
    for path in answer["paths"]:
        ends = zip(path["nodes"], path["nodes"][1:], strict=False)
        for edge, (left, right) in zip(path["edges"], ends, strict=True):
            first, second = (left, right) if edge["forward"] else (right, left)
            assert (first["id"], edge["type"], second["id"]) in drawn
    assert math.fsum(t["value"] for t in answer["contributions"]) == answer["score"]
    below = http.get("/api/explain/u1/t7", params={"n": 1}).json()
    assert below["verdict"] == "outranked"
    assert below["missing"] == pytest.approx(below["last"] - below["score"])
    assert below["rank"] > 1
    assert all(term["value"] < 0.0 for term in below["against"])
    assert http.get("/api/explain/u1/c1").json()["verdict"] == "seen"
    assert "no item 'x'" in problem(http.get("/api/explain/u1/x"), 404)
    assert "no user 'x'" in problem(http.get("/api/explain/x/c1"), 404)
    assert "not in the history" in problem(http.get("/api/explain/u1/c7?without=t1"), 400)


def test_the_document_describes_every_route_here(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    for path in ("/api/recommend/{user}", "/api/session/recommend", "/api/explain/{user}/{item}"):
        for operation in document["paths"][path].values():
            assert operation["summary"]
            assert operation["description"]
            assert {"200", "400", "422", "503"} <= operation["responses"].keys()


def test_before_the_first_training_a_problem_says_so(serve: Serve, project: Path) -> None:
    client = serve(project)
    for path in ("recommend/u1", "popular", "explain/u1/c1", "item/c1/neighbors"):
        answer = client.get(f"/api/{path}")
        assert answer.status_code in (404, 409), path
    assert "train" in problem(client.get("/api/popular"), 409)
