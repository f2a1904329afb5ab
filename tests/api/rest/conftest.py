"""A real server on a free port of this machine, over a small trained project on either store."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.cli import main
from api.rest.app import create_app
from api.settings import Settings, load_settings
from tests.api.rest.moving import move_to_server

Serve = Callable[..., httpx.Client]


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Serve a project in a thread; yields the base URL."""
    config = uvicorn.Config(create_app(settings), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server stopped at its start"
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store of each kind; the password of a server is in the environment."""
    if request.param.startswith("ladybug"):
        return "ladybug:graph.lbug"
    request.getfixturevalue("neo4j_store").close()  # which cleared the server
    uri, password = request.getfixturevalue("neo4j_server")
    monkeypatch.setenv("NEO4J_PASSWORD", password)
    return str(uri)


@pytest.fixture(scope="session")
def trained_project(
    tmp_path_factory: pytest.TempPathFactory, project_writer: Callable[[Path], Path]
) -> Path:
    """The tiny project of `tests/api`, imported and trained in an embedded graph; to be copied."""
    folder = project_writer(tmp_path_factory.mktemp("trained") / "films")
    for command in ("import", "train"):
        assert main(["--project", str(folder), command]) == 0
    return folder


@pytest.fixture
def served_project(trained_project: Path, tmp_path: Path, store_url: str) -> Path:
    """A project of its own, imported and trained in the store."""
    folder = tmp_path / "served"
    shutil.copytree(trained_project, folder, ignore=shutil.ignore_patterns("*.lock"))
    if not store_url.startswith("ladybug:"):
        move_to_server(folder, store_url)
    return folder


@pytest.fixture
def serve(served_project: Path) -> Iterator[Serve]:
    """Starts a server with changed settings of `[serve]`; answers a client of it."""
    with contextlib.ExitStack() as stack:

        def start(project: Path = served_project, **changes: Any) -> httpx.Client:
            settings = load_settings(project)
            settings = replace(settings, serve=replace(settings.serve, **changes))
            url = stack.enter_context(running(settings))
            return stack.enter_context(httpx.Client(base_url=url, timeout=30))

        yield start


@pytest.fixture
def http(serve: Serve) -> httpx.Client:
    """A client of a server with the usual settings."""
    return serve()
