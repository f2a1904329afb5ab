"""How long `recommend` takes, top 10 with paths, beside free three-hop matching in Cypher.

    python benchmarks/latency.py                    # embedded, then a new Neo4j server of its own
    python benchmarks/latency.py --store embedded   # one of them, or the URL of a server
    python benchmarks/latency.py --users 50
    python benchmarks/latency.py --store embedded --threads 1 8   # requests a second, by threads

The graph is ml-100k with its facts, imported and trained by the shipped command. The yardsticks are
the queries that a team writes without evidence in the graph, for the same users on the same store:
from the user over what they liked and any shared entity to other items, counted, weighted, the 10
best; once as a bare list, once with three example paths for each item, as `recommend` gives them;
and once over other users as well, since `recommend` counts what people have in common, too.
Each figure is the best of `--repeat` runs for one user, so that other work on the machine weighs
less; the percentiles are over users.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import ladybug
import neo4j
import numpy as np
from pydantic_core import to_json
from shipped import Project, mapping_of, new_project

from graph.connect import open_store
from recommender.array_evidence import ArrayEvidence
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.run_evidence import Retrieval
from recommender.serving_run import current_run, read_serving_run
from tools.neo4j_server import ServerUnavailableError

FREE = """
MATCH (user:User {id: $user})-[:LIKED]->(seen:Item)-[here]->(entity:Entity)<-[there]-(item:Item)
WHERE type(here) = type(there)
WITH item, count(*) AS paths, sum(here.weight * there.weight) AS score
RETURN item.id AS id, paths, score
ORDER BY score DESC, id
LIMIT 10
"""
FREE_WITH_PATHS = """
MATCH (user:User {id: $user})-[:LIKED]->(seen:Item)-[here]->(entity:Entity)<-[there]-(item:Item)
WHERE type(here) = type(there)
WITH
  item,
  count(*) AS paths,
  sum(here.weight * there.weight) AS score,
  collect([seen.title, type(here), entity.name]) AS examples
