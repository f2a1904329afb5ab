"""The query files: each one's head agrees with its text, and a wrong one is pointed at."""

from importlib.resources import files

import pytest

from graph.queries import Dialect, parse, query

NAMES = sorted(
    {
        path.name.removesuffix(".cypher")
        for path in files("cypher").iterdir()
        if ".cypher" in path.name
    }
)
HEAD = "// What it answers.\n//\n"


@pytest.mark.parametrize("dialect", ["ladybug", "neo4j"])
def test_every_file_is_well_formed(dialect: Dialect) -> None:
    own = files("cypher").joinpath(dialect).iterdir()
    for name in [*NAMES, *(path.name.removesuffix(".cypher") for path in own)]:
        assert query(name, dialect).text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("MATCH (n) RETURN n.id AS id", r"f.cypher:1: the head must say"),
        (HEAD, r"f.cypher:2: there is no query"),
        (HEAD + "MATCH (n) RETURN n.id AS id", r"f.cypher:1: the head states the columns \(none\)"),
        (
            HEAD + "// parameters: $a, $b\n// columns: id\nMATCH (n {id: $a}) RETURN n.id AS id",
            r"f.cypher:3: the head states the parameters \$a, \$b, the query has \$a",
        ),
        (
            HEAD + "// names: <label>\n// columns: id\nMATCH (n) RETURN n.id AS id",
            r"f.cypher:3: .* names <label>, the query has \(none\)",
        ),
        (
            HEAD + "// columns: id, name\nMATCH (n) RETURN n.name AS name, n.id AS id",
            r"f.cypher:3: .* columns id, name, the query has name, id",
        ),
    ],
)
def test_a_head_that_lies_is_pointed_at(source: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse("f.cypher", source)


def test_names_are_quoted() -> None:
    source = HEAD + "// names: <label>\n// columns: n\nMATCH (n:`<label>` {x: '<label>'}) RETURN n"
    rendered = parse("f.cypher", source).render(label="A`) DELETE n // '\\")
    assert rendered == "MATCH (n:`A``) DELETE n // '\\` {x: 'A`) DELETE n // \\'\\\\'}) RETURN n"


def test_a_list_repeats_its_line() -> None:
    source = (
        HEAD
        + "// names: <names>\n// columns: id, <names>\n"
        + "MATCH (n) RETURN n.id AS id\n  , n.`<names>` AS `<names>`"
    )
    parsed = parse("f.cypher", source)
    assert parsed.render(names=("a", "b")) == (
        "MATCH (n) RETURN n.id AS id\n  , n.`a` AS `a`\n  , n.`b` AS `b`"
    )
    assert parsed.render(names=()) == "MATCH (n) RETURN n.id AS id"
    in_brackets = HEAD + "// names: <names>\nCREATE (n {\n  , `<names>`: 1\n})"
    assert parse("f.cypher", in_brackets).render(names=("a", "b")) == (
        "CREATE (n {\n   `a`: 1\n  , `b`: 1\n})"
    )


def test_the_wrong_names_are_refused() -> None:
    with pytest.raises(ValueError, match="takes the names"):
        query("read_feedback", "neo4j").render(label="LIKED")


def test_only_the_dialect_spells_type_differently() -> None:
    source = HEAD + "// columns: kind\nMATCH ()-[e]->() RETURN type(e) AS kind"
    assert "label(e)" in parse("f.cypher", source, "ladybug").text
    assert "type(e)" in parse("f.cypher", source, "neo4j").text


def test_a_query_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="no query 'nothing'"):
        query("nothing", "neo4j")
