"""Every query of docs/cypher.md runs, on both stores where it is not marked as Neo4j's alone."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Statement
from graph.store import Store
from tests.contracts.store_contract import vectors, write_films, write_run

PAGE = Path(__file__).parents[2] / "docs" / "cypher.md"
BLOCK = re.compile(r"```cypher(?: (neo4j|ladybug))?\n(.*?)```", re.DOTALL)
QUERIES = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
VALUES = {"user": "ann", "item": "up", "other": "serpico"}


def run(store: Store, query: str, values: Mapping[str, str] = VALUES) -> list[list[Any]]:
    names = re.findall(r"\$(\w+)", query)
    engine = store._engine  # type: ignore[attr-defined]
    if engine.dialect == "ladybug":
        query = query.replace("type(", "label(")
    rows: list[list[Any]] = engine.rows(Statement(query, {name: values[name] for name in names}))
    return rows


def test_every_query_runs(store: Store) -> None:
    write_films(store)
    write_run(store, 1, {"CO_LIKED": [("heat", "up", 0.5), ("up", "heat", 0.25)]})
    store.write_vectors(1, vectors(heat=[1.0, 0.0], serpico=[1.0, 1.0], up=[0.0, 1.0]))
    ours = store._engine.dialect  # type: ignore[attr-defined]
    answered = [run(store, query) for only, query in QUERIES if only in ("", ours)]
    assert len(QUERIES) == 12
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


@pytest.mark.parametrize("item", ["heat", "up"])
def test_the_nearest_items_by_vector(store: Store, item: str) -> None:
    write_films(store)
    write_run(store, 1, {})
    store.write_vectors(1, vectors(heat=[1.0, 0.0], serpico=[1.0, 1.0], up=[0.0, 1.0]))
    ours = store._engine.dialect  # type: ignore[attr-defined]
    [query, *_] = [text for only, text in QUERIES if only == ours and "vector" in text]
    values = {**VALUES, "item": item}
    rows = run(store, query, values)
    assert [row[0] for row in rows] == ["serpico", "up" if item == "heat" else "heat"]
    cosines = [2.0 * score - 1.0 if ours == "neo4j" else score for _, _, score in rows]
    assert cosines == pytest.approx([0.5**0.5, 0.0], abs=0.01)  # the index rounds
