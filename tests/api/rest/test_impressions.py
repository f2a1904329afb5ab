"""Impressions, outcomes, rotation and the merge of a session, through the server on both stores."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.rest.sweeping import Sweeper
from graph.model import ShownList
from graph.store import Store
from tests.api.rest.test_nodes import HOSTILE

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)


def recommend(http: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = http.get("/api/recommend/u1", params=asked).json()
    return answer


def items(answer: dict[str, Any]) -> list[str]:
    return [item["item"] for item in answer["items"]]


def post(http: httpx.Client, path: str, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(f"/api/{path}", json=list(rows))
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_what_was_shown_sinks_with_rotation_alone(http: httpx.Client) -> None:
    before = recommend(http, n=6)
    best = items(before)[0]
    shown = {"recommendation_id": before["recommendation_id"], "user": "u1", "items": [best]}
    assert post(http, "impressions", shown) == {"recorded": 1, "failed": []}
    assert post(http, "impressions", shown) == {"recorded": 1, "failed": []}
    assert items(recommend(http, n=6)) == items(before)
    rotated = recommend(http, n=100, rotation=1)
    place = items(rotated).index(best)
    assert place > 0
    lowered = rotated["items"][place]
    assert lowered["score"] == pytest.approx(0.0, abs=0.001 * before["items"][0]["score"])
    [term] = [t for t in lowered["contributions"] if t["signal"] == "rotation"]
    assert term["value"] == pytest.approx(-before["items"][0]["score"], rel=0.001)
    outcome = {"recommendation_id": shown["recommendation_id"], "items": [best]}
    assert post(http, "outcome", {**outcome, "outcome": "consumed"})["recorded"] == 1
    assert post(http, "outcome", {**outcome, "outcome": "clicked"})["recorded"] == 1
    # none of it is feedback
    feedback = http.get("/api/user/u1/feedback").json()["feedback"]
    assert best not in {one["item"] for one in feedback}


def test_rows_that_do_not_fit_are_said_and_the_others_written(http: httpx.Client) -> None:
    one, two = (recommend(http, n=2)["recommendation_id"] for _ in range(2))
    said = post(
        http,
        "impressions",
        {"recommendation_id": one, "user": "u1", "items": ["t1", "gone", "t2", "t1"]},
        {"recommendation_id": two, "user": "nobody", "items": ["t1"]},
        {"recommendation_id": one, "user": "u2", "items": ["t3"]},
    )
    assert said["recorded"] == 2
    assert [(fault["row"], fault["field"]) for fault in said["failed"]] == [
        (0, "items"),
        (1, "user"),
        (2, "recommendation_id"),
    ]
    said = post(
        http,
        "outcome",
        {"recommendation_id": one, "items": ["t1", "t3"], "outcome": "clicked"},
        {"recommendation_id": two, "items": ["t1"], "outcome": "clicked"},
    )
    assert said["recorded"] == 1
    assert [(fault["row"], fault["field"]) for fault in said["failed"]] == [
        (0, "items"),
        (1, "recommendation_id"),
    ]


@embedded
def test_ids_that_nobody_was_given_do_little(http: httpx.Client) -> None:
    made_up = f"9-{int(time.time()):x}-{'A' * 22}"
    outcome = {"recommendation_id": made_up, "items": ["t1"], "outcome": "clicked"}
    [failure] = http.post("/api/outcome", json=[outcome]).json()["failed"]
    assert failure["field"] == "recommendation_id"
    early = {"recommendation_id": f"1-{int(time.time()) + 90_000:x}-{'A' * 22}", "items": ["t1"]}
    answer = http.post("/api/impressions", json=[early]).json()
    assert answer["recorded"] == 0
    assert "has not come yet" in answer["failed"][0]["message"]
    assert answer["failed"][0]["field"] == "recommendation_id"


@embedded
def test_what_cannot_be_is_refused(http: httpx.Client) -> None:
    made = recommend(http)["recommendation_id"]
    good = {"recommendation_id": made, "items": ["t1"]}
    for row in (
        {**good, "recommendation_id": "1"},
        {**good, "recommendation_id": made + "\n"},
        {**good, "items": []},
        {**good, "items": ["t1"] * 1001},
        {**good, "at": 1_700_000_000_000},
        {**good, "offset": -1},
        {**good, "more": 1},
        {"items": ["t1"]},
    ):
        assert http.post("/api/impressions", json=[row]).status_code == 422, row
    assert http.post("/api/outcome", json=[{**good, "outcome": "liked"}]).status_code == 422
    for text in HOSTILE:
        said = post(http, "impressions", {**good, "user": text, "items": [text]})
        assert said["recorded"] == 0
        said = post(
            http,
            "impressions",
            {**good, "session": text, "scenario": "a", "context": {text[:200]: text[:200]}},
        )
        assert said["recorded"] == 1


def test_a_session_becomes_the_users(http: httpx.Client) -> None:
    session = {"history": ["t1", "t2"], "n": 3}
    answer = http.post("/api/session/recommend", json=session).json()
    shown = {"recommendation_id": answer["recommendation_id"], "session": "s 1/2"}
    assert post(http, "impressions", {**shown, "items": items(answer)})["recorded"] == 3
    merge = "/api/user/u1/merge/s%201%2F2"
    body = {"history": ["t1", "gone", "t2"], "at": 1_700_000_000}
    said = http.post(merge, json=body).json()
    assert (said["added"], said["recommendations"]) == (2, 1)
    assert [(fault["row"], fault["field"]) for fault in said["failed"]] == [(1, "item")]
    again = http.post(merge, json=body).json()
    assert (again["added"], again["unchanged"], again["recommendations"]) == (0, 2, 0)
    feedback = http.get("/api/user/u1/feedback").json()["feedback"]
    times = {one["item"]: one["at"] for one in feedback}
    assert (times["t1"], times["t2"]) == (1_699_999_998, 1_700_000_000)
    after = recommend(http, n=50, explain="full")
    assert not {"t1", "t2"} & set(items(after))
    assert {"t1", "t2"} & {t.get("via") for one in after["items"] for t in one["contributions"]}
    rotated = recommend(http, n=50, rotation=1, explain="full")
    lowered = {
        one["item"]
        for one in rotated["items"]
        if "rotation" in {term["signal"] for term in one["contributions"]}
    }
    assert lowered <= set(items(answer))
    unknown = http.post("/api/user/nobody/merge/s", json=body)
    assert (unknown.status_code, "'nobody'" in unknown.json()["detail"]) == (404, True)
    created = http.post("/api/user/nobody/merge/s", json=body, params={"create": True}).json()
    assert (created["added"], created["failed"]) == (3, [])
    wrong = http.post("/api/user/u1/merge/s", json={"history": ["t1"], "type": "SEEN"}).json()
    assert "it has LIKED" in wrong["failed"][0]["message"]


def test_old_impressions_are_swept_as_new_ones_come(ladybug_store: Store) -> None:
    ladybug_store.record_shown(ShownList("1-5-x", 5, 1), {}, 5)
    assert Sweeper(0).sweep_if_due(ladybug_store) == 0
    sweeper = Sweeper(90)
    assert [sweeper.sweep_if_due(ladybug_store) for _ in range(2)] == [1, 0]
