"""How much a caller's statement may cost, and what it is answered with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]
"""A value as JSON has it; integers keep 64 bits."""


@dataclass(frozen=True, slots=True)
class AskLimits:
    """What one statement may take."""

    time_s: float = 5.0
    """From the call to the answer, waiting for a free place included."""
    rows: int = 1_000
    """Rows of an answer; what comes after is left out, and the answer says so."""
    answer_bytes: int = 4 << 20
    """Size of the rows as JSON; a row that would pass it is left out with all after it."""
    statement_length: int = 10_000
    """Characters of a statement."""
    nesting: int = 16
    """Brackets in brackets, of the statement and of a parameter. The engines' parsers go down one
    level of their stack a bracket: 3,000 end Ladybug's process, 1,500 keep Neo4j busy for minutes.
    """
    parameter_values: int = 10_000
    """Numbers, strings and so on in all parameters together."""
    parameter_bytes: int = 1 << 20
    """Size of the strings and names in all parameters together, in UTF-8."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0")


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a statement, as JSON values.

    A node is `{"elementId", "labels", "properties"}`; a relationship `{"elementId",
    "startNodeElementId", "endNodeElementId", "type", "properties"}`; a path a list of nodes and
    relationships in turn. Dates and times are ISO 8601 strings, durations too; numbers that JSON
    lacks are the strings "NaN", "Infinity" and "-Infinity".
    """

    fields: tuple[str, ...]
    values: tuple[tuple[Json, ...], ...]
    cut_by: Literal["rows", "answer_bytes"] | None = None
    """The limit that left rows out, or None where the answer is whole."""
