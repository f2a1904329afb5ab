"""What the OpenAPI document says beside the routes themselves."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.rest.access import Allow
from api.rest.problems import BAD_MEDIA, INVALID, KINDS, MEDIA_TYPE, PREFIX, Kind

DESCRIPTION = """\
Suggestions with the path behind each: every score is a sum of contributions, and every path is in
the graph. Failures are problem documents (RFC 9457) with a stable `type`.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "recommend", "description": "Suggestions, and why."},
    {"name": "users", "description": "Users and their attributes."},
    {"name": "items", "description": "Items and their facts."},
    {"name": "feedback", "description": "What users did; it counts in the next suggestion."},
    {"name": "graph", "description": "Looking at the graph."},
    {"name": "operation", "description": "Training, runs, probes and metrics."},
]


def operation_id(route: APIRoute) -> str:
    """The name of the function: `recommend_for_user` -> `recommendForUser`."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), route.name)


def problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that may answer these problems."""
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _response(found) for status, found in sorted(by_status.items())}


def _response(kinds: Iterable[Kind]) -> dict[str, Any]:
    found = list(kinds)
    return {
        "description": "; ".join(kind.title for kind in found),
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "request_id"],
                    "properties": {
                        "type": {
                            "enum": [PREFIX + kind.name for kind in found],
                            "description": "Stable; programs go by it.",
                        },
                        "title": _text("The kind of problem in a few words."),
                        "status": {
                            "const": found[0].status,
                            "description": "The status of the answer.",
                        },
                        "detail": _text("What was wrong here, in a sentence."),
                        "request_id": _text("The id of the request, which is in the log as well."),
                        "errors": {
                            "type": "array",
                            "description": "The fields that are wrong, where fields are.",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "field": _text("The field, such as `0.at` of the first row."),
                                    "message": _text("What is wrong with it."),
                                },
                            },
                        },
                    },
                }
            }
        },
    }


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


EVERYWHERE = tuple(
    kind
    for kind in KINDS
    if kind.name
    in (
        "usage", "key-required", "scope", "loopback-only", "slow", "invalid", "too-large", "rate",
        "internal", "store", "overload", "timeout",
    )
)  # fmt: skip
"""What any route that asks the graph may answer."""


def scopes(routers: Iterable[APIRouter]) -> dict[str, str]:
    """The scope that each operation needs, by its id; those that need none are left out."""
    found: dict[str, str] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for dependency in route.dependant.dependencies:
                    if isinstance(dependency.call, Allow):
                        found[operation_id(route)] = dependency.call.scope
    return found


def complete(document: dict[str, Any], scope_of: Mapping[str, str]) -> dict[str, Any]:
    """Add to FastAPI's document what it does not know, and take out what is not so.

    Every operation gets its scope as `x-scope`, and the problems of requests that no route looks at
    itself: of a query that is not valid, and of a body that is no JSON. Problems stand once, among
    the components, by their kinds.
    """
    shared: dict[str, Any] = {}
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _lift_description(parameter, parameter["schema"])
            scope = scope_of.get(operation["operationId"])
            if scope is not None:
                operation["x-scope"] = scope
            else:
                operation.pop("security", None)
            strict = problems(INVALID, *([BAD_MEDIA] if "requestBody" in operation else []))
            for status, response in strict.items():
                operation["responses"].setdefault(str(status), response)
            operation["responses"] = dict(sorted(operation["responses"].items()))
            for status, response in operation["responses"].items():
                if MEDIA_TYPE in response.get("content", {}):
                    name = _name(response)
                    shared[name] = response
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    document.setdefault("components", {})["responses"] = dict(sorted(shared.items()))
    schemas = document["components"].get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for schema in schemas.values():
        for value in schema.get("properties", {}).values():
            _lift_description(value, value)
    return document


def _lift_description(target: dict[str, Any], schema: dict[str, Any]) -> None:
    """Say beside what may be left out what FastAPI says within the one alternative to null."""
    for option in schema.get("anyOf", ()):
        if "description" in option:
            target.setdefault("description", option.pop("description"))


def _name(response: Mapping[str, Any]) -> str:
    """What a response of problems is called: its kinds."""
    kinds = response["content"][MEDIA_TYPE]["schema"]["properties"]["type"]["enum"]
    return "_".join(kind.removeprefix(PREFIX) for kind in kinds)
