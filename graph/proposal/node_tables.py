"""Writes the tables of items and users: titles, texts, properties and attributes."""

import re

from graph.mapping_names import kind_name, property_name, relation_name
from graph.proposal.profiles import ColumnProfile, FileProfile
from graph.proposal.roles import TEXT_WORDS, TITLE_WORDS
from graph.proposal.toml_text import name_or, quoted

_LONG = 80
_FEW = 50
_AGE_BINS = "[18, 25, 35, 45, 55, 65]"
_YEAR_AT_END = r"\((\d{4})\)\s*$"


def items_table(profile: FileProfile, key: ColumnProfile, file: str) -> str:
    """The table of items, and those of its properties and attributes."""
    rest = [column for column in profile.columns if column is not key and column.n_present]
    title = next((c for word in TITLE_WORDS for c in rest if word in c.words), None)
    texts = [c for c in rest if c is not title and _is_text(c)]
    lines = ["[items]", file, f"id = {quoted(key.name)}"]
    if title is not None:
        lines.append(f"title = {quoted(title.name)}")
    if texts:
        names = [column.name for column in ([title] if title else []) + texts]
        lines.append("# What text search and text embeddings read.")
        lines.append(f"text = [{', '.join(map(quoted, names))}]")
    tables = ["\n".join(lines) + "\n"]
    if title is not None and title.year_in_text:
        tables.append(_year_in_title(title))
    told = [title, *texts]
    tables += [_column_table("items", column) for column in rest if column not in told]
    return "\n".join(tables)


def users_table(profile: FileProfile, key: ColumnProfile, file: str) -> str:
    """The table of users, and those of its properties and attributes."""
    tables = ["\n".join(["[users]", file, f"id = {quoted(key.name)}"]) + "\n"]
    tables += [
        _column_table("users", column)
        for column in profile.columns
        if column is not key and column.n_present
    ]
    return "\n".join(tables)


def _column_table(table: str, column: ColumnProfile) -> str:
    """A property or attribute for a column, or a comment why there is none."""
    if column.n_distinct <= 1:
        return f"# {_shown(column)} is left out: it is the same in every row.\n"
    if column.numbers is not None or _mostly_years(column):
        return _number_table(table, column)
    if column.is_list or column.separator is not None:
        separator = None if column.is_list else column.separator
        return _attribute(
            table, column, [] if separator is None else [f"split = {quoted(separator)}"]
        )
    if column.n_distinct <= max(_FEW, column.n_rows // 20):
        return _attribute(table, column, [])
    if table == "items" and column.time_unit is None and not column.is_key:
        return _attribute(table, column, [])
    return f"# {_shown(column)} is left out: it has {column.n_distinct:,} different values.\n"


def _number_table(table: str, column: ColumnProfile) -> str:
    if "age" in column.words and column.numbers is not None and column.numbers[1] < 150:
        return _attribute(table, column, [f"bins = {_AGE_BINS}"], "OF_AGE", "AgeGroup")
    if column.is_key and column.is_whole:
        return f"# {_shown(column)} is left out: it looks like another id.\n"
    name = name_or(property_name, column.name, "number")
    kind = "integer" if column.is_whole or column.numbers is None else "float"
    lines = [
        f"# {_shown(column)} is a number: it can be filtered by.",
        f"[[{table}.properties]]",
        f"column = {quoted(column.name)}",
        *([f"name = {quoted(name)}"] if name != column.name else []),
        f'type = "{kind}"',
    ]
    text = "\n".join(lines) + "\n"
    if _mostly_years(column):
        decade = ["width = 10", 'label = "{low}s"']
        text += "\n" + _attribute(table, column, decade, "FROM_DECADE", "Decade")
    return text


def _year_in_title(title: ColumnProfile) -> str:
    return f"""\
# The year stands in parentheses at the end of the title.
[[items.properties]]
column = {quoted(title.name)}
pattern = '{_YEAR_AT_END}'
name = "year"
type = "integer"

[[items.attributes]]
column = {quoted(title.name)}
pattern = '{_YEAR_AT_END}'
width = 10
label = "{{low}}s"
relation = "FROM_DECADE"
kind = "Decade"
"""


def _attribute(
    table: str, column: ColumnProfile, keys: list[str], relation: str = "", kind: str = ""
) -> str:
    single = _singular(column.name.split(":")[0])
    lines = [
        f"[[{table}.attributes]]",
        f"column = {quoted(column.name)}",
        *keys,
        f"relation = {quoted(relation or name_or(relation_name, single, 'HAS', 'HAS_'))}",
        f"kind = {quoted(kind or name_or(kind_name, single, 'Thing'))}",
    ]
    return "\n".join(lines) + "\n"


def _singular(name: str) -> str:
    if re.search(r"[^aeiou]ies$", name):
        return f"{name[:-3]}y"
    return name[:-1] if re.search(r"[^s]s$", name) and len(name) > 3 else name


def _is_text(column: ColumnProfile) -> bool:
    if column.numbers is not None or column.is_list:
        return False
    named = bool(set(column.words) & set(TEXT_WORDS))
    return column.mean_length > _LONG or (named and column.mean_length > _LONG / 4)


def _mostly_years(column: ColumnProfile) -> bool:
    if column.numbers is not None:
        return column.is_whole and column.numbers[0] >= 1800 and column.numbers[1] < 2100
    return "year" in column.words and abs(column.mean_length - 4) < 0.5


def _shown(column: ColumnProfile) -> str:
    return quoted(column.name)
