"""Turns a filter expression into a test of items, after holding it against the graph's schema.

Two-valued logic: a comparison with a missing value is false, so `not year >= 1990` holds for an
item without a year. `year == None` asks whether it is missing. It knows no store.
"""

import difflib
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.errors import FilterError
from graph.model import FactEdge, GraphSchema, Item, Scalar
from recommender.filter_syntax import (
    Comparison,
    Expression,
    Junction,
    Literal,
    Name,
    Negation,
    Several,
    filter_error,
)


@dataclass(frozen=True, slots=True)
class Facets:
    """An item as a filter sees it: its values by property, and its entities' names by relation."""

    values: Mapping[str, Scalar]
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)


def facets(items: Iterable[Item], facts: Iterable[FactEdge]) -> dict[str, Facets]:
    """What a filter can see of these items, by item id."""
    names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for fact in facts:
        names[fact.source][fact.relation].add(fact.entity.name)
    return {
        item.id: Facets(
            {**item.properties, "id": item.id, "title": item.title, "text": item.text},
            {relation: frozenset(found) for relation, found in names[item.id].items()},
        )
        for item in items
    }


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """A filter that fits a schema; made by `bind_filter`. `relations` are those it looks at."""

    passes: Callable[[Facets], bool]
    relations: frozenset[str]


def bind_filter(
    text: str, tree: Expression, schema: GraphSchema, what: str = "filter"
) -> ItemFilter:
    """Make a test of the filter `text`, read as `tree`, for the items of a graph.

    `what` it is called in errors. Raises FilterError for unknown names and for comparisons of
    unlike kinds.
    """
    binder = _Binder(text, schema, what)
    return ItemFilter(binder.test(tree), frozenset(binder.used))


_Test = Callable[[Facets], bool]
_Get = Callable[[Facets], Scalar]

_TRUTH, _NUMBER, _STRING, _MISSING = "truth value", "number", "text", "None"
_KIND_OF_TYPE = {"string": _STRING, "integer": _NUMBER, "float": _NUMBER, "boolean": _TRUTH}
_OWN = {"id": "string", "title": "string", "text": "string"}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Binder:
    """Walks a tree once; each part becomes a function of an item's facets."""

    def __init__(self, text: str, schema: GraphSchema, what: str) -> None:
        self._text = text
        self._what = what
        self._types: dict[str, str] = {**schema.item_properties, **_OWN}
        self._relations = {
            fact.relation for fact in schema.fact_types if fact.source == "Item"
        } - self._types.keys()
        self.used: set[str] = set()

    def test(self, tree: Expression) -> _Test:
        """A part that is true or false."""
        match tree:
            case Junction(is_and=is_and, operands=operands):
                tests = [self.test(operand) for operand in operands]
                join = all if is_and else any
                return lambda item: join(test(item) for test in tests)
            case Negation(operand=operand):
                inner = self.test(operand)
                return lambda item: not inner(item)
            case Comparison(operator="in" | "not in"):
                return self._membership(tree)
            case Comparison():
                return self._comparison(tree)
        kind, get = self._operand(tree)
        if kind != _TRUTH:
            raise self._error(tree.at, f"this is a {kind}, not a test; compare it with something")
        return lambda item: get(item) is True

    def _comparison(self, tree: Comparison) -> _Test:
        (left_kind, left), (right_kind, right) = self._operand(tree.left), self._operand(tree.right)
        compare = _COMPARE[tree.operator]
        is_equality = tree.operator in ("==", "!=")
        if _MISSING in (left_kind, right_kind):
            if not is_equality:
                raise self._error(tree.at, f"None has no order; {tree.operator} needs a value")
            return lambda item: compare(left(item) is None, right(item) is None)
        if left_kind != right_kind:
            raise self._error(tree.at, f"a {left_kind} cannot be compared with a {right_kind}")
        if left_kind == _TRUTH and not is_equality:
            raise self._error(tree.at, "truth values have no order; use == or !=")

        def holds(item: Facets) -> bool:
            one, other = left(item), right(item)
            return one is not None and other is not None and compare(one, other)

        return holds

    def _membership(self, tree: Comparison) -> _Test:
        kind, left = self._operand(tree.left)
        whole = self._container(kind, tree)
        is_wanted = tree.operator == "in"

        def holds(item: Facets) -> bool:
            part, container = left(item), whole(item)
            return part is not None and container is not None and (part in container) is is_wanted

        return holds

    def _container(self, kind: str, tree: Comparison) -> Callable[[Facets], Any]:
        right = tree.right
        if isinstance(right, Several):
            for value in right.values:
                if self._operand(value)[0] != kind:
                    raise self._error(value.at, f"a {kind} cannot be equal to this")
            values = frozenset(value.value for value in right.values)
            return lambda item: values
        if kind != _STRING:
            raise self._error(tree.left.at, f"in looks for a text; this is a {kind}")
        if isinstance(right, Name) and right.name in self._relations:
            relation = right.name
            self.used.add(relation)
            return lambda item: item.names.get(relation, frozenset())
        right_kind, get = self._operand(right)
        if right_kind != _STRING:
            raise self._error(
                right.at, f"in looks into a relation, text or list, not a {right_kind}"
            )
        return get

    def _operand(self, tree: Expression) -> tuple[str, _Get]:
        match tree:
            case Literal(value=value):
                return _kind_of(value), lambda item: value
            case Name(name=name, at=at):
                return self._kind_of_name(name, at), lambda item: item.values.get(name)
            case Several(at=at):
                raise self._error(at, "a list can only stand after in")
        return _TRUTH, self.test(tree)

    def _kind_of_name(self, name: str, at: int) -> str:
        if name in self._types:
            return _KIND_OF_TYPE[self._types[name]]
        if name in self._relations:
            raise self._error(at, f"{name} is a relation; test it with 'x' in {name}")
        known = [*sorted(self._types), *sorted(self._relations)]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Do you mean {near[0]}?" if near else ""
        raise self._error(
            at, f"no property or relation is called {name!r}.{hint} Known: {', '.join(known)}"
        )

    def _error(self, at: int, message: str) -> FilterError:
        return filter_error(self._text, at, message, self._what)


def _kind_of(value: Scalar) -> str:
    match value:
        case None:
            return _MISSING
        case bool():
            return _TRUTH
        case str():
            return _STRING
        case _:
            return _NUMBER
