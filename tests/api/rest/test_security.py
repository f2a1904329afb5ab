"""Who may do what, and that text stays text: keys, scopes, hostile strings, headers, logs."""

import inspect
import json
import logging
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rest.app import create_app
from api.rest.keys import SCOPES, KeyRing, create_key, revoke_key
from api.settings import Settings
from tests.api.rest.processes import served

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)

HOSTILE = (
    "'",
    '"',
    "`",
    "\\",
    "' OR 1=1 //",
    "'}) MATCH (n) DETACH DELETE n //",
    "'}) DETACH DELETE n WITH 1 AS x MATCH (m) RETURN m //",
    '"}) MATCH (n) DETACH DELETE n RETURN "',
    "x`) DELETE n //",
    "LIKED]->(x) DELETE x //",
    "LIKED`]-() DETACH DELETE u //",
    "HAS_GENRE|LIKED",
    "u1'; DROP TABLE Item; --",
    "; MATCH (n:User) DELETE n;",
    "/* */ RETURN 1 /*",
    "// comment",
    "$id",
    "{id: 'u1'}",
    "\\' \\u0027 \\x27",
    "\uff07 OR 1=1",
    "' UNION MATCH (n) RETURN n //",
    "' CALL dbms.listConfig() YIELD name RETURN name //",
    "' LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row //",
    "COPY (MATCH (n) RETURN n) TO '/tmp/stolen.csv'",
    "year) SET i.title = 'gone' //",
    "../../../../etc/passwd",
    "%2e%2e%2fkeys.json",
    "{{7*7}}${7*7}",
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def operations() -> Iterator[tuple[str, str, str | None]]:
    """Method, path with its parameters filled in, and scope of each operation."""
    for path, methods in create_app(Settings(Path())).openapi()["paths"].items():
        for method, operation in methods.items():
            filled = path
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    filled = filled.replace(f"{{{parameter['name']}}}", _legal(parameter["name"]))
            yield method.upper(), filled, operation.get("x-scope")


def _legal(name: str) -> str:
    return {"user": "u1", "item": "c1", "type": "LIKED", "relation": "HAS_GENRE"}.get(name, "u1")


def quoted(part: str) -> str:
    """A text as a part of a path or query."""
    return "".join(f"%{byte:02X}" for byte in part.encode())


def what_there_is(http: httpx.Client) -> dict[str, Any]:
    """Schema and counts of the graph, and all that is said of its users and items."""
    return {
        path: http.get(path).json()
        for path in ("/api/graph/schema", "/api/users?limit=1000", "/api/items?limit=1000")
    }


@embedded
def test_every_operation_asks_for_a_key_with_its_scope(serve: Serve, served_project: Path) -> None:
    file = served_project / "keys.json"
    keys = {scope: create_key(file, scope, [scope])[0] for scope in SCOPES}
    revoked, entry = create_key(file, "old", ["admin"])
    revoke_key(file, entry.id)
    other_secret = keys["admin"][:-4] + ("AAAA" if keys["admin"][-4:] != "AAAA" else "BBBB")
    http = serve()
    http.headers["X-API-Key"] = keys["admin"]
    before = what_there_is(http)
    del http.headers["X-API-Key"]
    for method, path, scope in operations():
        where = f"{method} {path}"
        if scope is None:
            assert http.request(method, path).status_code == 200, where
            continue
        for query in ("", f"?api_key={keys['admin']}", f"?X-API-Key={keys['admin']}"):
            assert http.request(method, path + query).status_code == 401, where
        for text in ("", "x", revoked, other_secret, keys["admin"] + " ", "Bearer"):
            for headers in ({"X-API-Key": text}, {"Authorization": f"Bearer {text}".strip()}):
                if text.strip() != keys["admin"]:  # HTTP cuts spaces at the ends of a header
                    answer = http.request(method, path, headers=headers)
                    assert answer.status_code == 401, (where, headers)
                    assert answer.headers["www-authenticate"].startswith("ApiKey")
        for held, text in keys.items():
            # The misspelt parameter is looked at after the key, and nothing is done.
            answer = http.request(method, f"{path}?nope=1", headers={"X-API-Key": text})
            is_allowed = held in (scope, "admin")
            assert answer.status_code == (422 if is_allowed else 403), (where, held)
    http.headers["X-API-Key"] = keys["admin"]
    assert what_there_is(http) == before


def test_hostile_text_is_only_text(http: httpx.Client) -> None:
    before = what_there_is(http)
    for text in HOSTILE:
        _read_with(http, text)
        _refused_names(http, text)
    assert what_there_is(http) == before
    users = [{"id": text} for text in HOSTILE]
    fact = {"relation": "HAS_GENRE", "kind": "Genre"}
    items = [
        {"id": text, "title": text, "text": text, "facts": [{**fact, "name": text}]}
        for text in HOSTILE
    ]
    feedback = [{"type": "LIKED", "user": text, "item": text, "at": 1} for text in HOSTILE]
    for path, rows in (("users", users), ("items", items), ("feedback", feedback)):
        answer = http.post(f"/api/{path}", json=rows).json()
        assert (answer["added"], answer["failed"]) == (len(HOSTILE), []), path
    for text in HOSTILE:
        part = quoted(text)
        item = http.get(f"/api/item/{part}").json()
        assert (item["id"], item["title"], item["text"]) == (text, text, text)
        assert http.get(f"/api/item/{part}/facts").json()["facts"][0]["name"] == text
        assert http.get(f"/api/user/{part}").json()["id"] == text
        [edge] = http.get(f"/api/user/{part}/feedback").json()["feedback"]
        assert (edge["user"], edge["item"]) == (text, text)
        found = http.get("/api/graph/search", params={"q": text, "label": "User"}).json()["nodes"]
        assert text in {node["id"] for node in found}
        assert http.get(f"/api/recommend/{part}").json()["user"] == text
        assert http.patch(f"/api/item/{part}", json={"title": text[::-1]}).status_code == 200
        assert http.delete(f"/api/feedback/LIKED/{part}/{part}").json() == {"deleted": 1}
    for text in HOSTILE:
        assert http.delete(f"/api/user/{quoted(text)}").json() == {"deleted": 1}
        assert http.delete(f"/api/item/{quoted(text)}").json() == {"deleted": 1}
    after = what_there_is(http)
    counts = {**after["/api/graph/schema"].pop("counts")}
    counts["Entity"] -= len(HOSTILE)  # entities stay
    assert counts == before["/api/graph/schema"].pop("counts")
    assert after == before


def _read_with(http: httpx.Client, text: str) -> None:
    """Send it where only reading is done: an id, a filter, a boost, a name, a label."""
    part = quoted(text)
    for path in (
        f"/api/item/{part}",
        f"/api/user/{part}",
        f"/api/item/{part}/neighbors",
        f"/api/graph/node/{part}",
        f"/api/graph/neighborhood/{part}",
        f"/api/graph/neighborhood/c1?relations={part}",
        f"/api/graph/node/c1?label={part}",
        f"/api/graph/path/u1/{part}",
        f"/api/recommend/u1?filter={part}",
        f"/api/recommend/u1?boost={part}",
        f"/api/recommend/u1?scenario={part}",
        f"/api/recommend/u1?filter=year%20%3D%20{quoted(json.dumps(text))}",
        f"/api/popular?filter={part}%20%3D%201",
        f"/api/user/u1/feedback?type={part}",
        f"/api/users?cursor={part}",
        f"/api/jobs/{part}",
    ):
        answer = http.get(path)
        assert answer.status_code in (400, 404, 422), (path, answer.text)
        assert "root:" not in answer.text


def _refused_names(http: httpx.Client, text: str) -> None:
    """Send it where a name of the schema belongs; none is made by the way."""
    fact = {"relation": "HAS_GENRE", "kind": "Genre", "name": "Comedy"}
    for path, row in (
        ("/api/feedback", {"type": text, "user": "u1", "item": "c1"}),
        ("/api/users", {"id": "u1", "properties": {text: 1}}),
        ("/api/items", {"id": "c1", "properties": {text: 1}}),
        ("/api/items", {"id": "c1", "facts": [{**fact, "relation": text}]}),
        ("/api/items", {"id": "c1", "facts": [{**fact, "kind": text, "name": "new"}]}),
    ):
        answer = http.post(path, json=[row]).json()
        assert answer["added"] == 0, (path, text)
        assert len(answer["failed"]) == 1, (path, text)
    part = quoted(text)
    for method, path, body in (
        ("PATCH", "/api/item/c1", {"properties": {text: 1}}),
        ("PUT", f"/api/item/c1/facts/{part}", [fact]),
        ("DELETE", f"/api/item/c1/facts/{part}/x", None),
        ("DELETE", f"/api/feedback/{part}/u1/c1", None),
    ):
        answer = http.request(method, path, json=body)
        is_none_deleted = answer.status_code == 200 and answer.json() == {"deleted": 0}
        assert answer.status_code in (400, 404, 422) or is_none_deleted, (path, answer.text)


@embedded
@pytest.mark.parametrize(
    "path",
    [
        "/docs/..%2f..%2fkeys.json",
        "/docs/%2e%2e/keys.json",
        "/docs/%2fetc%2fpasswd",
        "/docs/swagger-ui.css%00",
        "/../keys.json",
        "/keys.json",
        "/whypath.toml",
        "/api/item/..%2f..%2fkeys.json",
        "/api/graph/node/%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_to_a_file(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:whypath:problem:not-found")


@embedded
def test_bodies_without_end_are_refused_at_once(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for body, status in (
        (b"[" * 100_000, 422),
        (b'[{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", 422),
        (b'[{"id": "' + b"x" * 5_000_000 + b'"}]', 413),
        (b'[{"id": "x"},' * 200_000, 422),
    ):
        for path in ("/api/users", "/api/items", "/api/feedback"):
            started = time.monotonic()
            answer = http.post(path, content=body, headers=headers)
            assert answer.status_code == status, answer.text[:300]
            assert time.monotonic() - started < 10.0


@embedded
def test_every_kind_of_answer_has_the_headers(serve: Serve, served_project: Path) -> None:
    key, _ = create_key(served_project / "keys.json", "reader", ["read"])
    http = serve()
    known = {"X-API-Key": key}
    for method, path, headers, status in (
        ("GET", "/api/health/live", {}, 200),
        ("GET", "/docs", {}, 200),
        ("GET", "/docs/swagger-ui.css", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/api/user/u1", known, 200),
        ("HEAD", "/api/user/u1", known, 200),
        ("GET", "/api/user/u1", {}, 401),
        ("POST", "/api/users", known, 403),
        ("GET", "/api/user/nobody", known, 404),
        ("GET", "/nowhere", {}, 404),
        ("PUT", "/api/users", known, 405),
        ("GET", "/api/users?limit=0", known, 422),
    ):
        answer = http.request(method, path, headers=headers)
        assert answer.status_code == status, path
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]


@embedded
def test_an_answer_does_not_say_what_software_gave_it(served_project: Path) -> None:
    with served(served_project) as process:
        answer = httpx.get(f"{process.url}/api/health/live")
    assert answer.status_code == 200
    assert not {"server", "x-powered-by"} & set(answer.headers)


@embedded
def test_no_other_origin_is_let_in_by_default(serve: Serve) -> None:
    answer = serve().get("/api/version", headers={"Origin": "https://shop.example"})
    assert [name for name in answer.headers if name.startswith("access-control-")] == []


@embedded
def test_an_origin_of_the_settings_is_let_in(serve: Serve) -> None:
    shop, other = "https://shop.example", "https://other.example"
    http = serve(cors_origins=(shop,))
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "X-API-Key",
    }
    allowed = http.options("/api/users", headers={"Origin": shop, **asking})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == shop
    assert "access-control-allow-credentials" not in allowed.headers
    assert http.options("/api/users", headers={"Origin": other, **asking}).status_code == 400
    for origin, said in ((shop, shop), (other, None)):
        answer = http.get("/api/version", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == said


def test_keys_are_kept_as_hashes_that_only_the_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    text, key = create_key(file, "shop", ["read"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_text(encoding="utf-8")
    assert text.rpartition("_")[2] not in kept
    assert set(json.loads(kept)["keys"][0]) == {"id", "name", "scopes", "made_at", "sha256"}
    assert KeyRing(file).find(text) == key
    assert "hmac.compare_digest" in inspect.getsource(KeyRing.find)


@embedded
def test_logs_say_nothing_of_keys_users_or_feedback(
    serve: Serve, served_project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own log
    key, entry = create_key(served_project / "keys.json", "shop", ["admin"])
    http = serve()
    headers = {"X-API-Key": key}
    secrets = ("secret-user", "secret-item", "secret-type", key, key.rpartition("_")[2])
    user, item, kind = secrets[:3]
    http.post("/api/users", json=[{"id": user}], headers=headers)
    rows = [{"type": name, "user": user, "item": item, "value": 4711} for name in ("LIKED", kind)]
    http.post("/api/feedback?create=true", json=rows, headers=headers)
    http.get(f"/api/user/{user}", headers=headers)
    http.get(f"/api/user/{item}?{key}={user}", headers=headers)
    http.get(f"/api/recommend/{user}?filter={kind}", headers=headers)
    http.get(f"/{user}/{key}", headers=headers)
    http.get("/api/version", headers={"X-API-Key": f"{key}x"})
    http.delete(f"/api/user/{user}", headers=headers)
    said = "\n".join([json.dumps(record.__dict__, default=str) for record in caplog.records])
    assert "/api/user/{id}" in said
    assert entry.id in said  # which key it was, without its secret
    assert [secret for secret in (*secrets, "4711") if secret in said] == []
