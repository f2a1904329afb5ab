"""Lets through the candidates for which a filter holds, and reads no more of them than it must."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from graph.store import Store
from recommender.filters import ItemFilter, bind_filter, facets
from recommender.request import Request

_CHUNK = 200
"""Candidates whose properties and facts are read at once."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """Judges items for one request and remembers the verdicts. Without a filter all pass."""

    store: Store
    filter: ItemFilter | None
    _verdicts: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, request: Request) -> "Sieve":
        """The sieve of a request's filter; raises FilterError where it does not fit the graph."""
        if request.filter is None or request.expression is None:
            return cls(store, None)
        return cls(store, bind_filter(request.filter, request.expression, store.schema()))

    def first(self, items: Iterable[str], limit: int | None = None) -> list[str]:
        """The first `limit` of these items that pass, in their order; all of them where None."""
        ordered = list(items)
        if self.filter is None:
            return ordered[:limit]
        passed: list[str] = []
        for start in range(0, len(ordered), _CHUNK):
            chunk = ordered[start : start + _CHUNK]
            self._judge([item for item in chunk if item not in self._verdicts], self.filter)
            passed += [item for item in chunk if self._verdicts[item]]
            if limit is not None and len(passed) >= limit:
                break
        return passed[:limit]

    def _judge(self, items: list[str], test: ItemFilter) -> None:
        if not items:
            return
        facts = []
        if test.relations:
            facts = [
                fact for fact in self.store.facts("Item", items) if fact.relation in test.relations
            ]
        seen = facets(self.store.items(items), facts)
        for item in items:
            self._verdicts[item] = item in seen and test.passes(seen[item])
