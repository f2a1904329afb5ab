"""The `keep` conditions of a mapping: `>= 4`, `event == 'buy' and price < 10`, `in ['a', 'b']`.

    condition  = comparison { "and" comparison }
    comparison = [ column ] ( operator literal | [ "not" ] "in" "[" literal { "," literal } "]" )
    operator   = ">=" | "<=" | ">" | "<" | "==" | "=" | "!="
    column     = a bare word, or any text between backticks
    literal    = a number, or text between single or double quotes

Without a column the comparison is about the `value` column of the feedback. A number literal
compares as a number, a text literal as text. A row whose cell is missing, or is no number where a
number is asked for, is not kept; only `!=` and `not in` keep it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.errors import MappingError

Operator = Literal[">=", "<=", ">", "<", "==", "!=", "in", "not in"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<operator>>=|<=|==|!=|>|<|=)
      | (?P<mark>[\[\],])
      | (?P<quoted>`[^`]+`)
      | (?P<word>[^\s\[\],<>=!'"`]+)
    )""",
    re.VERBOSE,
)
_GRAMMAR = "write it like `>= 4`, `event == 'buy'`, `in ['a', 'b']`, joined by `and`"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a column (None: the value column) with one or more literals."""

    column: str | None
    operator: Operator
    literals: tuple[float | str, ...]

    def holds(
        self, text: pa.Array, parse_numbers: Callable[[pa.Array], pa.Array]
    ) -> NDArray[np.bool_]:
        """Where it holds; `text` is a string array, and the answer has its length."""
        answer = np.zeros(len(text), dtype=bool)
        numbers: pa.Array | None = None
        for literal in self.literals:
            if isinstance(literal, str):
                cells = text
                value: Any = pa.scalar(literal, pa.string())
            else:
                numbers = parse_numbers(text) if numbers is None else numbers
                cells = numbers
                value = pa.scalar(literal, pa.float64())
            compare = {
                ">=": pc.greater_equal,
                "<=": pc.less_equal,
                ">": pc.greater,
                "<": pc.less,
            }.get(self.operator, pc.equal)
            answer |= _to_mask(compare(cells, value))
        return ~answer if self.operator in ("!=", "not in") else answer


@dataclass(frozen=True, slots=True)
class Condition:
    """A conjunction of comparisons."""

    text: str
    comparisons: tuple[Comparison, ...]

    def columns(self) -> tuple[str, ...]:
        """The columns it names, without the implied value column."""
        return tuple(c.column for c in self.comparisons if c.column is not None)

    def needs_value(self) -> bool:
        """Whether a comparison is about the value column."""
        return any(comparison.column is None for comparison in self.comparisons)

    def holds(
        self,
        columns: Mapping[str, pa.Array],
        value: pa.Array | None,
        parse_numbers: Callable[[pa.Array], pa.Array],
        length: int,
    ) -> NDArray[np.bool_]:
        """Which rows of a batch to keep; shape (length,)."""
        kept = np.ones(length, dtype=bool)
        for comparison in self.comparisons:
            cells = value if comparison.column is None else columns[comparison.column]
            if cells is None:
                raise ValueError(f"`{self.text}` needs a value column")
            kept &= comparison.holds(cells, parse_numbers)
        return kept


def parse_condition(text: str) -> Condition:
    """Read a condition; a MappingError says what is wrong with it and how one looks."""
    tokens = _tokens(text)
    comparisons = []
    position = 0
    while True:
        comparison, position = _comparison(text, tokens, position)
        comparisons.append(comparison)
        if position == len(tokens):
            return Condition(text, tuple(comparisons))
        if tokens[position] != ("word", "and"):
            raise _error(text, f"{tokens[position][1]!r} is not expected there")
        position += 1


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or match.lastgroup is None:
            raise _error(text, f"{stripped[position:].strip()!r} cannot be read")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


def _comparison(text: str, tokens: list[tuple[str, str]], position: int) -> tuple[Comparison, int]:
    def take(*kinds: str) -> tuple[str, str]:
        nonlocal position
        if position == len(tokens):
            raise _error(text, "it ends too early")
        kind, word = tokens[position]
        if kind not in kinds:
            raise _error(text, f"{word!r} is not expected there")
        position += 1
        return kind, word

    def literal() -> float | str:
        kind, word = take("number", "text")
        return float(word) if kind == "number" else word[1:-1]

    column = None
    if tokens[position : position + 1] and tokens[position][0] in ("word", "quoted", "number"):
        following = tokens[position + 1] if position + 1 < len(tokens) else ("", "")
        is_column = following[0] == "operator" or following in (("word", "in"), ("word", "not"))
        if is_column and tokens[position] not in (("word", "in"), ("word", "not")):
            column = take("word", "quoted", "number")[1].strip("`")
    kind, word = take("operator", "word")
    if kind == "operator":
        operator: Operator = "==" if word == "=" else word  # type: ignore[assignment] # by _TOKEN
        value = literal()
        if isinstance(value, str) and operator in (">=", "<=", ">", "<"):
            raise _error(text, f"{operator} compares numbers, and {value!r} is text")
        return Comparison(column, operator, (value,)), position
    if word == "not":
        operator = "not in"
        if take("word")[1] != "in":
            raise _error(text, "`not` must be followed by `in`")
    elif word == "in":
        operator = "in"
    else:
        raise _error(text, f"{word!r} is no operator")
    if take("mark")[1] != "[":
        raise _error(text, "a list in brackets must follow `in`")
    literals = [literal()]
    while take("mark")[1] == ",":
        literals.append(literal())
    return Comparison(column, operator, tuple(literals)), position


def _error(text: str, reason: str) -> MappingError:
    return MappingError(f"cannot read the condition {text!r}: {reason}; {_GRAMMAR}")


def _to_mask(array: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return mask
