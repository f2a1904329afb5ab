"""Callers' Cypher on real engines: what it answers, that it cannot write, where it is stopped."""

import contextlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graph.asking.deadline import PLACES
from graph.asking.gate import admit
from graph.asking.limits import Answer, AskLimits
from graph.engine import Engine, Statement
from graph.errors import ResourceError, StatementError, StoreError, TimeLimitError, WhypathError
from graph.store import Store
from tests.contracts.store_contract import feedback, vectors, write_films, write_run
from tests.graph.test_asking_gate import QUERIES, REFUSED, in_dialect

LIMITS = AskLimits(time_s=30.0)
"""A server that has just started plans its first statements slowly."""
VALUES = {"user": "ann", "item": "up", "other": "serpico"}


def engine(store: Store) -> Engine:
    return cast(Engine, store._engine)  # type: ignore[attr-defined]


def ask(store: Store, statement: str, limits: AskLimits = LIMITS, **parameters: Any) -> Answer:
    answer = store.ask(statement, parameters, limits)
    json.dumps([answer.fields, answer.values], allow_nan=False).encode()
    return answer


def films(store: Store) -> Store:
    write_films(store)
    write_run(store, 1, {"CO_LIKED": [("heat", "up", 0.5), ("up", "heat", 0.25)]})
    store.write_vectors(1, vectors(heat=[1.0, 0.0], serpico=[1.0, 1.0], up=[0.0, 1.0]))
    return store


def state(store: Store) -> list[Any]:
    """All that a statement might have changed: nodes, edges, properties, tables, indexes, files."""
    reader = engine(store)
    found: list[Any] = [dict(store.counts()), store.schema(), store.read_items().to_pylist()]
    found.append(store.read_feedback("LIKED").to_pylist())
    if reader.dialect == "ladybug":
        found.append(sorted(reader.rows(Statement("CALL show_tables() RETURN name"))))
        folder = Path(store.url.removeprefix("ladybug://")).parent
        found.append(sorted(path.name for path in folder.iterdir()))
    else:
        shown = ("INDEXES YIELD name", "CONSTRAINTS YIELD name", "USERS YIELD user")
        found += [sorted(reader.rows(Statement(f"SHOW {what}"))) for what in shown]
    return found


# What it answers


def test_the_queries_of_the_page_are_answered(store: Store) -> None:
    films(store)
    ours = engine(store).dialect
    asked = [query for only, query in QUERIES if only in ("", ours)]
    answers = [ask(store, in_dialect(query, ours), **VALUES) for query in asked]
    assert [len(answer.values) == 0 for answer in answers].count(True) == 1
    assert all(answer.cut_by is None for answer in answers)


def test_fields_values_and_parameters(store: Store) -> None:
    films(store)
    answer = ask(
        store,
        "MATCH (i:Item) WHERE i.id IN $ids AND i.year > $year "
        "RETURN i.title AS title, i.year AS `the year`, 'DELETE' AS word ORDER BY title // set",
        ids=["heat", "serpico"],
        year=1900,
        unused={"a": [1]},
    )
    assert answer.fields == ("title", "the year", "word")
    assert answer.values == (("Heat", 1995, "DELETE"), ("Serpico", 1973, "DELETE"))


def test_nodes_relationships_and_paths_are_objects_of_one_form(store: Store) -> None:
    films(store)
    answer = ask(
        store,
        "MATCH p = (u:User {id: 'ann'})-[e:LIKED]->(i:Item) RETURN u, e, p, collect(u) AS l",
    )
    user, edge, path, users = cast(Sequence[Any], answer.values[0])
    assert user["labels"] == ["User"]
    assert user["properties"] == {"id": "ann", "age": 30}
    assert edge["type"] == "LIKED"
    assert edge["properties"] == {"value": 5.0, "at": 100}
    assert edge["startNodeElementId"] == user["elementId"]
    assert path[0] == user
    assert path[1] == edge
    assert path[2]["properties"]["title"] == "Heat"
    assert edge["endNodeElementId"] == path[2]["elementId"]
    assert users == [user]


def test_a_statement_sees_what_was_written_just_before(store: Store) -> None:
    films(store)
    count = "MATCH (:User)-[e:LIKED]->(:Item) RETURN count(e) AS n"
    assert ask(store, count).values == ((2,),)
    store.write_feedback("LIKED", feedback(("ann", "up", 1.0, 300)))
    assert ask(store, count).values == ((3,),)