RETURN item.id AS id, paths, score, examples[0..3] AS examples
ORDER BY score DESC, id
LIMIT 10
"""
FREE_OF_ALL_KINDS = """
MATCH (user:User {id: $user})-[:LIKED]->(seen:Item)
MATCH (seen)-[here]-(via:<User or Entity>)-[there]-(item:Item)
WHERE type(here) = type(there) AND type(here) <> 'FAVOURS' AND via.id <> $user
WITH item, count(*) AS paths
RETURN item.id AS id, paths
ORDER BY paths DESC, id
LIMIT 10
"""
YARDSTICKS = {
    "free three-hop match over entities, top 10": FREE,
    "the same with 3 paths for each": FREE_WITH_PATHS,
    "free three-hop match over entities and other users, top 10": FREE_OF_ALL_KINDS,
}
Ask = Callable[[str], object]


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description="Latency of recommend beside a free match.")
    parser.add_argument("--store", action="append", help="embedded, neo4j, or the URL of a server")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="*", default=[])
    given = parser.parse_args()
    print(f"`python benchmarks/latency.py {' '.join(sys.argv[1:])}`, {datetime.now(UTC):%Y-%m-%d}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start\n")
    print("| store | what | p50 ms | p95 ms |")
    print("|---|---|---|---|")
    for store in given.store or ["embedded", "neo4j"]:
        try:
            measure_store(store, given.users, given.repeat, given.threads)
        except ServerUnavailableError as error:
            print(f"| {store} | not measured: {error} | | |")


def measure_store(store: str, users: int, repeat: int, threads: list[int]) -> None:
    """Build the graph in a store, then print its rows of the table."""
    with new_project(mapping_of("ml-100k"), None if store == "embedded" else store) as project:
        project.run("import")
        project.run("train")
        sample, ours = measure_ours(project, users, repeat, "cypher", threads)
        show(store, "recommend, top 10 with paths", ours)
        remembered = measure_ours(project, users, repeat, "memory", threads)[1]
        show(store, "the same with the evidence in memory", remembered)
        for what, query in YARDSTICKS.items():
            with free_match(project, query) as ask:
                free = measure(ask, sample, repeat)
            show(store, what, free)
            ratio = np.percentile(free, [50, 95]) / np.percentile(ours, [50, 95])
            print(f"| {store} | times that of recommend | {ratio[0]:.1f} | {ratio[1]:.1f} |")


def measure_ours(
    project: Project, users: int, repeat: int, retrieval: Retrieval, threads: list[int]
) -> tuple[list[str], np.ndarray]:
    """Users drawn at random, and the time of a request for each, in ms.

    Prints how many requests a second so many threads get answered in five seconds, and what the
    arrays of a run in memory take.
    """
    with open_store(url_of(project), password=os.environ.get("NEO4J_PASSWORD")) as store:
        ids = store.read_users()["id"].to_pylist()
        sample = [str(user) for user in np.random.default_rng(0).permutation(ids)[:users]]
        artifacts = project.folder / "artifacts"
        recommender = Recommender(store, artifacts, retrieval)

        def ask(user: str) -> object:
            request = Request(user, explain="paths")
            return to_json(recommender.recommend(request).to_json())

        name = project.store or "embedded"
        if retrieval == "memory":
            started = time.perf_counter()
            evidence = read_serving_run(store, current_run(store), artifacts, "memory").evidence
            assert isinstance(evidence, ArrayEvidence)
            took = time.perf_counter() - started
            what = f"arrays of {evidence.size_bytes / 1e6:.1f} MB read, in ms"
            print(f"| {name} | {what} | {took * 1e3:.0f} | |")
        times = measure(ask, sample, repeat)
        for number in threads:
            rate = requests_a_second(ask, sample, number)
            print(f"| {name} | {retrieval}, {number} threads: requests a second | {rate:.0f} | |")
        return sample, times


def requests_a_second(ask: Ask, sample: list[str], threads: int, seconds: float = 5.0) -> float:
    """How many requests so many threads get answered, each asking again at once."""
    stop = time.perf_counter() + seconds

    def work(first: int) -> int:
        done = 0
        while time.perf_counter() < stop:
            ask(sample[(first + done) % len(sample)])
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(0, 17 * threads, 17))) / seconds


def measure(ask: Ask, sample: list[str], repeat: int) -> np.ndarray:
    """The best time for each user, in ms, after a warm-up: pass after pass over all users."""
    for user in sample[:20]:
        ask(user)
    best = np.full(len(sample), np.inf)
    for _ in range(repeat):
        for place, user in enumerate(sample):
            started = time.perf_counter()
            ask(user)
            best[place] = min(best[place], time.perf_counter() - started)
    return best * 1e3


@contextmanager
def free_match(project: Project, query: str) -> Iterator[Ask]:
    """Runs a query for a user with the database's own driver."""
    if project.store is None:
        query = query.replace("type(", "label(").replace("[0..3]", "[1:3]")
        query = query.replace("<User or Entity>", "User:Entity")
        with (
            ladybug.Database(str(project.folder / "graph.lbug"), read_only=True) as database,
            ladybug.Connection(database) as connection,
        ):

            def ask(user: str) -> object:
                result = connection.execute(query, {"user": user})
                assert isinstance(result, ladybug.QueryResult)  # of one statement
                return result.get_all()

            yield ask
        return
    query = query.replace("<User or Entity>", "User|Entity")
    auth = ("neo4j", os.environ["NEO4J_PASSWORD"])
    with (
        neo4j.GraphDatabase.driver(project.store, auth=auth) as driver,
        driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
    ):
        yield lambda user: session.run(query, user=user).values()


def url_of(project: Project) -> str:
    """The URL of the project's store."""
    return project.store or f"ladybug://{project.folder}/graph.lbug"


def show(store: str, what: str, times: np.ndarray) -> None:
    """One row of the table."""
    p50, p95 = np.percentile(times, [50, 95])
    print(f"| {store} | {what} | {p50:.1f} | {p95:.1f} |")


if __name__ == "__main__":
    main()
