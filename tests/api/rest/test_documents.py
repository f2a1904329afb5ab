"""The documents of the API are what the app says; the client has every route."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import client_calls
from api.client import AsyncClient, Client
from tools.client_types import TYPES, types_text
from tools.http_api_page import METHODS, openapi_document, openapi_text, page

DOCS = Path(__file__).parents[3] / "docs"
HOW = "run `python tools/http_api_page.py`"

# Names of ours that differ from the route's function, because they are for callers.
CALLED = {
    "recommend_for_user": "recommend",
    "recommend_for_user_by_body": "recommend_with",
    "explain_item_for_user": "explain",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_kept_document_is_the_apps(document: dict[str, Any]) -> None:
    assert (DOCS / "openapi.json").read_text(encoding="utf-8") == openapi_text(document), HOW


def test_the_page_is_made_from_it(document: dict[str, Any]) -> None:
    assert (DOCS / "http-api.md").read_text(encoding="utf-8") == page(document), HOW


def test_the_clients_types_are_made_from_it(document: dict[str, Any]) -> None:
    how = "run `python tools/client_types.py`"
    assert TYPES.read_text(encoding="utf-8") == types_text(document), how


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["description"] != operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        problems = [status for status in operation["responses"] if int(status) >= 400]
        assert problems, (method, path)
        assert "500" in operation["responses"], (method, path)


def test_every_field_and_parameter_is_described(document: dict[str, Any]) -> None:
    bare = [
        f"{operation['operationId']}: {parameter['name']}"
        for _, _, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    bare += [
        place for place, field in fields(document["components"]) if not field.get("description")
    ]
    assert not bare


def fields(part: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each property of each schema in a part of the document, and where it is."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            for name, field in part.get("properties", {}).items():
                yield f"{place}/{name}", field
        for name, inner in part.items():
            if name not in ("examples", "example", "default"):
                yield from fields(inner, f"{place}/{name}")


def test_the_client_has_every_operation(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        name = re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", operation["operationId"])
        name = CALLED.get(name, name)
        build = getattr(client_calls, name, None)
        assert build is not None, f"{method} {path}: no call {name}"
        assert callable(getattr(Client, name))
        assert callable(getattr(AsyncClient, name))
        parameters = inspect.signature(build).parameters
        if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            query = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            assert set(query) <= set(parameters), (name, query)
        call = build(*["x"] * path.count("{"), *_more(parameters, path.count("{")))
        assert call.method == method
        assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), call.path), call.path


def _more(parameters: Any, given: int) -> list[Any]:
    """Something for the other parameters that must be given."""
    left = list(parameters.values())[given:]
    return [
        [] for one in left if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]


def test_the_page_of_migrating_names_routes_that_there_are(document: dict[str, Any]) -> None:
    text = (DOCS / "migrating.md").read_text(encoding="utf-8")
    ours = {(method, path) for method, path, _ in operations(document)}
    column = [line.split("|")[2] for line in text.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)", " ".join(column)))
    assert len(named) > 20
    assert named <= ours, named - ours
