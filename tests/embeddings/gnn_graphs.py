"""Small graphs with obvious answers, and a training of one in a process that may be killed."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from embeddings.gnn.settings import GnnSettings
from embeddings.gnn.training import train_gnn
from embeddings.workspace import Workspace
from graph.dataset import NO_TIME, Dataset, Facts, Feedback

N_USERS, N_ITEMS = 20, 12
"""Users and items of the two communities, half of them in each; one more item is untouched."""

MANY_USERS = 100
"""Enough for validation."""

SETTINGS = GnnSettings(
    embedding_size=16,
    epochs=30,
    learning_rate=0.01,
    batch_size=64,
    negatives=8,
    fanout=5,
    patience=30,
)


def feedback_of(pairs: Sequence[tuple[int, int]]) -> Feedback:
    n = len(pairs)
    users, items = np.array(sorted(pairs)).T
    return Feedback(
        user=users.astype(np.int32),
        item=items.astype(np.int32),
        type=np.zeros(n, np.int16),
        value=np.ones(n),
        at=np.full(n, NO_TIME),
        split=np.full(n, "", dtype=object),
    )


def ids(letter: str, n: int) -> np.ndarray:
    return np.array([f"{letter}{number:02}" for number in range(n)], dtype=object)


def two_communities(new_item_director: int = 0, n_users: int = N_USERS) -> Dataset:
    """The first half of the users like items 0 to 5, by director 0; the others 6 to 11, by 1.

    Every user leaves one item of the community out. Item 12 is untouched.
    """
    pairs = [
        (user, item)
        for user in range(n_users)
        for item in range(N_ITEMS)
        if user // (n_users // 2) == item // 6 and user % 6 != item % 6
    ]
    directors = [item // 6 for item in range(N_ITEMS)] + [new_item_director]
    facts: Mapping[str, Facts] = {
        "DIRECTED_BY": Facts(
            source=np.arange(N_ITEMS + 1, dtype=np.int32),
            entity=np.array(directors, dtype=np.int32),
            weight=np.ones(N_ITEMS + 1),
        )
    }
    return Dataset(
        users=ids("u", n_users),
        items=ids("i", N_ITEMS + 1),
        entities=ids("e", 2),
        feedback_types=("LIKED",),
        feedback=feedback_of(pairs),
        item_facts=facts,
        user_facts={},
    )


class Told:
    """A progress that notes what it is told, and says it aloud where asked to."""

    def __init__(self, aloud: bool = False) -> None:
        self.total: int | None = None
        self.count, self.is_done, self.aloud = 0, False, aloud

    def start(self, what: str, total: int | None = None) -> None:
        self.total = total

    def advance(self, n: int) -> None:
        self.count += n
        if self.aloud:
            print(self.count, flush=True)

    def done(self) -> None:
        self.is_done = True


if __name__ == "__main__":
    dataset = two_communities(n_users=MANY_USERS)
    train_gnn(
        dataset,
        dataset.feedback,
        SETTINGS,
        Workspace(Path(sys.argv[1])),
        rng=0,
        progress=Told(aloud=True),
    )
