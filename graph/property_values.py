"""Whether values that callers give fit the properties that a graph declares for its nodes."""

import math
from collections.abc import Mapping

from graph.errors import UsageError
from graph.model import GraphSchema, NodeLabel, PropertyType, Scalar

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_WANTED: Mapping[PropertyType, str] = {
    "string": "a text",
    "integer": "an integer of 64 bits",
    "float": "a finite number",
    "boolean": "true or false",
}


def property_types(label: NodeLabel, schema: GraphSchema) -> dict[str, PropertyType]:
    """What a user or an item can be given: its declared properties, an item title and text too."""
    if label == "User":
        return dict(schema.user_properties)
    return {"title": "string", "text": "string", **schema.item_properties}


def fit_property(
    label: NodeLabel, name: str, value: Scalar, types: Mapping[str, PropertyType]
) -> Scalar:
    """The value as the property keeps it; None stays None.

    A UsageError where the property is unknown or the value is not of its type.
    """
    whose = f"{label.lower()}s"
    if name not in types:
        raise UsageError(
            f"{whose} have no property {name!r:.100}; they have {', '.join(types) or 'none'}"
        )
    kind = types[name]
    if not _fits(value, kind):
        raise UsageError(f"the property {name!r} of {whose} is {_WANTED[kind]}, not {value!r:.100}")
    return float(value) if kind == "float" and value is not None else value


def _fits(value: Scalar, kind: PropertyType) -> bool:
    if value is None:
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, str):
        # Half of a surrogate pair is no text that a database could keep.
        return kind == "string" and value.encode("utf-8", "replace") == value.encode(
            "utf-8", "surrogatepass"
        )
    if isinstance(value, int) and not _LEAST <= value <= _GREATEST:
        return False
    if isinstance(value, int):
        return kind in ("integer", "float")
    return kind == "float" and math.isfinite(value)
