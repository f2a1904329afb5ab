"""Do facts fit the items that they are linked to? Finds a fact file that is joined to wrong items.

Nothing but the items' own columns is asked. Four things are compared, each with what chance would
give, which is measured by giving every item the own columns of another one at random:

- names: a fact names a value that the item has itself (`Comedy`, or `1990s comedy films`);
- years: a fact names a year (`1995 films`) near the item's own;
- near: items that share an entity (a director) are near in their numbers (the year);
- alike: they share values (the genre).

If a share `w` of the links is wrong, at least `w` times as many items as by chance are found at
each degree of fitting. So the observed divided by the random frequency, with a margin for chance,
is an upper bound of `w` at every degree, and the lowest of them is near `w` where right links
hardly ever fit so badly. Each item gets a doubt, too: the log likelihood ratio of random against
observed, the mean for each of the four kinds of comparison, added up over the kinds.

On the films of MovieLens latest-small with facts from Wikidata, exchanging shares of .05, .2, .5
and 1 of the links gives bounds of .07, .24, .53 and 1, and the true links give .01.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MOST_SHARING = 50
"""Entities of more items than this say little about any of them and are passed over."""

LEAST_ITEMS = 100
"""The fewest items that a comparison must be possible for."""

_DRAWS = 3
_DEGREES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
_LEAST_EXPECTED = 20
_SURE = (
    2.5  # standard deviations: chance exceeds this once in 160 degrees, of which there are dozens
)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)(s?)\b")
_WORD = re.compile(r"\w+")

Matrix: TypeAlias = Any
"""A sparse matrix of scipy, which has no types."""

Kind = Literal["names", "years", "near", "alike"]


@dataclass(frozen=True, slots=True)
class Linked:
    """Items with what their own file says of them, and the facts that another file links to them.

    `numbers` and `values` hold own columns: arrays of shape (n_items,) with NaN where a number is
    missing, and pairs of positions (item, name). `facts` are (item, relation, entity) positions as
    rows of shape (n_facts, 3); `entities` are names.
    """

    n_items: int
    numbers: Mapping[str, NDArray[np.float64]]
    values: Mapping[str, tuple[NDArray[np.int64], Sequence[str]]]
    facts: NDArray[np.int64]
    relations: Sequence[str]
    entities: Sequence[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: how many items it was possible for, and the bound of wrong links it gives."""

    kind: Kind
    what: str
    n_items: int
    wrong_at_most: float


@dataclass(frozen=True, slots=True)
class LinkVerdict:
    """`doubt[i]` is the log likelihood ratio of item `i` being linked wrong, 0 where unknown."""

    comparisons: tuple[Comparison, ...]
    doubt: NDArray[np.float64]

    @property
    def wrong_at_most(self) -> float | None:
        """The lowest bound of the share of wrong links, or None where nothing could be compared."""
        return min((c.wrong_at_most for c in self.comparisons), default=None)


def check_links(linked: Linked, rng: np.random.Generator) -> LinkVerdict:
    """Compare all that can be compared."""
    with_facts = np.unique(linked.facts[:, 0])
    own = np.arange(linked.n_items)
    others = []
    for _ in range(_DRAWS):
        other = own.copy()
        other[with_facts] = rng.permutation(with_facts)
        others.append(other)
    comparisons = []
    doubts: dict[Kind, list[NDArray[np.float64]]] = defaultdict(list)
    for kind, what, measure in _measures(linked):
        found = measure(own)
        known = np.isfinite(found)
        if known.sum() < LEAST_ITEMS:
            continue
        wrong, doubt = _against_chance(found[known], np.concatenate([measure(o) for o in others]))
        comparisons.append(Comparison(kind, what, int(known.sum()), wrong))
        doubts[kind].append(np.zeros(linked.n_items))
        doubts[kind][-1][known] = doubt
    total = np.zeros(linked.n_items)
    for kind_doubts in doubts.values():
        total += np.mean(kind_doubts, axis=0)
    return LinkVerdict(tuple(comparisons), total)


