"""What the shared verbs need of a database: run a query, get its rows or an Arrow table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from graph.queries import Dialect

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A rendered query with its parameters."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """A connection to one database; safe for concurrent readers. Raises the errors of the graph."""

    @property
    def dialect(self) -> Dialect:
        """Which variant of a query it takes."""

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a reading query, each in the order of its columns."""

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a reading query as a table with this schema."""

    def write(self, *statements: Statement) -> list[Row]:
        """Run writing queries in one transaction; answers the rows of the last one."""

    def close(self) -> None:
        """Release the database."""
