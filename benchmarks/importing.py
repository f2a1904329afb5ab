"""How long import and training take, and how much memory, through the shipped command.

    python benchmarks/importing.py                   # a million rows into a new embedded graph
    python benchmarks/importing.py --store neo4j      # a new server of its own
    python benchmarks/importing.py --train           # training on ml-100k and ml-1m as well

Beside the import, the same file is read with Python's own csv reader: the machine's yardstick.
"""

import argparse
import csv
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from shipped import Finished, Project, mapping_of, new_project

MAPPING = """
[items]
file = "items.csv"
id = "item"
title = "title"

[[feedback]]
file = "feedback.csv"
user = "user"
item = "item"
value = "rating"
at = "timestamp"
type = "LIKED"
"""


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description="Import and training through the shipped command.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=6_000)
    parser.add_argument("--items", type=int, default=4_000)
    parser.add_argument("--store", help="store URL, or neo4j for a new server; default embedded")
    parser.add_argument("--train", action="store_true", help="also train on ml-100k and ml-1m")
    parser.add_argument("--only-train", action="store_true", help="only that")
    given = parser.parse_args()
    print(
        f"`python benchmarks/importing.py {' '.join(sys.argv[1:])}`, {datetime.now(UTC):%Y-%m-%d}"
    )
    print("\n| what | seconds | CPU s | peak MB | |\n|---|---|---|---|---|")
    if not given.only_train:
        with new_project(MAPPING, given.store) as project:
            write_files(project.folder, given.rows, given.users, given.items)
            measure_import(project, given.rows)
    if given.train or given.only_train:
        for name in ("ml-100k", "ml-1m"):
            with new_project(mapping_of(name), given.store) as project:
                show(f"import {name}", project.run("import"))
                show(f"train on {name}", project.run("train"))


def measure_import(project: Project, rows: int) -> None:
    """Import twice: the second time, nothing is left to write."""
    started = time.perf_counter()
    with (project.folder / "feedback.csv").open(encoding="utf-8", newline="") as lines:
        n_read = sum(1 for _ in csv.reader(lines)) - 1
    reading = time.perf_counter() - started
    print(f"| read {n_read:,} rows with csv.reader | {reading:.1f} | | | |")
    for what in ("import", "import again"):
        done = project.run("import")
        ratio = f"{rows / done.seconds:,.0f} rows/s, {done.seconds / reading:.0f} times the reading"
        show(what, done, ratio)


def show(what: str, done: Finished, remark: str = "") -> None:
    """One row of the table."""
    peak = done.peak_bytes / 1e6
    print(f"| {what} | {done.seconds:.1f} | {done.cpu_seconds:.1f} | {peak:.0f} | {remark} |")
    sys.stdout.flush()


def write_files(folder: Path, n_rows: int, n_users: int, n_items: int) -> None:
    """Distinct pairs of users and items; both are as unevenly active as in real feedback."""
    rng = np.random.default_rng(0)
    if n_rows > 0.5 * n_users * n_items:
        raise SystemExit(f"{n_rows:,} different pairs are too many for {n_users:,} x {n_items:,}")
    activity = rng.lognormal(size=n_users)
    popularity = 1.0 / (10.0 + np.arange(n_items)) ** 0.7
    pairs = np.zeros(0, dtype=np.int64)
    while len(pairs) < n_rows:
        users = rng.choice(n_users, size=n_rows // 2, p=activity / activity.sum())
        items = rng.choice(n_items, size=n_rows // 2, p=popularity / popularity.sum())
        pairs = np.unique(np.concatenate([pairs, users * n_items + items]))
    pairs = rng.permutation(pairs)[:n_rows]
    user, item = np.divmod(pairs, n_items)
    feedback = pa.table(
        {
            "user": pa.array(user).cast(pa.string()),
            "item": pa.array(item).cast(pa.string()),
            "rating": rng.integers(1, 6, size=n_rows),
            "timestamp": rng.integers(1_000_000_000, 1_700_000_000, size=n_rows),
        }
    )
    names = [str(number) for number in range(n_items)]
    catalogue = pa.table({"item": names, "title": [f"Item {name}" for name in names]})
    arrow_csv.write_csv(feedback, folder / "feedback.csv")
    arrow_csv.write_csv(catalogue, folder / "items.csv")


if __name__ == "__main__":
    main()
