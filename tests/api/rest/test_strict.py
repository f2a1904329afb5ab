"""What is refused of any request before its route looks at it, and the methods that there are."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.rest.app import create_app
from api.rest.keys import create_key
from api.rest.problems import Problem
from api.rest.routes import ROUTERS
from api.rest.strict import StrictRoute, read_json
from api.settings import Settings

Serve = Callable[..., httpx.Client]
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
JSON = {"Content-Type": "application/json"}


def test_every_route_is_strict() -> None:
    assert [
        route.path
        for router in ROUTERS
        for route in router.routes
        if type(route) is not StrictRoute
    ] == []


def test_the_document_bounds_whatever_comes_in() -> None:
    document = create_app(Settings(Path())).openapi()
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            sent = [operation.get("requestBody", {}), operation.get("parameters", [])]
            found += [(method, path, loose) for loose in _loose(sent, document)]
    assert found == []


def _loose(part: object, document: dict[str, object]) -> list[object]:
    """Texts without a longest length and a pattern, integers without bounds."""
    if isinstance(part, list):
        return [one for inner in part for one in _loose(inner, document)]
    if not isinstance(part, dict):
        return []
    if "$ref" in part:
        schema: object = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            schema = schema[step]  # type: ignore[index]
        return _loose(schema, document)
    is_loose = not {"enum", "const"} & set(part) and (
        (part.get("type") == "string" and not {"pattern"} <= set(part))
        or (part.get("type") == "integer" and not {"minimum", "maximum"} <= set(part))
    )
    inner = [part[name] for name in part if name not in ("examples", "example", "default")]
    return ([part] if is_loose else []) + _loose(inner, document)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "it is not JSON: .* at line 1, column 2"),
        (b"[] []", "it is not JSON: extra data at line 1, column 4"),
        (b"[NaN]", "NaN is no number there"),
        (b"[-Infinity]", "-Infinity is no number there"),
        (b'[{"id": "a", "id": "b"}]', "the field 'id' is given twice in one object"),
        (b"\xff", "it is not UTF-8"),
        ("[]".encode("utf-16"), "it is not UTF-8"),
        (b"\xef\xbb\xbf[]", "it is not JSON"),
        (b'["\\ud800"]', "half of a surrogate pair"),
        (b'{"\\uDFFF": 1}', "half of a surrogate pair"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "a number has too many digits"),
    ],
)
def test_what_is_no_json_is_refused_in_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(Problem) as caught:
        read_json(body)
    assert caught.value.kind.status == 422
    assert caught.value.detail.startswith("body: ")
    assert re.search(said, caught.value.detail), caught.value.detail


def test_json_is_read() -> None:
    assert read_json('{"a": [1, 2.5, null, true, "é\\ud834\\udd1e"]}'.encode()) == {
        "a": [1, 2.5, None, True, "é\U0001d11e"]
    }


@embedded
@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("limt=3", "limt", "there is no such parameter; this route has limit, cursor"),
        ("limit=3&limit=4", "limit", "it is given twice"),
        ("cursor=a%00b", "cursor", "control characters are not allowed"),
        ("cursor=%FF", "query", "it is not percent-encoded UTF-8"),
        ("&".join(["cursor=a"] * 1_001), "query", "it has more than 1000 parameters"),
        ("limit", "limit", None),
        ("limit=1e3", "limit", None),
        ("limit=99999999999999999999999999", "limit", None),
    ],
)
def test_a_query_is_taken_by_the_letter(
    http: httpx.Client, query: str, field: str, said: str | None
) -> None:
    answer = http.get(f"/api/users?{query}")
    assert answer.status_code == 422
    entry = answer.json()["errors"][0]
    assert entry["field"] == field
    assert said in (None, entry["message"])


@embedded
def test_a_list_may_be_given_several_times(http: httpx.Client) -> None:
    answer = http.get("/api/recommend/u1?n=16&exclude=c1&exclude=c2&signals=prior")
    assert answer.status_code == 200
    assert not {"c1", "c2"} & {item["item"] for item in answer.json()["items"]}


@embedded
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 200),
        ({"Content-Type": 'Application/JSON; charset="UTF-8"'}, 200),
        ({}, 415),
        ({"Content-Type": "text/json"}, 415),
        ({"Content-Type": "application/jsonp"}, 415),
        ({"Content-Type": "application/json; charset=latin-1"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({**JSON, "Content-Encoding": "gzip"}, 415),
    ],
)
def test_only_json_is_read(http: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = http.post("/api/users", content=b"[]", headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["type"] == "urn:whypath:problem:media-type"


@embedded
def test_the_key_comes_before_query_and_body(serve: Serve, served_project: Path) -> None:
    create_key(served_project / "keys.json", "shop", ["write"])
    client = serve()
    assert client.get("/api/users?what=1").status_code == 401
    assert client.post("/api/users", content=b"[" * 100_000).status_code == 401
    assert client.post("/api/users", content=b"{}", headers=JSON).status_code == 401


@embedded
def test_head_is_get_without_a_body_and_405_names_the_methods(http: httpx.Client) -> None:
    got, head = http.get("/api/user/u1"), http.head("/api/user/u1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == "application/json"
    assert http.head("/api/user/nobody").status_code == 404
    for method in ("PUT", "POST", "OPTIONS", "TRACE", "QUERY"):
        answer = http.request(method, "/api/user/u1")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert http.get("/api/feedback").headers["allow"] == "POST"
