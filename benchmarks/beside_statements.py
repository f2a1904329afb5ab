"""How long suggestions take while long statements of /api/cypher run: ml-100k, over HTTP.

    python benchmarks/beside_statements.py                      # embedded, then on a new Neo4j
    python benchmarks/beside_statements.py --ways memory

Ways are those of serving.py. One client asks for suggestions, one after the other, for users in
turn: first alone, then while 8 others send statements that are stopped after 5 s, each the next one
as soon as one ends.
"""

import argparse
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime

import numpy as np
from serving import serving, url_of
from shipped import mapping_of, new_project

from graph.connect import open_store

STATEMENTS = 8
LONG = (
    "MATCH (a:Item), (b:Item), (c:Item) WHERE a.id < b.id AND b.id < c.id "
    "RETURN count(*) AS triples"
)


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ways", default="cypher,memory,neo4j", help="of those of serving.py")
    parser.add_argument("--seconds", type=int, default=20, help="of each load")
    given = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}\n"
    )
    print("| way | statements | suggestions | p50 ms | p95 ms | statements answered |")
    print("|---|---|---|---|---|---|")
    ways = given.ways.split(",")
    for store in (None, "neo4j"):
        of_store = [way for way in ways if way.startswith("neo4j") == (store is not None)]
        if of_store:
            with new_project(mapping_of("ml-100k"), store) as project:
                project.run("import")
                project.run("train")
                password = os.environ.get("NEO4J_PASSWORD")
                with open_store(url_of(project), password=password) as opened:
                    users = [str(user) for user in opened.read_users()["id"].to_pylist()]
                for way in of_store:
                    with serving(project, way) as (_, port):
                        for statements in (0, STATEMENTS):
                            print(measure(way, port, users, statements, given.seconds), flush=True)


def measure(way: str, port: int, users: list[str], statements: int, seconds: int) -> str:
    """A row of the table."""
    over = threading.Event()
    answered: Counter[int] = Counter()

    def state() -> None:
        while not over.is_set():
            answered[status(port, "/api/cypher", {"statement": LONG})] += 1

    threads = [threading.Thread(target=state) for _ in range(statements)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    took: list[float] = []
    failed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        failed += status(port, f"/api/recommend/{users[len(took) % len(users)]}") != 200
        took.append(1000.0 * (time.monotonic() - begun))
    over.set()
    for thread in threads:
        thread.join()
    p50, p95 = np.percentile(took, [50, 95])
    said = ", ".join(f"{n} with {code}" for code, n in sorted(answered.items())) or "none"
    suggested = f"{len(took)}" + (f" ({failed} failed)" if failed else "")
    return f"| {way} | {statements} | {suggested} | {p50:.0f} | {p95:.0f} | {said} |"


def status(port: int, path: str, body: object = None) -> int:
    """Status of the answer to a request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


if __name__ == "__main__":
    main()
