"""Lists that are the same for everyone: what is popular, and what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.errors import StoreError
from graph.model import Item
from graph.store import Store
from recommender.filter_syntax import parse_filter
from recommender.filters import bind_filter
from recommender.serving_run import current_run
from recommender.sieve import Sieve

ATTEMPTS = 3
DEEPEST = 1_000_000
"""Items looked at when a filter lets few through."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted, of the items that a filter lets through."""

    n: int = 10
    offset: int = 0
    filter: str | None = None

    @property
    def depth(self) -> int:
        """Places of the list up to the last one that is asked for."""
        return self.offset + self.n

    def sieve(self, store: Store) -> Sieve:
        """What lets items through; a FilterError where the filter is wrong."""
        if self.filter is None:
            return Sieve(store, None)
        tree = parse_filter(self.filter)
        return Sieve(store, bind_filter(self.filter, tree, store.schema()))


@dataclass(frozen=True, slots=True)
class Browsed:
    """Items with the number that the list goes by, best first; `run` where they are of one."""

    items: tuple[tuple[Item, float], ...]
    run: int | None = None


def popular_items(store: Store, page: Page) -> Browsed:
    """The items with the greatest PRIOR weight in the current run.

    Raises NotReadyError before the first training.
    """
    for _ in range(ATTEMPTS):
        run = current_run(store).id
        found = _read_page(store, page, _prior_of(store, run))
        if current_run(store).id == run:
            return Browsed(found, run)
    raise StoreError(f"the current run was switched {ATTEMPTS} times during one request")


def latest_items(store: Store, page: Page, name: str) -> Browsed:
    """The items with the greatest value of a numeric property.

    A UsageError where items have no such property, or it is no number.
    """

    def read(limit: int) -> list[tuple[str, float]]:
        return [
            (item.id, float(value))
            for item in store.latest_items(name, limit)
            if isinstance(value := item.properties[name], int | float)
        ]

    return Browsed(_read_page(store, page, read))


_Read = Callable[[int], Sequence[tuple[str, float]]]
"""The first so many items of a list, each with its number."""


def _prior_of(store: Store, run: int) -> _Read:
    return lambda limit: store.retrieve_by_prior(run, (), limit)


def _read_page(store: Store, page: Page, read: _Read) -> tuple[tuple[Item, float], ...]:
    """Reads deeper until enough items pass the filter."""
    sieve = page.sieve(store)
    limit = page.depth
    while True:
        values = dict(read(limit))
        passing = sieve.first(values, page.depth)
        if len(passing) >= page.depth or len(values) < limit or limit >= DEEPEST:
            break
        limit = max(1_000, limit * 10)
    return tuple((item, values[item.id]) for item in store.items(passing[page.offset :]))
