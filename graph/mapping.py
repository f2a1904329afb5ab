"""The mapping: which file and column becomes what in the graph, read from parsed TOML.

It knows nothing of the other tables of `whypath.toml` (settings); a caller passes only those named
in `MAPPING_TABLES`.
"""

import difflib
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import ValidationError

from graph.errors import MappingError
from graph.mapping_tables import Cleaning, Facts, Feedback, Items, Source, Table, Tables, Users
from graph.model import FactType, GraphSchema, NodeLabel

MAPPING_TABLES = tuple(Tables.model_fields)
"""The top-level tables of `whypath.toml` that belong to the mapping."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the files hold. `base` is the folder that file names are relative to."""

    base: Path
    items: Items | None
    users: Users | None
    facts: tuple[Facts, ...]
    feedback: tuple[Feedback, ...]
    cleaning: Cleaning

    @classmethod
    def from_toml(cls, table: AbstractMapping[str, Any], base: Path) -> Self:
        """Check parsed TOML; a MappingError names the table and key, and lists the known ones."""
        try:
            tables = Tables.model_validate(dict(table))
        except ValidationError as error:
            raise MappingError(_sentence(error)) from error
        return cls(base, tables.items, tables.users, tables.facts, tables.feedback, tables.cleaning)

    def sources(self) -> tuple[tuple[str, Source], ...]:
        """Every table that names a file, with its title: `[items]`, `[[feedback]] no. 2`."""
        named: list[tuple[str, Source]] = []
        if self.items is not None:
            named.append(("[items]", self.items))
        if self.users is not None:
            named.append(("[users]", self.users))
        named += [(_numbered("facts", n), facts) for n, facts in enumerate(self.facts)]
        named += [(_numbered("feedback", n), entry) for n, entry in enumerate(self.feedback)]
        return tuple(named)

    def path(self, source: Source) -> Path:
        """Where the file of a table is."""
        return self.base / source.file

    def feedback_types(self) -> tuple[str, ...]:
        """Types of feedback in the order of the mapping: the first is what is predicted."""
        return tuple(dict.fromkeys(name for entry in self.feedback for name in entry.types()))

    def schema(self) -> GraphSchema:
        """What the graph will hold, as far as it is known before the files are read."""
        facts: dict[FactType, None] = {}
        kinds: dict[str, None] = {}
        tables: tuple[tuple[NodeLabel, Items | Users | None], ...] = (
            ("Item", self.items),
            ("User", self.users),
        )
        for label, table in tables:
            for attribute in () if table is None else table.attributes:
                facts[FactType(label, attribute.relation)] = None
                kinds[attribute.kind] = None
        for entry in self.facts:
            label = "Item" if entry.item is not None else "User"
            if entry.relation.constant is not None:
                facts[FactType(label, entry.relation.constant)] = None
            if entry.kind.constant is not None:
                kinds[entry.kind.constant] = None
        return GraphSchema(
            item_properties={p.name: p.type for p in self.items.properties} if self.items else {},
            user_properties={p.name: p.type for p in self.users.properties} if self.users else {},
            entity_kinds=tuple(kinds),
            fact_types=tuple(facts),
            feedback_types=self.feedback_types(),
        )


def _numbered(table: str, index: int) -> str:
    return f"[[{table}]] no. {index + 1}"


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong, in the words of the file."""
    first = error.errors()[0]
    location = first["loc"]
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    if first["type"] == "extra_forbidden":
        known = _keys_at(location[:-1])
        unknown = str(location[-1])
        near = difflib.get_close_matches(unknown, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        what = "key" if location[:-1] else "table"
        return (
            f"{_place(location[:-1])}unknown {what} {unknown!r}{hint} "
            f"Known: {', '.join(known)}{rest}"
        )
    if first["type"] == "missing":
        return f"{_place(location[:-1])}the key {str(location[-1])!r} is missing{rest}"
    if first["type"] in ("model_type", "model_attributes_type"):
        return f"{_place(location)}must be a table{rest}"
    if first["type"] == "tuple_type":
        return f"{_place(location)}must be a list; tables in a list are written [[...]]{rest}"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] != "value_error":
        message = f"{message[0].lower()}{message[1:]}, got {first['input']!r}"
    return f"{_place(location)}{message}{rest}"


def _place(location: tuple[int | str, ...]) -> str:
    """`[[items.attributes]] no. 2, key 'kind': ` for a position in the parsed file."""
    names: list[str] = []
    number: int | None = None
    key = ""
    for position, part in enumerate(location):
        following = location[position + 1] if position + 1 < len(location) else None
        if isinstance(part, int):
            number = part
        elif _is_table((*location[:position], part)) or isinstance(following, int):
            names.append(part)
        elif not key and part not in ("float", "constrained-str", "str"):
            key = part
    place = ".".join(names)
    if place:
        place = f"[{place}]" if number is None else _numbered(place, number)
    parts = [part for part in (place, f"key {key!r}" if key else "") if part]
    return f"{', '.join(parts)}: " if parts else ""


def _is_table(location: tuple[int | str, ...]) -> bool:
    return _table_at(location) is not None


def _table_at(location: tuple[int | str, ...]) -> type[Table] | None:
    """The model that describes a position, or None where a plain value stands."""
    table: type[Table] = Tables
    for part in location:
        if isinstance(part, int):
            continue
        field = table.model_fields.get(part)
        inner = None if field is None else _table_in(field.annotation)
        if inner is None:
            return None
        table = inner
    return table


def _table_in(annotation: Any) -> type[Table] | None:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    for argument in get_args(annotation):
        inner = _table_in(argument)
        if inner is not None:
            return inner
    return None


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    table = _table_at(location)
    return [] if table is None else list(table.model_fields)
