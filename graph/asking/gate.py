"""Decides whether a caller's statement may run: it lets through what is known only to read.

A statement is not parsed, the engine does that. The gate relies on one property of Cypher: a clause
begins at the start of a statement or a subquery, or right behind something complete (a value, a
pattern, a closing bracket), where an expression can go on with nothing but an operator. So a word
in such a place must be one of the clauses and operators that are allowed, and a word anywhere else
is a name, unless `(` follows: then it calls a function, which must be allowed by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graph.asking import allowed
from graph.asking.limits import AskLimits
from graph.asking.parameters import check_parameters
from graph.asking.tokens import Token, split
from graph.engine import Statement
from graph.errors import StatementError
from graph.queries import Dialect

_Expected = Literal["clause", "operand", "operator"]
_SIGNS_IN_A_ROW = 4
_CASES = 6
_ADDITIONS = 8
_EDGES = 10
_CLOSES = {")": "(", "]": "[", "}": "{"}


def admit(
    statement: str, parameters: Mapping[str, Any], dialect: Dialect, limits: AskLimits
) -> Statement:
    """The statement as it may be sent, with the parameters that it uses.

    Comments are taken out, and a semicolon at the end. Raises StatementError with one sentence
    where it may not run, and for parameters that are missing, no JSON or too much.
    """
    if len(statement) > limits.statement_length:
        raise StatementError(
            f"the statement has {len(statement)} characters; at most {limits.statement_length} "
            "are taken"
        )
    tokens = split(statement)
    check_parameters(parameters, limits)
    code = [token for token in tokens if token.kind != "comment"]
    if code and code[-1].text == ";":
        code.pop()
    if not code:
        raise StatementError("the statement is empty")
    _Gate(code, dialect, limits).check()
    used = {}
    for token in code:
        if token.kind == "parameter":
            name = token.text[1:].strip("`")
            if name not in parameters:
                raise StatementError(f"the statement takes the parameter ${name}, which is missing")
            used[name] = parameters[name]
    text = statement
    for token in reversed(tokens):
        if token.kind == "comment" or token.text == ";":
            text = f"{text[: token.start]} {text[token.start + len(token.text) :]}"
    return Statement(text.strip(), used)


@dataclass(slots=True)
class _Open:
    """A bracket, or a CASE, that is not closed yet."""

    text: str
    holds: Literal["subquery", "call", "literal", "scope", "other"] = "other"


class _Gate:
    """Walks over the tokens of one statement once."""

    def __init__(self, tokens: list[Token], dialect: Dialect, limits: AskLimits) -> None:
        self._tokens = tokens
        self._dialect = dialect
        self._limits = limits
        self._open: list[_Open] = []
        self._at = 0
        self._expected: _Expected = "clause"
        self._signs = 0
        self._additions = 0
        self._edges = 0

    def check(self) -> None:
        """Raise a StatementError at the first token that is not allowed."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind in ("word", "name"):
                self._word(token)
            elif token.kind == "mark":
                self._mark(token)
            else:
                self._value(token)
        if self._open:
            raise StatementError(f"the statement ends before its {self._open[-1].text!r} does")

    def _next(self, ahead: int = 1) -> Token | None:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _next_text(self, ahead: int = 1) -> str:
        token = self._next(ahead)
        return token.text if token is not None and token.kind == "mark" else ""

    def _before(self) -> str:
        return self._tokens[self._at - 1].text if self._at else ""

    def _go(self, expected: _Expected, by: int = 1) -> None:
        self._at += by
        self._expected = expected
        self._signs = 0

    def _value(self, token: Token) -> None:
        if self._expected == "clause":
            raise _no_clause(token)
        self._go("operator")

    # Words

    def _word(self, token: Token) -> None:
        word = token.upper
        if self._expected == "clause":
            if word not in allowed.STARTS | {"UNION"}:
                raise _no_clause(token)
            self._clause(token)
        elif self._expected == "operator":
            if word not in allowed.AFTER_OPERAND:
                raise _no_clause(token)
            self._clause(token)
        else:
            self._operand(token)

    def _clause(self, token: Token) -> None:
        """A clause or an operator that is allowed where it stands."""
        word = token.upper
        if word == "CALL":
            return self._call()
        if word == "END" and self._open and self._open[-1].text == "CASE":
            self._open.pop()
        following = self._next()
        second = following.upper if following is not None else ""
        followers = allowed.FOLLOWERS.get(word)
        if followers is not None and second not in followers:
            raise _refused(
                following or token, f"behind {word} may come {', '.join(sorted(followers))}"
            )
        if word in ("OPTIONAL", "UNION"):
            return self._go("clause", 2 if second in ("ALL", "DISTINCT") else 1)
        if word in ("STARTS", "ENDS", "ORDER") or (word == "IS" and second == "NOT"):
            return self._go("operand", 2)
        return self._go("operator" if word in allowed.COMPLETE else "operand")

    def _call(self) -> None:
        """CALL of a subquery or of a procedure."""
        following = self._next()
        mark = self._next_text()
        if mark == "{":
            self._go("operand")
            self._enter("{", "call")
            self._go("clause")
        elif mark == "(":
            self._go("operand")
            self._enter("(", "scope")
            self._go("operand")
        elif following is None or following.kind not in ("word", "name"):
            raise StatementError("CALL is followed by neither a procedure nor a subquery")
        else:
            self._at += 1
            name, length = self._chain()
            known = allowed.PROCEDURES[self._dialect]
            if name.lower() not in known:
                raise _refused(
                    following,
                    f"the procedure {name} may not be called; allowed are "
                    f"{', '.join(sorted(known))}",
                )
            self._go("operator", length)

    def _operand(self, token: Token) -> None:
        """A word where a value, a name or a pattern is expected."""
        word, mark = token.upper, self._next_text()
        is_key = mark == ":" and self._before() in ("{", ",")
        is_label = self._before() in (":", "|", "&", "!", "::")
        if word in allowed.SUBQUERIES and mark == "{":
            self._go("operand")
            self._enter("{", "subquery")
            after = self._next()
            is_query = after is not None and after.kind == "word"
            return self._go("clause" if is_query else "operand")
        if word in allowed.BEFORE_OPERAND and not is_key:
            if word == "CASE" and not is_label:
                self._enter("CASE", "other")
            return self._repeat_sign(token) if word == "NOT" else self._go("operand")
        if word in allowed.COMPLETE and mark != "(":
            if word == "END":
                raise _refused(token, "there is nothing that it ends")
            return self._go("operator")
        name, length = self._chain()
        if self._next_text(length) == "(":
            self._check_function(token, name)
        elif not is_key and not is_label and word in allowed.NEVER | allowed.CLAUSES:
            raise _refused(token, "it may not be used; if it is a name, put it in backticks")
        elif self._is_in_literal() and not is_key:
            raise _refused(
                token,
                "a list or map that is written in brackets holds literals and parameters only, "
                "in an embedded graph; return the values as columns",
            )
        return self._go("operator", length)

    def _chain(self) -> tuple[str, int]:
        """A name with the names behind its points, and how many tokens it takes."""
        parts = [_unquoted(self._tokens[self._at])]
        length = 1
        while self._next_text(length) == ".":
            part = self._next(length + 1)
            if part is None or part.kind not in ("word", "name"):
                break
            parts.append(_unquoted(part))
            length += 2
        return ".".join(parts), length

    def _check_function(self, token: Token, name: str) -> None:
        if name.lower() not in allowed.FUNCTIONS[self._dialect]:
            raise _refused(
                token,
                f"the function {name} may not be called here; docs/cypher.md lists those that may",
            )

    # Marks

    def _mark(self, token: Token) -> None:
        mark = token.text
        if self._expected == "clause" and mark not in _CLOSES:
            raise _no_clause(token)
        if mark == ";":
            raise _refused(token, "one statement at a time is taken")
        if mark in _CLOSES:
            self._close(token)
        elif mark in "([{":
            self._open_bracket(mark)
        elif mark == ".":
            self._property()
        elif mark == "*" and self._expected == "operand":
            self._go("operator")  # it stands for everything, there is nothing to multiply
        elif self._expected == "operand" and mark in ("+", "-", "!"):
            self._repeat_sign(token)
        elif mark in ("-", "<-") and self._next_text() in ("-", "->"):
            self._count_edge()
            self._go("operand", 2)
        elif mark == "=~" and self._dialect == "neo4j":
            # Java's regular expressions can take years, and Neo4j does not stop them.
            raise _refused(token, "use STARTS WITH, ENDS WITH or CONTAINS, or the index of titles")
        else:
            if mark in ("+", "||"):
                self._count_addition(token)
            self._go("operand")

    def _open_bracket(self, mark: str) -> None:
        is_edge = mark == "[" and self._before() in ("-", "<-")
        if is_edge:
            self._count_edge()
        is_literal = mark != "(" and self._expected == "operand" and not is_edge
        self._enter(mark, "literal" if is_literal else "other")
        self._go("operand")

    def _enter(
        self, text: str, holds: Literal["subquery", "call", "literal", "scope", "other"]
    ) -> None:
        self._open.append(_Open(text, holds))
        if len(self._open) > self._limits.nesting:
            raise StatementError(
                f"the statement has brackets nested more than {self._limits.nesting} deep"
            )
        # 25 of them in each other keep Ladybug's parser busy for more than 10 s.
        if text == "CASE" and sum(part.text == "CASE" for part in self._open) > _CASES:
            raise StatementError(f"the statement has CASE in CASE more than {_CASES} deep")

    def _close(self, token: Token) -> None:
        if not self._open or self._open[-1].text != _CLOSES[token.text]:
            raise _refused(token, "no bracket of its kind is open there")
        closed = self._open.pop()
        if closed.holds == "scope":
            if self._next_text() != "{":
                raise _refused(token, "a subquery in braces is expected after CALL (...)")
            self._go("operand")
            self._enter("{", "call")
        self._go("clause" if closed.holds in ("call", "scope") else "operator")

    def _property(self) -> None:
        """A point behind a bracket, or before a property of a map projection."""
        following = self._next()
        if following is None or (following.kind not in ("word", "name") and following.text != "*"):
            raise _refused(self._tokens[self._at], "the name of a property is expected behind it")
        if self._next_text(2) == "(":
            raise _refused(following, "it is no function")
        self._go("operator", 2)

    def _is_in_literal(self) -> bool:
        return self._dialect == "ladybug" and any(part.holds == "literal" for part in self._open)

    def _repeat_sign(self, token: Token) -> None:
        """NOT, minus and plus before a value: parsers go down a level for each in a row."""
        signs = self._signs + 1
        if signs > _SIGNS_IN_A_ROW:
            raise _refused(token, f"more than {_SIGNS_IN_A_ROW} signs in a row are not taken")
        self._go("operand")
        self._signs = signs

    def _count_edge(self) -> None:
        """Ladybug plans all edges together and is not to be interrupted: 30 took 18 s."""
        self._edges += 1
        if self._dialect == "ladybug" and self._edges > _EDGES:
            raise StatementError(
                f"the statement has more than {_EDGES} relationships in its patterns; an "
                "embedded graph takes no more; write a length such as [:SHARES*1..3]"
            )

    def _count_addition(self, token: Token) -> None:
        """Each addition can double a list, and Ladybug gives it memory without a limit."""
        self._additions += 1
        if self._dialect == "ladybug" and self._additions > _ADDITIONS:
            raise _refused(
                token, f"an embedded graph takes at most {_ADDITIONS} additions in a statement"
            )


def _unquoted(token: Token) -> str:
    return token.text[1:-1].replace("``", "`") if token.kind == "name" else token.text


def _refused(token: Token, reason: str) -> StatementError:
    return StatementError(f"{token.text[:40]!r} at character {token.start + 1}: {reason}")


def _no_clause(token: Token) -> StatementError:
    return _refused(
        token,
        "no clause or operator that is allowed here; a statement may read with "
        "MATCH, OPTIONAL MATCH, WHERE, WITH, UNWIND, CALL, RETURN, ORDER BY, SKIP, LIMIT and UNION",
    )
