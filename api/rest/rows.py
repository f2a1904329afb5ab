"""Users, items, facts and feedback as they stand in bodies and answers.

What is wrong with the form of a body refuses the request; what does not fit the graph is said row
by row (docs/decisions/partial-failure.md).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from api.rest.parameters import PLAIN_KEYS, WHOLE, Id, Line, Text
from api.rest.problems import TOO_LARGE, Problem
from api.rest.service import Service
from api.rest.shapes import Answer, Part
from graph.batches import BatchOutcome
from graph.fact_rows import FactRow
from graph.model import FactEdge, FeedbackEdge, Item, Scalar, User
from graph.node_batches import NodeRow

MAX_TEXT = 100_000
MAX_NAME = 2_000
MAX_PROPERTIES = 200
MAX_FACTS = 1_000
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999 in epoch seconds; milliseconds of today are beyond them."""

At = Annotated[
    int,
    Field(ge=EARLIEST, le=LATEST, description="Seconds since 1970; now, where left out."),
    WHOLE,
]


def _one_of_these(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        raise ValueError(
            f"a value is a text of at most {MAX_TEXT:,} characters without control characters, a "
            "finite number, an integer of at most 64 bits, true, false, or null"
        ) from error


Name = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_NAME)]
TypeName = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
TypeFilter = Annotated[
    list[TypeName] | None,
    Query(alias="type", max_length=100, description="Only these types; all where left out."),
]
LongText = Annotated[Text, StringConstraints(max_length=MAX_TEXT)]
Value = Annotated[
    bool
    | Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | LongText
    | None,
    WrapValidator(_one_of_these),
]
Properties = Annotated[
    dict[TypeName, Value], Field(max_length=MAX_PROPERTIES, json_schema_extra=PLAIN_KEYS)
]


class EntityFact(Part):
    """What a fact says of its entity: its id, or the kind and name that its id is made of."""

    entity: Annotated[Id | None, Field(description="Id; else it is made of kind and name.")] = None
    kind: TypeName | None = None
    """Such as Genre; with the name in place of the id."""
    name: Name | None = None
    """Such as Crime."""
    weight: Annotated[float, Field(gt=0.0, le=1e6, allow_inf_nan=False)] = 1.0
    """How much it counts beside other facts of the relation."""

    def row(self, relation: str) -> FactRow:
        """The same as the graph takes it."""
        return FactRow(relation, self.entity, self.kind, self.name, self.weight)


class NewFact(EntityFact):
    """A fact: a relation and the entity it leads to. A new entity needs its kind and name."""

    relation: TypeName
    """Relationship type of the graph, such as HAS_GENRE."""


class NewUser(Part):
    """A user: what is left out stays as it was, null removes a property, facts are added."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "u17",
                    "properties": {"age": 34},
                    "facts": [{"relation": "WORKS_AS", "kind": "Occupation", "name": "artist"}],
                }
            ]
        }
    )

    id: Id
    """Your own id of the user."""
    properties: Properties = {}
    """By name; they must be in the graph's schema."""
    facts: Annotated[list[NewFact], Field(max_length=MAX_FACTS)] = []
    """Attributes that are entities."""

    def row(self) -> NodeRow:
        """The same as the graph takes it."""
        return NodeRow(self.id, self.properties, _fact_rows(self.facts))


class NewItem(Part):
    """An item: what is left out stays as it was, null removes a property, facts are added."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "f9",
                    "title": "Heat",
                    "properties": {"year": 1995},
                    "facts": [{"relation": "HAS_GENRE", "kind": "Genre", "name": "Crime"}],
                }
            ]
        }
    )

    id: Id
    """Your own id of the item."""
    title: Name | None = None
    """What people know it by."""
    text: LongText | None = None
    """A description, which text embeddings read."""
    properties: Properties = {}
    """By name; they must be in the graph's schema."""
    facts: Annotated[list[NewFact], Field(max_length=MAX_FACTS)] = []
    """Attributes that are entities."""

    def row(self) -> NodeRow:
        """The same as the graph takes it."""
        return NodeRow(self.id, _with_texts(self, self.properties), _fact_rows(self.facts))


class UserPatch(Part):
    """Properties to set; null removes one, and those not named stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"properties": {"age": 35}}]})

    properties: Properties = {}
    """By name; they must be in the graph's schema."""


class ItemPatch(Part):
    """What to set; null removes it, and what is not named stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Heat (1995)", "properties": {"year": None}}]}
    )

    title: Name | None = None
    """What people know it by."""
    text: LongText | None = None
    """A description, which text embeddings read."""
    properties: Properties = {}
    """By name; they must be in the graph's schema."""

    def values(self) -> dict[str, Scalar]:
        """All of it as properties of the node."""
        return _with_texts(self, self.properties)


