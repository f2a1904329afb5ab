"""What one piece of feedback costs as a batch of one, beside the same row as a bulk write.

    python benchmarks/single_writes.py [--rows 1000000] [--writes 100]

Makes an embedded graph of random feedback in a temporary directory, writes new rows one by one in
both ways, by turns, and prints the median of each, in milliseconds of time and of processor.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from graph.connect import open_store
from graph.model import GraphSchema
from graph.store import Store

USERS, ITEMS = 50_000, 20_000


def fill(store: Store, rows: int) -> None:
    """Random feedback of all users but the first 1,000."""
    store.prepare(GraphSchema(feedback_types=("LIKED",)))
    store.write_users(pa.table({"id": [f"u{number}" for number in range(USERS)]}))
    store.write_items(pa.table({"id": [f"i{number}" for number in range(ITEMS)]}))
    rng = np.random.default_rng(0)
    keys = np.unique(rng.integers(1_000, USERS, rows) * ITEMS + rng.integers(0, ITEMS, rows))
    store.write_feedback(
        "LIKED",
        pa.table(
            {
                "user": [f"u{key // ITEMS}" for key in keys.tolist()],
                "item": [f"i{key % ITEMS}" for key in keys.tolist()],
                "value": np.ones(len(keys)),
            }
        ),
    )


def main() -> None:
    """Print the two medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--writes", type=int, default=100)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        open_store(f"ladybug://{home}/graph.lbug") as store,
    ):
        fill(store, arguments.rows)
        ways: dict[str, Callable[[pa.Table], object]] = {
            "write_feedback": lambda row: store.write_feedback("LIKED", row.drop_columns(["type"])),
            "add_feedback": store.add_feedback,
        }
        wall: dict[str, list[float]] = {name: [] for name in ways}
        processor: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(arguments.writes):
            for item, (name, write) in enumerate(ways.items()):
                row = pa.table(
                    {"type": ["LIKED"], "user": [f"u{turn}"], "item": [f"i{item}"], "value": [1.0]}
                )
                start, used = time.perf_counter(), time.process_time()
                write(row)
                processor[name].append(1e3 * (time.process_time() - used))
                wall[name].append(1e3 * (time.perf_counter() - start))
        for name in ways:
            print(
                f"{name}: {statistics.median(wall[name]):.1f} ms, "
                f"{statistics.median(processor[name]):.1f} ms of processor"
            )
        ratio = statistics.median(wall["write_feedback"]) / statistics.median(wall["add_feedback"])
        print(f"add_feedback is {ratio:.1f} times as fast")


if __name__ == "__main__":
    main()
