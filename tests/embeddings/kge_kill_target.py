"""Trains the small graph of `test_kge_training.py` in a process that the test may kill."""

import sys
from pathlib import Path

import numpy as np

from embeddings.kge.settings import KgeSettings
from embeddings.kge.training import train_kge
from embeddings.triples import Triples, Vocabulary
from embeddings.workspace import Workspace

SETTINGS = KgeSettings(
    embedding_size=8,
    epochs=40,
    learning_rate=0.05,
    batch_size=64,
    validation_share=0.1,
    check_every=2,
    patience=40,
    checkpoint_every=2,
)


def families() -> Triples:
    """60 items in 6 families: each family has a director, two actors and a genre of its own."""
    rows = [
        (item, relation, 60 + 4 * (item % 6) + place)
        for item in range(60)
        for place, relation in enumerate((0, 1, 1, 2))
    ]
    heads, relations, tails = np.array(rows, dtype=np.int64).T
    labels = np.array(["Item"] * 60 + ["Entity"] * 24, dtype=object)
    ids = np.array([str(number) for number in range(84)], dtype=object)
    names = np.array([f"Film {number}" for number in range(84)], dtype=object)
    vocabulary = Vocabulary(labels, ids, names, ("DIRECTED_BY", "HAS_CAST", "HAS_GENRE"))
    return Triples(heads, relations, tails, vocabulary)


class Echo:
    """Says each epoch on a line of its own."""

    def start(self, what: str, total: int | None = None) -> None:
        print(what, flush=True)

    def advance(self, n: int) -> None:
        print(n, flush=True)

    def done(self) -> None:
        print("done", flush=True)


if __name__ == "__main__":
    train_kge(families(), SETTINGS, Workspace(Path(sys.argv[1])), rng=0, progress=Echo())
