"""Every query of docs/cypher.md runs, on both stores where it is not marked as Neo4j's alone."""

import re
from pathlib import Path

import pytest

from graph.engine import Statement
from graph.store import Store
from tests.contracts.store_contract import write_films, write_run

PAGE = Path(__file__).parents[2] / "docs" / "cypher.md"
BLOCK = re.compile(r"```cypher( neo4j)?\n(.*?)```", re.DOTALL)
QUERIES = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
VALUES = {"user": "ann", "item": "up", "other": "serpico"}


def run(store: Store, query: str) -> list[list[object]]:
    names = re.findall(r"\$(\w+)", query)
    engine = store._engine  # type: ignore[attr-defined]
    if engine.dialect == "ladybug":
        query = query.replace("type(", "label(")
    rows: list[list[object]] = engine.rows(Statement(query, {name: VALUES[name] for name in names}))
    return rows


def test_every_query_runs(store: Store) -> None:
    write_films(store)
    write_run(store, 1, {"CO_LIKED": [("heat", "up", 0.5), ("up", "heat", 0.25)]})
    ours = store._engine.dialect  # type: ignore[attr-defined]
    answered = [run(store, query) for only, query in QUERIES if not only or ours == "neo4j"]
    assert len(QUERIES) == 9
    # Only "What two items have in common" has nothing to say about these two.
    assert [len(rows) == 0 for rows in answered].count(True) == 1


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("What the evidence puts nearest", [["Heat", "CO_LIKED", 0.25]]),
        ("Recommendations, as far", [[None, 0.5, 1]]),
        ("Through what an item", [["Heat", 0.5]]),
    ],
)
def test_the_answers_are_right(store: Store, heading: str, rows: list[list[object]]) -> None:
    write_films(store)
    write_run(store, 1, {"CO_LIKED": [("heat", "up", 9.0)]})
    write_run(store, 2, {"CO_LIKED": [("heat", "up", 0.5), ("up", "heat", 0.25)]})
    text = PAGE.read_text(encoding="utf-8")
    found = BLOCK.search(text, text.index(heading))
    assert found is not None
    assert run(store, found[2]) == rows
