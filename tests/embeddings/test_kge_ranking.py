"""Filtered realistic ranks against a count by hand, and what ties are worth."""

from dataclasses import dataclass

import numpy as np
import pytest

from embeddings.kge.ranking import filtered_ranks, ranking_metrics
from embeddings.triples import Triples, Vocabulary


@dataclass
class Table:
    """Looks scores up in an array (heads, relations, tails)."""

    scores: np.ndarray

    def score_tails(self, heads: np.ndarray, relations: np.ndarray) -> np.ndarray:
        return self.scores[heads, relations]

    def score_heads(self, relations: np.ndarray, tails: np.ndarray) -> np.ndarray:
        return self.scores[:, relations, tails].T


def triples_of(rows: np.ndarray, n: int, n_relations: int) -> Triples:
    blank = np.full(n, "", dtype=object)
    vocabulary = Vocabulary(blank, blank, blank, tuple("R" * (k + 1) for k in range(n_relations)))
    return Triples(rows[:, 0], rows[:, 1], rows[:, 2], vocabulary)


def by_hand(
    scores: np.ndarray, known: set[tuple[int, ...]], asked: np.ndarray
) -> list[list[float]]:
    ranks: list[list[float]] = [[], []]
    for h, r, t in asked.tolist():
        mine = scores[h, r, t]
        for side, others in enumerate(
            (
                [scores[h, r, x] for x in range(len(scores)) if x != t and (h, r, x) not in known],
                [scores[x, r, t] for x in range(len(scores)) if x != h and (x, r, t) not in known],
            )
        ):
            best = 1 + sum(score > mine for score in others)
            worst = best + sum(score == mine for score in others)
            ranks[side].append((best + worst) / 2)
    return ranks


@pytest.mark.parametrize("seed", range(5))
def test_ranks_are_those_of_a_count_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_relations = 9, 2
    scores = rng.integers(0, 5, (n, n_relations, n)).astype(float)  # many ties
    rows = np.unique(rng.integers(0, [n, n_relations, n], (40, 3)), axis=0)
    known, asked = triples_of(rows[:30], n, n_relations), triples_of(rows[25:], n, n_relations)
    ranks = filtered_ranks(Table(scores), asked, [known, asked], batch_size=4)
    assert ranks.tolist() == by_hand(scores, set(map(tuple, rows.tolist())), rows[25:])


def test_a_scorer_that_knows_nothing_ranks_in_the_middle() -> None:
    rows = np.array([[0, 0, 1]])
    asked = triples_of(rows, 11, 1)
    ranks = filtered_ranks(Table(np.zeros((11, 1, 11))), asked, [asked])
    assert ranks.tolist() == [[6.0], [6.0]]


def test_metrics_of_known_ranks() -> None:
    metrics = ranking_metrics(np.array([[1.0, 2.0], [4.0, 20.0]]))
    assert metrics["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 20) / 4)
    assert (metrics["hits@1"], metrics["hits@3"], metrics["hits@10"]) == (0.25, 0.5, 0.75)
