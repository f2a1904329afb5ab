"""Runs a caller's statement in an embedded graph, and turns Ladybug's values into JSON."""

import contextlib
from collections.abc import Iterator
from typing import Any

from graph.asking.answering import collect, to_json
from graph.asking.limits import Answer, AskLimits, Json
from graph.engine import Statement
from graph.errors import ResourceError, StatementError, StoreError, TimeLimitError, WhypathError

_FAULTS = ("Parser", "Binder", "Catalog", "Conversion", "Runtime", "Overflow", "Function")


def ask(connection: Any, statement: Statement, limits: AskLimits) -> Answer:
    """The answer to an admitted statement; it closes the connection, which is its own."""
    with contextlib.closing(connection):
        connection.set_query_timeout(max(1, int(limits.time_s * 1000)))
        try:
            connection.execute("BEGIN TRANSACTION READ ONLY").close()
            result = connection.execute(statement.text, dict(statement.parameters))
            if isinstance(result, list):
                raise StatementError("one statement at a time is taken")
            with contextlib.closing(result):
                return collect(result.get_column_names(), _rows(result), convert, limits)
        except RuntimeError as error:
            raise _meaning(str(error), limits) from error
        except (ValueError, TypeError, OverflowError) as error:
            raise StatementError(
                "a parameter has no type in an embedded graph: the values of a list must be of one "
                "type, and a list must not be empty"
            ) from error


def convert(value: Any) -> Json:
    """A value of Ladybug as JSON; properties without a value are left out, as Neo4j has none."""
    if not isinstance(value, dict):
        return to_json(value, convert)
    if value.keys() == {"_NODES", "_RELS"}:
        nodes, edges = value["_NODES"], value["_RELS"]
        path = [part for pair in zip(nodes, edges, strict=False) for part in pair]
        return [convert(part) for part in [*path, *nodes[-1:]]]
    if value.keys() == {"offset", "table"}:
        return f"{value['table']}:{value['offset']}"
    if not value.keys() >= {"_ID", "_LABEL"}:
        return to_json(value, convert)
    properties: Json = {
        name: convert(inner)
        for name, inner in value.items()
        if inner is not None and name not in ("_ID", "_LABEL", "_SRC", "_DST")
    }
    if "_SRC" not in value:
        return {
            "elementId": convert(value["_ID"]),
            "labels": [value["_LABEL"]],
            "properties": properties,
        }
    return {
        "elementId": convert(value["_ID"]),
        "startNodeElementId": convert(value["_SRC"]),
        "endNodeElementId": convert(value["_DST"]),
        "type": value["_LABEL"],
        "properties": properties,
    }


def _rows(result: Any) -> Iterator[list[Any]]:
    while result.has_next():
        yield result.get_next()


def _meaning(message: str, limits: AskLimits) -> WhypathError:
    """What went wrong, in Ladybug's words only where they are about the statement."""
    reason = message.splitlines()[0] if message else ""
    if "Interrupted" in reason:
        return TimeLimitError(
            f"the statement was stopped after {limits.time_s:g} s; ask for less, or add a LIMIT"
        )
    if "Buffer manager" in reason or "bad_alloc" in reason:
        return ResourceError(
            "the statement needs more memory than the embedded graph may take; ask for less"
        )
    if "read-only transaction" in reason:
        return StatementError("the statement writes; statements may only read")
    if "ANY type" in reason:
        return StatementError("a parameter is an empty list, which has no type in this database")
    kind, _, detail = reason.partition(" exception: ")
    if kind in _FAULTS and detail:
        return StatementError(f"the statement cannot run: {detail}")
    return StoreError("the embedded graph failed in the statement")
