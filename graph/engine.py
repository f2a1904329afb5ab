"""What the verbs of a store need of a database: run a query, get its rows or an Arrow table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from graph.asking.limits import Answer, AskLimits
from graph.queries import Dialect, query

T = TypeVar("T")
Row = list[Any]
Names = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A rendered query with its parameters; a parameter may be an Arrow table."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def statement(
    dialect: Dialect, name: str, names: Mapping[str, Names] | None = None, **parameters: Any
) -> Statement:
    """The query of that name in a dialect, its names filled in, with its parameters."""
    return Statement(_render(name, dialect, tuple(sorted((names or {}).items()))), parameters)


@cache
def _render(name: str, dialect: Dialect, names: tuple[tuple[str, Names], ...]) -> str:
    return query(name, dialect).render(**dict(names))


class Reader(Protocol):
    """Runs queries."""

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a query, each in the order of its columns."""

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a query as a table with this schema."""


class Engine(Reader, Protocol):
    """A connection to one database; safe for concurrent readers. Raises the errors of the graph."""

    @property
    def dialect(self) -> Dialect:
        """Which variant of a query it takes."""

    @property
    def batch_rows(self) -> int:
        """How many rows of a bulk write go into one transaction."""

    @property
    def few_rows(self) -> int:
        """Up to how many edges are added by `add_few_edges` instead of `add_edges`."""

    @property
    def one_by_one(self) -> int:
        """Up to how many rows of feedback are written with statements of their own.

        Above 0 only with `has_one_writer`.
        """

    @property
    def has_one_writer(self) -> bool:
        """Whether one transaction writes at a time; else it must lock what it compares."""

    def ask(self, statement: Statement, limits: AskLimits) -> Answer:
        """Run a caller's statement that `graph.asking.gate` admitted, where nothing can write."""

    @property
    def changes(self) -> int | None:
        """Counts the writes but for those of events; None where other programs write, too."""

    def write(
        self, work: Callable[[Reader], T], *, keeps_plans: bool = False, is_event: bool = False
    ) -> T:
        """Do the work in one transaction, and again after a deadlock or a lost connection.

        `keeps_plans` is for work that comes often and has no tables among its parameters,
        `is_event` for work that changes nothing but feedback and impressions.
        """

    def ping(self) -> None:
        """Ask for nothing; a StoreUnavailableError where no answer comes within a few seconds."""

    def close(self) -> None:
        """Release the database."""
