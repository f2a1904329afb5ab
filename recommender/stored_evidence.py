"""The evidence of a run as the graph holds it, read anew for each request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from graph.model import ENTITY_EVIDENCE, EvidenceEdge
from graph.store import Store
from recommender.anchors import Anchors
from recommender.run_evidence import Reached, Weights
from recommender.terms import EdgeTerms

KEPT = 100_000
"""Items whose prior is kept in memory, the most popular ones: some 15 MB."""


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """Asks the store. `popular` are the greatest PRIOR weights, best first, up to `KEPT`."""

    store: Store
    run: int
    popular: Mapping[str, float]

    @classmethod
    def of(cls, store: Store, run: int) -> "StoredEvidence":
        """The evidence of a run; its greatest priors are read once."""
        return cls(store, run, dict(store.retrieve_by_prior(run, (), KEPT)))

    @property
    def outlives_run(self) -> bool:
        """It goes with the run."""
        return False

    def reach(
        self, anchors: Anchors, excluded: frozenset[str], *, n: int, limit: int, silent: Weights
    ) -> Reached:
        """What the anchors lead to."""
        scores: dict[str, float] = {}
        is_complete = True
        edges = anchors.edges
        if edges:
            reached = self.store.retrieve(edges, self.run, excluded, limit)
            scores.update(reached)
            is_complete &= len(reached) < limit
        if silent:
            reached = self.store.retrieve(silent, self.run, excluded, limit)
            for item, _ in reached:
                scores.setdefault(item, 0.0)
            is_complete &= len(reached) < limit
        by_items = len(scores)
        if anchors.entities:
            reached = self.store.retrieve_by_entities(anchors.entities, self.run, excluded, limit)
            for item, score in reached:
                scores[item] = scores.get(item, 0.0) + score
            is_complete &= len(reached) < limit
        by_evidence = len(scores)
        known = self.popular
        if anchors.prior is not None and (anchors.prior != 0.0 or by_evidence < n):
            popular = list(self._most_popular(excluded, limit))
            is_complete &= len(popular) < limit
            for item in dict.fromkeys([*scores, *popular]):
                scores[item] = scores.get(item, 0.0) + anchors.prior * known.get(item, 0.0)
        items = sorted(scores)
        return Reached(
            np.array(items, dtype=object),
            np.array([scores[item] for item in items], dtype=np.float64),
            np.array([known.get(item, 0.0) for item in items], dtype=np.float64),
            is_complete,
            by_items,
            by_evidence,
        )

    def _most_popular(self, excluded: frozenset[str], limit: int) -> Iterator[str]:
        return islice((item for item in self.popular if item not in excluded), limit)

    def starts_at(self, weights: Weights) -> bool:
        """Whether any evidence starts at these items."""
        return bool(weights) and bool(self.store.retrieve(weights, self.run, (), 1))

    def terms(self, anchors: Anchors, items: Sequence[str]) -> dict[str, list[EdgeTerms]]:
        """What the edges from anchors add to these items."""
        weights = anchors.edges | {ENTITY_EVIDENCE[0]: anchors.entities}
        sources = list(dict.fromkeys(item for found in anchors.edges.values() for item in found))
        edges: list[EvidenceEdge] = []
        if sources:
            edges += self.store.evidence(sources, items, self.run)
        if anchors.entities:
            edges += self.store.entity_evidence(list(anchors.entities), items, self.run)
        rows: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
        for source, relation, target, weight in edges:
            value = weights.get(relation, {}).get(source, 0.0) * weight
            if value != 0.0:
                rows.setdefault((relation, target), []).append((source, weight, value))
        found: dict[str, list[EdgeTerms]] = {}
        for (relation, target), some in sorted(rows.items()):
            found.setdefault(target, []).append(EdgeTerms(relation, *zip(*some, strict=True)))
        return found

    def prior(self, items: Sequence[str]) -> Mapping[str, float]:
        """The PRIOR weights of these items."""
        known = {item: self.popular[item] for item in items if item in self.popular}
        if len(self.popular) < KEPT or len(known) == len(items):
            return known
        missing = [item for item in items if item not in known]
        return {**known, **self.store.prior(missing, self.run)}
