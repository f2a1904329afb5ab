"""With `[serve] stale`, a server whose graph is gone answers from what it remembers."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.rest.answers import Suggestions
from tests.api.rest.moving import replace_url
from tests.wire import Wire

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
on_neo4j = pytest.mark.parametrize(
    "store_url", [pytest.param("neo4j", marks=pytest.mark.neo4j)], indirect=True
)


@on_neo4j
def test_the_last_answers_are_given_while_the_graph_is_gone(
    serve: Serve, served_project: Path, store_url: str, wire: Wire
) -> None:
    replace_url(served_project, store_url, f"bolt://127.0.0.1:{wire.port}?timeout_s=1")
    client = serve(served_project, stale=True)
    good = client.get("/api/recommend/u1?n=3").json()
    assert good["degraded"] is False
    popular = [item["item"] for item in client.get("/api/popular?n=4").json()["items"]]
    wire.cut()

    again = client.get("/api/recommend/u1?n=3").json()
    Suggestions.model_validate(again, strict=True)
    assert again["degraded"] is True
    assert again["items"] == good["items"]
    assert again["note"] == "The graph cannot be reached: this is an earlier answer."
    assert again["recommendation_id"] != good["recommendation_id"]

    other = client.get(f"/api/recommend/u2?n=2&offset=1&exclude={popular[0]}").json()
    Suggestions.model_validate(other, strict=True)
    assert (other["degraded"], other["served_by"]) == (True, "prior")
    assert [item["item"] for item in other["items"]] == popular[2:4]
    assert "most popular items" in other["note"]

    started = time.monotonic()
    for _ in range(20):
        assert client.get("/api/recommend/u1?n=3").json()["degraded"] is True
    assert time.monotonic() - started < 10.0
    filtered = client.get("/api/recommend/u2?filter=year > 1990")
    assert (filtered.status_code, filtered.json()["type"]) == (503, "urn:whypath:problem:store")
    assert client.get("/api/health/ready").status_code == 503
    assert "whypath_degraded_answers_total 22.0" in client.get("/metrics").text


@embedded
def test_while_the_graph_answers_nothing_is_stale(serve: Serve) -> None:
    client = serve(stale=True)
    assert client.get("/api/recommend/u1").json()["degraded"] is False
    best = client.get("/api/recommend/u1").json()["items"][0]["item"]
    row = {"type": "LIKED", "user": "u1", "item": best}
    assert client.post("/api/feedback", json=[row]).json()["added"] == 1
    after = client.get("/api/recommend/u1").json()
    assert best not in [item["item"] for item in after["items"]]
