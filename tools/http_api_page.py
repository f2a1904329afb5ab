"""Writes what the documentation says of the REST API: docs/openapi.json and docs/http-api.md.

    python tools/http_api_page.py

Both come from the app itself; a test fails where they are not what it would write.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.rest.app import create_app
from api.rest.openapi import EVERYWHERE
from api.rest.problems import KINDS, PREFIX
from api.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
USUAL = [kind.name for kind in EVERYWHERE]
METHODS = ("get", "post", "put", "patch", "delete")

Schema = Mapping[str, Any]


def main() -> None:
    """Write both files."""
    document = openapi_document()
    (DOCS / "openapi.json").write_text(openapi_text(document), encoding="utf-8")
    (DOCS / "http-api.md").write_text(page(document), encoding="utf-8")


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of an app with the usual settings."""
    document: dict[str, Any] = create_app(Settings(Path())).openapi()
    return document


def openapi_text(document: Schema) -> str:
    """The document as it is kept in the repository."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def page(document: Schema) -> str:
    """The page for people."""
    return "\n".join(_lines(document)).rstrip() + "\n"


def _lines(document: Schema) -> Iterator[str]:
    opening = (DOCS / "http-api.opening.md").read_text(encoding="utf-8")
    yield opening.rstrip()
    yield ""
    for tag in document["tags"]:
        routes = [
            (path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in METHODS and tag["name"] in operation.get("tags", ())
        ]
        yield f"## {tag['name'].capitalize()}"
        yield ""
        yield tag["description"]
        yield ""
        yield "| route | does | scope |"
        yield "|---|---|---|"
        for path, method, operation in routes:
            name = f"`{method.upper()} {path}`"
            link = f"[{name}](#{operation['operationId'].lower()})"
            yield f"| {link} | {operation['summary']} | {_scope(operation)} |"
        yield ""
        for path, method, operation in routes:
            yield from _route(document, path, method, operation)
    yield from _shapes(document)
    yield from _problems()


def _route(document: Schema, path: str, method: str, operation: Schema) -> Iterator[str]:
    yield f"### {operation['operationId']}"
    yield ""
    yield f"`{method.upper()} {path}`"
    yield ""
    yield _one_paragraph_each(operation.get("description", operation["summary"]))
    yield ""
    parameters = operation.get("parameters", ())
    if parameters:
        yield "| parameter | in | kind | meaning |"
        yield "|---|---|---|---|"
        for parameter in parameters:
            name = f"`{parameter['name']}`" + (" (needed)" if parameter.get("required") else "")
            kind = _kind(parameter["schema"]).removesuffix(" or null")
            said = parameter.get("description") or _meaning(parameter["schema"])
            yield f"| {name} | {parameter['in']} | {kind} | {_cell(said)} |"
        yield ""
    body = operation.get("requestBody")
    if body is not None:
        media = next(iter(body["content"].values()))
        yield f"Body: {_name(media['schema'])}. {_said(document, media['schema'])}".rstrip()
        yield ""
        yield from _fields(document, media["schema"], marks=True)
        yield from _example(document, media)
    yield from _answers(document, operation)


def _answers(document: Schema, operation: Schema) -> Iterator[str]:
    kinds = []
    for status, given in operation["responses"].items():
        response = _resolved(document, given)
        if int(status) < 400:
            content = response.get("content", {})
            media: Schema = next(iter(content.values()), {})
            kind = f": {_name(media['schema'])}" if media.get("schema") else ""
            yield f"Answer {status}{kind}. {_said(document, media.get('schema', {}))}".rstrip()
            yield ""
            if media.get("schema"):
                yield from _fields(document, media["schema"])
                yield from _example(document, media)
            continue
        problem = response["content"]["application/problem+json"]["schema"]
        kinds += [kind.removeprefix(PREFIX) for kind in problem["properties"]["type"]["enum"]]
    rest = [kind for kind in kinds if kind not in USUAL]
    said = [f"[{kind}](#{kind})" for kind in rest]
    if len(kinds) - len(rest) == len(USUAL):
        said.insert(0, "[the usual ones](#problems)")
    else:
        said = [f"[{kind}](#{kind})" for kind in kinds]
    if said:
        yield f"Problems: {', '.join(said)}."
        yield ""


def _objects(document: Schema, schema: Schema) -> Schema:
    """An object, or that of which a list is."""
    found = _resolved(document, schema)
    while found.get("type") == "array":
        found = _resolved(document, found["items"])
    return found


def _said(document: Schema, schema: Schema) -> str:
    return " ".join(str(_objects(document, schema).get("description", "")).split())


def _meaning(schema: Schema) -> str:
    """What a schema is described by, or the first of its alternatives that is."""
    options = [schema, *schema.get("anyOf", ())]
    return next((option["description"] for option in options if "description" in option), "")


def _fields(document: Schema, schema: Schema, *, marks: bool = False) -> Iterator[str]:
    """The fields of an object; `marks` those that are needed."""
    found = _objects(document, schema)
    if not found.get("properties"):
        return
    yield "| field | kind | meaning |"
    yield "|---|---|---|"
    needed = found.get("required", ())
    for name, value in found["properties"].items():
        mark = " (needed)" if marks and name in needed else ""
        yield f"| `{name}`{mark} | {_kind(value)} | {_cell(_meaning(value))} |"
    yield ""


def _example(document: Schema, media: Schema) -> Iterator[str]:
    schema = _resolved(document, media.get("schema", {}))
    example = media.get("example")
    if example is None:
        example = next(iter(schema.get("examples", ())), None)
    if example is None and schema.get("type") == "array":
        of_one = next(iter(_resolved(document, schema["items"]).get("examples", ())), None)
        example = None if of_one is None else [of_one]
    if example is not None:
        for line in json.dumps(example, indent=2, ensure_ascii=False).splitlines():
            yield f"    {line}"
        yield ""


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        _, place, kind, name = schema["$ref"].split("/")
        schema = document[place][kind][name]
    return schema


def _kind(schema: Schema) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        options = [_kind(option) for option in schema.get("anyOf", schema.get("oneOf", ()))]
        return " or ".join(dict.fromkeys(options))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    bounds = [
        f"{sign} {schema[name]:g}" if abs(schema[name]) < 1e6 else f"{sign} {int(schema[name])}"
        for name, sign in (("minimum", "at least"), ("maximum", "at most"))
        if name in schema
    ]
    default = schema.get("default")
    if default is not None:
        bounds.append(f"default `{json.dumps(default)}`")
    return f"{kind} ({', '.join(bounds)})" if bounds else kind


def _name(schema: Schema) -> str:
    """The same without links: what it is stands right below."""
    return re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", _kind(schema))


def _scope(operation: Schema) -> str:
    return str(operation.get("x-scope", "none"))


def _shapes(document: Schema) -> Iterator[str]:
    yield "## Shapes"
    yield ""
    yield "What stands within bodies and answers, by name."
    yield ""
    schemas = document["components"]["schemas"]
    within = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas)))
    for name in sorted(within):
        schema = schemas[name]
        yield f"### {name}"
        yield ""
        if said := _said(document, schema):
            yield said
            yield ""
        yield from _fields(document, schema, marks=name.startswith("New"))


def _problems() -> Iterator[str]:
    yield "## Problems"
    yield ""
    yield f"The `type` of each is `{PREFIX}` and the name. The usual ones, which any call can meet:"
    yield f"{', '.join(f'[{kind}](#{kind})' for kind in USUAL)}."
    yield ""
    for kind in KINDS:
        yield f"### {kind.name}"
        yield ""
        yield f"{kind.status}. {kind.title}. {kind.advice}"
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _one_paragraph_each(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


if __name__ == "__main__":
    main()
