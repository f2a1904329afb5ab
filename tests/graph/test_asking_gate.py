"""The gate for callers' Cypher, without an engine: what passes, what not, and what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.asking import allowed
from graph.asking.gate import admit
from graph.asking.limits import AskLimits
from graph.errors import StatementError
from graph.queries import Dialect

DIALECTS: list[Dialect] = ["neo4j", "ladybug"]
LIMITS = AskLimits()

PAGE = Path(__file__).parents[2] / "docs" / "cypher.md"
BLOCK = re.compile(r"```cypher(?: (neo4j|ladybug))?\n(.*?)```", re.DOTALL)
QUERIES = BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def in_dialect(query: str, dialect: Dialect) -> str:
    """A query of the page as its second paragraph says it is written for a database."""
    return query.replace("type(", "label(") if dialect == "ladybug" else query


def admitted(statement: str, dialect: Dialect = "neo4j", **parameters: Any) -> str:
    return admit(statement, parameters, dialect, LIMITS).text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_queries_of_the_page_pass(dialect: Dialect) -> None:
    passed = [
        admitted(in_dialect(query, dialect), dialect, user="ann", item="up", other="heat")
        for only, query in QUERIES
        if only in ("", dialect)
    ]
    assert len(passed) == {"neo4j": 11, "ladybug": 8}[dialect]


@pytest.mark.parametrize(
    "statement",
    [
        "RETURN 'DELETE everything; CREATE (n)' AS x, \"it's // no comment\" AS y",
        "MATCH (n {set: 1}) WHERE n.set = 2 RETURN n.delete, n",
        "MATCH (n:CREATE)-[:SET|DELETE]->() RETURN n",
        "MATCH p = shortestPath((a:Item)-[*..5]-(b:Item)) RETURN [n IN nodes(p) | n.title]",
        "CALL { MATCH (i:Item) RETURN i.id AS x UNION ALL MATCH (u:User) RETURN u.id AS x } "
        "RETURN x ORDER BY x DESC SKIP 1 LIMIT 3",
        "MATCH (i:Item) CALL (i) { MATCH (i)<-[:LIKED]-(u) RETURN count(*) AS n } RETURN i.id, n",
        "MATCH (i) RETURN COUNT { (i)--() } AS n, EXISTS { MATCH (i)-->() } AS e",
        "MATCH (i:Item) RETURN i {.title, .*, n: 1, x: COUNT { (i)<--() }} AS m",
        "RETURN CASE WHEN 1 < 2 THEN 'a' ELSE 'b' END AS c, NOT true, -1 + 2, 1.5e3, 0xFF",
        "MATCH (a) WHERE a.x STARTS WITH 'b' AND a.y IS NOT NULL AND NOT (a)-->() RETURN *",
        "OPTIONAL MATCH (a) RETURN DISTINCT a, count(DISTINCT a), count(*), sum(a.x) / count(*)",
        "CALL db.labels() YIELD label RETURN label",
        "MATCH (a) WITH *, a.x AS y ORDER BY y ASC LIMIT 5 WHERE y > 1 UNWIND [1, 2] AS z RETURN z",
        "MATCH (`weird ``name`:`A B`) RETURN `weird ``name`.`x y`",
        "MATCH ((a)-[:X]->(b)){1,3} RETURN count(*)",
        "RETURN reduce(s = 0, x IN [1, 2] | s + x) AS r, any(x IN [1] WHERE x > 0) AS a",
        "MATCH (c:Case {case: 1}) RETURN {set: 1, case: CASE 1 WHEN 1 THEN 2 END} AS m",
        "RETURN datetime() AS now, date.truncate('day', date()) AS d",
        "MATCH (n:Item&!User) RETURN n",
    ],
)
def test_reading_passes(statement: str) -> None:
    assert admitted(statement) == statement


def test_comments_and_the_last_semicolon_are_taken_out() -> None:
    text = admitted("MATCH (n) /* CREATE (x) */ RETURN n // DELETE n\r LIMIT 3 ; // end")
    assert re.sub(r"\s+", " ", text) == "MATCH (n) RETURN n LIMIT 3"


REFUSED = [
    "",
    ";",
    "// nothing",
    "CREATE (n)",
    "create (n)",
    "MATCH (n) SET n.x = 1",
    "MATCH (n) DELETE n",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) NODETACH DELETE n",
    "MATCH (n) REMOVE n.x",
    "MATCH (n) WITH * DELETE n",
    "MATCH (n) WITH n DELETE n",
    "MATCH (n) WITH n AS CREATE CREATE (m)",
    "MATCH (n) MERGE (m)",
    "MATCH (n) INSERT (m)",
    "MATCH (n) FINISH",
    "MATCH (n) FOREACH (x IN [1] | SET n.x = 1)",
    "UNWIND [1] AS x CREATE (:A)",
    "RETURN 1 AS x UNION CREATE (n) RETURN 1 AS x",
    "MATCH (n) RETURN n LIMIT 1 CREATE (m)",
    "MATCH (n) RETURN n ORDER BY n.x DESC CREATE (m)",
    "MATCH ((a)-->(b))+ DELETE a",
    "OPTIONAL CREATE (n)",
    "CALL { MATCH (n) RETURN n } IN TRANSACTIONS RETURN 1",
    "CALL { MATCH (n) RETURN n } IN 3 CONCURRENT TRANSACTIONS OF 5 ROWS RETURN 1",
    "CALL (n) { MATCH (n) DELETE n }",
    "CALL { WITH 1 AS x CALL { CREATE (n) } RETURN x } RETURN x",
    "RETURN EXISTS { CREATE (n) }",
    "RETURN COUNT { MATCH (n) DELETE n }",
    "RETURN COLLECT { SHOW USERS }",
    "MATCH (n) SE/**/T n.x = 1",
    "MATCH (n) SET/* RETURN n */n.x = 1",
    "MATCH (n) // x\rSET n.x = 1",
    "MATCH (n) // x\u2028SET n.x = 1\nDELETE n",
    "MATCH (n) \\u0053ET n.x = 1",
    "\\u0043REATE (n)",
    "RETURN '\\u0027 CREATE (n) //'",
    "RETURN 1 /* \\u002a\\u002f CREATE (n) /* */",
    "MATCH (n) // \\u000a DELETE n",
    "RETURN '\\' CREATE (n) //",
    "RETURN 'a' CREATE (n)",
    "\uff23\uff32\uff25\uff21\uff34\uff25 (n)",
    "MATCH (n) \uff33\uff25\uff34 n.x = 1",
    "MATCH (n) \u017fET n.x = 1",
    "MATCH (n)\u00a0SET n.x = 1",
    "MATCH (n)\u3000DELETE\u3000n",
    "MATCH (n)\x00DELETE n",
    "MATCH (n)\x0bDELETE n",
    "RETURN '\ud800'",
    "RETURN 1; CREATE (n)",
    "RETURN 1;;",
    "RETURN 1CREATE (n)",
    "RETURN 1.CREATE (n)",
    "RETURN 1 LIMIT 1MATCH (n) DELETE n",
    "RETURN `x` CREATE (n)",
    "`CREATE` (n)",
    "MATCH (n) `SET` n.x = 1",
    "MATCH (set) SET set.x = 1",
    "RETURN DROP",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "MATCH (n) LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "MATCH (n) USING INDEX n:Item(id) RETURN n",
    "CALL dbms.listConfig()",
    "CALL `dbms`.`listConfig`()",
    "CALL dbms . killConnection ('x')",
    "CALL db.createLabel('x')",
    "CALL tx.setMetaData({a: 1})",
    "CALL apoc.load.json('http://127.0.0.1')",
    "RETURN apoc.text.join(['a'], 'b')",
    "RETURN `apoc`.text.join(['a'], 'b')",
    "RETURN `apoc.text.join`(['a'], 'b')",
    "RETURN file()",
    "RETURN FILE /* x */ ()",
    "RETURN linenumber()",
    "RETURN graph.byName('x')",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) RETURN n",
    "CYPHER 5 MATCH (n) RETURN n",
    "CYPHER runtime=slotted CREATE (n)",
    "USE neo4j MATCH (n) RETURN n",
    "MATCH (n) CALL { USE system SHOW USERS } RETURN n",
    "SHOW USERS",
    "SHOW TRANSACTIONS",
    "TERMINATE TRANSACTION 'neo4j-transaction-1'",
    "ALTER USER neo4j SET PASSWORD 'x'",
    "CREATE USER x SET PASSWORD 'xxxxxxxx'",
    "GRANT ROLE admin TO x",
    "DROP DATABASE neo4j",
    "CREATE INDEX FOR (n:Item) ON (n.year)",
    "CREATE CONSTRAINT FOR (n:Item) REQUIRE n.year IS NOT NULL",
    "DROP INDEX titles",
    "START DATABASE neo4j",
    "COPY (MATCH (n) RETURN n.id) TO 'out.csv'",
    "COPY Item FROM 'in.csv'",
    "EXPORT DATABASE 'out'",
    "IMPORT DATABASE 'out'",
    "LOAD FROM '/etc/passwd' RETURN *",
    "MATCH (n) LOAD FROM '/etc/passwd' RETURN *",
    "ATTACH 'x.lbug' AS x (dbtype lbug)",
    "DETACH x",
    "INSTALL httpfs",
    "LOAD EXTENSION httpfs",
    "FORCE CHECKPOINT",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "CALL threads=1",
    "CALL timeout=0",
    "CALL current_setting('threads') RETURN *",
    "CALL show_functions() RETURN *",
    "CALL project_graph('g', ['Item'], ['LIKED'])",
    "CALL read_csv_serial('/etc/passwd') RETURN *",
    "CREATE NODE TABLE T (id STRING PRIMARY KEY)",
    "ALTER TABLE Item DROP title",
    "DROP TABLE Item",
    "CREATE MACRO m(x) AS x",
    "CREATE SEQUENCE s",
    "RETURN nextval('s')",
    "COMMENT ON TABLE Item IS 'x'",
    "ANALYZE",
    "MATCH (n RETURN n",
    "MATCH (n) RETURN n)",
    "RETURN $",
    "RETURN $$x$$",
    "RETURN 'no end",
    "RETURN `no end",
    "RETURN 1 /* no end",
    "RETURN \\",
    "RETURN " + "(" * 17 + "1" + ")" * 17,
    "RETURN " + "[" * 3000 + "]" * 3000,
    "RETURN " + "NOT " * 5 + "true",
    "RETURN " + "-" * 50 + "1",
    "RETURN " + "CASE WHEN true THEN " * 7 + "1" + " END" * 7,
    "RETURN '" + "x" * 10_000 + "'",
]
"""Ways to write, to reach a file, a setting or another caller, and to break a parser."""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused_in_a_sentence(statement: str, dialect: Dialect) -> None:
    with pytest.raises(StatementError) as caught:
        admitted(statement, dialect)
    assert "\n" not in str(caught.value)
    assert 10 < len(str(caught.value)) < 400


def test_a_refusal_names_the_word_and_what_is_allowed() -> None:
    with pytest.raises(StatementError, match=r"'DELETE' at character 11: .* MATCH, OPTIONAL"):
        admitted("MATCH (n) DELETE n")
    with pytest.raises(StatementError, match=r"procedure dbms\.listConfig .* allowed are .*labels"):
        admitted("CALL dbms.listConfig()")


@pytest.mark.parametrize(
    "statement",
    [
        "WITH [1, 2] AS s WITH [s, s] AS s RETURN s",
        "WITH [1, 2] AS s WITH {a: s, b: s} AS s RETURN s",
        "RETURN list_concat([1], [2])",
        "RETURN range(1, 1000000000)",
        "RETURN repeat('x', 1000000000)",
        "WITH [1] AS s RETURN s + s + s + s + s + s + s + s + s + s",
        "MATCH (a)" + "-[]->()" * 11 + " RETURN count(*)",
        "MATCH (a)" + "-->()" * 6 + "--()" * 5 + " RETURN count(*)",
    ],
)
def test_what_takes_memory_without_end_is_refused_in_an_embedded_graph(statement: str) -> None:
    with pytest.raises(StatementError):
        admitted(statement, "ladybug")


def test_an_expression_without_end_is_refused_on_neo4j() -> None:
    with pytest.raises(StatementError, match="STARTS WITH"):
        admitted("MATCH (n) WHERE n.title =~ '(.*a){25}b' RETURN n")
    assert admitted("MATCH (n) WHERE n.title =~ '(.*a){25}b' RETURN n", "ladybug")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_page_lists_what_may_be_called(dialect: Dialect) -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = set(re.findall(r"[a-z0-9_.]+", page.partition("## Through the API")[2].lower()))
    assert allowed.FUNCTIONS[dialect] | allowed.PROCEDURES[dialect] <= listed


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**63, "64 bits"),
        (b"x", "bytes"),
        ({1: 2}, "key that is no string"),
        (object(), "a object; parameters are JSON"),
        ("\ud800", "surrogate"),
        ([1] * 10_001, "more than 10000 values"),
        ("x" * ((1 << 20) + 1), "more than 1048576 bytes"),
        ({"x" * ((1 << 20) + 1): 1}, "more than 1048576 bytes"),
        (nested(17), "nested more than 16 deep"),
        (nested(100_000), "nested more than 16 deep"),
    ],
)
def test_parameters_are_json_and_bounded(value: Any, reason: str) -> None:
    with pytest.raises(StatementError, match=reason):
        admitted("RETURN $a", a=value)


def test_parameters_that_are_used_are_given_and_others_left_out() -> None:
    statement = admit("RETURN $a, $`b c`", {"a": 1, "b c": [None], "d": 2}, "neo4j", LIMITS)
    assert statement.parameters == {"a": 1, "b c": [None]}
    with pytest.raises(StatementError, match=r"\$b, which is missing"):
        admitted("RETURN $b", a=1)
    assert admitted("RETURN '$b' /* $c */") == "RETURN '$b'"


SOUP = r"""
MATCH RETURN WITH WHERE UNWIND CALL UNION ALL CREATE MERGE SET DELETE DETACH REMOVE FOREACH LOAD CSV
FROM COPY TO IN TRANSACTIONS AS n x Item LIKED NOT NULL CASE WHEN THEN END ORDER BY LIMIT EXISTS
COUNT count file ( ) [ ] { } , : ; . .. | - -> <- * + = 1 1.5 'a' '\' " ` $p // /* */ \u0043
"""
WORDS = st.sampled_from([*SOUP.split(), "\n", "\r", "\u2028", "\u00a0"])


@settings(max_examples=2000, deadline=None)
@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=60))
def test_soup_is_refused_or_keeps_what_writes_in_names_and_strings(soup: str) -> None:
    for dialect in DIALECTS:
        try:
            text = admit(soup, {"p": 1}, dialect, LIMITS).text
        except StatementError:
            continue
        assert "//" not in re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "", text)
        bare = re.sub(r"'(\\.|[^'\\])*'|\"(\\.|[^\"\\])*\"|`[^`]*`", "", text)
        assert not re.search(r"(?<![:|&!.])\s+(CREATE|MERGE|DELETE|REMOVE)\s+[(n]", bare)
