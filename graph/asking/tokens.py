"""Splits a caller's statement into tokens, so strictly that no engine can split it differently.

What engines read in different ways is refused instead of read: escapes of the form backslash-u
(Neo4j decodes them before it looks for the end of a string or comment), control characters, and
anything but ASCII outside of strings, names in backticks and comments. Comments end at the first
character that ends one anywhere, and none reaches the engine: each becomes a space.
"""

import re
from dataclasses import dataclass
from typing import Literal

from graph.errors import StatementError

Kind = Literal["word", "name", "text", "number", "parameter", "mark", "comment"]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<comment>//[^\r\n]*|/\*.*?\*/)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>(?:0x[0-9A-Fa-f]+|0o[0-7]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
        (?![A-Za-z0-9_]|\.(?![0-9.])))
  | (?P<text>'(?:[^'\\]|\\[\\'"bfnrt])*'|"(?:[^"\\]|\\[\\'"bfnrt])*")
  | (?P<name>`(?:[^`]|``)+`)
  | (?P<parameter>\$(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]+`))
  | (?P<mark>\.\.|::|<>|<=|>=|=~|->|<-|\|\||[-+*/%^=<>()\[\]{},:;.|&!])
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING_HINT = (
    "a string ends with the quote it began with, and after a backslash only \\ ' \" b f n r t may "
    "follow; better send it as a parameter"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement as it is written; `start` counts characters from 0."""

    kind: Kind
    text: str
    start: int

    @property
    def upper(self) -> str:
        """A word in upper case; empty for all else, so that it equals no keyword."""
        return self.text.upper() if self.kind == "word" else ""


def split(text: str) -> list[Token]:
    """The tokens of a statement, comments included.

    Raises StatementError at what cannot be read.
    """
    escape = re.search(r"\\u", text, re.IGNORECASE)
    if escape:
        raise StatementError(
            f"the statement has an escape \\u at character {escape.start() + 1}; write the "
            "character itself, or send the text as a parameter"
        )
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise StatementError(_unreadable(text, position))
        _check_characters(match[0], position)
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match[0], position))  # type: ignore[arg-type] # the groups are the kinds
        position = match.end()
    return tokens


def _check_characters(text: str, start: int) -> None:
    """Refuse what is no text: control characters but for tab and line ends, lone surrogates."""
    for offset, character in enumerate(text):
        code = ord(character)
        is_control = (code < 32 and character not in "\t\n\r") or 127 <= code < 160
        if is_control or 0xD800 <= code < 0xE000:
            raise StatementError(
                f"the statement has the character U+{code:04X} at {start + offset + 1}; "
                "send such text as a parameter"
            )


def _unreadable(text: str, position: int) -> str:
    character = text[position]
    where = f"at character {position + 1}"
    if character in "'\"":
        return f"the string {where} cannot be read: {_STRING_HINT}"
    if character == "`":
        return f"the name in backticks {where} does not end"
    if text.startswith("/*", position):
        return f"the comment {where} does not end"
    if character.isascii() and character.isdigit():
        return (
            f"the number {where} cannot be read; put a space behind it, and digits behind a point"
        )
    if not character.isascii():
        return (
            f"the character {character!r} (U+{ord(character):04X}) {where} may stand in "
            "strings and in names in backticks only"
        )
    return f"the character {character!r} {where} has no place in a statement"