@pytest.mark.neo4j
def test_values_of_neo4j(neo4j_store: Store) -> None:
    answer = ask(
        neo4j_store,
        "RETURN date('2020-01-02'), datetime('2020-01-02T03:04:05Z'), duration('P1DT2S'), "
        "point({x: 1, y: 2}), 0.0 / 0.0, 1.0 / 0.0, {a: [1, null]}, $big",
        big=2**63 - 1,
    )
    assert answer.values == (
        (
            "2020-01-02",
            "2020-01-02T03:04:05.000000000+00:00",
            "P1DT2S",
            {"srid": 7203, "coordinates": [1.0, 2.0]},
            "NaN",
            "Infinity",
            {"a": [1, None]},
            2**63 - 1,
        ),
    )


def test_values_of_ladybug(ladybug_store: Store) -> None:
    answer = ask(
        ladybug_store,
        "RETURN date('2020-01-02'), timestamp('2020-01-02 03:04:05'), interval('2 seconds'), "
        "CAST(1.5 AS DECIMAL(5, 2)), sqrt(-1.0), {a: [1, 2]}, $big",
        big=2**63 - 1,
    )
    assert answer.values == (
        ("2020-01-02", "2020-01-02T03:04:05", "PT2S", "1.50", "NaN", {"a": [1, 2]}, 2**63 - 1),
    )


@pytest.mark.neo4j
@pytest.mark.parametrize(
    "statement",
    [
        "CALL db.labels() YIELD label RETURN label",
        "CALL db.schema.visualization()",
        "CALL { MATCH (i:Item) RETURN i.id AS x UNION MATCH (u:User) RETURN u.id AS x } RETURN x",
        "MATCH (i:Item) CALL (i) { MATCH (i)<-[:LIKED]-(u) RETURN count(*) AS n } RETURN i.id, n",
        "MATCH (i:Item) WHERE EXISTS { (i)<-[:LIKED]-() } OR i.year > 2000 RETURN i {.title} AS m",
        "MATCH (i:Item) RETURN COUNT { (i)--() } AS n, "
        "COLLECT { MATCH (i)-->(b) RETURN b.id } AS m",
        "MATCH p = shortestPath((a:User {id: 'ann'})-[*..5]-(b:User {id: 'bob'})) RETURN length(p)",
        "MATCH (a:User)-[:LIKED|CO_LIKED*1..3]->(b) RETURN DISTINCT b.id AS id ORDER BY id",
        "MATCH ((a:Item)-[:CO_LIKED]->(b:Item)){1,3} RETURN count(*) AS n",
        "MATCH (a:Item), (b:Item) WHERE a.year = b.year AND NOT (a)-->(b) RETURN count(*) AS n",
        "MATCH (a:Item) OPTIONAL MATCH (a)-[:HAS_CAST]->(e) WITH a, collect(e.name) AS names "
        "RETURN a.id, names ORDER BY a.id LIMIT 2",
        "MATCH (a:Item) RETURN avg(a.year), [(a)-->(b) | b.id] AS near LIMIT 1",
        "MATCH (i:Item) WHERE i.title STARTS WITH 'H' OR i.title CONTAINS 'x' RETURN i",
        "MATCH (i:Item)<-[e]-(u) WHERE elementId(i) <> '' RETURN type(e), labels(u), keys(i)",
        "UNWIND [1, 2] AS x UNWIND range(1, 3) AS y RETURN sum(x * y) AS s",
    ],
)
def test_useful_statements_pass_the_plan_of_neo4j(neo4j_store: Store, statement: str) -> None:
    films(neo4j_store)
    ask(neo4j_store, statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("MATCH (n RETURN n", "no bracket|ends before"),
        ("RETURN nobody", "cannot run.*nobody"),
        ("MATCH (n:Item) RETURN size(1, 2, 3)", "cannot run"),
        ("RETURN 1 / 0", "cannot run.*zero"),
        ("MATCH (n:Item) RETURN RETURN", "may not be used"),
    ],
)
def test_a_wrong_statement_is_told_in_a_sentence(store: Store, statement: str, said: str) -> None:
    films(store)
    with pytest.raises(StatementError, match=f"(?i){said}") as caught:
        ask(store, statement)
    assert "\n" not in str(caught.value)
    assert str(Path(store.url.removeprefix("ladybug://")).parent) not in str(caught.value)


