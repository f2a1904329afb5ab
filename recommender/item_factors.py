"""The factor model of a run: what reranks candidates, term by term through the history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids


@dataclass(frozen=True, slots=True)
class ItemFactors:
    """A user's vector is the weighted sum of `sources` over the history; `targets` answer it.

    `sources` and `targets` have the shape (n_items, embedding_size + 1), in the order of `ids`.
    The term of history item s for candidate c is `weight of s * sources[s] . targets[c]`. The last
    number is 1 in every source; in a target it is the predicted popularity of an item that had no
    feedback, else 0. `parts` are rows of length 1 (0 where unknown) of what an item was fused from,
    by name ("text", "knowledge", "gnn"); they say in what two items are alike.
    """

    ids: Ids
    sources: NDArray[np.float32]
    targets: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.sources) == len(self.targets):
            raise ValueError("ids, sources and targets differ in length")
        row = {item: number for number, item in enumerate(self.ids.tolist())}
        object.__setattr__(self, "_row", row)

    def extended(
        self, ids: Ids, targets: NDArray[np.float32], parts: Mapping[str, NDArray[np.float32]]
    ) -> "ItemFactors":
        """With items that came after the training; a part that is not given is unknown for them.

        Like items without feedback they have no source but the 1 at its end.
        """
        sources = np.zeros_like(targets)
        sources[:, -1:] = 1.0
        return ItemFactors(
            np.concatenate([self.ids, ids]),
            np.concatenate([self.sources, sources]),
            np.concatenate([self.targets, targets]),
            {
                name: np.concatenate(
                    [rows, parts.get(name, np.zeros((len(ids), rows.shape[1]), np.float32))]
                )
                for name, rows in self.parts.items()
            },
        )

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The fused vectors, shape (n_items, embedding_size): targets without the popularity."""
        return self.targets[:, :-1]

    def scores(
        self, anchors: Mapping[str, float], candidates: Sequence[str]
    ) -> NDArray[np.float64]:
        """The sum of the terms of each candidate, up to rounding; shape (len(candidates),)."""
        rows, weights = self._rows(anchors), np.array(list(anchors.values()), dtype=np.float64)
        user = np.where(rows >= 0, weights, 0.0) @ self.sources[rows].astype(np.float64)
        places = self._rows(candidates)
        found: NDArray[np.float64] = self.targets[places].astype(np.float64) @ user
        found[places < 0] = 0.0
        return found

    def terms(
        self, anchors: Iterable[str], candidates: Sequence[str]
    ) -> dict[str, dict[str, float]]:
        """`sources[s] . targets[c]` by candidate and anchor; items without vectors are left out.

        Each number is worked out by itself, so it does not depend on what else is asked.
        """
        known = [item for item in anchors if item in self._row]
        return {
            candidate: dict(zip(known, products.tolist(), strict=True))
            for candidate, products in self._products(known, candidates)
        }

    def values(
        self, anchors: Mapping[str, float], candidates: Sequence[str]
    ) -> dict[str, list[float]]:
        """The terms with the weights of their anchors, without names: to the bit what they are."""
        known = [item for item in anchors if item in self._row]
        weights = np.array([anchors[item] for item in known], dtype=np.float64)
        return {
            candidate: (weights * products).tolist()
            for candidate, products in self._products(known, candidates)
        }

    def _products(
        self, known: Sequence[str], candidates: Iterable[str]
    ) -> Iterator[tuple[str, NDArray[np.float64]]]:
        sources = self.sources[self._rows(known)].astype(np.float64)
        for candidate in candidates:
            place = self._row.get(candidate)
            if place is not None:
                yield candidate, (sources * self.targets[place].astype(np.float64)).sum(axis=1)

    def similarity(self, first: str, second: str) -> dict[str, float]:
        """The cosine of two items in each part that both have."""
        rows = self._row.get(first), self._row.get(second)
        found = {}
        if rows[0] is not None and rows[1] is not None:
            for name, part in self.parts.items():
                one, other = part[rows[0]].astype(np.float64), part[rows[1]].astype(np.float64)
                if one.any() and other.any():
                    found[name] = float((one * other).sum())
        return found

    def _rows(self, items: Iterable[str]) -> NDArray[np.intp]:
        return np.array([self._row.get(item, -1) for item in items], dtype=np.intp)
