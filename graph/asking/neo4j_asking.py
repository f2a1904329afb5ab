"""Runs a caller's statement on Neo4j after a look at its plan, and turns its values into JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

import neo4j
from neo4j import exceptions, graph, spatial
from neo4j import time as neo4j_time

from graph.asking import allowed
from graph.asking.answering import collect, to_json
from graph.asking.limits import Answer, AskLimits, Json
from graph.engine import Statement
from graph.errors import ResourceError, StatementError, TimeLimitError


def ask(session: neo4j.Session, statement: Statement, limits: AskLimits) -> Answer:
    """The answer to an admitted statement in a session that only reads."""
    try:
        with session.begin_transaction(timeout=limits.time_s) as transaction:
            parameters = dict(statement.parameters)
            plan = transaction.run(f"EXPLAIN {statement.text}", parameters).consume()
            _check_plan(plan)
            result = transaction.run(statement.text, parameters)
            rows: Iterator[Any] = (record.values() for record in result)
            return collect(result.keys(), rows, convert, limits)
    except exceptions.Neo4jError as error:
        _raise_meaning(error, limits)
        raise


def _check_plan(summary: neo4j.ResultSummary) -> None:
    """Refuse a plan that does more than read, in the server's own words for it."""
    if summary.query_type != "r":
        raise StatementError("the statement does more than read; statements may only read")
    left: list[Mapping[str, Any]] = [summary.plan] if summary.plan else []
    if not left:
        raise StatementError("the server shows no plan for the statement, so it may not run")
    while left:
        step = left.pop()
        operator = str(step["operatorType"]).partition("@")[0].partition("(")[0]
        details = str(step.get("args", {}).get("Details", ""))
        if operator not in allowed.OPERATORS:
            raise StatementError(f"the statement needs the operator {operator}, which may not run")
        if operator == "ProcedureCall":
            name = details.partition("(")[0].strip().replace("`", "")
            if name.lower() not in allowed.PROCEDURES["neo4j"]:
                raise StatementError(f"the procedure {name} may not be called")
        left.extend(step.get("children", ()))


def convert(value: Any) -> Json:
    """A value of the driver as JSON."""
    if isinstance(value, graph.Node):
        return {
            "elementId": value.element_id,
            "labels": sorted(value.labels),
            "properties": {name: convert(inner) for name, inner in value.items()},
        }
    if isinstance(value, graph.Relationship):
        start, end = value.nodes
        return {
            "elementId": value.element_id,
            "startNodeElementId": start.element_id if start else None,
            "endNodeElementId": end.element_id if end else None,
            "type": value.type,
            "properties": {name: convert(inner) for name, inner in value.items()},
        }
    if isinstance(value, graph.Path):
        pairs = zip(value.nodes, value.relationships, strict=False)
        parts = [part for pair in pairs for part in pair]
        return [convert(part) for part in [*parts, value.end_node]]
    if isinstance(value, spatial.Point):
        return {"srid": value.srid, "coordinates": [float(part) for part in value]}
    if isinstance(
        value,
        neo4j_time.Date | neo4j_time.Time | neo4j_time.DateTime | neo4j_time.Duration,
    ):
        return str(value.iso_format())
    return to_json(value, convert)


def _raise_meaning(error: exceptions.Neo4jError, limits: AskLimits) -> None:
    """Raise what an error means that the statement caused; return for those of the server."""
    code = error.code or ""
    reason = (error.message or "").splitlines()[0] if error.message else code
    if "TransactionTimedOut" in code or code.endswith("Transaction.Terminated"):
        raise TimeLimitError(
            f"the statement was stopped after {limits.time_s:g} s; ask for less, or add a LIMIT"
        ) from error
    if "OutOfMemory" in code or "StackOverFlow" in code:
        raise ResourceError(
            "the statement needs more memory than the server gives it; ask for less"
        ) from error
    if code.startswith(("Neo.ClientError.Statement.", "Neo.ClientError.Procedure.")):
        raise StatementError(f"the statement cannot run: {reason}") from error
