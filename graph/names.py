"""Which names a graph may use for types, properties and labels, and how they are quoted.

Ladybug does not tell upper from lower case in names, so two names that differ only in case are
refused on every store: a graph can then move from one store to the other.
"""

import re
from collections.abc import Iterable

from graph.errors import UsageError
from graph.model import RESERVED_TYPES, GraphSchema

_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_FIXED_LABELS = ("User", "Item", "Entity", "Run", "Graph", "Recommendation")
_LABELS = frozenset(label.upper() for label in _FIXED_LABELS)
_ITEM_COLUMNS = ("id", "title", "text", "vector")
_USER_COLUMNS = ("id",)


def quote(name: str) -> str:
    """The name between backticks, as both dialects read it."""
    return "`" + name.replace("`", "``") + "`"


def check_type(name: str) -> str:
    """A relationship type of facts or feedback, or a UsageError that says what is legal."""
    if not _TYPE.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a relationship type: it must be capital letters, digits and "
            "underscores, at most 100, and start with a letter"
        )
    if name in RESERVED_TYPES:
        raise UsageError(
            f"{name!r} cannot be a type of facts or feedback: "
            f"{', '.join(sorted(RESERVED_TYPES))} are kept for evidence and impressions"
        )
    if name in _LABELS:
        raise UsageError(
            f"{name!r} cannot be a relationship type: "
            f"{', '.join(sorted(_LABELS))} are kept for nodes"
        )
    return name


def check_schema(schema: GraphSchema) -> None:
    """Refuse a schema with a name that a store cannot hold, or with two names for one thing."""
    relations = {check_type(fact.relation) for fact in schema.fact_types}
    for fact in schema.fact_types:
        if fact.source not in ("Item", "User", "Entity"):
            raise UsageError(f"facts start from Item, User or Entity, not from {fact.source!r}")
    for feedback in schema.feedback_types:
        check_type(feedback)
        if feedback in relations:
            raise UsageError(f"{feedback!r} is named both as a type of facts and of feedback")
    _check_properties("items", _ITEM_COLUMNS, schema.item_properties)
    _check_properties("users", _USER_COLUMNS, schema.user_properties)


def _check_properties(whose: str, taken: Iterable[str], names: Iterable[str]) -> None:
    seen = {name: name for name in taken}
    for name in names:
        if not name.strip() or not name.isprintable() or "`" in name or len(name) > 100:
            raise UsageError(
                f"{name!r} cannot be a property of {whose}: it must be 1 to 100 printable "
                "characters without a backtick"
            )
        other = seen.setdefault(name.casefold(), name)
        if other != name or name in taken:
            raise UsageError(
                f"{name!r} cannot be a property of {whose}: {other!r} is there already "
                "(upper and lower case count as the same)"
            )


def kind_label(kind: str) -> str | None:
    """An entity's second label on Neo4j: `film maker` gives `FilmMaker`; None if none can be."""
    label = "".join(word[:1].upper() + word[1:] for word in re.findall(r"\w+", kind))
    if not label or not label[0].isalpha() or label in _FIXED_LABELS:
        return None
    return label
