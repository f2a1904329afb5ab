"""Link prediction on the facts of the benchmark data: models of PyKEEN beside mere frequency.

    python benchmarks/link_prediction.py
    python benchmarks/link_prediction.py --models TransE,RotatE --data ml-100k --epochs 40

The graph is imported by the shipped command. A tenth of its facts is held back so that every node
and relation still occurs in the rest, all models see the same rest, and the same sample of the held
facts is ranked among all nodes of the graph, for head and tail, without the other known facts. The
baseline ranks the nodes by how often they are the tail (or head) of the relation. CPU seconds are
of one thread: training, then ranking.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shipped import mapping_of, new_project
from threadpoolctl import threadpool_limits

from embeddings.kge.pykeen_backend import PykeenModel, versions
from embeddings.kge.ranking import LinkScorer, filtered_ranks, ranking_metrics
from embeddings.kge.settings import KgeSettings
from embeddings.triples import Triples, TripleSplit, make_triples, split_triples
from graph.connect import open_store
from graph.dataset import Dataset, read_dataset

MODELS = "TransE,DistMult,ComplEx,RotatE,MuRE"
HELD_SHARE = 0.1
COLUMNS = ("mrr", "hits@1", "hits@3", "hits@10")


class Frequency:
    """Scores a node by how many known triples of the relation have it on that side."""

    def __init__(self, triples: Triples) -> None:
        shape = (triples.n_relations, triples.n_nodes)
        self._as_head, self._as_tail = np.zeros(shape), np.zeros(shape)
        np.add.at(self._as_head, (triples.relations, triples.heads), 1.0)
        np.add.at(self._as_tail, (triples.relations, triples.tails), 1.0)

    def score_tails(
        self, heads: NDArray[np.int64], relations: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Counts as tails, whatever the head."""
        return self._as_tail[relations]

    def score_heads(
        self, relations: NDArray[np.int64], tails: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Counts as heads, whatever the tail."""
        return self._as_head[relations]


@dataclass(frozen=True)
class Task:
    """What every scorer is asked."""

    split: TripleSplit
    asked: Triples

    def row(self, name: str, scorer: LinkScorer, train_cpu_s: float) -> str:
        """A row of the table."""
        started = time.process_time()
        ranks = filtered_ranks(scorer, self.asked, [self.split.train, self.split.test])
        cells = [f"{ranking_metrics(ranks)[column]:.4f}".lstrip("0") for column in COLUMNS]
        sides = [f"{(1 / side).mean():.4f}".lstrip("0") for side in ranks]
        seconds = f"{train_cpu_s:.0f} | {time.process_time() - started:.0f}"
        return f"| {name} | {' | '.join((*cells, *sides))} | {seconds} |"


def main() -> None:
    """Print the table."""
    given = _arguments()
    with dataset_of(given.data) as dataset, threadpool_limits(limits=1):
        split = split_triples(make_triples(dataset), HELD_SHARE, given.rng)
        n = min(given.sample, len(split.test))
        sample = np.random.default_rng(given.rng).choice(len(split.test), n, replace=False)
        task = Task(split, split.test.take(sample))
        used = ", ".join(f"{name} {number}" for name, number in versions().items())
        print(f"python {' '.join(sys.argv)}  ({used})\n")
        print(
            f"{given.data}: {split.train.n_nodes:,} nodes, {split.train.n_relations} relations; "
            f"{split.name}; {n:,} of them ranked\n"
        )
        print(f"| model | {' | '.join(COLUMNS)} | mrr of tails | of heads | train | rank |")
        print("|---|---|---|---|---|---|---|---|---|")
        print(task.row("frequency", Frequency(split.train), 0.0), flush=True)
        for name in given.models.split(","):
            settings = KgeSettings(
                model=name,
                embedding_size=given.embedding_size,
                epochs=given.epochs,
                learning_rate=given.learning_rate,
                batch_size=given.batch_size,
                negatives=given.negatives,
                margin=given.margin,
            )
            model = PykeenModel(split.train, settings, given.rng)
            started = time.process_time()
            for epoch in range(settings.epochs):
                loss = model.train_epoch()
                print(f"{name} epoch {epoch + 1} loss {loss:.4f}", file=sys.stderr, flush=True)
            print(task.row(name, model, time.process_time() - started), flush=True)


def _arguments() -> argparse.Namespace:
    defaults = KgeSettings()
    parser = argparse.ArgumentParser(description="Link prediction beside a frequency baseline.")
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--data", default="ml-latest-small", help="or ml-100k, ml-1m")
    parser.add_argument("--sample", type=int, default=1_500, help="held facts that are ranked")
    parser.add_argument("--rng", type=int, default=0)
    for name in ("embedding_size", "epochs", "learning_rate", "batch_size", "negatives", "margin"):
        value = getattr(defaults, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser.parse_args()


@contextmanager
def dataset_of(data: str) -> Iterator[Dataset]:
    """The graph of a benchmark data set as the shipped command imports it."""
    with new_project(mapping_of(data)) as project:
        project.run("import")
        with open_store(f"ladybug://{project.folder}/graph.lbug") as store:
            yield read_dataset(store)


if __name__ == "__main__":
    main()
