"""Writes a batch of feedback: what does not fit the graph is left out, and said row by row."""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from graph import tables
from graph.batches import BatchOutcome, RowFailure
from graph.model import FeedbackEdge
from graph.store import Store


def write_feedback_batch(
    store: Store, rows: Sequence[FeedbackEdge], *, create: bool = False
) -> BatchOutcome:
    """Upsert the rows that fit, in one transaction.

    With `create`, users and items that are not in the graph are added with nothing but their ids.
    Of rows with one (type, user, item) the last one counts.
    """
    known = store.schema().feedback_types
    fitting = [number for number, row in enumerate(rows) if row.type in known]
    failed = [
        RowFailure(
            number,
            "type",
            f"the graph has no feedback type {row.type!r}; it has {', '.join(known) or 'none'}",
        )
        for number, row in enumerate(rows)
        if row.type not in known
    ]
    outcomes = store.add_feedback(_table([rows[number] for number in fitting]), create=create)
    counts = Counter(outcomes)
    for number, outcome in zip(fitting, outcomes, strict=True):
        if outcome == "unknown user":
            failed.append(_unknown(number, "user", rows[number].user))
        elif outcome == "unknown item":
            failed.append(_unknown(number, "item", rows[number].item))
    return BatchOutcome(
        added=counts["added"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        repeated=counts["repeated"],
        failed=tuple(sorted(failed, key=lambda failure: failure.row)),
    )


def _unknown(row: int, field: str, id: str) -> RowFailure:
    return RowFailure(
        row, field, f"there is no {field} {id!r} in the graph; write it first, or use create=true"
    )


def _table(rows: Sequence[FeedbackEdge]) -> pa.Table:
    columns = {
        "type": [row.type for row in rows],
        "user": [row.user for row in rows],
        "item": [row.item for row in rows],
        "value": [row.value for row in rows],
        "at": [row.at for row in rows],
    }
    return pa.table(
        {
            name: pa.array(values, tables.TYPED_FEEDBACK.field(name).type)
            for name, values in columns.items()
        }
    )
