"""The schema as JSON, as it stands on the graph's own node, and the union of two schemas."""

import json
from collections.abc import Iterable, Mapping
from typing import TypeVar

from graph.errors import UsageError
from graph.model import FactType, GraphSchema, PropertyType

_T = TypeVar("_T")


def schema_to_json(schema: GraphSchema) -> str:
    """The schema as JSON text."""
    return json.dumps(
        {
            "item_properties": dict(schema.item_properties),
            "user_properties": dict(schema.user_properties),
            "entity_kinds": list(schema.entity_kinds),
            "fact_types": [[fact.source, fact.relation] for fact in schema.fact_types],
            "feedback_types": list(schema.feedback_types),
        },
        ensure_ascii=False,
    )


def schema_from_json(text: str) -> GraphSchema:
    """The inverse of `schema_to_json`."""
    value = json.loads(text)
    return GraphSchema(
        item_properties=value["item_properties"],
        user_properties=value["user_properties"],
        entity_kinds=tuple(value["entity_kinds"]),
        fact_types=tuple(FactType(source, relation) for source, relation in value["fact_types"]),
        feedback_types=tuple(value["feedback_types"]),
    )


def union(new: GraphSchema, old: GraphSchema) -> GraphSchema:
    """All of both; what the new one names comes first, in its order.

    Raises a UsageError where they give a property two types.
    """
    return GraphSchema(
        item_properties=_properties("items", new.item_properties, old.item_properties),
        user_properties=_properties("users", new.user_properties, old.user_properties),
        entity_kinds=_unique([*new.entity_kinds, *old.entity_kinds]),
        fact_types=_unique([*new.fact_types, *old.fact_types]),
        feedback_types=_unique([*new.feedback_types, *old.feedback_types]),
    )


def _unique(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))


def _properties(
    whose: str, new: Mapping[str, PropertyType], old: Mapping[str, PropertyType]
) -> Mapping[str, PropertyType]:
    for name, wanted in new.items():
        if old.get(name, wanted) != wanted:
            raise UsageError(
                f"the graph keeps the property {name!r} of {whose} as {old[name]}, and it is now "
                f"to be {wanted}; give it another name, or import into a new graph"
            )
    return {**new, **old}