def test_parameters_that_ladybug_has_no_type_for(ladybug_store: Store) -> None:
    for value in ([1, "x"], [], [[]], {"a": []}):
        with pytest.raises(StatementError, match=r"list"):
            ask(ladybug_store, "RETURN $a", a=value)


# That it cannot write


def test_no_spelling_writes(store: Store) -> None:
    films(store)
    before = state(store)
    for statement in REFUSED:
        with pytest.raises(StatementError):
            ask(store, statement)
    assert state(store) == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (n:Item {id: 'x'})",
        "MATCH (n:Item) SET n.title = 'x'",
        "MATCH (n:User) DETACH DELETE n",
        "MERGE (n:Item {id: 'y'})",
    ],
)
def test_the_engine_refuses_writes_behind_the_gate(store: Store, statement: str) -> None:
    films(store)
    before = state(store)
    with pytest.raises(StatementError, match="may only read"):
        engine(store).ask(Statement(statement), LIMITS)
    assert state(store) == before


@pytest.mark.neo4j
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "LoadCSV"),
        ("CALL dbms.listConfig() YIELD name RETURN name", "may only read"),
        ("SHOW FUNCTIONS", "may not run"),
        ("CALL db.ping() YIELD success RETURN success", "db.ping"),
    ],
)
def test_the_plan_refuses_what_reading_mode_lets_through(
    neo4j_store: Store, statement: str, said: str
) -> None:
    with pytest.raises(StatementError, match=said):
        engine(neo4j_store).ask(Statement(statement), LIMITS)


def test_two_statements_are_refused_behind_the_gate(ladybug_store: Store) -> None:
    with pytest.raises(StatementError, match="one statement"):
        engine(ladybug_store).ask(Statement("RETURN 1; RETURN 2"), LIMITS)


PIECES = st.sampled_from(
    [
        *("MATCH (n:Item)", "MATCH (n:User)-[e:LIKED]->(i:Item)", "WITH *", "WITH n", "UNWIND [1]"),
        *("AS x", "WHERE n.id = 'up'", "RETURN n", "RETURN 1 AS x", "UNION", "ORDER BY n.id"),
        *("LIMIT 3", "CALL {", "}", "(", ")", "*", ",", ";", "+", "|", "EXISTS {", "'", '"', "`"),
        *("//", "/*", "*/", "\n", "DELETE n", "DETACH DELETE n", "SET n.title = 'z'", "CREATE (m)"),
        *("CREATE (:Item {id: 'new'})", "MERGE (:User {id: 'z'})", "REMOVE n.title", "FOREACH"),
        *("(x IN [1] | CREATE (:Item {id: 'f'}))", "COPY User TO 'soup.csv'", "DROP TABLE LIKED"),
        *("IN TRANSACTIONS", "\\u0044ELETE n", "CALL threads=1", "AS", "n", "CHECKPOINT"),
    ]
)


def test_soup_never_writes(store: Store) -> None:
    films(store)
    before = state(store)
    limits = AskLimits(time_s=2.0, rows=10)
    passed = 0

    @settings(
        max_examples=400,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @example(["MATCH (n:Item)", "RETURN n"])  # chance alone may let none pass
    @given(st.lists(PIECES, min_size=1, max_size=8))
    def pour(pieces: list[str]) -> None:
        nonlocal passed
        soup = " ".join(pieces)
        try:
            store.ask(soup, {}, limits)
            passed += 1
            # The gate alone keeps it from writing, also where the engine would let it.
            text = admit(soup, {}, engine(store).dialect, limits).text
            engine(store).write(lambda reader: reader.rows(Statement(text)))
        except (StatementError, TimeLimitError, ResourceError):
            pass

    pour()
    assert state(store) == before
    assert passed > 0


# Where it is stopped


def many(store: Store, count: int = 1000) -> Store:
    films(store)
    store.write_items(pa.table({"id": [f"i{n}" for n in range(count)]}))
    return store


RUNAWAY = (
    "MATCH (a:Item), (b:Item), (c:Item), (d:Item) WHERE a.id + b.id + c.id = d.id RETURN count(*)"
)


def test_a_runaway_statement_is_stopped_in_time_and_the_store_serves_on(store: Store) -> None:
    many(store)
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match="stopped after 1 s"):
        ask(store, RUNAWAY, AskLimits(time_s=1.0))
    assert time.monotonic() - start < 4.0
    assert ask(store, "MATCH (u:User) RETURN count(u) AS n").values == ((2,),)
    assert [entry.item for entry in store.history("ann", 5)] == ["heat"]
    store.write_users(pa.table({"id": ["carl"]}))


