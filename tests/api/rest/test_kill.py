"""`kill -9` of the server while it takes feedback in: what was answered is there afterwards."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tools.neo4j_server import free_port

POSTS = 500
CLIENTS = 4
KILLS = int(os.environ.get("WHYPATH_KILL_ROUNDS", "2"))
"""How often the server is killed on the way; `WHYPATH_KILL_ROUNDS=10` is a longer look."""

_SERVE = "import sys; from api.cli import main; sys.exit(main())"
_START_S = 60.0


@contextmanager
def server(project: Path, store: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`whypath serve` in a process of its own, once it answers; killed at the end."""
    port = free_port()
    words = ["--project", str(project), "--store", store, "serve", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen([sys.executable, "-c", _SERVE, *words]) as process:
        try:
            until = time.monotonic() + _START_S
            while not _is_ready(url):
                assert process.poll() is None, "the server stopped at its start"
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.05)
            yield process, url
        finally:
            process.kill()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


class Posting:
    """Clients that post one piece of feedback after the other and note what was answered."""

    def __init__(self) -> None:
        self.answered: dict[tuple[str, str], float] = {}
        self._next = 0
        self._lock = threading.Lock()

    def post_until(self, url: str, enough: int) -> None:
        """Post until so many were answered, or the server is gone."""
        clients = [threading.Thread(target=self._post, args=(url, enough)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    def _post(self, url: str, enough: int) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            while len(self.answered) < enough:
                with self._lock:
                    number, self._next = self._next, self._next + 1
                user, item = f"k{number % 20}", f"i{number // 20}"
                row = {"type": "LIKED", "user": user, "item": item, "value": float(number)}
                try:
                    answer = http.post("/api/feedback", json=[row], params={"create": True})
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                assert answer.json()["added"] == 1, answer.text
                self.answered[user, item] = float(number)


def test_nothing_answered_is_lost(
    project_writer: Callable[[Path], Path], tmp_path: Path, store_url: str
) -> None:
    project = project_writer(tmp_path / "films")
    posting = Posting()
    moment = random.Random(11)
    for kill in range(1, KILLS + 1):
        with server(project, store_url) as (process, url):
            enough = POSTS * kill // (KILLS + 1)
            killer = threading.Thread(target=_kill_after, args=(process, posting, enough, moment))
            killer.start()
            posting.post_until(url, POSTS)
            killer.join()
        assert enough <= len(posting.answered) < POSTS
    with server(project, store_url) as (_, url):
        posting.post_until(url, POSTS)
        kept: dict[tuple[str, str], float] = {}
        for user in sorted({user for user, _ in posting.answered}):
            found = httpx.get(f"{url}/api/user/{user}/feedback?limit=1000", timeout=30).json()
            for entry in found["feedback"]:
                key = entry["user"], entry["item"]
                assert key not in kept, "a piece of feedback is there twice"
                kept[key] = entry["value"]
    assert len(posting.answered) >= POSTS
    assert posting.answered.items() <= kept.items()
    assert len(kept) <= len(posting.answered) + KILLS * CLIENTS


def _kill_after(
    process: subprocess.Popen[bytes], posting: Posting, enough: int, moment: random.Random
) -> None:
    while len(posting.answered) < enough and process.poll() is None:
        time.sleep(0.001)
    time.sleep(moment.uniform(0.0, 0.02))
    process.kill()
