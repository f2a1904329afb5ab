"""What goes wrong in operation, with the real process: disks, clients, jobs, servers."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import neo4j
import pytest

from tests.api.rest.moving import move_to_server
from tests.api.rest.processes import served, start
from tools.neo4j_server import Server, ServerUnavailableError, free_port, library, running

embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
PROBLEM = "urn:whypath:problem:"


def _ended(url: str, job: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: dict[str, Any] = httpx.get(f"{url}/api/jobs/{job}").json()
        if found["ended_at"] is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("the job did not end")


@embedded
def test_a_killed_training_leaves_the_old_run(served_project: Path) -> None:
    with served(served_project) as server:
        job = httpx.post(f"{server.url}/api/train", json={}).json()["id"]
        child = int(server.said("is process").rpartition(" ")[2])
        os.kill(child, signal.SIGKILL)
        found = _ended(server.url, job)
        assert (found["state"], found["run"]) == ("failed", None)
        assert "killed" in found["error"]
        assert httpx.get(f"{server.url}/api/recommend/u1").json()["run"] == 1


@embedded
def test_a_server_killed_during_a_training_says_so_afterwards(served_project: Path) -> None:
    with served(served_project) as server:
        httpx.post(f"{server.url}/api/train", json={}).raise_for_status()
        child = int(server.said("is process").rpartition(" ")[2])
        server.process.kill()
        server.process.wait(20)
        until = time.monotonic() + 20
        while _is_running(child) and time.monotonic() < until:
            time.sleep(0.05)
        assert not _is_running(child)
    with served(served_project) as server:
        [job] = httpx.get(f"{server.url}/api/jobs").json()["jobs"]
        assert job["state"] == "interrupted"
        assert httpx.get(f"{server.url}/api/recommend/u1").json()["run"] == 1
        again = httpx.post(f"{server.url}/api/train", json={}).json()["id"]
        assert _ended(server.url, again)["state"] == "done"


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@embedded
def test_a_second_server_on_an_embedded_graph_is_refused(served_project: Path) -> None:
    with served(served_project) as server:
        second = start(served_project)
        out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (1, "")
        last = err.splitlines()[-1]
        assert last.startswith("whypath: ")
        assert str(server.process.pid) in last
        assert "Traceback" not in err
        assert httpx.get(f"{server.url}/api/recommend/u1").status_code == 200


@embedded
def test_half_a_body_is_given_up(served_project: Path) -> None:
    with (
        served(served_project, WHYPATH_SERVE_READ_TIMEOUT_S="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as client,
    ):
        client.sendall(
            b"POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b'Content-Length: 99\r\n\r\n{"signals"'
        )
        answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert f"{PROBLEM}slow".encode() in answer
        assert b"connection: close" in answer.lower()


@embedded
def test_slow_clients_do_not_keep_others_out(served_project: Path) -> None:
    with served(served_project, WHYPATH_SERVE_READ_TIMEOUT_S="3") as server:
        address = ("127.0.0.1", server.port)
        slow = [socket.create_connection(address, timeout=20) for _ in range(200)]
        try:
            for client in slow:
                client.sendall(b"GET /api/recommend/u1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A")
            with httpx.Client(base_url=server.url) as quick:
                for client in slow[::4]:
                    assert quick.get("/api/recommend/u1").status_code == 200
                    client.sendall(b"a")  # a byte now and then changes nothing
            for client in slow:
                assert _is_closed(client)
        finally:
            for client in slow:
                client.close()
        assert httpx.get(f"{server.url}/api/recommend/u1").status_code == 200


def _is_closed(client: socket.socket) -> bool:
    """Whether the other end closes the connection within the socket's time limit."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 24 MB, where this user may mount one."""
    where = tmp_path / "small"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted by this user")
    yield where
    subprocess.run(["umount", str(where)], check=True)


@embedded
def test_a_full_disk_stops_writing_and_nothing_else(served_project: Path, small_disk: Path) -> None:
    project = small_disk / "films"
    shutil.copytree(served_project, project, ignore=shutil.ignore_patterns("*.lock"))
    with served(project) as server:
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - (8 << 10)))
        answer = httpx.post(f"{server.url}/api/train", json={})
        if answer.status_code == 202:  # there was room for the record
            job = _ended(server.url, answer.json()["id"])
            assert job["state"] in ("failed", "interrupted"), job
        else:
            assert answer.json()["type"] == f"{PROBLEM}resource"
        assert httpx.get(f"{server.url}/api/recommend/u1").json()["run"] == 1
        filler.unlink()
        again = httpx.post(f"{server.url}/api/train", json={}).json()["id"]
        assert _ended(server.url, again)["state"] == "done"
        assert httpx.get(f"{server.url}/api/recommend/u1").json()["run"] == 2