def test_statements_leave_other_queries_a_thread(store: Store) -> None:
    many(store)
    store.history("ann", 5)  # so that its plan is there: a busy Neo4j plans slowly
    with ThreadPoolExecutor(PLACES) as pool:
        running = [pool.submit(ask, store, RUNAWAY, AskLimits(time_s=5.0)) for _ in range(PLACES)]
        time.sleep(0.5)
        assert [entry.item for entry in store.history("ann", 5)] == ["heat"]
        assert not any(one.done() for one in running)
        for one in running:
            with pytest.raises(TimeLimitError):
                one.result()


def test_few_run_at_a_time_and_others_wait_no_longer_than_they_may(store: Store) -> None:
    many(store)

    def run(_: int) -> type[WhypathError]:
        with pytest.raises(WhypathError) as caught:
            ask(store, RUNAWAY, AskLimits(time_s=1.0))
        return type(caught.value)

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        kinds = set(pool.map(run, range(8)))
    assert time.monotonic() - start < 8.0
    assert kinds <= {TimeLimitError, StoreError}
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:  # Neo4j gives the places back within two seconds.
        try:
            assert ask(store, "RETURN 1 AS x").values == ((1,),)
            break
        except (StoreError, TimeLimitError):
            continue
    else:
        pytest.fail("no place got free")


def test_too_many_rows_are_cut_with_a_mark(store: Store) -> None:
    many(store)
    product = "MATCH (a:Item), (b:Item), (c:Item) RETURN a.id, b.id, c.id"
    answer = ask(store, product, AskLimits(rows=100))
    assert (len(answer.values), answer.cut_by) == (100, "rows")
    exact = ask(store, "MATCH (u:User) RETURN u.id AS id ORDER BY id", AskLimits(rows=2))
    assert (exact.values, exact.cut_by) == ((("ann",), ("bob",)), None)


def test_too_many_bytes_are_cut_with_a_mark(store: Store) -> None:
    many(store)
    answer = ask(
        store, "MATCH (i:Item) RETURN i.id, $t AS t", AskLimits(answer_bytes=10_000), t="x" * 1000
    )
    assert answer.cut_by == "answer_bytes"
    assert len(answer.values) == 9
    assert ask(store, "RETURN $t AS t", AskLimits(answer_bytes=500), t="x" * 990).values == ()


def test_too_much_memory_is_an_error_and_the_store_serves_on(store: Store) -> None:
    many(store, 3000)
    product = "MATCH (a:Item), (b:Item), (c:Item) WITH a.id + b.id + c.id AS x "
    with pytest.raises((ResourceError, TimeLimitError)):
        ask(store, product + "RETURN size(collect(x)) AS n", AskLimits(time_s=20.0))
    assert [entry.item for entry in store.history("ann", 5)] == ["heat"]


def test_the_longest_statements_that_pass_come_back(store: Store) -> None:
    films(store)
    deep = 15
    for statement in (
        "RETURN " + "(" * deep + "1" + ")" * deep,
        "RETURN " + "[" * deep + "1" + "]" * deep,
        "RETURN " + "CASE WHEN true THEN " * 6 + "1" + " END" * 6,
        "RETURN NOT NOT NOT NOT true",
        "MATCH (a:Item) WHERE " + " OR ".join(["a.year = 1"] * 500) + " RETURN count(*)",
        "RETURN [" + ", ".join(["1"] * 2000) + "]",
        "RETURN " + "*".join(["1"] * 2000),
        "MATCH (a)" + "-[]->()" * 10 + " RETURN count(*)",
    ):
        start = time.monotonic()
        with contextlib.suppress(TimeLimitError, StatementError, StoreError, ResourceError):
            ask(store, statement, AskLimits(time_s=3.0))
        assert time.monotonic() - start < 4.0, statement[:60]


def test_a_store_closes_while_a_statement_runs(ladybug_store: Store) -> None:
    many(ladybug_store)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ask, ladybug_store, RUNAWAY, AskLimits(time_s=30.0))
        time.sleep(0.3)
        start = time.monotonic()
        ladybug_store.close()
        assert time.monotonic() - start < 5.0
        with pytest.raises(WhypathError):
            running.result()


def test_limits_are_positive() -> None:
    with pytest.raises(ValueError, match="rows must be greater"):
        AskLimits(rows=0)
    assert admit("RETURN 1", {}, "neo4j", AskLimits(statement_length=8)).text == "RETURN 1"
