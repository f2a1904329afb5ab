"""The factor model of a run: what reranks candidates, term by term through the history."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Ids

WIDE = 8_000_000
"""Numbers of targets up to which they are also kept with 64 bits, in 64 MB: faster than taking the
candidates' rows and widening them in each request."""


@dataclass(frozen=True, slots=True)
class FactorFit:
    """How an item fits a history: `values[i] = weights[i] * products[i]` comes through `vias[i]`.

    `products` are `sources[via] . targets[item]`, `weights` those of the anchors; 64 bits.
    """

    vias: Sequence[str]
    weights: Sequence[float]
    products: Sequence[float]
    values: Sequence[float]

    def best(self, number: int) -> list[str]:
        """What of the history it fits best, best first; none that counts against what is like it.

        Ties go by id.
        """
        columns = zip(self.values, self.weights, self.vias, strict=True)
        fitting = [(-value, via) for value, weight, via in columns if value > 0.0 < weight]
        return [via for _, via in nsmallest(number, fitting)]


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
    _wide: NDArray[np.float64] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.sources) == len(self.targets):
            raise ValueError("ids, sources and targets differ in length")
        row = {item: number for number, item in enumerate(self.ids.tolist())}
        object.__setattr__(self, "_row", row)
        is_small = 0 < self.targets.size <= WIDE
        object.__setattr__(self, "_wide", self.targets.astype(np.float64) if is_small else None)

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

    def among(self, items: Collection[str]) -> Self:
        """The rows of those of its items that are among these."""
        kept = np.array([item in items for item in self.ids.tolist()], dtype=np.bool_)
        return replace(
            self,
            ids=self.ids[kept],
            sources=self.sources[kept],
            targets=self.targets[kept],
            parts={name: rows[kept] for name, rows in self.parts.items()},
        )

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The fused vectors, shape (n_items, embedding_size): targets without the popularity."""
        return self.targets[:, :-1]

    def scores(
        self,
        anchors: Mapping[str, float],
        candidates: Iterable[str],
        rows: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float64]:
        """The sum of the terms of each candidate, up to rounding; shape (n_candidates,).

        `rows` of the candidates spare looking them up.
        """
        places = self.rows(candidates) if rows is None else rows
        sources, weights = self.rows(anchors), np.array(list(anchors.values()), dtype=np.float64)
        user = np.where(sources >= 0, weights, 0.0) @ self.sources[sources].astype(np.float64)
        found: NDArray[np.float64]
        if self._wide is None:
            found = self.targets[places].astype(np.float64) @ user
        else:
            found = (self._wide @ user)[places]
        found[places < 0] = 0.0
        return found

    def fits(self, anchors: Mapping[str, float], candidates: Iterable[str]) -> dict[str, FactorFit]:
        """The terms of each candidate; items without vectors, on either side, are left out.

        Each number is worked out by itself, so it does not depend on what else is asked.
        """
        known = [item for item in anchors if item in self._row]
        given = [anchors[item] for item in known]
        weights = np.array(given, dtype=np.float64)
        sources = self.sources[self.rows(known)].astype(np.float64)
        found = {}
        for item in candidates:
            place = self._row.get(item)
            if place is not None:
                products = (sources * self.targets[place].astype(np.float64)).sum(axis=1)
                values = (weights * products).tolist()
                found[item] = FactorFit(known, given, products.tolist(), values)
        return found

    def similarities(
        self, pairs: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], dict[str, float]]:
        """For each pair of items, the cosine in each part that both have."""
        found: dict[tuple[str, str], dict[str, float]] = {pair: {} for pair in pairs}
        known = [pair for pair in found if pair[0] in self._row and pair[1] in self._row]
        if not known:
            return found
        firsts, seconds = (self.rows(items) for items in zip(*known, strict=True))
        for name, part in self.parts.items():
            one, other = part[firsts].astype(np.float64), part[seconds].astype(np.float64)
            cosines = (one * other).sum(axis=1)
            have = np.logical_and(one.any(axis=1), other.any(axis=1))
            for pair, cosine, both_have in zip(known, cosines.tolist(), have.tolist(), strict=True):
                if both_have:
                    found[pair][name] = cosine
        return found

    def rows(self, items: Iterable[str]) -> NDArray[np.intp]:
        """The rows of these items; -1 for one without vectors."""
        return np.array([self._row.get(item, -1) for item in items], dtype=np.intp)