class Load:
    """Clients that ask for suggestions and post feedback without end, and note what came of it."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[float, int, float]] = []  # when it was sent, status, seconds
        self.taken: list[tuple[str, str]] = []  # feedback that was answered with success
        self._url = url
        self._is_over = threading.Event()
        pairs = [(f"u{n}", f"{camp}{i}") for i in range(8) for camp in "ct" for n in range(16)]
        self._threads = [
            threading.Thread(target=self._post, args=(pairs[0::2],)),
            threading.Thread(target=self._post, args=(pairs[1::2],)),
            threading.Thread(target=self._get),
            threading.Thread(target=self._get),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait(self, status: int, after: float, n: int = 10) -> float:
        """Wait for `n` answers of this status that came since then; when the first one came."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            came = [(at + s, got) for at, got, s in list(self.answers)]
            found = [at for at, got in came if got == status and at > after]
            if len(found) >= n:
                return min(found)
            time.sleep(0.05)
        raise AssertionError([got for _, got, _ in self.answers[-50:]])

    def _post(self, pairs: list[tuple[str, str]]) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as http:
            for number in itertools.count():
                user, item = pairs[number % len(pairs)]
                row = {"type": "LIKED", "user": user, "item": item, "value": 5.0, "at": number}
                if self._sent(http, "POST", "/api/feedback", json=[row]):
                    self.taken.append((user, item))
                if self._is_over.wait(0.02):
                    return

    def _get(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as http:
            while not self._is_over.wait(0.02):
                self._sent(http, "GET", "/api/recommend/u1")

    def _sent(self, http: httpx.Client, method: str, path: str, **given: Any) -> bool:
        begun = time.monotonic()
        status = http.request(method, path, **given).status_code
        self.answers.append((begun, status, time.monotonic() - begun))
        return status == 200


@pytest.mark.neo4j
@pytest.mark.slow
def test_neo4j_that_goes_and_comes_back(
    trained_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, port, password = tmp_path / "neo4j", free_port(), "whypath-test"
    project = tmp_path / "films"
    shutil.copytree(trained_project, project, ignore=shutil.ignore_patterns("*.lock"))
    monkeypatch.setenv("NEO4J_PASSWORD", password)
    with contextlib.ExitStack() as stack:
        with running_neo4j(home, password, port) as neo4j_server:
            move_to_server(project, neo4j_server.uri)
            server = stack.enter_context(served(project))
            load = stack.enter_context(Load(server.url))
            load.wait(200, 0.0, 20)
            neo4j_server.process.kill()
        load.wait(503, time.monotonic(), 4)
        asked = time.monotonic()
        ready = httpx.get(f"{server.url}/api/health/ready", timeout=30)
        assert (ready.status_code, ready.json()["type"]) == (503, f"{PROBLEM}store")
        assert httpx.get(f"{server.url}/api/health/live").status_code == 200
        assert time.monotonic() - asked < 5
        with running_neo4j(home, password, port) as neo4j_server:
            _feedback_in(neo4j_server)  # the login is taken before the database answers
            back = time.monotonic()
            recovered = load.wait(200, back)
            told = [(round(at - back, 1), got, round(s, 1)) for at, got, s in load.answers[-12:]]
            assert recovered - back < 10, told
            load.wait(200, time.monotonic(), 50)
            assert httpx.get(f"{server.url}/api/health/ready").status_code == 200
            load.__exit__()
            statuses = {status for _, status, _ in load.answers}
            assert statuses == {200, 503}
            assert max(seconds for _, _, seconds in load.answers) < 15
            kept = _feedback_in(neo4j_server)
            assert set(load.taken) <= set(kept)
            assert len(kept) == len(set(kept))
            neo4j_server.process.kill()  # an orderly stop takes six seconds


def running_neo4j(home: Path, password: str, port: int) -> Any:
    """A server on this port with its data in `home`, or a skip."""
    home.mkdir(exist_ok=True)
    try:
        library()
    except ServerUnavailableError as error:
        pytest.skip(str(error))
    return running(home, password, bolt_port=port, is_short_lived=True)


def _feedback_in(server: Server) -> list[tuple[str, str]]:
    query = "MATCH (u:User)-[:LIKED]->(i:Item) RETURN u.id, i.id"
    with neo4j.GraphDatabase.driver(server.uri, auth=("neo4j", server.password)) as driver:
        return [(record[0], record[1]) for record in driver.execute_query(query).records]
