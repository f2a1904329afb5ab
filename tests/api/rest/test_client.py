"""Every route through the Python client, on both stores, and what the client does when told no."""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import httpx
import pytest

from api import client_calls
from api.client import ApiError, AsyncClient, Client

EVERY_CALL = {
    name
    for name, found in inspect.getmembers(client_calls, inspect.isfunction)
    if not name.startswith("_")
    and found.__module__ == client_calls.__name__
    and name != "dataclass"
}


class Noting:
    """A client that notes which of its methods were called."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.called.add(name)
        found: Callable[..., Any] = getattr(self._client, name)
        return found


def test_every_route_through_the_client(http: httpx.Client) -> None:
    with Client(str(http.base_url)) as client:
        noting = Noting(client)
        look_around(noting)
        edit(noting)
        suggest(noting)
        operate(noting)
        assert noting.called == EVERY_CALL


def look_around(api: Any) -> None:
    assert api.live() == api.ready() == {"status": "ok"}
    assert api.get_version()["run"] == 1
    assert "whypath_request_duration_seconds" in api.metrics()
    assert api.get_node("c1")["name"] == "Comedy 1"
    assert api.get_neighborhood("c1", limit=5)["edges"]
    assert api.search_nodes("comedy 1")["nodes"][0]["id"] == "c1"
    assert api.get_schema()["counts"]["User"] == 16
    assert api.get_path("u1", "c1")["edges"]
    assert api.run_cypher("MATCH (i:Item) RETURN count(i) AS n")["data"]["values"] == [[16]]


def edit(api: Any) -> None:
    user = {
        "id": "ann/1",
        "facts": [{"relation": "WORKS_AS", "kind": "Occupation", "name": "poet"}],
    }
    assert api.write_users([user])["added"] == 1
    assert api.get_user("ann/1")["id"] == "ann/1"
    assert api.patch_user("ann/1", {"properties": {}})["id"] == "ann/1"
    facts = api.put_user_facts("ann/1", "WORKS_AS", [{"kind": "Occupation", "name": "critic"}])
    assert [fact["name"] for fact in facts["facts"]] == ["critic"]
    [fact] = api.get_user_facts("ann/1")["facts"]
    assert api.delete_user_fact("ann/1", "WORKS_AS", fact["entity"])["deleted"] == 1
    page = api.list_users(limit=10)
    assert len(page["users"]) == 10
    assert len(api.list_users(limit=10, cursor=page["cursor"])["users"]) == 7

    item = {"id": "new", "title": "New", "properties": {"year": 2026}}
    assert api.write_items([item])["added"] == 1
    assert api.patch_item("new", {"title": "Newer"})["title"] == "Newer"
    assert api.get_item("new")["properties"] == {"year": 2026}
    api.put_item_facts("new", "HAS_GENRE", [{"kind": "Genre", "name": "Comedy"}])
    [fact] = api.get_item_facts("new")["facts"]
    assert api.delete_item_fact("new", "HAS_GENRE", fact["entity"])["deleted"] == 1
    assert len(api.list_items(limit=100)["items"]) == 17

    row = {"type": "LIKED", "user": "ann/1", "item": "c1", "value": 5, "at": 1_700_000_000}
    assert api.write_feedback([row], create=False)["added"] == 1
    assert api.write_feedback([row])["unchanged"] == 1
    assert [one["item"] for one in api.get_user_feedback("ann/1")["feedback"]] == ["c1"]
    users = [one["user"] for one in api.get_item_feedback("c1", limit=100)["feedback"]]
    assert "ann/1" in users
    assert api.merge_session("ann/1", "s1", {"history": ["c2"], "at": 1_700_000_100})["added"] == 1


def suggest(api: Any) -> None:
    answer = api.recommend("ann/1", n=3)
    assert {"c1", "c2"}.isdisjoint(item["item"] for item in answer["items"])
    for item in answer["items"]:
        total = sum(term["value"] for term in item["contributions"])
        assert total == pytest.approx(item["score"], abs=1e-6)
    by_body = api.recommend_with("ann/1", {"n": 3, "context": {"page": "home"}})
    assert [item["item"] for item in by_body["items"]] == [item["item"] for item in answer["items"]]
    assert api.recommend_for_session(["c1", "c2"], n=2)["items"]
    best = answer["items"][0]["item"]
    assert api.explain("ann/1", best)["verdict"] == "suggested"
    assert api.get_item_neighbors("c1")["items"]
    assert api.get_user_neighbors("u1")["users"]
    assert api.get_popular_items(n=2)["items"]
    with pytest.raises(ApiError) as caught:
        api.get_latest_items()
    assert caught.value.kind == "not-ready"  # `[serve] latest` names no property here
    shown = {"recommendation_id": answer["recommendation_id"], "user": "ann/1", "items": [best]}
    assert api.write_impressions([shown])["recorded"] == 1
    outcome = {"recommendation_id": answer["recommendation_id"], "items": [best]}
    assert api.write_outcomes([{**outcome, "outcome": "clicked"}])["recorded"] == 1
    assert api.delete_feedback("LIKED", "ann/1", "c1")["deleted"] == 1
    assert api.delete_user("ann/1")["deleted"] == 1
    assert api.delete_item("new")["deleted"] == 1


def operate(api: Any) -> None:
    job = api.start_training(signals=["collaborative"])
    until = time.monotonic() + 60
    while (found := api.get_job(job["id"]))["ended_at"] is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert found["state"] == "done"
    assert [one["id"] for one in api.list_jobs()["jobs"]] == [job["id"]]
    with pytest.raises(ApiError) as caught:
        api.cancel_job(job["id"])
    assert caught.value.kind == "conflict"
    assert [run["id"] for run in api.list_runs()["runs"]] == [2, 1]
    assert api.activate_run(1)["is_current"] is True


@pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
def test_the_same_calls_can_be_awaited(http: httpx.Client) -> None:
    async def ask() -> list[str]:
        async with AsyncClient(str(http.base_url)) as client:
            answers = await asyncio.gather(*(client.recommend(f"u{n}", n=1) for n in range(8)))
            with pytest.raises(ApiError, match="no item 'nothing'"):
                await client.get_item("nothing")
            return [answer["items"][0]["sentence"] for answer in answers]

    sentences = asyncio.run(ask())
    assert len(sentences) == 8
    assert all(sentences)


class Moody(BaseHTTPRequestHandler):
    """Refuses with a 503 as often as `left` says, then answers."""

    left = 0
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.seen.append(self.command)
        status = 503 if type(self).left > 0 else 200
        type(self).left -= 1
        body = b'{"status": "ok"}'
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Awaited:
    """An asynchronous client, called as if it were a blocking one."""

    def __init__(self, url: str, *, retries: int) -> None:
        self._url, self._retries = url, retries

    def __enter__(self) -> "Awaited":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is kept open between calls."""

    def __getattr__(self, name: str) -> Callable[[], Any]:
        async def call() -> Any:
            async with AsyncClient(self._url, retries=self._retries) as client:
                return await getattr(client, name)()

        return lambda: asyncio.run(call())


