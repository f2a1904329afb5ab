"""The graph as integer triples (head, relation, tail), and splits of them for link prediction.

A node of a triple is a user, an item or an entity; its number is its row in every array of node
vectors. Only nodes and relations that occur in a triple have a number.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self, get_args

import numpy as np
from numpy.typing import NDArray

from embeddings.workspace import key_of
from graph.dataset import Dataset, Ids
from graph.errors import DataError, UsageError
from graph.model import HELD_OUT, NodeLabel

_LABELS: tuple[NodeLabel, ...] = get_args(NodeLabel)

Rng = int | np.random.Generator | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the numbers of triples stand for.

    `labels`, `ids` and `names` have one entry a node: an item "7" and a user "7" are two nodes.
    `names` are titles and names for people, "" where the graph has none. `relations` is in
    ascending order.
    """

    labels: Ids
    ids: Ids
    names: Ids
    relations: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, label: NodeLabel, ids: Ids) -> NDArray[np.int64]:
        """The number of each of these nodes, -1 for those without a triple; shape (len(ids),)."""
        of_label = np.flatnonzero(self.labels == label)
        number = dict(zip(self.ids[of_label].tolist(), of_label.tolist(), strict=True))
        return np.array([number.get(each, -1) for each in ids.tolist()], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Triples:
    """Distinct triples in ascending order of (head, relation, tail), and their vocabulary."""

    heads: NDArray[np.int64]
    relations: NDArray[np.int64]
    tails: NDArray[np.int64]
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        if not len(self.heads) == len(self.relations) == len(self.tails):
            raise ValueError("heads, relations and tails differ in length")
        for column, n in (
            (self.heads, self.n_nodes),
            (self.relations, self.n_relations),
            (self.tails, self.n_nodes),
        ):
            if len(column) and not (column.min() >= 0 and column.max() < n):
                raise ValueError("a triple has a number that the vocabulary lacks")

    def __len__(self) -> int:
        return len(self.heads)

    @property
    def n_nodes(self) -> int:
        """Nodes of the vocabulary."""
        return len(self.vocabulary)

    @property
    def n_relations(self) -> int:
        """Relations of the vocabulary."""
        return len(self.vocabulary.relations)

    @property
    def fingerprint(self) -> str:
        """A hash (24 hex digits) of the triples and what their numbers stand for, names apart."""
        words = self.vocabulary
        return key_of(
            self.heads, self.relations, self.tails, words.labels, words.ids, words.relations
        )

    def array(self) -> NDArray[np.int64]:
        """The triples as rows (head, relation, tail); shape (len(self), 3)."""
        return np.stack([self.heads, self.relations, self.tails], axis=1)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """These triples in ascending order, with the same vocabulary."""
        rows = np.sort(rows)
        return replace(
            self, heads=self.heads[rows], relations=self.relations[rows], tails=self.tails[rows]
        )


def make_triples(dataset: Dataset, *, feedback: bool | Collection[str] = False) -> Triples:
    """The facts of items and users as triples, with feedback only where it is asked for.

    Args:
        dataset: its feedback is what may be seen; pass `dataset.with_feedback(fit)` to leave
            validation feedback out. Held-out feedback never becomes a triple.
        feedback: whether feedback (user, type, item) counts, or which types of it do.

    Raises:
        UsageError: a type of feedback is not in the graph.
    """
    n_items, n_users, n_entities = len(dataset.items), len(dataset.users), len(dataset.entities)
    first = {"Item": 0, "User": n_items, "Entity": n_items + n_users}
    parts: list[tuple[NDArray[np.int64], str, NDArray[np.int64]]] = []
    for label, facts in (("Item", dataset.item_facts), ("User", dataset.user_facts)):
        for relation in sorted(facts):
            sources = facts[relation].source.astype(np.int64) + first[label]
            parts.append((sources, relation, facts[relation].entity + np.int64(first["Entity"])))
    rows = dataset.feedback.where(dataset.feedback.split != HELD_OUT)
    for number in _types(dataset, feedback):
        of_type = rows.where(rows.type == number)
        users = of_type.user.astype(np.int64) + first["User"]
        parts.append((users, dataset.feedback_types[number], of_type.item.astype(np.int64)))
    parts = [part for part in parts if len(part[0])]
    relations = tuple(sorted({relation for _, relation, _ in parts}))
    columns = [
        np.stack([heads, np.full(len(heads), relations.index(relation), dtype=np.int64), tails])
        for heads, relation, tails in parts
    ]
    distinct = np.unique(np.hstack([np.zeros((3, 0), dtype=np.int64), *columns]), axis=1)
    occurring, numbered = np.unique(distinct[[0, 2]], return_inverse=True)
    heads, tails = numbered.reshape(2, -1).astype(np.int64)
    sizes = [n_items, n_users, n_entities]
    ids = np.concatenate([dataset.items, dataset.users, dataset.entities])
    words = dataset.words
    names = np.concatenate(
        [
            words.titles if len(words.titles) else _blank(n_items),
            _blank(n_users),
            words.names if len(words.names) else _blank(n_entities),
        ]
    )
    labels = np.repeat(np.array(["Item", "User", "Entity"], dtype=object), sizes)
    vocabulary = Vocabulary(labels[occurring], ids[occurring], names[occurring], relations)
    return Triples(heads, distinct[1], tails, vocabulary)


def _types(dataset: Dataset, feedback: bool | Collection[str]) -> list[int]:
    """Positions of the types of feedback that count."""
    known = dataset.feedback_types
    if isinstance(feedback, bool):
        return list(range(len(known))) if feedback else []
    for name in feedback:
        if name not in known:
            raise UsageError(f"unknown type of feedback {name!r}; known: {', '.join(known)}")
    return [number for number, name in enumerate(known) if name in feedback]


def _blank(n: int) -> Ids:
    """No word for each of n nodes."""
    return np.full(n, "", dtype=object)


@dataclass(frozen=True, slots=True)
class TripleSplit:
    """Two parts of the same triples; every node and relation of `test` occurs in `train`.

    `name` says how the split was made, for reports.
    """

    name: str
    train: Triples
    test: Triples


def split_triples(triples: Triples, share: float, rng: Rng) -> TripleSplit:
    """Hold back about `share` of the triples at random, as far as the rest stays connected to them.

    A triple is held back only while its head, its tail and its relation each have another triple
    left to learn from, so a graph of many rare nodes may hold back less than `share`.

    Raises:
        UsageError: `share` is not between 0 and 1.
        DataError: not one triple can be held back.
    """
    if not 0.0 < share < 1.0:
        raise UsageError(f"the share of triples to hold back is {share}; it must be in (0, 1)")
    wanted = max(1, round(share * len(triples)))
    degree = np.bincount(
        np.concatenate([triples.heads, triples.tails]), minlength=triples.n_nodes
    ).tolist()
    uses = np.bincount(triples.relations, minlength=triples.n_relations).tolist()
    rows = triples.array()
    held: list[int] = []
    for row in np.random.default_rng(rng).permutation(len(triples)).tolist():
        if len(held) == wanted:
            break
        head, relation, tail = rows[row].tolist()
        loops = 2 if head == tail else 1
        if degree[head] > loops and degree[tail] > loops and uses[relation] > 1:
            degree[head] -= 1
            degree[tail] -= 1
            uses[relation] -= 1
            held.append(row)
    if not held:
        raise DataError(
            f"none of the {len(triples)} triples can be held back: "
            "each is the only one of its node or relation"
        )
    is_held = np.zeros(len(triples), dtype=np.bool_)
    is_held[held] = True
    return TripleSplit(
        name=f"random, {len(held):,} of {len(triples):,} triples held back, nodes seen in training",
        train=triples.take(np.flatnonzero(~is_held)),
        test=triples.take(np.flatnonzero(is_held)),
    )
