"""A batch of feedback does what its rows do one after the other, however many there are."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.model import FeedbackOutcome, GraphSchema
from graph.store import Store
from tests.contracts.edit_contract import typed

Row = tuple[str, str, str, float, int | None]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["LIKED", "VIEWED"]),
        st.sampled_from(["ann", "bob", "eve"]),
        st.sampled_from(["heat", "ran"]),
        st.sampled_from([0.0, 1.0]),
        st.sampled_from([None, 0, 5]),
    ),
    min_size=1,
    max_size=12,
)


class Model:
    """What the graph should hold: feedback by key, and the ids of its ends."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], tuple[float, int | None]] = {}
        self.users: set[str] = set()
        self.items: set[str] = set()

    def write(self, rows: Sequence[Row], create: bool) -> list[FeedbackOutcome]:
        last = {row[:3]: number for number, row in enumerate(rows)}
        if create:
            self.users |= {row[1] for row in rows}
            self.items |= {row[2] for row in rows}
        return [
            self._write_one(row) if last[row[:3]] == number else "repeated"
            for number, row in enumerate(rows)
        ]

    def _write_one(self, row: Row) -> FeedbackOutcome:
        key, value = row[:3], row[3:]
        if row[1] not in self.users:
            return "unknown user"
        if row[2] not in self.items:
            return "unknown item"
        before = self.kept.get(key)
        self.kept[key] = value
        return "added" if before is None else "unchanged" if before == value else "changed"


@settings(
    max_examples=30,
    deadline=None,
    # The examples pile up in one graph on purpose; the model is made anew with the users' ids.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(st.tuples(ROWS, st.booleans()), min_size=1, max_size=4))
def test_batches_do_what_a_dictionary_does(
    ladybug_store: Store, batches: list[tuple[list[Row], bool]]
) -> None:
    store, model = ladybug_store, Model()
    store.prepare(GraphSchema(feedback_types=("LIKED", "VIEWED")))
    store.delete_nodes("User", ["ann", "bob", "eve"])
    store.delete_nodes("Item", ["heat", "ran"])
    for rows, create in batches:
        assert store.add_feedback(typed(*rows), create=create) == model.write(rows, create)
    kept = {
        (edge.type, edge.user, edge.item): (edge.value, edge.at)
        for user in sorted(model.users)
        for edge in store.feedback_of_user(user, None, None, 100)
    }
    assert kept == model.kept
    assert store.counts()["User"] == len(model.users)
