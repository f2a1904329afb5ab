"""Accuracy on the benchmark data, through the shipped command alone.

    python benchmarks/accuracy.py                      # everything
    python benchmarks/accuracy.py ml-100k cold-items   # some of it
    python benchmarks/accuracy.py ml-latest-small --folds 0,1

Each protocol makes a project in a temporary folder from its mapping in `benchmarks/`, runs
`whypath import` and `whypath evaluate --json`, and prints the commands and Markdown tables. The
data are read in place from `../shared/data` (or --data).
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shipped import DATA, mapping_of, new_project

COLUMNS = {
    "nDCG": "ndcg",
    "recall": "recall",
    "precision": "precision",
    "F1": "f1",
    "hit rate": "hit_rate",
    "MRR": "mrr",
    "MAP": "map",
    "coverage": "coverage",
    "Gini": "gini",
    "novelty": "novelty",
}


@dataclass(frozen=True)
class Protocol:
    """A published way to measure: the mapping's folder, options of `evaluate`, nDCG@10 to reach."""

    title: str
    folder: str
    options: tuple[str, ...]
    floor: float


PROTOCOLS = {
    "ml-100k": Protocol(
        "ml-100k, published 80/10/10 split, tuned on valid, trained on train",
        "ml-100k",
        ("--split", "files", "--no-refit"),
        0.246,
    ),
    "ml-1m": Protocol(
        "ml-1m, published chronological 60/20/20 split, tuned on valid, trained on train and valid",
        "ml-1m",
        ("--split", "files", "--refit"),
        0.285,
    ),
    "ml-latest-small": Protocol(
        "ml-latest-small, published folds", "ml-latest-small", ("--split", "kfold"), 0.296
    ),
    "cold-items": Protocol(
        "ml-100k, 200 items without any feedback ranked among themselves, with texts",
        "ml-100k",
        (
            *("--cold-items", "{data}/ml-100k/cold_items.csv", "--cold-fold", "test"),
            *("--embeddings", "text"),
        ),
        0.37,
    ),
}


def main() -> None:
    """Run the protocols named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="Accuracy through the shipped command.")
    parser.add_argument("protocols", nargs="*", metavar="PROTOCOL", help=", ".join(PROTOCOLS))
    parser.add_argument("--folds", help="only these folds of ml-latest-small, e.g. 0,1")
    parser.add_argument("-k", default="10,20", help="list lengths (default 10,20)")
    parser.add_argument("--baselines", help="which baselines (default all), or none")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--store", help="store URL, or neo4j for a new server; default embedded")
    given = parser.parse_args()
    unknown = set(given.protocols) - set(PROTOCOLS)
    if unknown:
        parser.error(f"unknown protocol {min(unknown)}; known: {', '.join(PROTOCOLS)}")
    if not given.data.is_dir():
        parser.error(f"there is no data folder {given.data}")
    below = []
    command = " ".join(["python benchmarks/accuracy.py", *sys.argv[1:]])
    print(f"`{command}`, {datetime.now(UTC):%Y-%m-%d}")
    for name in given.protocols or PROTOCOLS:
        protocol = PROTOCOLS[name]
        options = [option.format(data=given.data.resolve()) for option in protocol.options]
        options += ["-k", given.k]
        if given.baselines:
            options += ["--baselines", given.baselines]
        if given.folds and protocol.folder == "ml-latest-small":
            options += ["--only-folds", given.folds]
        report = measure(protocol, options, given.data.resolve(), given.store)
        reached = next(iter(report["models"]))["metrics"].get("ndcg@10")
        if reached is not None and reached < protocol.floor:
            below.append(f"{name}: nDCG@10 {reached:.4f} is below {protocol.floor}")
    if below:
        raise SystemExit("\n".join(below))


def measure(
    protocol: Protocol, options: list[str], data: Path, store: str | None
) -> dict[str, Any]:
    """Import, evaluate, print; answers the report."""
    with new_project(mapping_of(protocol.folder, data), store) as project:
        project.run("import")
        print(f"\n### {protocol.title}\n")
        done = project.run("evaluate", *options, "--json", quiet=False)
    shown = " ".join(options).replace(data.as_posix(), "../shared/data")
    print(f"`whypath evaluate {shown}`: {done.seconds:.0f} s, {done.peak_bytes / 1e6:.0f} MB\n")
    report: dict[str, Any] = json.loads(done.output)
    print_tables(report)
    sys.stdout.flush()
    return report


def print_tables(report: dict[str, Any]) -> None:
    """One table for each k, then the differences."""
    print(
        f"{report['users']:,} users, {report['held_out']:,} held-out pieces of feedback, "
        f"{len(report['folds'])} fold(s)."
    )
    for k in report["k"]:
        print(f"\n| top {k} | {' | '.join(COLUMNS)} | CPU s |")
        print("|---|" + "---|" * (len(COLUMNS) + 1))
        for model in report["models"]:
            cells = [f"{model['metrics'][f'{name}@{k}']:.4f}" for name in COLUMNS.values()]
            print(f"| {model['model']} | {' | '.join(cells)} | {model['cpu_seconds']:.1f} |")
    print("\n| ours minus | metric | difference | 95 % interval |\n|---|---|---|---|")
    for entry in report["comparisons"]:
        bounds = f"{entry['low']:+.4f} .. {entry['high']:+.4f}"
        print(
            f"| {entry['baseline']} | {entry['metric']} | {entry['difference']:+.4f} | {bounds} |"
        )
    for model in report["models"][1:]:
        settings = [
            ", ".join(f"{key} {value:g}" for key, value in fold["settings"].items())
            for fold in model["folds"]
        ]
        if any(settings):
            print(f"\n{model['model']}: {'; '.join(dict.fromkeys(settings))}")
    for note in report["notes"]:
        print(f"\n{note}")


if __name__ == "__main__":
    main()
