"""The graph as a network sees it: numbered nodes and typed edges, and what is held out of it.

Nodes are numbered through: users, then items, then entities. Every kind of feedback and every
relation of facts is an edge type in each of its two directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Dataset, Facts, Feedback

MOST_VALIDATED = 1_000
"""Users that validation holds one pair of, at most."""

LEAST_VALIDATED = 20
"""Pairs that say anything: with fewer, none is held out and every epoch is trained."""

LEAST_HISTORY = 5
"""Pairs that a user must have for one of them to be held out."""


@dataclass(frozen=True, slots=True)
class MessageGraph:
    """`source` and `target` are nodes, `type` the edge type; edge types below
    `n_feedback_types` go from a user to an item. `positives` (n, 2) are the (user, item) to learn.

    Both directions of an edge are there: the reverse of edge `e` of `n` is `(e + n / 2) % n`.
    """

    n_users: int
    n_items: int
    n_entities: int
    n_feedback_types: int
    n_types: int
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    type: NDArray[np.int64]
    positives: NDArray[np.int64]

    @property
    def n_nodes(self) -> int:
        """All nodes."""
        return self.n_users + self.n_items + self.n_entities

    @property
    def touched(self) -> NDArray[np.bool_]:
        """The items that have feedback of any type; shape (n_items,)."""
        is_touched = np.zeros(self.n_items, dtype=np.bool_)
        is_touched[self.target[self.type < self.n_feedback_types] - self.n_users] = True
        return is_touched

    @property
    def active(self) -> NDArray[np.bool_]:
        """The users that have feedback of any type; shape (n_users,)."""
        is_active = np.zeros(self.n_users, dtype=np.bool_)
        is_active[self.source[self.type < self.n_feedback_types]] = True
        return is_active

    @property
    def described(self) -> NDArray[np.bool_]:
        """The items that have facts; shape (n_items,)."""
        first, last = self.n_users, self.n_users + self.n_items
        is_fact = (self.source >= first) & (self.source < last) & (self.target >= last)
        is_described = np.zeros(self.n_items, dtype=np.bool_)
        is_described[self.source[is_fact] - first] = True
        return is_described

    def without(self, pairs: NDArray[np.int64]) -> Self:
        """The same graph without any feedback between these (user, item), shape (n, 2)."""
        held = pairs[:, 0] * self.n_items + pairs[:, 1]
        ours = self.positives[:, 0] * self.n_items + self.positives[:, 1]
        half = len(self.source) // 2
        source, target = self.source[:half], self.target[:half]
        is_held = (self.type[:half] < self.n_feedback_types) & np.isin(
            source * self.n_items + target - self.n_users, held
        )
        kept = np.concatenate([~is_held, ~is_held])
        return replace(
            self,
            source=self.source[kept],
            target=self.target[kept],
            type=self.type[kept],
            positives=self.positives[~np.isin(ours, held)],
        )


def message_graph(dataset: Dataset, feedback: Feedback, *, with_facts: bool) -> MessageGraph:
    """The nodes of a dataset with these rows of feedback and, where asked for, its facts.

    The first feedback type is what is learned; the others are edges only.
    """
    n_users, n_items = len(dataset.users), len(dataset.items)
    sources, targets, types = [], [], []
    n_feedback_types = len(dataset.feedback_types)
    for number in range(n_feedback_types):
        rows = feedback.type == number
        pairs = _unique(feedback.user[rows], feedback.item[rows])
        sources.append(pairs[:, 0])
        targets.append(n_users + pairs[:, 1])
        types.append(np.full(len(pairs), number))
    n_types = n_feedback_types
    for first, facts in ((n_users, dataset.item_facts), (0, dataset.user_facts)):
        for pairs in _fact_pairs(facts) if with_facts else ():
            sources.append(first + pairs[:, 0])
            targets.append(n_users + n_items + pairs[:, 1])
            types.append(np.full(len(pairs), n_types))
            n_types += 1
    source, target = _joined(sources), _joined(targets)
    kind = _joined(types)
    learned = feedback.type == 0
    return MessageGraph(
        n_users=n_users,
        n_items=n_items,
        n_entities=len(dataset.entities) if with_facts else 0,
        n_feedback_types=n_feedback_types,
        n_types=2 * n_types,
        source=np.concatenate([source, target]),
        target=np.concatenate([target, source]),
        type=np.concatenate([kind, kind + n_types]),
        positives=_unique(feedback.user[learned], feedback.item[learned]),
    )


def hold_out(graph: MessageGraph, rng: np.random.Generator) -> NDArray[np.int64]:
    """One positive of each of some users with a history; shape (n, 2), each user once.

    Empty where there would be fewer than `LEAST_VALIDATED`.
    """
    order = rng.permutation(len(graph.positives))
    users, first = np.unique(graph.positives[order, 0], return_index=True)
    size = np.bincount(graph.positives[:, 0], minlength=graph.n_users)
    rows = order[first[size[users] >= LEAST_HISTORY]]
    chosen = rng.permutation(rows)[: min(MOST_VALIDATED, len(graph.positives) // 20)]
    if len(chosen) < LEAST_VALIDATED:
        chosen = chosen[:0]
    held: NDArray[np.int64] = graph.positives[np.sort(chosen)]
    return held


def judge(
    held: NDArray[np.int64],
    seen: NDArray[np.int64],
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    candidates: NDArray[np.bool_],
) -> dict[str, float]:
    """How high the held item of each user stands among the items that the user has not seen.

    Args:
        held: (user, item), each user once; shape (n, 2).
        seen: (user, item) that are no candidates; shape (m, 2).
        users: vectors of all users, shape (n_users, d).
        items: vectors of the items, shape (n_items, d).
        candidates: the items to rank, shape (n_items,). Untouched ones do not belong here: training
            never draws them as negatives, so they stand too high and would hide the rest.

    Returns:
        `recall@20`, and `ndcg@10` with one relevant item: 1 / log2(rank + 1) within the first ten.
    """
    scores = np.where(candidates, users[held[:, 0]] @ items.T, -np.inf)
    row_of = np.full(len(users), -1)
    row_of[held[:, 0]] = np.arange(len(held))
    rows = row_of[seen[:, 0]]
    scores[rows[rows >= 0], seen[rows >= 0, 1]] = -np.inf
    own = scores[np.arange(len(held)), held[:, 1]][:, None]
    rank = 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2
    gain = np.where(rank <= 10, 1.0 / np.log2(rank + 1), 0.0)
    return {"recall@20": float((rank <= 20).mean()), "ndcg@10": float(gain.mean())}


def _fact_pairs(facts: Mapping[str, Facts]) -> list[NDArray[np.int64]]:
    return [_unique(facts[name].source, facts[name].entity) for name in sorted(facts)]


def _unique(first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int64]:
    pairs = np.stack([first, second], axis=1).astype(np.int64)
    unique: NDArray[np.int64] = np.unique(pairs, axis=0)
    return unique


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
