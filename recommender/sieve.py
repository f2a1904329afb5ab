"""Lets through the candidates for which a filter holds, and reads no more of them than it must."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from graph.store import Store
from recommender.filters import ItemFilter, bind_filter, facets
from recommender.request import Request

_CHUNK = 200
"""Candidates whose properties and facts are read at once."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """Judges items for one request and remembers the verdicts.

    An item that was deleted since the training passes no sieve: the run's prior still names it.
    """

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
        ordered = iter(items)
        passed: list[str] = []
        size = _CHUNK if self.filter is not None or limit is None else max(limit, 1)
        while chunk := list(islice(ordered, size)):
            self._judge([item for item in chunk if item not in self._verdicts])
            passed += [item for item in chunk if self._verdicts[item]]
            if limit is not None and len(passed) >= limit:
                break
        return passed[:limit]

    def _judge(self, items: list[str]) -> None:
        if not items:
            return
        test = self.filter
        if test is None:
            gone = self.store.unknown("Item", items)
            self._verdicts.update((item, item not in gone) for item in items)
            return
        facts = []
        if test.relations:
            facts = [
                fact for fact in self.store.facts("Item", items) if fact.relation in test.relations
            ]
        seen = facets(self.store.items(items), facts)
        for item in items:
            self._verdicts[item] = item in seen and test.passes(seen[item])
