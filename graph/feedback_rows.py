"""Writes a batch of feedback of several types in one transaction, and says what became of each row.

Users and items that are not there are created in the same transaction where that is asked for, so
that a batch is either written with all that it needs or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph import tables
from graph.engine import Reader
from graph.model import FeedbackOutcome, NodeLabel
from graph.upserts import Upserts


@dataclass(frozen=True, slots=True)
class FeedbackRows:
    """Rows `type, user, item, value, at, split` that fit the graph's schema."""

    table: pa.Table
    counting: tuple[int, ...]
    """Positions of the rows that count, in order: the last one of each key."""

    @classmethod
    def of(cls, feedback: pa.Table, types: Sequence[str]) -> "FeedbackRows":
        """Check the rows: a UsageError for an unknown type, a ValueError for a malformed table."""
        rows = tables.conform(
            feedback, tables.TYPED_FEEDBACK, [], ["type", "user", "item", "value"]
        )
        rows = tables.with_nulls(rows, tables.TYPED_FEEDBACK)
        for relation in rows.column("type").unique().to_pylist():
            tables.check_known(relation, types, "feedback type")
        keys = zip(
            *(rows.column(name).to_pylist() for name in ("type", "user", "item")), strict=True
        )
        last = {key: position for position, key in enumerate(keys)}
        return cls(rows, tuple(sorted(last.values())))

    def __len__(self) -> int:
        return len(self.table)

    def write(self, upserts: Upserts, create: bool, reader: Reader) -> list[FeedbackOutcome]:
        """Write them in the transaction of the reader."""
        outcomes: list[FeedbackOutcome] = ["repeated"] * len(self)
        rows = self.table.take(pa.array(self.counting, pa.int64()))
        positions = np.array(self.counting, dtype=np.int64)
        unknown_users = self._settle("User", "user", rows, upserts, create, reader)
        self._settle("Item", "item", rows, upserts, create, reader)
        types = np.array(rows.column("type").to_pylist(), dtype=object)
        for relation in sorted(set(types.tolist())):
            mine = np.flatnonzero(types == relation)
            part = rows.take(pa.array(mine)).select(tables.FEEDBACK.names)
            found = upserts.write_feedback(relation, part, reader)
            users = part.column("user").to_pylist()
            for number, position in enumerate(positions[mine].tolist()):
                outcome = found[number]
                if outcome == "missing":
                    is_user = users[number] in unknown_users
                    outcomes[position] = "unknown user" if is_user else "unknown item"
                else:
                    outcomes[position] = outcome
        return outcomes

    @staticmethod
    def _settle(
        label: NodeLabel,
        column: str,
        rows: pa.Table,
        upserts: Upserts,
        create: bool,
        reader: Reader,
    ) -> set[str]:
        """The ids of this column that are not in the graph, after they were created if wanted."""
        ids = sorted(set(rows.column(column).to_pylist()))
        missing = set(ids) - upserts.known(label, ids, reader)
        if missing and create:
            upserts.create_nodes(label, sorted(missing), reader)
            return set()
        return missing
