"""Stores for the tests: `ladybug_store`, `neo4j_store`, and `store`, which runs a test on each.

The Neo4j tests need a real server: the one at `WHYPATH_TEST_NEO4J_URI` (its graph is deleted), else
one from Maven artifacts, else a container; without any they are skipped with the reason.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from graph.connect import open_store
from graph.store import Store
from tests.wire import Wire
from tools.neo4j_server import VERSION, ServerUnavailableError, free_port, running

_PASSWORD = "whypath-test"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests: two processes then end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keep bytes out of the ids of tests: those of a file may differ from process to process."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def ladybug_store(tmp_path: Path) -> Iterator[Store]:
    """A new embedded graph."""
    with open_store(f"ladybug://{tmp_path}/graph.lbug?buffer_mb=128") as store:
        yield store


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """URI and password of a server that the tests may do anything with."""
    if uri := os.environ.get("WHYPATH_TEST_NEO4J_URI"):
        yield uri, os.environ.get("WHYPATH_TEST_NEO4J_PASSWORD", _PASSWORD)
        return
    try:
        home = tmp_path_factory.mktemp("neo4j")
        with running(home, _PASSWORD, bolt_port=free_port(), is_short_lived=True) as server:
            yield server.uri, server.password
            server.process.kill()  # Its data go anyway, and an orderly stop takes six seconds.
    except ServerUnavailableError as error:
        yield from _container(str(error))


def _container(why_no_server: str) -> Iterator[tuple[str, str]]:
    """A server in a container, or a skip that says all that is missing."""
    import docker
    from docker.errors import DockerException

    try:
        docker.from_env().ping()
    except DockerException as error:
        pytest.skip(
            f"no Neo4j: WHYPATH_TEST_NEO4J_URI is not set; {why_no_server}; "
            f"no Docker engine answers ({error})"
        )
    from testcontainers.neo4j import Neo4jContainer

    with Neo4jContainer(f"neo4j:{VERSION}-community", password=_PASSWORD) as container:
        yield container.get_connection_url(), _PASSWORD


@pytest.fixture(scope="session")
def neo4j_driver(neo4j_server: tuple[str, str]) -> Iterator[neo4j.Driver]:
    """A driver beside the store's own, to look at what the store wrote."""
    uri, password = neo4j_server
    with neo4j.GraphDatabase.driver(
        uri, auth=("neo4j", password), notifications_min_severity="OFF"
    ) as driver:
        yield driver


@pytest.fixture
def neo4j_store(neo4j_server: tuple[str, str], neo4j_driver: neo4j.Driver) -> Iterator[Store]:
    """A new graph on the server: Community has one database, so it is cleared."""
    with neo4j_driver.session() as session:
        for part in ("()-[n]->()", "(n)"):  # nodes with thousands of edges would fill the memory
            session.run(
                f"MATCH {part} CALL (n) {{ DELETE n }} IN TRANSACTIONS OF 20000 ROWS"
            ).consume()
    uri, password = neo4j_server
    with open_store(uri, password=password) as store:
        yield store


@pytest.fixture
def wire(neo4j_server: tuple[str, str]) -> Iterator[Wire]:
    """A wire to the server of the tests, to be cut."""
    with Wire(neo4j_server[0]) as wire:
        yield wire


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest) -> Store:
    """A new graph of each kind."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened
