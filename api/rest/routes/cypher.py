"""Callers' own Cypher, in the shape of Neo4j's Query API."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.rest.access import needs
from api.rest.json_answer import JsonAnswer
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Text
from api.rest.problems import RESOURCE, STATEMENT, TIME_LIMIT
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute
from graph.asking.limits import AskLimits

router = APIRouter(tags=["graph"], dependencies=[needs("cypher")], route_class=StrictRoute)

LIMITS = AskLimits()


class Statement(BaseModel):
    """A statement in the Cypher of the store, and its parameters."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "statement": "MATCH (u:User {id: $user})-[l:LIKED]->(i:Item) "
                    "RETURN i.title AS title, l.value AS value ORDER BY title LIMIT 3",
                    "parameters": {"user": "42"},
                }
            ]
        },
    )

    statement: Annotated[Text, StringConstraints(min_length=1, max_length=LIMITS.statement_length)]
    """One statement, with `$name` where a parameter stands."""
    parameters: dict[str, Any] = {}
    """Values by name, without the `$`."""


class AnswerData(Answer):
    """The columns and rows of an answer."""

    fields: list[str]
    """Names of the columns."""
    values: list[list[Any]]
    """One list a row, in the order of `fields`."""


class CypherAnswer(Answer):
    """An answer as Neo4j's Query API gives it, and whether it was cut."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "data": {"fields": ["title", "value"], "values": [["Heat", 5.0]]},
                    "cut_by": None,
                }
            ]
        }
    )

    data: AnswerData
    """What the statement returned."""
    cut_by: str | None
    """`rows` or `answer_bytes` where that limit left rows out, else null."""


@router.post(
    "/api/cypher",
    summary="Ask the graph in Cypher, read-only",
    response_model=CypherAnswer,
    responses=problems(*EVERYWHERE, STATEMENT, TIME_LIMIT, RESOURCE),
)
async def run_cypher(service: Parts, asked: Statement) -> JsonAnswer:
    """Run one statement that can only read, in the Cypher of this store.

    Only what is known to be harmless is let through; cypher.md lists it. A statement has 5 seconds,
    an answer 1,000 rows and 4 MiB: what goes beyond is left out, and `cut_by` says so. A node is
    `{"elementId", "labels", "properties"}`.
    """

    def answer() -> JsonAnswer:
        found = service.store.ask(asked.statement, asked.parameters, LIMITS)
        data = {"fields": found.fields, "values": found.values}
        return JsonAnswer({"data": data, "cut_by": found.cut_by})

    return await service.statements.run(answer, "statements")
