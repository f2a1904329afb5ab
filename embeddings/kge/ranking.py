"""Link prediction measured: the filtered rank of true triples, for any scorer; numpy alone.

Both sides are asked: which tail belongs to (head, relation, ?), which head to (?, relation, tail).
Candidates that make another *known* triple are left out ("filtered", Bordes et al. 2013). Ties
count half ("realistic rank", the mean of the best and the worst place among equals, Berrendorf et
al. 2020), so a scorer that knows nothing does not rank first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.triples import Triples

CUTOFFS = (1, 3, 10)


class LinkScorer(Protocol):
    """Scores all nodes for one side of triples; higher is more plausible."""

    def score_tails(
        self, heads: NDArray[np.int64], relations: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Scores of every node as the tail; shape (len(heads), n_nodes)."""

    def score_heads(
        self, relations: NDArray[np.int64], tails: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Scores of every node as the head; shape (len(tails), n_nodes)."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Lists the known nodes of one open side, by (relation, node of the other side)."""

    keys: NDArray[np.int64]
    nodes: NDArray[np.int64]
    n_nodes: int

    @classmethod
    def of(
        cls,
        relations: NDArray[np.int64],
        given: NDArray[np.int64],
        open_side: NDArray[np.int64],
        n_nodes: int,
    ) -> "_Known":
        keys = relations * n_nodes + given
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], open_side[order], n_nodes)

    def find(self, relation: int, given: int) -> NDArray[np.int64]:
        key = relation * self.n_nodes + given
        start, end = np.searchsorted(self.keys, [key, key + 1])
        return self.nodes[start:end]


def filtered_ranks(
    scorer: LinkScorer, asked: Triples, known: Sequence[Triples], *, batch_size: int = 16
) -> NDArray[np.float64]:
    """The realistic filtered rank of each asked triple, from 1; shape (2, len(asked)).

    Row 0 is of its tail, row 1 of its head.

    Args:
        scorer: scores all nodes of the vocabulary.
        asked: the triples to rank.
        known: all triples known to be true, those asked among them or not.
        batch_size: triples scored at once; their scores take 4 or 8 bytes for each node.
    """
    relations = np.concatenate([part.relations for part in known])
    heads = np.concatenate([part.heads for part in known])
    tails = np.concatenate([part.tails for part in known])
    n = asked.n_nodes
    known_tails = _Known.of(relations, heads, tails, n)
    known_heads = _Known.of(relations, tails, heads, n)
    ranks = np.zeros((2, len(asked)))
    for start in range(0, len(asked), batch_size):
        part = slice(start, start + batch_size)
        h, r, t = asked.heads[part], asked.relations[part], asked.tails[part]
        for side, scores, true, given, index in (
            (0, scorer.score_tails(h, r), t, h, known_tails),
            (1, scorer.score_heads(r, t), h, t, known_heads),
        ):
            for row in range(len(h)):
                others = index.find(int(r[row]), int(given[row]))
                ranks[side, start + row] = _realistic_rank(scores[row], int(true[row]), others)
    return ranks


def _realistic_rank(scores: NDArray[np.floating], true: int, left_out: NDArray[np.int64]) -> float:
    mine = scores[true]
    others = np.unique(np.append(left_out, true))
    better = np.count_nonzero(scores > mine) - np.count_nonzero(scores[others] > mine)
    equal = np.count_nonzero(scores == mine) - np.count_nonzero(scores[others] == mine)
    return 1.0 + better + equal / 2.0


def ranking_metrics(ranks: NDArray[np.float64]) -> dict[str, float]:
    """`mrr` and `hits@k` over both sides."""
    metrics = {"mrr": float(np.mean(1.0 / ranks))}
    for k in CUTOFFS:
        metrics[f"hits@{k}"] = float(np.mean(ranks <= k))
    return metrics
