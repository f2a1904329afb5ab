"""How many requests a second `whypath serve` answers: ml-100k, top 10 with paths, over HTTP.

    python benchmarks/serving.py                         # every way, 60 s each
    python benchmarks/serving.py --ways memory --seconds 600   # and whether memory grows
    python benchmarks/serving.py --ways cypher,memory,free

Ways: `cypher` and `memory` (the setting `[recommend] retrieval`) on the embedded graph, `neo4j` and
`neo4j-memory` on a new server, and `free`: a plain FastAPI handler that runs the free three-hop
match (free_match_app.py). From memory a user who comes again is given the answer of before, where
nothing has changed; `memory-anew` is the same with every answer made anew. The load comes from
`wrk` in a process of its own (a package of Debian) with 8 connections over all users in turn.
Server and load share the machine's cores. Memory is the server's resident set, read every few
seconds; its slope is fitted over the second half.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from shipped import HERE, Project, mapping_of, new_project, one_thread

from graph.connect import open_store
from tools.neo4j_server import ServerUnavailableError, free_port

WAYS = ("cypher", "memory", "memory-anew", "neo4j", "neo4j-memory", "free")
CONNECTIONS = 8
SAMPLE_S = 2.0
STARTING_S = 60.0

SCRIPT = """
local users = {{ {users} }}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/api/recommend/" .. users[(n % #users) + 1])
end
done = function(summary, latency, requests)
  io.write(string.format(
    'RESULT {{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}}\\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.timeout + summary.errors.read
      + summary.errors.write + summary.errors.connect,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Load:
    """What a load did: `p50_ms`, `p99_ms` of the latency; `memory` in MB by seconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    memory: np.ndarray

    @property
    def slope_mb(self) -> float:
        """MB a minute over the second half, 0 where there is too little to fit."""
        late = self.memory[len(self.memory) // 2 :]
        return float(np.polyfit(late[:, 0] / 60.0, late[:, 1], 1)[0]) if len(late) > 2 else 0.0


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ways", default=",".join(WAYS), help="of " + ", ".join(WAYS))
    parser.add_argument("--seconds", type=int, default=60, help="of each load")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    given = parser.parse_args()
    ways = given.ways.split(",")
    if unknown := set(ways) - set(WAYS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; ways are {', '.join(WAYS)}")
    if shutil.which("wrk") is None:
        parser.error("wrk is missing; on Debian: apt-get install wrk")
    print(f"`python benchmarks/serving.py {' '.join(sys.argv[1:])}`, {datetime.now(UTC):%Y-%m-%d}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start\n")
    print("| way | requests/s | p50 ms | p99 ms | failed | MB at the end | MB/min | times `free` |")
    print("|---|---|---|---|---|---|---|---|")
    found: dict[str, Load] = {}
    for store in (None, "neo4j"):
        of_store = [way for way in ways if way.startswith("neo4j") == (store is not None)]
        if not of_store:
            continue
        try:
            with new_project(mapping_of("ml-100k"), store) as project:
                project.run("import")
                project.run("train")
                # The yardstick first, so that the others can be told as ratios to it.
                for way in sorted(of_store, key=lambda way: way != "free"):
                    found[way] = measure(project, way, given.seconds, given.connections)
                    show(way, found)
        except ServerUnavailableError as error:
            print(f"| neo4j | not measured: {error} | | | | | | |")


def measure(project: Project, way: str, seconds: int, connections: int) -> Load:
    """Serve one way and load it."""
    with open_store(url_of(project), password=os.environ.get("NEO4J_PASSWORD")) as store:
        users = [str(user) for user in store.read_users()["id"].to_pylist()]
    script = project.folder / "load.lua"
    quoted = ", ".join(json.dumps(user) for user in users)
    script.write_text(SCRIPT.format(users=quoted), encoding="utf-8")
    with serving(project, way) as (process, port):
        samples: list[tuple[float, float]] = []
        stop = threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, samples, stop))
        watcher.start()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s",
             str(script), f"http://127.0.0.1:{port}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        stop.set()
        watcher.join()
    result = re.search(r"RESULT (.*)", done.stdout)
    assert result is not None, done.stdout
    load = json.loads(result[1])
    return Load(
        per_second=load["requests"] / load["seconds"],
        p50_ms=load["p50"],
        p99_ms=load["p99"],
        failed=load["failed"],
        memory=np.array(samples),
    )


@contextmanager
def serving(project: Project, way: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process, ready to answer, and its port."""
    port = free_port()
    environment = {**one_thread(), "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
    if way == "free":
        command = [sys.executable, str(HERE / "free_match_app.py")]
        environment["WHYPATH_TEST_FREE_MATCH_GRAPH"] = str(project.folder / "graph.lbug")
        environment["PORT"] = str(port)
    else:
        command = project.command("serve", "--port", str(port))
        environment["WHYPATH_RECOMMEND_RETRIEVAL"] = "memory" if "memory" in way else "cypher"
        environment["WHYPATH_SERVE_LOG_LEVEL"] = "warning"
        if way == "memory-anew":
            environment["WHYPATH_SERVE_KEPT_SUGGESTIONS"] = "0"
    with (project.folder / f"{way}.log").open("w") as sink:
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
        try:
            await_answer(process, port, project.folder / f"{way}.log")
            yield process, port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the first suggestion is there; the evidence is read by then."""
    until = time.monotonic() + STARTING_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/recommend/1", timeout=60):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server did not start\n{log.read_text()}") from None
            time.sleep(0.1)


def watch(pid: int, samples: list[tuple[float, float]], stop: threading.Event) -> None:
    """Read the resident set of a process, in MB, until told to stop."""
    started = time.monotonic()
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    while True:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        samples.append((time.monotonic() - started, pages * page))
        if stop.wait(SAMPLE_S):
            return


def show(way: str, found: dict[str, Load]) -> None:
    """One row of the table."""
    load = found[way]
    free = found.get("free")
    ratio = f"{load.per_second / free.per_second:.1f}" if free else ""
    print(
        f"| {way} | {load.per_second:.0f} | {load.p50_ms:.0f} | {load.p99_ms:.0f} | {load.failed} "
        f"| {load.memory[-1, 1]:.0f} | {load.slope_mb:+.2f} | {ratio} |",
        flush=True,
    )


def url_of(project: Project) -> str:
    """The URL of the project's store."""
    return project.store or f"ladybug://{project.folder}/graph.lbug"


if __name__ == "__main__":
    main()
