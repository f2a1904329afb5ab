"""Looking at the graph over HTTP, on both stores."""

from collections.abc import Iterator

import httpx
import pytest

from api.client import ApiError, Client


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as client:
        yield client


def test_a_node_is_found_by_its_id_and_label(client: Client) -> None:
    item = client.get_node("c1")
    assert (item["label"], item["name"], item["properties"]) == ("Item", "Comedy 1", {"year": 1981})
    assert client.get_node("u1", "User")["label"] == "User"
    with pytest.raises(ApiError, match="no item 'u1'") as caught:
        client.get_node("u1", "Item")
    assert (caught.value.status, caught.value.kind) == (404, "not-found")


def test_the_surroundings_hold_all_kinds_of_edges(client: Client) -> None:
    part = client.get_neighborhood("c1", limit=40)
    assert part["nodes"][0]["id"] == "c1"
    types = {edge["type"] for edge in part["edges"]}
    assert {"HAS_GENRE", "LIKED", "SHARES"} <= types
    known = {(node["label"], node["id"]) for node in part["nodes"]}
    for edge in part["edges"]:
        assert (edge["source"]["label"], edge["source"]["id"]) in known
        assert (edge["target"]["label"], edge["target"]["id"]) in known
    few = client.get_neighborhood("c1", limit=3, relations=["LIKED"])
    assert [edge["type"] for edge in few["edges"]] == ["LIKED"] * 3


def test_names_are_searched(client: Client) -> None:
    assert client.search_nodes("comedy 3")["nodes"][0]["id"] == "c3"
    genres = client.search_nodes("comedy", label=["Entity"])["nodes"]
    assert [node["kind"] for node in genres] == ["Genre"]
    assert client.search_nodes("' OR 1=1 //")["nodes"] == []


def test_a_path_leads_from_node_to_node(client: Client) -> None:
    part = client.get_path("u1", "c7", max_edges=3)
    assert part["nodes"][0]["id"] == "u1"
    assert part["nodes"][-1]["id"] == "c7"
    assert len(part["edges"]) == len(part["nodes"]) - 1
    with pytest.raises(ApiError) as caught:
        client.get_path("c1", "t1", max_edges=1)
    assert caught.value.kind == "not-found"


def test_the_schema_says_what_there_is(client: Client) -> None:
    schema = client.get_schema()
    assert schema["feedback"] == ["LIKED"]
    assert {"source": "Item", "relation": "HAS_GENRE"} in schema["facts"]
    assert schema["counts"]["Item"] == 16
    assert schema["item_properties"] == {"year": "integer"}


@pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
@pytest.mark.parametrize(
    "path",
    [
        "/api/graph/node/c1?label=Run",
        "/api/graph/neighborhood/c1?limit=100000",
        "/api/graph/search?q=",
        "/api/graph/search?q=" + "x" * 500,
        "/api/graph/path/u1/c1?max_edges=99",
    ],
)
def test_limits_hold(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:whypath:problem:invalid"
