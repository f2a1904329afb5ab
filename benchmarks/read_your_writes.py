"""How soon feedback counts: post a piece of it, then ask for suggestions, over HTTP.

    python benchmarks/read_your_writes.py                    # embedded
    python benchmarks/read_your_writes.py --store neo4j      # a new Neo4j server of its own
    python benchmarks/read_your_writes.py --users 50

The graph is ml-100k with its facts, imported, trained and served by the shipped commands; the
server is a process of its own. Each user in turn likes the item that was suggested first. The next
answer must not have it and must have contributions from it; a round trip is the post and that
answer. The yardstick is the answer alone, asked for just before. The feedback is deleted again.
Each time is the best of `--repeat` for one user, so that other work on the machine weighs less; the
CPU time of the server does not depend on that work.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
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
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    command = " ".join(["python benchmarks/read_your_writes.py", *sys.argv[1:]])
    print(f"`{command}`, {datetime.now(UTC):%Y-%m-%d}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start\n")
    with new_project(mapping_of("ml-100k"), given.store) as project:
        for name in ("import", "train"):
            project.run(name)
        with served(project) as (http, pid):
            measure(http, pid, given.users, given.repeat)


@contextmanager
def served(project: Project) -> Iterator[tuple[httpx.Client, int]]:
    """A client of `whypath serve` on the project, once it is ready, and the process's id."""
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
                yield http, server.pid
        finally:
            server.terminate()


def is_ready(http: httpx.Client) -> bool:
    """Whether the server answers."""
    try:
        return http.get("/api/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def measure(http: httpx.Client, pid: int, n_users: int, repeat: int) -> None:
    """Do the round trips and print their percentiles."""
    page = http.get("/api/users", params={"limit": n_users + WARM_UP}).json()
    users = [user["id"] for user in page["users"]]
    for user in users[:WARM_UP]:
        round_trip(http, pid, user)
    trips = [[round_trip(http, pid, user) for _ in range(repeat)] for user in users[WARM_UP:]]
    print("| what | p50 ms | p95 ms | CPU ms of the server, mean |")
    print("|---|---|---|---|")
    p95 = {}
    for what, part in (
        ("suggestions alone, before", ("before",)),
        ("post of one piece of feedback", ("post",)),
        ("suggestions after it", ("after",)),
        ("round trip", ("post", "after")),
    ):
        best = [min(sum(trip.seconds[name] for name in part) for trip in of) for of in trips]
        cpu = np.mean([sum(trip.cpu_seconds[name] for name in part) for of in trips for trip in of])
        p50, p95[what] = 1000.0 * np.percentile(best, (50, 95))
        print(f"| {what} | {p50:.1f} | {p95[what]:.1f} | {1000.0 * cpu:.1f} |")
    ratio = p95["round trip"] / p95["suggestions alone, before"]
    every = [trip for of in trips for trip in of]
    print(f"\nround trip / suggestions alone, p95: {ratio:.2f}")
    print(f"{len(every)} round trips with {len(trips)} users; of the answers")
    print(f"- {sum(trip.is_still_there for trip in every)} had the item that was just liked,")
    print(f"- {sum(not trip.has_contribution for trip in every)} had no contribution from it,")
    print(f"- {sum(not trip.has_path for trip in every)} had no path from it among the three shown")


@dataclass(frozen=True)
class Trip:
    """Seconds by the clock and of the server's CPU for each part, and what the answer had."""

    seconds: Mapping[str, float]
    cpu_seconds: Mapping[str, float]
    is_still_there: bool
    has_contribution: bool
    has_path: bool


def round_trip(http: httpx.Client, pid: int, user: str) -> Trip:
    """Ask, like the first item, ask again, look at all contributions, take the feedback back."""
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}

    def timed(part: str, method: str, path: str, **body: Any) -> Any:
        began, cpu_began = time.perf_counter(), cpu_seconds(pid)
        answer = http.request(method, path, **body)
        seconds[part] = time.perf_counter() - began
        cpu[part] = cpu_seconds(pid) - cpu_began
        if answer.status_code != 200:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    best = timed("before", "GET", f"/api/recommend/{user}")["items"][0]["item"]
    row = {"type": "LIKED", "user": user, "item": best}
    timed("post", "POST", "/api/feedback", json=[row])
    items = timed("after", "GET", f"/api/recommend/{user}")["items"]
    whole = timed("whole", "GET", f"/api/recommend/{user}?explain=full")["items"]
    timed("delete", "DELETE", f"/api/feedback/LIKED/{user}/{best}")
    return Trip(
        seconds,
        cpu,
        is_still_there=best in [item["item"] for item in items],
        has_contribution=best
        in {part.get("via") for item in whole for part in item["contributions"]},
        has_path=best in {path["nodes"][1]["id"] for item in items for path in item["paths"]},
    )


def cpu_seconds(pid: int) -> float:
    """What the threads of a process have taken, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that just ended
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


if __name__ == "__main__":
    main()
