"""Writes the tables of items and users: titles, texts, properties and attributes."""

from collections.abc import Sequence

from graph.mapping_names import kind_name, property_name, relation_name
from graph.proposal.column_names import entity_word
from graph.proposal.profiles import ColumnProfile, FileProfile
from graph.proposal.roles import TEXT_WORDS, find_title
from graph.proposal.toml_text import name_or, quoted
from graph.proposal.years import Years

_LONG = 80
_FEW = 50
_AGE_BINS = "[18, 25, 35, 45, 55, 65]"
_DECADE = ("width = 10", 'label = "{low}s"')
_OF_THE_ROW = frozenset({"created", "updated", "modified", "added", "inserted", "crawled"})
"""Words of columns whose dates tell of the row, not of what it describes."""

_MEASURES = frozenset({"price", "cost", "weight", "height", "width", "length", "pages", "calories"})
"""Words of columns whose numbers may all lie between 1800 and 2099, and are no years."""


def items_table(profile: FileProfile, key: ColumnProfile, file: str) -> str:
    """The table of items, and those of its properties and attributes."""
    rest = [column for column in profile.columns if column is not key and column.n_present]
    title = find_title(rest, key)
    texts = [c for c in rest if c is not title and _is_text(c)]
    lines = ["[items]", file, f"id = {quoted(key.name)}"]
    if title is not None:
        lines.append(f"title = {quoted(title.name)}")
    if texts:
        names = [column.name for column in ([title] if title else []) + texts]
        lines.append("# What text search and text embeddings read.")
        lines.append(f"text = [{', '.join(map(quoted, names))}]")
    tables = ["\n".join(lines) + "\n"]
    described = [column for column in rest if column not in texts]
    dated = _year_column(described, title)
    described = [column for column in described if column is not title]
    if dated is not None and dated is title and dated.years is not None:
        tables += _year_tables("items", dated, dated.years, described)
    for column in described:
        if column is dated and column.years is not None:
            tables += _year_tables("items", column, column.years, described)
        else:
            tables.append(_column_table("items", column, described))
    return "\n".join(tables)


def users_table(profile: FileProfile, key: ColumnProfile, file: str) -> str:
    """The table of users, and those of its properties and attributes."""
    tables = ["\n".join(["[users]", file, f"id = {quoted(key.name)}"]) + "\n"]
    rest = [column for column in profile.columns if column is not key and column.n_present]
    tables += [_column_table("users", column, rest) for column in rest]
    return "\n".join(tables)


def _column_table(table: str, column: ColumnProfile, columns: Sequence[ColumnProfile]) -> str:
    """A property or attribute for a column, or a comment why there is none."""
    if column.n_distinct <= 1:
        return _left_out(column, "it is the same in every row")
    if column.is_yes_or_no:
        return _property(table, column, "boolean", "is yes or no: it can be filtered by")
    if column.years is not None and column.years.form == "date":
        return _left_out(column, "it holds dates")
    if column.is_named_id:
        if column.n_distinct * 2 > column.n_present:
            return _left_out(column, "it looks like another id")
        return _attribute(table, column, columns)
    if column.numbers is not None:
        if "age" in column.words and column.numbers[1] < 150:
            return _attribute(table, column, columns, [f"bins = {_AGE_BINS}"])
        if table == "users" and column.years is not None and "year" in column.words:
            found = _found(column.years)
            return _attribute(table, column, columns, [*found, *_DECADE])
        kind = "integer" if column.is_whole else "float"
        return _property(table, column, kind, "is a number: it can be filtered by")
    if column.is_list or column.separator is not None:
        separator = None if column.is_list else column.separator
        keys = [] if separator is None else [f"split = {quoted(separator)}"]
        return _attribute(table, column, columns, keys)
    if column.n_distinct <= max(_FEW, column.n_rows // 20):
        return _attribute(table, column, columns)
    if table == "items" and column.time_unit is None and not column.is_key:
        return _attribute(table, column, columns)
    return _left_out(column, f"it has {column.n_distinct:,} different values")


def _year_column(
    columns: Sequence[ColumnProfile], title: ColumnProfile | None
) -> ColumnProfile | None:
    """The column that tells the year of an item: one of years, else of dates, else the title."""
    fit = [
        (("number", "date", "title").index(column.years.form), column)
        for column in columns
        if column.years is not None
        and (column.years.form != "title" or column is title)
        and not column.is_named_id
        and (_OF_THE_ROW | _MEASURES).isdisjoint(column.words)
        and column.n_distinct > 1
    ]
    return min(fit, key=lambda pair: (pair[0], "year" not in pair[1].words), default=(0, None))[1]


def _year_tables(
    table: str, column: ColumnProfile, years: Years, columns: Sequence[ColumnProfile]
) -> list[str]:
    """The year as a property, and as facts: the decade, and the year where items share it."""
    found = _found(years)
    comment = {
        "number": "is a number: it can be filtered by",
        "date": "holds dates, from which the year is taken",
        "title": "has the year in parentheses at its end",
    }[years.form]
    name = name_or(property_name, column.name, "year")
    if years.form != "number":
        taken = {name_or(property_name, other.name, "") for other in columns}
        name = "year" if "year" not in taken else f"{name}_year"
    tables = [_property(table, column, "integer", comment, name, found)]
    if years.n_decades > 1:
        decade = [*found, *_DECADE]
        tables.append(_attribute(table, column, columns, decade, "FROM_DECADE", "Decade"))
    if years.are_shared:
        tables.append(_attribute(table, column, columns, found, "FROM_YEAR", "Year"))
    return tables


def _found(years: Years) -> list[str]:
    return [] if years.pattern is None else [f"pattern = '{years.pattern}'"]


def _property(
    table: str,
    column: ColumnProfile,
    kind: str,
    comment: str,
    name: str = "",
    keys: Sequence[str] = (),
) -> str:
    name = name or name_or(property_name, column.name, "number")
    lines = [
        f"# {quoted(column.name)} {comment}.",
        f"[[{table}.properties]]",
        f"column = {quoted(column.name)}",
        *keys,
        *([f"name = {quoted(name)}"] if name != column.name else []),
        f'type = "{kind}"',
    ]
    return "\n".join(lines) + "\n"


def _attribute(
    table: str,
    column: ColumnProfile,
    columns: Sequence[ColumnProfile],
    keys: Sequence[str] = (),
    relation: str = "",
    kind: str = "",
) -> str:
    word = entity_word(column, columns)
    if "age" in column.words and table == "users":
        relation, kind = "OF_AGE", "AgeGroup"
    lines = [
        f"[[{table}.attributes]]",
        f"column = {quoted(column.name)}",
        *keys,
        f"relation = {quoted(relation or name_or(relation_name, word, 'HAS', 'HAS_'))}",
        f"kind = {quoted(kind or name_or(kind_name, word, 'Thing'))}",
    ]
    return "\n".join(lines) + "\n"


def _left_out(column: ColumnProfile, reason: str) -> str:
    return f"# {quoted(column.name)} is left out: {reason}.\n"


def _is_text(column: ColumnProfile) -> bool:
    if column.numbers is not None or column.is_list:
        return False
    named = bool(set(column.words) & set(TEXT_WORDS))
    return column.mean_length > _LONG or (named and column.mean_length > _LONG / 4)