class NewFeedback(Part):
    """What a user did to an item; one piece of each type for a pair, so sent again it is one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "LIKED", "user": "u17", "item": "f9", "at": 1_750_000_000}]
        }
    )

    type: Annotated[TypeName, Field(description="A type of feedback of the graph.")]
    user: Id
    """Id of the user."""
    item: Id
    """Id of the item."""
    value: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] = 1.0
    """Such as stars, or seconds watched; 1 where left out."""
    at: At | None = None

    def row(self, now: int) -> FeedbackEdge:
        """The same as the graph takes it."""
        at = now if self.at is None else self.at
        return FeedbackEdge(self.type, self.user, self.item, self.value, at)


class Failed(Answer):
    """A row that was not written, and why."""

    row: int
    """Position in the body, from 0."""
    field: str
    """The part of the row that is to blame."""
    message: str
    """Why, in a sentence."""


class Written(Answer):
    """What became of the rows of a batch; the counts add up to their number."""

    added: int
    """Rows that were new."""
    changed: int
    """Rows that were there with other values."""
    unchanged: int
    """Rows that were there just so."""
    repeated: int
    """Rows of which a later one with the same key was taken instead."""
    failed: list[Failed]
    """Rows that were not written."""

    @classmethod
    def of(cls, outcome: BatchOutcome, **more: Any) -> Self:
        """The answer of an outcome."""
        return cls(
            added=outcome.added,
            changed=outcome.changed,
            unchanged=outcome.unchanged,
            repeated=outcome.repeated,
            failed=[
                Failed(row=failure.row, field=failure.field, message=failure.message)
                for failure in outcome.failed
            ],
            **more,
        )


class WrittenNodes(Written):
    """The same of users or items."""

    facts: int
    """Facts that were added or changed."""


class WrittenItems(WrittenNodes):
    """The same of items."""

    placing: bool
    """Whether evidence for new items is being made, which takes a moment."""


class Deleted(Answer):
    """What was deleted. Deleting what is not there deletes nothing, and is no failure."""

    deleted: int
    """How many there were."""


class UserEntry(Answer):
    """A user of the graph."""

    id: str
    """The caller's own id."""
    properties: dict[str, str | int | float | bool]
    """By name; those without a value are left out."""

    @classmethod
    def of(cls, user: User) -> Self:
        """The answer of a user."""
        return cls(id=user.id, properties=_present(user.properties))


class ItemEntry(Answer):
    """An item of the graph."""

    id: str
    """The caller's own id."""
    title: str | None
    """Null where the item has none."""
    text: str | None
    """Its description; null where it has none."""
    properties: dict[str, str | int | float | bool]
    """By name; those without a value are left out."""

    @classmethod
    def of(cls, item: Item) -> Self:
        """The answer of an item."""
        return cls(
            id=item.id, title=item.title, text=item.text, properties=_present(item.properties)
        )


class FactEntry(Answer):
    """A fact of the graph."""

    relation: str
    """Relationship type, such as HAS_GENRE."""
    entity: str
    """Id of the entity."""
    kind: str
    """Kind of the entity, such as Genre."""
    name: str
    """Name of the entity, such as Crime."""
    weight: float
    """How much it counts beside other facts of the relation."""


class Facts(Answer):
    """All facts of a node."""

    facts: list[FactEntry]
    """By relation, then by entity."""

    @classmethod
    def of(cls, facts: Sequence[FactEdge]) -> Self:
        """The answer of the facts of one node."""
        return cls(
            facts=[
                FactEntry(
                    relation=fact.relation,
                    entity=fact.entity.id,
                    kind=fact.entity.kind,
                    name=fact.entity.name,
                    weight=fact.weight,
                )
                for fact in facts
            ]
        )


class FeedbackEntry(Answer):
    """A piece of feedback of the graph."""

    type: str
    """Type of feedback, such as LIKED."""
    user: str
    """Id of the user."""
    item: str
    """Id of the item."""
    value: float
    """Such as stars; 1 where none was given."""
    at: int | None
    """Seconds since 1970; null where unknown."""

    @classmethod
    def of(cls, edge: FeedbackEdge) -> Self:
        """The answer of an edge."""
        return cls(type=edge.type, user=edge.user, item=edge.item, value=edge.value, at=edge.at)


def check_batch(service: Service, rows: Sequence[object]) -> None:
    """Refuse a batch with more rows than the settings allow."""
    limit = service.settings.serve.max_batch
    if len(rows) > limit:
        raise Problem(
            TOO_LARGE, f"a batch has at most {limit:,} rows, not {len(rows):,}; send it in parts"
        )


def _fact_rows(facts: Sequence[NewFact]) -> tuple[FactRow, ...]:
    return tuple(fact.row(fact.relation) for fact in facts)


def _with_texts(body: NewItem | ItemPatch, properties: Mapping[str, Scalar]) -> dict[str, Scalar]:
    texts = {name: getattr(body, name) for name in ("title", "text")}
    return {
        **properties,
        **{name: value for name, value in texts.items() if name in body.model_fields_set},
    }


def _present(properties: Mapping[str, Scalar]) -> dict[str, str | int | float | bool]:
    return {name: value for name, value in properties.items() if value is not None}
