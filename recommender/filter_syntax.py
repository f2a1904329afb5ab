"""Reads a filter expression into a tree; it knows no items and evaluates nothing.

    year >= 1990 and ('Comedy' in HAS_GENRE or not title == 'Heat')

    or_expression  = and_expression {"or" and_expression}
    and_expression = not_expression {"and" not_expression}
    not_expression = "not" not_expression | comparison
    comparison     = operand {operator operand}        a chain as in 1990 <= year < 2000
    operator       = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not" "in"
    operand        = NAME | STRING | NUMBER | "True" | "False" | "None"
                   | "(" or_expression ")" | "(" operand {"," operand} ")" | "[" ... "]"

It is our own reader, not Python's: what is not in this grammar does not exist, and every error
points at its column. Boosts (`recommender/boost_syntax.py`) are written with the same tests.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from graph.errors import FilterError
from graph.model import Scalar

MAX_LENGTH = 2000
"""Characters of a filter; a longer one is a mistake or an attack."""

MAX_DEPTH = 50
"""Nested parentheses and `not`s of a filter."""

COMPARISONS = ("==", "!=", "<=", ">=", "<", ">", "in", "not in")


@dataclass(frozen=True, slots=True)
class Name:
    """A property or relation. `at` is its place in the text, from 0 (for all expressions)."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, truth value or None that stands in the text."""

    value: Scalar
    at: int


@dataclass(frozen=True, slots=True)
class Several:
    """Literals in brackets, to test `in`."""

    values: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, one link of a chain."""

    left: "Expression"
    operator: str
    right: "Expression"
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """`not operand`."""

    operand: "Expression"
    at: int


@dataclass(frozen=True, slots=True)
class Junction:
    """Operands joined by `and` (`is_and`) or by `or`."""

    is_and: bool
    operands: tuple["Expression", ...]
    at: int


Expression = Name | Literal | Several | Comparison | Negation | Junction

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|<|>|[()\[\],:;])
    )""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = {"and", "or", "not", "in"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "none": None}


def filter_error(text: str, at: int, message: str, what: str = "filter") -> FilterError:
    """An error that shows `what` it is with a caret under the place `at` (from 0)."""
    line = re.sub(r"\s", " ", text)
    start = max(0, at - 60)
    shown = line[start : at + 60]
    return FilterError(f"{what}, column {at + 1}: {message}\n  {shown}\n  {' ' * (at - start)}^")


def parse_filter(text: str) -> Expression:
    """The tree of a filter; raises FilterError that points at the column."""
    return Reader(text).read()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str, what: str) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the {what} has {len(text)} characters; at most {MAX_LENGTH} are read")
    found = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise filter_error(text, at, _unreadable(text[at]), what)
        kind = match.lastgroup
        word = match[kind]
        if kind == "name" and word.lower() in _KEYWORDS:
            kind, word = "keyword", word.lower()
        found.append(_Token(kind, word, match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Token("end", "", end)]


def _unreadable(character: str) -> str:
    if character in "'\"":
        return "this text has no closing quote"
    if character == "=":
        return "= is not an operator; write == to compare"
    return f"{character!r} cannot stand here"


class Reader:
    """Recursive descent over the tokens of one filter, or of `what` else holds tests."""

    def __init__(self, text: str, what: str = "filter") -> None:
        self._text = text
        self._what = what
        self._tokens = _tokens(text, what)
        self._position = 0
        self._depth = 0

    def read(self) -> Expression:
        """The tree of the whole text."""
        if self.is_at_end:
            raise FilterError("the filter is empty; write for example: year >= 1990")
        tree = self.test()
        if not self.is_at_end:
            raise self.error(f"{self._next.text!r} is one too many; join tests by and, or")
        return tree

    @property
    def is_at_end(self) -> bool:
        """Whether all was read."""
        return self._next.kind == "end"

    def test(self) -> Expression:
        """The test that comes next."""
        return self._junction("or", lambda: self._junction("and", self._negation))

    def number(self) -> float:
        """The number that comes next."""
        if self._next.kind != "number":
            raise self.error("a number must stand here, such as 1.5")
        return float(self._take().text)

    def sign(self, text: str) -> bool:
        """Whether this sign comes next; it is passed then."""
        if not self._is(text):
            return False
        self._take()
        return True

    def error(self, message: str) -> FilterError:
        """An error that points at what comes next."""
        return filter_error(self._text, self._next.at, message, self._what)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        token = self._next
        self._position += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.kind in ("keyword", "sign") and self._next.text in texts

    def _junction(self, word: str, operand: Callable[[], Expression]) -> Expression:
        at = self._next.at
        operands = [operand()]
        while self._is(word):
            self._take()
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Junction(word == "and", tuple(operands), at)

    def _negation(self) -> Expression:
        if not self._is("not"):
            return self._comparison()
        at = self._take().at
        self._enter()
        operand = self._negation()
        self._depth -= 1
        return Negation(operand, at)

    def _comparison(self) -> Expression:
        at = self._next.at
        left = self._operand()
        links: list[Expression] = []
        while operator := self._operator():
            right = self._operand()
            links.append(Comparison(left, operator.text, right, operator.at))
            left = right
        if not links:
            return left
        return links[0] if len(links) == 1 else Junction(True, tuple(links), at)

    def _operator(self) -> _Token | None:
        if self._is("not"):
            at = self._take().at
            if not self._is("in"):
                raise self.error("after a value, not must be followed by in")
            self._take()
            return _Token("sign", "not in", at)
        return self._take() if self._is(*COMPARISONS) else None

    def _operand(self) -> Expression:
        token = self._take()
        if token.kind == "name":
            if token.text.lower() in _CONSTANTS:
                return Literal(_CONSTANTS[token.text.lower()], token.at)
            return Name(token.text, token.at)
        if token.kind == "number":
            return Literal(_number(token.text), token.at)
        if token.kind == "string":
            return Literal(re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL), token.at)
        if token.text in ("(", "["):
            return self._bracket(token)
        self._position -= 1
        if token.kind == "end":
            raise self.error(f"the {self._what} ends here, but a name or value must follow")
        raise self.error(f"a name or value must stand here, not {token.text!r}")

    def _bracket(self, opening: _Token) -> Expression:
        self._enter()
        closing = ")" if opening.text == "(" else "]"
        inner: list[Expression] = []
        is_list = opening.text == "["
        while not self._is(closing):
            inner.append(self.test())
            if not self._is(","):
                break
            is_list = True
            self._take()
        if not self._is(closing):
            raise self.error(f"{closing!r} is missing for the {opening.text!r} before")
        self._take()
        self._depth -= 1
        if not is_list and len(inner) == 1:
            return inner[0]
        literals = tuple(value for value in inner if isinstance(value, Literal))
        if not literals or len(literals) != len(inner):
            raise filter_error(
                self._text, opening.at, "a list holds one or more plain values", self._what
            )
        return Several(literals, opening.at)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} levels are not read")


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