@pytest.fixture
def moody() -> Iterator[str]:
    Moody.seen.clear()
    with HTTPServer(("127.0.0.1", 0), Moody) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", [Client, Awaited])
def test_what_may_be_repeated_is_repeated(moody: str, kind: type[Client] | type[Awaited]) -> None:
    with kind(moody, retries=3) as client:
        Moody.left = 3
        assert client.live() == {"status": "ok"}
        assert len(Moody.seen) == 4
        Moody.seen.clear()
        Moody.left = 1
        with pytest.raises(ApiError) as caught:
            client.start_training()
        assert (caught.value.status, len(Moody.seen)) == (503, 1)


@pytest.mark.parametrize("kind", [Client, Awaited])
def test_it_is_not_tried_for_ever(moody: str, kind: type[Client] | type[Awaited]) -> None:
    Moody.left = 99
    with kind(moody, retries=2) as client, pytest.raises(ApiError) as caught:
        client.live()
    assert (caught.value.status, len(Moody.seen)) == (503, 3)


@pytest.mark.parametrize("kind", [Client, Awaited])
def test_a_server_that_is_not_there_is_said(kind: type[Client] | type[Awaited]) -> None:
    with kind("http://127.0.0.1:9", retries=1) as client, pytest.raises(ApiError) as caught:
        client.live()
    assert (caught.value.status, caught.value.kind) == (0, "unreachable")
    assert str(caught.value).startswith("the server does not answer: ")
