"""The evidence of a run in arrays, read once from the graph: no query of it in a request.

Each edge takes 12 bytes, each item its id and 8 bytes a relation. Scores are summed in a vector
over all items, which is the fastest way up to some millions of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from graph.model import ENTITY_EVIDENCE, ITEM_EVIDENCE
from graph.store import Store
from recommender.anchors import Anchors
from recommender.item_factors import ItemFactors
from recommender.run_evidence import Reached, Weights
from recommender.terms import EdgeTerms

ALL = 2**31 - 1
"""A limit that no number of items reaches."""

_Places = NDArray[np.intp]
_Sums = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Edges of one relation: those of source s stand from `start[s]` to `start[s + 1]`."""

    start: NDArray[np.int64]
    target: NDArray[np.int32]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, edges: pa.Table, sources: pa.Array, targets: pa.Array) -> "Rows":
        """From a table `source, target, weight` sorted by source; both id lists are sorted."""
        source = pc.index_in(edges["source"], sources).to_numpy()
        target = pc.index_in(edges["target"], targets).to_numpy()
        return cls(
            np.searchsorted(source, np.arange(len(sources) + 1)).astype(np.int64),
            target.astype(np.int32),
            edges["weight"].to_numpy(),
        )

    def of_sources(self, sources: _Places) -> tuple[_Places, _Places]:
        """Where the edges of these sources stand, source by source; and how many each has."""
        start = self.start[sources]
        count = self.start[sources + 1] - start
        before = np.cumsum(count) - count
        place = np.repeat(start - before, count) + np.arange(count.sum())
        return place.astype(np.intp, copy=False), count.astype(np.intp, copy=False)

    def sums(self, sources: _Places, weights: _Sums, n_items: int) -> tuple[_Places, _Sums]:
        """The targets of these sources, and for each item the sum of weight times edge weight."""
        place, count = self.of_sources(sources)
        target = self.target[place].astype(np.intp, copy=False)
        value = np.repeat(weights, count) * self.weight[place]
        sums = np.bincount(target, weights=value, minlength=n_items)
        return target, sums.astype(np.float64, copy=False)

    def between(
        self, sources: _Places, weights: _Sums, targets: _Places, n_items: int
    ) -> tuple[list[int], _Places, _Sums, _Sums]:
        """The edges from these sources to these targets, both ascending.

        Where those of each target start, and where the last ends; then for each edge its source,
        its weight, and that times the weight of the source. Edges for which this is 0 are left out.
        """
        place, count = self.of_sources(sources)
        is_asked = np.zeros(n_items, dtype=np.bool_)
        is_asked[targets] = True
        hit = np.flatnonzero(is_asked[self.target[place]])
        of_source = np.searchsorted(np.cumsum(count), hit, side="right")
        weight = self.weight[place[hit]]
        value = weights[of_source] * weight
        target = self.target[place[hit]]
        # The sort is stable: the sources of a target still ascend.
        order = np.argsort(target, kind="stable")
        order = order[value[order] != 0.0]
        starts = np.searchsorted(target[order], targets).tolist()
        return [*starts, len(order)], sources[of_source[order]], weight[order], value[order]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Ids in ascending order, so that places are in the order of ids."""

    ids: NDArray[np.object_]
    place: Mapping[str, int]

    @classmethod
    def of(cls, ids: pa.Array) -> "Nodes":
        """From sorted ids."""
        names = ids.to_pylist()
        array = np.empty(len(names), dtype=object)
        array[:] = names
        return cls(array, {name: place for place, name in enumerate(names)})

    def places(self, ids: Iterable[str]) -> _Places:
        """The places of those that are there."""
        known = self.place
        return np.array([known[name] for name in ids if name in known], dtype=np.intp)

    def weighted(self, weights: Mapping[str, float]) -> tuple[_Places, _Sums]:
        """The places of those that are there, ascending, with their weights."""
        known = self.place
        there = sorted([(known[name], weight) for name, weight in weights.items() if name in known])
        return (
            np.array([place for place, _ in there], dtype=np.intp),
            np.array([weight for _, weight in there], dtype=np.float64),
        )


@dataclass(frozen=True, slots=True)
class ArrayEvidence:
    """A whole run. `popular` are the places of the items with a prior, best first; `weight` holds
    the PRIOR weights, shape (n_items,), `has_prior` says where there is one, and `rows` are those
    of the items in the factor model (-1: none)."""

    items: Nodes
    entities: Nodes
    relations: Mapping[str, Rows]
    favours: Rows
    popular: _Places
    weight: _Sums
    has_prior: NDArray[np.bool_]
    rows: _Places

    @classmethod
    def read(cls, store: Store, run: int, factors: ItemFactors | None) -> "ArrayEvidence":
        """Read a run from the graph; `factors` are its factor model."""
        tables = {relation: store.read_evidence(run, relation) for relation in ITEM_EVIDENCE}
        favours = store.read_evidence(run, ENTITY_EVIDENCE[0])
        priors = store.retrieve_by_prior(run, (), ALL)
        columns = [favours["target"], pa.chunked_array([[item for item, _ in priors]], pa.string())]
        for table in tables.values():
            columns += [table["source"], table["target"]]
        ids, entity_ids = _sorted(columns), _sorted([favours["source"]])
        items = Nodes.of(ids)
        popular = items.places(item for item, _ in priors)
        weight, has_prior = np.zeros(len(ids)), np.zeros(len(ids), dtype=np.bool_)
        weight[popular] = [prior for _, prior in priors]
        has_prior[popular] = True
        return cls(
            items,
            Nodes.of(entity_ids),
            {name: Rows.of(table, ids, ids) for name, table in tables.items() if len(table)},
            Rows.of(favours, entity_ids, ids),
            popular,
            weight,
            has_prior,
            np.full(len(ids), -1) if factors is None else factors.rows(items.ids.tolist()),
        )

    @property
    def outlives_run(self) -> bool:
        """It needs the graph no more."""
        return True

    @property
    def size_bytes(self) -> int:
        """What its arrays take, without the ids."""
        rows = [self.favours, *self.relations.values()]
        arrays = [array for row in rows for array in (row.start, row.target, row.weight)]
        return sum(array.nbytes for array in (*arrays, self.popular, self.weight, self.has_prior))

    def reach(
        self, anchors: Anchors, excluded: frozenset[str], *, n: int, limit: int, silent: Weights
    ) -> Reached:
        """What the anchors lead to."""
        is_allowed = np.ones(len(self.items.ids), dtype=np.bool_)
        is_allowed[self.items.places(excluded)] = False
        scores = np.zeros(len(is_allowed))
        is_reached = np.zeros(len(is_allowed), dtype=np.bool_)
        is_complete = True

        def take(reached: _Places, sums: _Sums | None) -> None:
            nonlocal is_complete
            is_complete &= len(reached) < limit
            if sums is not None:
                scores[reached] += sums[reached]
            is_reached[reached] = True

        edges = anchors.edges
        if edges:
            take(*self._by_items(edges, is_allowed, limit))
        if silent:
            take(self._by_items(silent, is_allowed, limit)[0], None)
        by_items = int(np.count_nonzero(is_reached))
        if anchors.entities:
            take(*self._by_entities(anchors.entities, is_allowed, limit))
        by_evidence = int(np.count_nonzero(is_reached))
        if anchors.prior is not None and (anchors.prior != 0.0 or by_evidence < n):
            take(self.popular[is_allowed[self.popular]][:limit], None)
            scores[is_reached] += anchors.prior * self.weight[is_reached]
        found = np.flatnonzero(is_reached)
        return Reached(
            self.items.ids[found],
            scores[found],
            self.weight[found],
            is_complete,
            by_items,
            by_evidence,
            self.rows[found],
        )

    def _by_items(
        self, weights: Weights, is_allowed: NDArray[np.bool_], limit: int
    ) -> tuple[_Places, _Sums]:
        """The relations one after the other, so that sums are those of the store's verb."""
        totals = np.zeros(len(is_allowed))
        is_reached = np.zeros(len(is_allowed), dtype=np.bool_)
        for _, rows, sources, anchors in self._used(weights):
            targets, sums = rows.sums(sources, anchors, len(totals))
            totals += sums
            is_reached[targets] = True
        return _best(is_reached & is_allowed, totals, limit), totals

    def _by_entities(
        self, weights: Mapping[str, float], is_allowed: NDArray[np.bool_], limit: int
    ) -> tuple[_Places, _Sums]:
        is_reached = np.zeros(len(is_allowed), dtype=np.bool_)
        targets, sums = self.favours.sums(*self.entities.weighted(weights), len(is_allowed))
        is_reached[targets] = True
        return _best(is_reached & is_allowed, sums, limit), sums

    def _used(self, weights: Weights) -> list[tuple[str, Rows, _Places, _Sums]]:
        """Each relation in use, in their order, with its anchors and their weights."""
        return [
            (relation, self.relations[relation], *self.items.weighted(weights[relation]))
            for relation in sorted(weights)
            if relation in self.relations
        ]

    def starts_at(self, weights: Weights) -> bool:
        """Whether any evidence starts at these items."""
        return any(
            len(rows.of_sources(sources)[0]) > 0 for _, rows, sources, _ in self._used(weights)
        )

    def terms(self, anchors: Anchors, items: Sequence[str]) -> dict[str, list[EdgeTerms]]:
        """What the edges from anchors add to these items."""
        asked = np.sort(self.items.places(items))
        names = self.items.ids[asked].tolist()
        groups = [
            (relation, rows, self.items, sources, weights)
            for relation, rows, sources, weights in self._used(anchors.edges)
        ]
        if anchors.entities:
            weighted = self.entities.weighted(anchors.entities)
            groups.append((ENTITY_EVIDENCE[0], self.favours, self.entities, *weighted))
        found: dict[str, list[EdgeTerms]] = {}
        for relation, rows, nodes, sources, weights in sorted(groups, key=itemgetter(0)):
            starts, source, weight, value = rows.between(
                sources, weights, asked, len(self.items.ids)
            )
            columns = (nodes.ids[source].tolist(), weight.tolist(), value.tolist())
            for item, (start, end) in zip(names, pairwise(starts), strict=True):
                if start < end:
                    of_item = [column[start:end] for column in columns]
                    found.setdefault(item, []).append(EdgeTerms(relation, *of_item))
        return found

    def prior(self, items: Sequence[str]) -> Mapping[str, float]:
        """The PRIOR weights of these items."""
        places = ((item, self.items.place.get(item, -1)) for item in items)
        return {
            item: float(self.weight[place])
            for item, place in places
            if place >= 0 and self.has_prior[place]
        }


def _best(is_reached: NDArray[np.bool_], sums: _Sums, limit: int) -> _Places:
    """The places with the greatest sums, up to a limit; ties by place, so by id."""
    places = np.flatnonzero(is_reached)
    if len(places) <= limit:
        return places
    return places[np.argsort(-sums[places], kind="stable")[:limit]]


def _sorted(columns: Sequence[pa.ChunkedArray]) -> pa.Array:
    """The different values of these columns, ascending."""
    values = pa.concat_arrays([column.unique() for column in columns]).unique()
    return values.take(pc.sort_indices(values))
