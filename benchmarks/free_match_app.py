"""The yardstick of benchmarks/serving.py: what a team writes in an afternoon.

A FastAPI handler over the same embedded graph that runs the free three-hop match of
benchmarks/latency.py, with three example paths for each item, and answers its rows as JSON.
`WHYPATH_TEST_FREE_MATCH_GRAPH` names the graph, which nobody else may hold.
"""

import os
import queue

import ladybug
import uvicorn
from fastapi import FastAPI
from latency import FREE_WITH_PATHS

QUERY = FREE_WITH_PATHS.replace("type(", "label(").replace("[0..3]", "[1:3]")
THREADS = 8

app = FastAPI()
database = ladybug.Database(os.environ["WHYPATH_TEST_FREE_MATCH_GRAPH"], read_only=True)
connections: "queue.SimpleQueue[ladybug.Connection]" = queue.SimpleQueue()
for _ in range(THREADS):
    connections.put(ladybug.Connection(database, num_threads=1))


@app.get("/api/recommend/{user}")
def recommend(user: str) -> list[dict[str, object]]:
    """The ten best items by shared entities."""
    connection = connections.get()
    try:
        result = connection.execute(QUERY, {"user": user})
        assert isinstance(result, ladybug.QueryResult)  # of one statement
        rows = result.get_all()
    finally:
        connections.put(connection)
    names = ("id", "paths", "score", "examples")
    return [dict(zip(names, row, strict=True)) for row in rows]


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning")
