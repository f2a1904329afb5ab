"""What the graph neural networks are worth alone, on ml-100k, warm and cold.

    python benchmarks/gnn.py                                # both models, as shipped
    python benchmarks/gnn.py rgcn epochs=20 fanout=10       # one model with other settings

Warm: train on train.csv, rank every item that the user has neither in train nor in valid, score
against test.csv. Cold: the 200 `tune` items of cold_items.csv lose all their feedback and are
ranked among themselves (see the README of the data). Beside them a random order. Prints nDCG@10,
CPU seconds of the training and the peak memory of the process.
"""

import argparse
import csv
import json
import resource
import sys
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.gnn.settings import GnnSettings
from embeddings.gnn.training import train_gnn
from embeddings.workspace import Workspace
from graph.connect import open_store
from graph.dataset import Dataset, Feedback, read_dataset
from graph.importing import import_project
from graph.mapping import Mapping
from recommender.evaluation.metrics import find_hits, score_lists, top_items

HERE = Path(__file__).parent / "ml-100k"
DATA = HERE.parent.parent.parent / "shared" / "data" / "ml-100k"


def main() -> None:
    """Train each model for each protocol and print a row of Markdown for each."""
    parser = argparse.ArgumentParser(description="Graph neural networks alone, on ml-100k.")
    parser.add_argument("given", nargs="*", help="lightgcn, rgcn, warm, cold, or setting=value")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    changes = dict(entry.split("=", 1) for entry in arguments.given if "=" in entry)
    names = [entry for entry in arguments.given if "=" not in entry]
    kinds: dict[str, Any] = {entry.name: type(entry.default) for entry in fields(GnnSettings)}
    values: dict[str, Any] = {name: kinds[name](text) for name, text in changes.items()}
    dataset = read_data()
    print(f"`{' '.join(['python benchmarks/gnn.py', *sys.argv[1:]])}`\n")
    print(
        "| model | protocol | nDCG@10 | by facts alone | random | epochs (best) | CPU s | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for model in [name for name in ("lightgcn", "rgcn") if name in names] or ["lightgcn", "rgcn"]:
        settings = replace(GnnSettings(), model=model, **values)
        for protocol in [n for n in ("warm", "cold") if n in names] or ["warm", "cold"]:
            if (model, protocol) != ("lightgcn", "cold"):  # it has no vector for a new item
                print(measure(dataset, settings, protocol, arguments.seed), flush=True)


def read_data() -> Dataset:
    """The benchmark's data through its mapping."""
    with TemporaryDirectory() as folder:
        tables = tomllib.loads((HERE / "whypath.toml").read_text(encoding="utf-8"))
        with open_store(f"ladybug://{folder}/graph.lbug") as store:
            import_project(Mapping.from_toml(tables, HERE), store)
            return read_dataset(store)


def measure(dataset: Dataset, settings: GnnSettings, protocol: str, seed: int) -> str:
    """One row of the table."""
    rows = dataset.feedback
    if protocol == "warm":
        is_fit, is_test = rows.split == "train", rows.split == "test"
        candidates = np.ones(len(dataset.items), dtype=np.bool_)
    else:
        with (DATA / "cold_items.csv").open(encoding="utf-8") as lines:
            table = list(csv.DictReader(lines))
        cold = np.isin(dataset.items, [row["item"] for row in table if row["fold"] == "tune"])
        tested = np.isin(dataset.items, [row["item"] for row in table if row["fold"] == "test"])
        is_test = cold[rows.item]
        is_fit = ~is_test & ~tested[rows.item]
        candidates = cold
    with TemporaryDirectory() as folder:
        result = train_gnn(dataset, rows.where(is_fit), settings, Workspace(Path(folder)), rng=seed)
    seen = rows.where(~is_test)

    def quality(scores: NDArray[np.floating]) -> float:
        return ndcg(scores, candidates, seen, rows.where(is_test))

    users = result.users.values
    noise = np.random.default_rng(seed).random((len(users), len(dataset.items)))
    found = [
        quality(users @ result.items.values.T),
        quality(users @ result.from_facts.values.T) if settings.model == "rgcn" else None,
        quality(noise),
    ]
    print(json.dumps(result.metrics["validation"]), file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = ["-" if value is None else f"{value:.4f}" for value in found]
    epochs = f"{result.metrics['epochs']} ({result.metrics['best_epoch']})"
    seconds = f"{result.metrics['cpu_seconds']:.0f}"
    row = [settings.model, protocol, *cells, epochs, seconds, f"{peak:.0f}"]
    return f"| {' | '.join(row)} |"


def ndcg(
    scores: NDArray[np.floating], candidates: NDArray[np.bool_], seen: Feedback, test: Feedback
) -> float:
    """Mean over the users with a test item."""
    allowed = np.tile(candidates, (len(scores), 1))
    allowed[seen.user, seen.item] = False
    relevant = np.zeros_like(allowed)
    relevant[test.user, test.item] = True
    users = np.flatnonzero(relevant.any(axis=1))
    top = top_items(scores[users], allowed[users], 10)
    hits = find_hits(top, relevant[users])
    return float(score_lists(hits, relevant[users].sum(axis=1), [10])["ndcg"].mean())


if __name__ == "__main__":
    main()
