"""What only a Neo4j graph has: labels by kind, constraints, full-text indexes, other clients."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import neo4j
import pyarrow as pa
import pytest
from neo4j import exceptions

from graph.connect import open_store
from graph.names import kind_label
from graph.store import Store
from tests.contracts.store_contract import feedback, vectors, write_films, write_run
from tools.neo4j_server import VERSION

pytestmark = pytest.mark.neo4j
ROOT = Path(__file__).parents[2]


def rows(driver: neo4j.Driver, query: str, **parameters: object) -> list[list[object]]:
    return [record.values() for record in driver.execute_query(query, parameters).records]


def test_entities_have_the_label_of_their_kind(
    neo4j_store: Store, neo4j_driver: neo4j.Driver
) -> None:
    write_films(neo4j_store)
    query = "MATCH (e:Entity) RETURN e.id, labels(e) ORDER BY e.id"
    labels = [["crime", ["Entity", "Genre"]], ["pacino", ["Entity", "Person"]]]
    assert rows(neo4j_driver, query) == labels
    changed = pa.table({"id": ["crime"], "kind": ["film`s theme"], "name": ["Crime"]})
    neo4j_store.write_entities(changed)
    assert rows(neo4j_driver, query)[0] == ["crime", ["Entity", "FilmSTheme"]]


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("Person", "Person"),
        ("film maker", "FilmMaker"),
        ("类型", "类型"),
        ("42", None),
        ("Item", None),
    ],
)
def test_labels_of_kinds(kind: str, label: str | None) -> None:
    assert kind_label(kind) == label


@pytest.mark.parametrize("label", ["User", "Item", "Entity", "Run"])
def test_ids_are_unique(neo4j_store: Store, neo4j_driver: neo4j.Driver, label: str) -> None:
    write_films(neo4j_store)
    create = f"CREATE (:{label} {{id: 'twice'}})"
    neo4j_driver.execute_query(create)
    with pytest.raises(exceptions.ConstraintError):
        neo4j_driver.execute_query(create)


@pytest.mark.parametrize(
    ("index", "words", "found"), [("titles", "heat", "heat"), ("names", "pacino", "pacino")]
)
def test_titles_and_names_are_found_by_words(
    neo4j_store: Store, neo4j_driver: neo4j.Driver, index: str, words: str, found: str
) -> None:
    write_films(neo4j_store)
    neo4j_driver.execute_query("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()")
    query = "CALL db.index.fulltext.queryNodes($index, $words) YIELD node RETURN node.id"
    assert rows(neo4j_driver, query, index=index, words=words) == [[found]]


def test_the_vector_index_follows_the_length_of_the_vectors(
    neo4j_store: Store, neo4j_driver: neo4j.Driver
) -> None:
    write_films(neo4j_store)
    write_run(neo4j_store, 1, {})
    near = (
        "MATCH (item:Item {id: 'heat'}) "
        "CALL db.index.vector.queryNodes('item_vectors', 2, item.vector) YIELD node, score "
        "RETURN node.id, round(score, 2) ORDER BY score DESC"
    )
    index = (
        "SHOW VECTOR INDEXES YIELD name, options WHERE name = 'item_vectors' "
        "RETURN options.indexConfig['vector.dimensions'], "
        "options.indexConfig['vector.similarity_function']"
    )
    for size in (3, 2, 2):
        rest = [0.0] * (size - 2)
        table = vectors(heat=[1.0, 0.0, *rest], up=[-1.0, 0.0, *rest], serpico=[1.0, 0.0, *rest])
        neo4j_store.write_vectors(1, table)
        assert rows(neo4j_driver, index) == [[size, "COSINE"]]
        assert sorted(rows(neo4j_driver, near)) == [["heat", 1.0], ["serpico", 1.0]]


def test_two_clients_that_write_the_same_feedback(
    neo4j_store: Store, neo4j_server: tuple[str, str]
) -> None:
    write_films(neo4j_store)
    users = [f"u{n}" for n in range(20)]
    neo4j_store.write_users(pa.table({"id": users}))
    uri, password = neo4j_server

    def write(order: int) -> int:
        table = feedback(*((user, "heat", 1.0, 1, None) for user in users[::order]))
        with open_store(uri, password=password) as store:
            return sum(store.write_feedback("VIEWED", table).added for _ in range(5))

    with ThreadPoolExecutor(4) as threads:
        added = sum(threads.map(write, [1, -1, 1, -1]))
    assert added == len(users)
    assert neo4j_store.counts()["VIEWED"] == len(users)


def test_the_py2neo_example(neo4j_store: Store, neo4j_server: tuple[str, str]) -> None:
    write_films(neo4j_store)
    write_run(
        neo4j_store, 1, {"CO_LIKED": [("heat", "serpico", 0.5)], "SHARES": [("heat", "up", 1.0)]}
    )
    uri, password = neo4j_server
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "py2neo_read.py", "heat"],
        env={"NEO4J_URI": uri, "NEO4J_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["1.000", "SHARES", "up", "0.500", "CO_LIKED", "Serpico"]


class TestComposeFile:
    TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    def test_it_runs_the_version_that_the_tests_run(self) -> None:
        assert re.findall(r"image: neo4j:(.*)", self.TEXT) == [f"{VERSION}-community"]

    def test_it_is_a_compose_file(self) -> None:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "check_jsonschema",
                "--builtin-schema",
                "vendor.compose-spec",
                ROOT / "docker-compose.yml",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def test_the_password_comes_from_the_environment_file(self) -> None:
        assert "${NEO4J_PASSWORD:?" in self.TEXT
        assert "NEO4J_PASSWORD=\n" in (ROOT / ".env.example").read_text(encoding="utf-8")
