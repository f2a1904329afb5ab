"""What every request meets: ids, limits, headers, problems."""

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.rest.keys import create_key, revoke_key

Serve = Callable[..., httpx.Client]
pytestmark = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
"""None of this asks the graph for much."""


def test_an_answer_has_an_id_and_safe_headers(http: httpx.Client) -> None:
    answer = http.get("/api/health/live", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    strange = http.get("/api/health/live", headers={"X-Request-Id": "not; plain"})
    assert strange.headers["x-request-id"] != "not; plain"


def test_a_failure_is_a_problem_document(http: httpx.Client) -> None:
    answer = http.get("/api/recommend/u1", params={"n": 0})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:whypath:problem:invalid"
    assert problem["errors"][0]["field"] == "n"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert http.get("/api/nothing").json()["type"] == "urn:whypath:problem:not-found"
    assert http.delete("/api/version").json()["type"] == "urn:whypath:problem:method"


def test_an_id_may_hold_anything(http: httpx.Client) -> None:
    for user, encoded in (("a/b", "a%2Fb"), ("..", "%2E%2E"), ("名", "%E5%90%8D"), ("%", "%25")):
        assert http.get(f"/api/recommend/{encoded}").json()["user"] == user
    assert http.get("/api/recommend/%FF").status_code == 422
    assert http.get("/api/recommend/a%00b").status_code == 422


def test_a_key_is_needed_once_there_is_one(serve: Serve, served_project: Path) -> None:
    text, key = create_key(served_project / "keys.json", "shop", ["write"])
    client = serve()
    assert client.get("/api/version").status_code == 401
    assert client.get("/api/version", headers={"X-API-Key": text[:-1] + "?"}).status_code == 401
    answer = client.get("/api/version", headers={"X-API-Key": text})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:whypath:problem:scope")
    reader, _ = create_key(served_project / "keys.json", "page", ["read"])
    assert text not in (served_project / "keys.json").read_text()
    for headers in ({"X-API-Key": reader}, {"Authorization": f"Bearer {reader}"}):
        assert _eventually(client, headers) == 200
    revoke_key(served_project / "keys.json", key.id)
    assert client.get("/api/health/live").status_code == 200


def _eventually(client: httpx.Client, headers: dict[str, str]) -> int:
    for _ in range(30):
        status = client.get("/api/version", headers=headers).status_code
        if status == 200:
            break
        time.sleep(0.1)
    return status


def test_without_keys_another_name_is_refused(http: httpx.Client) -> None:
    answer = http.get("/api/version", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:whypath:problem:loopback-only",
    )


def test_a_worker_answers_its_share_of_the_rate(serve: Serve) -> None:
    client = serve(rate_per_minute=5, workers=2)
    assert [client.get("/api/version").status_code for _ in range(3)] == [200, 200, 429]


def test_too_many_requests_are_told_when_to_come_again(serve: Serve) -> None:
    client = serve(rate_per_minute=3)
    statuses = [client.get("/api/version").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert int(client.get("/api/version").headers["retry-after"]) >= 1
    assert client.get("/api/health/live").status_code == 200


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused(serve: Serve, announced: bool) -> None:
    client = serve(max_body_bytes=2048)
    chunks = [b"x" * 1024] * 4
    body = b"".join(chunks) if announced else iter(chunks)
    answer = client.request("GET", "/api/version", content=body)
    # A route that reads no body may answer before it has come in whole.
    assert answer.status_code in ((413,) if announced else (200, 413))


def test_half_a_body_holds_nothing_up(http: httpx.Client) -> None:
    host, port = http.base_url.host, http.base_url.port
    with socket.create_connection((host, port)) as half:
        half.sendall(b"GET /api/version HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
        assert http.get("/api/version").status_code == 200


def test_the_docs_page_and_the_document_are_served_here(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    for part in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"):
        assert http.get(f"/docs/{part}").status_code == 200
    assert http.get("/docs/..%2Fkeys.json").status_code == 404
    document = http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "recommendForUser" in json.dumps(document)


def test_pages_have_names_in_the_metrics_and_what_is_unknown_has_none(http: httpx.Client) -> None:
    for path in ("/", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/api/secret/u1"):
        http.get(path)
    told = http.get("/metrics").text
    named = set(re.findall(r'_count\{method="GET",route="([^"]*)"', told))
    assert named == {"/", "/docs", "/docs/{name}", "/openapi.json", "none"}


def test_the_document_says_where_a_proxy_has_the_api(serve: Serve) -> None:
    document = serve(root_path="/shop").get("/openapi.json").json()
    assert document["servers"] == [{"url": "/shop"}]
