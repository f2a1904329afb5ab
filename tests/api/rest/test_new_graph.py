"""A server on a graph that holds nothing yet: the project's mapping says what it can hold."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

Serve = Callable[..., httpx.Client]
pytestmark = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)


def test_a_new_graph_takes_what_the_mapping_declares(serve: Serve, project: Path) -> None:
    client = serve(project)
    fact = {"relation": "HAS_GENRE", "kind": "Genre", "name": "Comedy"}
    item = {"id": "i", "title": "I", "properties": {"year": 2000}, "facts": [fact]}
    answer = client.post("/api/items", json=[item]).json()
    assert (answer["added"], answer["facts"], answer["placing"]) == (1, 1, False)
    rows = [{"type": kind, "user": "u", "item": "i"} for kind in ("LIKED", "VIEWED")]
    answer = client.post("/api/feedback", json=rows, params={"create": True}).json()
    assert (answer["added"], answer["failed"][0]["field"]) == (1, "type")
    assert client.get("/api/recommend/u").json()["type"] == "urn:whypath:problem:not-ready"


def test_without_a_mapping_nothing_can_be_declared(serve: Serve, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    client = serve(bare)
    assert client.post("/api/users", json=[{"id": "u"}]).json()["added"] == 1
    rows = [{"type": "LIKED", "user": "u", "item": "i"}]
    [fault] = client.post("/api/feedback", json=rows).json()["failed"]
    assert fault["message"] == "the graph has no feedback type 'LIKED'; it has none"
