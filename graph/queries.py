"""Reads the queries under `cypher/`: one per file, with a head that is checked against its text.

A query file opens with a comment that says what it answers, then names what it takes and gives:

    // The latest feedback of a user.
    //
    // parameters: $user, $limit
    // names: <relation>
    // columns: item, value

`parameters` are values that the driver sends apart from the text. `names` are labels, relationship
types and property names, which Cypher cannot take as parameters: they stand in the text as
`` `<relation>` `` and are quoted when the query is rendered. A plural name (`` `<properties>` ``)
takes a list: the line that holds it starts with a comma and is repeated for each name; the comma
goes if a bracket opens before it. A part that does not apply is left out of the head. `type(e)` is
spelled `label(e)` in Ladybug: that one word is translated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from graph.names import quote

Dialect = Literal["ladybug", "neo4j"]

_HEAD_PART = re.compile(r"(parameters|names|columns):\s*(.*)")
_PARAMETER = re.compile(r"\$[a-z_]+")
_NAME = re.compile(r"([`'])<([a-z_]+)>\1")
_AFTER_BRACKET = re.compile(r"(?<=[({])(\s*),")
_LAST_RETURN = re.compile(r"\bRETURN\b(?:\s+DISTINCT\b)?(?!.*\bRETURN\b)", re.DOTALL)
_AFTER_RETURN = re.compile(r"\b(?:ORDER\s+BY|SKIP|LIMIT|UNION)\b")


@dataclass(frozen=True, slots=True)
class Query:
    """One query as its file states it; `columns` may hold names such as `<properties>`."""

    file: str
    text: str
    parameters: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()

    def render(self, **names: str | Sequence[str]) -> str:
        """The text with its names filled in and quoted.

        Raises ValueError where the names are not those of the head.
        """
        if set(names) != self.names:
            raise ValueError(
                f"{self.file} takes the names {sorted(self.names)}, not {sorted(names)}"
            )
        lines: list[str] = []
        for line in self.text.splitlines():
            lines.extend(_fill(line, names))
        return _AFTER_BRACKET.sub(r"\1", "\n".join(lines))


@cache
def query(name: str, dialect: Dialect) -> Query:
    """The query `cypher/<dialect>/<name>.cypher` if there is one, else `cypher/<name>.cypher`."""
    root = files("cypher")
    for file in (f"{dialect}/{name}.cypher", f"{name}.cypher"):
        source = root.joinpath(file)
        if source.is_file():
            text = source.read_text(encoding="utf-8")
            return parse(f"cypher/{file}", text, dialect)
    raise ValueError(f"there is no query {name!r} under cypher/")


def parse(file: str, source: str, dialect: Dialect = "neo4j") -> Query:
    """Read one query file; a ValueError points at the line where head and text disagree."""
    head: dict[str, tuple[int, list[str]]] = {}
    body_line = 0
    about = ""
    lines = source.splitlines()
    for body_line, line in enumerate(lines, start=1):
        if not line.startswith("//"):
            break
        content = line.removeprefix("//").strip()
        part = _HEAD_PART.fullmatch(content)
        if part is None:
            about += content
        else:
            values = [value.strip() for value in part[2].split(",") if value.strip()]
            head[part[1]] = (body_line, values)
    if not about:
        raise ValueError(f"{file}:1: the head must say what the query answers")
    text = "\n".join(re.sub(r"//.*", "", line).rstrip() for line in lines[body_line - 1 :]).strip()
    if not text:
        raise ValueError(f"{file}:{len(lines)}: there is no query after the head")
    found = {
        "parameters": sorted(set(_PARAMETER.findall(text))),
        "names": sorted({f"<{name}>" for _, name in _NAME.findall(text)}),
        "columns": _returned(text),
    }
    for part_name, values in found.items():
        line_number, stated = head.get(part_name, (1, []))
        if (stated if part_name == "columns" else sorted(stated)) != values:
            raise ValueError(
                f"{file}:{line_number}: the head states the {part_name} "
                f"{', '.join(stated) or '(none)'}, the query has {', '.join(values) or '(none)'}"
            )
    if dialect == "ladybug":
        text = re.sub(r"\btype\(", "label(", text)
    return Query(
        file,
        text,
        frozenset(value.removeprefix("$") for value in found["parameters"]),
        frozenset(value.strip("<>") for value in found["names"]),
        tuple(found["columns"]),
    )


def _returned(text: str) -> list[str]:
    """The column names of the last RETURN: what follows AS, or the expression itself."""
    clause = _LAST_RETURN.search(text)
    if clause is None:
        return []
    body = _AFTER_RETURN.split(text[clause.end() :])[0]
    columns, depth, start = [], 0, 0
    for position, character in enumerate(body + ","):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            expression = body[start:position].strip()
            columns.append(re.split(r"\bAS\b", expression)[-1].strip().strip("`"))
            start = position + 1
    return columns


def _fill(line: str, names: Mapping[str, str | Sequence[str]]) -> list[str]:
    """A line with its names filled in: one for each name of a list, if it starts with a comma."""
    held = {name: names[name] for _, name in _NAME.findall(line)}
    lists = {name: value for name, value in held.items() if not isinstance(value, str)}
    if not lists or not line.lstrip().startswith(","):
        return [_substitute(line, held)]
    rows = zip(*lists.values(), strict=True)
    return [_substitute(line, {**held, **dict(zip(lists, row, strict=True))}) for row in rows]


def _substitute(line: str, held: Mapping[str, str | Sequence[str]]) -> str:
    return _NAME.sub(lambda found: _quoted(found[1], held[found[2]]), line)


def _quoted(mark: str, value: str | Sequence[str]) -> str:
    """A name in backticks, or as a string where the file has quotes; a list as alternatives."""
    if not isinstance(value, str):
        return "|".join(_quoted(mark, name) for name in value)
    if mark == "`":
        return quote(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
