"""How soon feedback counts: post a piece of it, then ask for suggestions, over HTTP.

    python benchmarks/read_your_writes.py                    # embedded
    python benchmarks/read_your_writes.py --store neo4j      # a new Neo4j server of its own
    python benchmarks/read_your_writes.py --users 50

The graph is ml-100k with its facts, imported, trained and served by the shipped commands; the
server is a process of its own. Each user in turn likes the item that was suggested first. The next
answer must not have it and must have paths from it; a round trip is the post and that answer.
The yardstick is the answer alone, asked for just before. The feedback is deleted again.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
from shipped import Project, mapping_of, new_project, one_thread

from tools.neo4j_server import free_port

WARM_UP = 5
START_S = 60.0


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description="Round trips of feedback and suggestions.")
    parser.add_argument("--store", help="neo4j, or the URL of a server; else embedded")
    parser.add_argument("--users", type=int, default=200)
    given = parser.parse_args()
    command = " ".join(["python benchmarks/read_your_writes.py", *sys.argv[1:]])
    print(f"`{command}`, {datetime.now(UTC):%Y-%m-%d}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start\n")
    with new_project(mapping_of("ml-100k"), given.store) as project:
        for name in ("import", "train"):
            project.run(name)
        with served(project) as http:
            measure(http, given.users)


@contextmanager
def served(project: Project) -> Iterator[httpx.Client]:
    """A client of `whypath serve` on the project, once it is ready."""
    port = free_port()
    with subprocess.Popen(
        project.command("serve", "--port", str(port)),
        env=one_thread(),
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                until = time.monotonic() + START_S
                while not is_ready(http):
                    if server.poll() is not None or time.monotonic() > until:
                        raise SystemExit("the server did not start")
                    time.sleep(0.05)
                yield http
        finally:
            server.terminate()


def is_ready(http: httpx.Client) -> bool:
    """Whether the server answers."""
    try:
        return http.get("/api/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def measure(http: httpx.Client, n_users: int) -> None:
    """Do the round trips and print their percentiles."""
    page = http.get("/api/users", params={"limit": n_users + WARM_UP}).json()
    users = [user["id"] for user in page["users"]]
    alone, posts, answers = [], [], []
    still_there = without_paths = 0
    for number, user in enumerate(users):
        before, took_before = timed(http, "GET", f"/api/recommend/{user}")
        best = before["items"][0]["item"]
        row = {"type": "LIKED", "user": user, "item": best}
        _, took_post = timed(http, "POST", "/api/feedback", json=[row])
        after, took_after = timed(http, "GET", f"/api/recommend/{user}")
        timed(http, "DELETE", f"/api/feedback/LIKED/{user}/{best}")
        if number < WARM_UP:
            continue
        alone.append(took_before)
        posts.append(took_post)
        answers.append(took_after)
        still_there += best in [item["item"] for item in after["items"]]
        without_paths += best not in {
            path["nodes"][1]["id"] for item in after["items"] for path in item["paths"]
        }
    trips = np.add(posts, answers)
    print("| what | p50 ms | p95 ms |")
    print("|---|---|---|")
    for what, times in (
        ("suggestions alone, before", alone),
        ("post of one piece of feedback", posts),
        ("suggestions after it", answers),
        ("round trip", trips),
    ):
        p50, p95 = 1000.0 * np.percentile(times, (50, 95))
        print(f"| {what} | {p50:.1f} | {p95:.1f} |")
    ratio = np.percentile(trips, 95) / np.percentile(alone, 95)
    print(f"\nround trip / suggestions alone, p95: {ratio:.2f}")
    print(f"{len(alone)} users; {still_there} answers still had the item that was just liked,")
    print(f"{without_paths} had no path from it among those shown")


def timed(http: httpx.Client, method: str, path: str, **body: Any) -> tuple[Any, float]:
    """The answer and the seconds it took; ends the program where it is a failure."""
    started = time.perf_counter()
    answer = http.request(method, path, **body)
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json(), seconds


if __name__ == "__main__":
    main()