def _against_chance(
    found: NDArray[np.float64], chance: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """The bound of the share of wrong links, and the doubt about each link found."""
    chance = chance[np.isfinite(chance)]
    edges = np.unique(np.quantile(chance, _DEGREES))
    degree = np.searchsorted(edges, found, side="left")
    size = len(edges) + 1
    observed = np.bincount(degree, minlength=size)
    random = np.bincount(np.searchsorted(edges, chance, side="left"), minlength=size)
    expected = random * len(found) / len(chance)
    usual = expected >= _LEAST_EXPECTED
    most = observed + _SURE * np.sqrt(observed + 1)
    bound = min(1.0, float((most[usual] / expected[usual]).min())) if usual.any() else 1.0
    return bound, np.log((expected + 0.5) / (observed + 0.5))[degree]


Measure = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""How badly facts fit when item `i` has the own columns of item `other[i]`: NaN where unknown."""


def _measures(linked: Linked) -> Iterator[tuple[Kind, str, Measure]]:
    years = {name: column for name, column in linked.numbers.items() if _are_years(column)}
    own = {name: _matrix(linked, column) for name, column in linked.values.items()}
    for at, relation in enumerate(linked.relations):
        facts = linked.facts[linked.facts[:, 1] == at]
        for name, column in linked.values.items():
            mentioned = _mentioned(linked, facts, column[1])
            if mentioned.nnz:
                yield "names", f"{relation} names the {name}", _names_measure(own[name], mentioned)
        named = _years_named(linked, facts)
        for name, numbers in years.items():
            if len(named):
                what = f"{relation} names a year near {name}"
                yield "years", what, _years_measure(numbers, named)
    pairs = _sharing(linked)
    if len(pairs):
        for name, numbers in linked.numbers.items():
            yield (
                "near",
                f"items sharing an entity are near in {name}",
                _near_measure(numbers, pairs),
            )
        for name, values in own.items():
            yield (
                "alike",
                f"items sharing an entity share the {name}",
                _alike_measure(values, pairs),
            )


def _names_measure(own: Matrix, mentioned: Matrix) -> Measure:
    n_mentioned = _row_sums(mentioned)

    def measure(other: NDArray[np.int64]) -> NDArray[np.float64]:
        mine = own[other]
        both = _row_sums(mine.multiply(mentioned))
        return 1 - _divide(both, np.minimum(_row_sums(mine), n_mentioned))

    return measure


def _years_measure(column: NDArray[np.float64], named: NDArray[np.float64]) -> Measure:
    item = named[:, 0].astype(np.int64)

    def measure(other: NDArray[np.int64]) -> NDArray[np.float64]:
        year = column[other][item]
        far = np.maximum(np.maximum(named[:, 1] - year, year - named[:, 2]), 0)
        nearest = np.full(len(column), np.inf)
        np.minimum.at(nearest, item, np.where(np.isnan(far), np.inf, far))
        return np.where(np.isinf(nearest), np.nan, nearest)

    return measure


def _near_measure(column: NDArray[np.float64], pairs: NDArray[np.int64]) -> Measure:
    middle = np.full(len(column), np.nan)
    known = pairs[~np.isnan(column[pairs[:, 1]])]
    order = np.lexsort((column[known[:, 1]], known[:, 0]))
    items, starts, counts = np.unique(known[order, 0], return_index=True, return_counts=True)
    middle[items] = column[known[order, 1]][starts + counts // 2]

    def measure(other: NDArray[np.int64]) -> NDArray[np.float64]:
        distance: NDArray[np.float64] = np.abs(column[other] - middle)
        return distance

    return measure


def _alike_measure(own: Matrix, pairs: NDArray[np.int64]) -> Measure:
    n = own.shape[0]
    sharing = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    around = sharing @ own
    n_around = sharing @ (_row_sums(own) > 0).astype(float)

    def measure(other: NDArray[np.int64]) -> NDArray[np.float64]:
        mine = own[other]
        return 1 - _divide(_row_sums(mine.multiply(around)), _row_sums(mine) * n_around)

    return measure


def _matrix(linked: Linked, column: tuple[NDArray[np.int64], Sequence[str]]) -> Matrix:
    pairs, names = column
    made = sparse.csr_matrix(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(linked.n_items, len(names))
    )
    made.data[:] = 1.0
    return made


def _mentioned(linked: Linked, facts: NDArray[np.int64], names: Sequence[str]) -> Matrix:
    """Which item has a fact whose entity holds all words of which own value."""
    by_first_word: dict[str, list[tuple[frozenset[str], int]]] = defaultdict(list)
    for at, name in enumerate(names):
        words = _words(name)
        if words:
            by_first_word[min(words)].append((words, at))
    entities = np.unique(facts[:, 2])
    found: dict[int, list[int]] = {}
    for entity in entities.tolist():
        words = _words(linked.entities[entity])
        values = [
            at for word in words for value, at in by_first_word.get(word, ()) if value <= words
        ]
        if values:
            found[entity] = values
    pairs = [
        (item, value)
        for item, entity in facts[:, [0, 2]].tolist()
        for value in found.get(entity, ())
    ]
    return _matrix(linked, (np.array(pairs, dtype=np.int64).reshape(-1, 2), names))


def _years_named(linked: Linked, facts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows (item, first year, last year) for every fact that names a year or a decade."""
    spans: dict[int, tuple[int, int]] = {}
    for entity in np.unique(facts[:, 2]).tolist():
        match = _YEAR.search(linked.entities[entity])
        if match is not None:
            year = int(match[1])
            spans[entity] = (year, year + 9 if match[2] and year % 10 == 0 else year)
    rows = [(item, *spans[e]) for item, e in facts[:, [0, 2]].tolist() if e in spans]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _sharing(linked: Linked) -> NDArray[np.int64]:
    """Ordered pairs of different items that share an entity of few items; shape (n, 2)."""
    links = np.unique(linked.facts[:, [2, 0]], axis=0)
    _, starts, degrees = np.unique(links[:, 0], return_index=True, return_counts=True)
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for degree in range(2, MOST_SHARING + 1):
        begins = starts[degrees == degree]
        items = links[begins[:, None] + np.arange(degree), 1]
        first, second = np.nonzero(~np.eye(degree, dtype=bool))
        pairs.append(np.stack([items[:, first], items[:, second]], axis=-1).reshape(-1, 2))
    return np.concatenate(pairs)


def _words(name: str) -> frozenset[str]:
    """The words of a name without case and plural: `Category:1990s comedy films`."""
    return frozenset(word.removesuffix("s") for word in _WORD.findall(name.casefold()))


def _are_years(column: NDArray[np.float64]) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and bool(np.mean((known >= 1800) & (known < 2100)) > 0.9)


def _row_sums(matrix: Matrix) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.asarray(matrix.sum(axis=1)).ravel()
    return sums


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    quotient = np.full(len(part), np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient
