"""Writes the types of the Python client, `api/client_types.py`, from the OpenAPI document.

    python tools/client_types.py

datamodel-code-generator makes a TypedDict of each schema, and of the query parameters of each
route that has several, none of them needed; a test fails where the file is not what it would write.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.http_api_page import METHODS, openapi_document

TYPES = Path(__file__).parent.parent / "api" / "client_types.py"
HEADER = '''\
"""What the client sends and gets, as types: written by tools/client_types.py, not by hand.

At run time they are plain dictionaries. A field marked NotRequired may be missing.
"""
'''
OPTIONS = (
    "--input-file-type=openapi",
    "--output-model-type=typing.TypedDict",
    "--target-python-version=3.11",
    "--formatters=builtin",
    "--collapse-root-models",
    "--disable-timestamp",
    "--enum-field-as-literal=all",
    "--no-use-closed-typed-dict",  # a server that is newer may answer more
    "--use-field-description",
    "--use-schema-description",
    "--use-single-line-docstring",
    "--use-standard-collections",
    "--use-union-operator",
    f"--custom-file-header={HEADER}",
)


def main() -> None:
    """Write the file."""
    TYPES.write_text(types_text(openapi_document()), encoding="utf-8")


def types_text(document: Mapping[str, Any]) -> str:
    """The module, in the house format."""
    schemas = {**document["components"]["schemas"], **_queries(document)}
    reduced = {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": {},
        "components": {"schemas": schemas},
    }
    made = _run("-m", "datamodel_code_generator", *OPTIONS, given=json.dumps(reduced))
    return _run("-m", "ruff", "format", "-", f"--stdin-filename={TYPES}", given=made)


def _queries(document: Mapping[str, Any]) -> dict[str, Any]:
    """The query parameters of each route as an object, by name: `GetPopularItemsQuery`."""
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", ()) if method in METHODS else ()
            asked = [parameter for parameter in parameters if parameter["in"] == "query"]
            if len(asked) > 1 and not any(parameter.get("required") for parameter in asked):
                name = operation["operationId"]
                found[f"{name[0].upper()}{name[1:]}Query"] = {
                    "type": "object",
                    "description": f"Parameters of `{method.upper()} {path}`.",
                    "properties": {
                        parameter["name"]: {
                            "description": parameter.get("description", ""),
                            **parameter["schema"],
                        }
                        for parameter in asked
                    },
                }
    return found


def _run(*arguments: str, given: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
