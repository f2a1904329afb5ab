"""What every store must do with edits of single nodes and small batches, and with pages.

A test class inherits it and gives a fixture `store` with a new graph.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from graph.errors import NotFoundError, UsageError
from graph.model import HELD_OUT, Entity, FactType, FeedbackEdge, Item, Scalar, User
from graph.store import Store
from tests.contracts.store_contract import (
    CAST,
    CRIME,
    GENRE,
    PACINO,
    SCHEMA,
    facts,
    feedback,
    write_films,
    write_run,
)


def typed(*rows: tuple[Any, ...]) -> pa.Table:
    """Rows of feedback: type, user, item, value, at."""
    names = ("type", "user", "item", "value", "at")
    kinds = (pa.string(), pa.string(), pa.string(), pa.float64(), pa.int64())
    columns = zip(*rows, strict=True)
    return pa.table(
        {
            name: pa.array(column, kind)
            for name, kind, column in zip(names, kinds, columns, strict=True)
        }
    )


class EditContract:
    """Inherit it and give a fixture `store`."""

    def test_it_answers(self, store: Store) -> None:
        store.ping()

    # Nodes by id and by page

    def test_nodes_by_id_come_in_the_order_asked_for(self, store: Store) -> None:
        write_films(store)
        assert store.users(["bob", "eve", "ann"]) == [User("bob"), User("ann", {"age": 30})]
        assert store.entities(["pacino", "none", "crime", "pacino"]) == [PACINO, CRIME, PACINO]
        assert store.users([]) == []
        assert store.unknown("Item", ["heat", "none", "nothing", "none"]) == {"none", "nothing"}
        assert store.unknown("User", []) == set()

    def test_pages_hold_every_node_once(self, store: Store) -> None:
        store.prepare(SCHEMA)
        ids = sorted(["", " ", "a'b", "$x", "\\", "é中😀", "0", "00", "A", "a", "\uffff", "𝄞"])
        store.write_users(pa.table({"id": ids, "age": range(len(ids))}))
        store.write_items(pa.table({"id": ids, "title": [key.upper() for key in ids]}))
        users = self.all_pages(lambda after: store.list_users(after, 5))
        assert users == [User(key, {"age": age}) for age, key in enumerate(ids)]
        items = self.all_pages(lambda after: store.list_items(after, 1))
        assert items == [Item(key, key.upper()) for key in ids]
        assert store.list_items(None, 0) == []

    @staticmethod
    def all_pages(page: Callable[[str | None], Sequence[Any]]) -> list[Any]:
        found: list[Any] = []
        while rows := page(found[-1].id if found else None):
            found += rows
        return found

    def test_the_latest_items(self, store: Store) -> None:
        write_films(store)
        store.write_items(pa.table({"id": ["ran"], "year": [1995], "score": [0.5]}))
        latest = [item.id for item in store.latest_items("year", 10)]
        assert latest == ["heat", "ran", "serpico"]
        assert store.latest_items("year", 1) == store.items(["heat"])
        assert store.latest_items("score", 5) == store.items(["ran"])
        for name in ("note", "title", "none"):
            with pytest.raises(UsageError, match="they have year, score"):
                store.latest_items(name, 5)

    # Feedback

    def test_feedback_of_several_types_and_what_became_of_each_row(self, store: Store) -> None:
        write_films(store)
        rows = typed(
            ("VIEWED", "ann", "up", 1.0, 5),
            ("LIKED", "ann", "heat", 5.0, 100),
            ("LIKED", "eve", "heat", 5.0, 100),
            ("LIKED", "bob", "up", 2.0, None),
            ("LIKED", "ann", "none", 1.0, 1),
            ("VIEWED", "ann", "up", 2.0, 6),
            ("VIEWED", "eve", "none", 2.0, 6),
        )
        assert store.add_feedback(rows) == [
            "repeated",
            "unchanged",
            "unknown user",
            "changed",
            "unknown item",
            "added",
            "unknown user",
        ]
        assert store.feedback_of_user("ann", None, None, 10) == [
            FeedbackEdge("LIKED", "ann", "heat", 5.0, 100),
            FeedbackEdge("VIEWED", "ann", "up", 2.0, 6),
        ]
        assert store.feedback_of_user("bob", None, None, 10) == [
            FeedbackEdge("LIKED", "bob", "up", 2.0, None)
        ]
        assert store.users(["eve"]) == []

    def test_feedback_creates_its_ends_where_asked_to(self, store: Store) -> None:
        write_films(store)
        rows = typed(("LIKED", "eve", "heat", 5.0, 1), ("VIEWED", "eve", "ran", 1.0, None))
        assert store.add_feedback(rows, create=True) == ["added", "added"]
        assert store.add_feedback(rows, create=True) == ["unchanged", "unchanged"]
        assert store.users(["eve"]) == [User("eve")]
        assert store.items(["ran"]) == [Item("ran")]
        assert [entry.item for entry in store.history("eve", 5)] == ["heat", "ran"]

    def test_new_feedback_on_a_held_out_row_is_not_held_out(self, store: Store) -> None:
        write_films(store)
        store.write_feedback("LIKED", feedback(("ann", "up", 1.0, 1, HELD_OUT)))
        assert store.add_feedback(typed(("LIKED", "ann", "up", 1.0, 1))) == ["changed"]
        assert [entry.item for entry in store.history("ann", 5)] == ["heat", "up"]

    @pytest.mark.parametrize(
        ("row", "error", "reason"),
        [
            (("BOUGHT", "ann", "up", 1.0, 1), UsageError, "it has LIKED, VIEWED"),
            (("LIKED", None, "up", 1.0, 1), ValueError, "null"),
            (("LIKED", "ann", "up", None, 1), ValueError, "null"),
            (("LIKED", "ann", "up", float("nan"), 1), ValueError, "not finite"),
        ],
    )
    def test_a_malformed_batch_is_refused_whole(
        self, store: Store, row: tuple[Any, ...], error: type[Exception], reason: str
    ) -> None:
        write_films(store)
        before = store.counts()
        with pytest.raises(error, match=reason):
            store.add_feedback(typed(("VIEWED", "eve", "up", 1.0, 1), row), create=True)
        assert store.counts() == before
        assert store.add_feedback(typed(row).slice(1)) == []

    def test_two_threads_that_write_the_same_feedback(self, store: Store) -> None:
        write_films(store)
        users = [f"u{number}" for number in range(20)]

        def write(order: int) -> int:
            rows = typed(*(("VIEWED", user, f"i{user}", 1.0, 1) for user in users[::order]))
            return store.add_feedback(rows, create=True).count("added")

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(write, [1, -1, 1, -1])) == len(users)
        assert store.counts()["VIEWED"] == len(users)
        assert store.unknown("User", users) == set()

    def test_pages_of_feedback(self, store: Store) -> None:
        write_films(store)
        people = [f"u{number}" for number in range(6)]
        rows = [
            (relation, user, item, float(len(item)), 7)
            for relation in ("LIKED", "VIEWED")
            for user in people
            for item in ("heat", "up")
        ]
        store.add_feedback(typed(*rows), create=True)
        held_out = feedback(("u1", "serpico", 1.0, 1, HELD_OUT), ("u9", "up", 1.0, 1, HELD_OUT))
        store.write_feedback("VIEWED", held_out)
        of_user = [FeedbackEdge(*row) for row in rows if row[1] == "u1"]
        of_item = [FeedbackEdge(*row) for row in rows if row[2] == "up"]
        of_item.insert(0, FeedbackEdge("LIKED", "bob", "up", 4.0, 200))
        for limit in (1, 2, 100):
            found: list[FeedbackEdge] = []
            after = None
            while page := store.feedback_of_user("u1", None, after, limit):
                assert len(page) <= limit
                found += page
                after = (page[-1].type, page[-1].item)
            assert found == of_user
            found, after = [], None
            while page := store.feedback_of_item("up", None, after, limit):
                found += page
                after = (page[-1].type, page[-1].user)
            assert found == of_item
        assert store.feedback_of_user("u1", ["VIEWED"], None, 9) == of_user[2:]
        assert store.feedback_of_user("u1", [], None, 9) == []
        assert store.feedback_of_user("nobody", None, None, 9) == []
        with pytest.raises(UsageError, match="BOUGHT"):
            store.feedback_of_item("up", ["BOUGHT"], None, 9)

    # Nodes

    def test_a_deleted_item_takes_its_edges_along(self, store: Store) -> None:
        write_films(store)
        edges = [("heat", "up", 0.5), ("up", "heat", 0.5), ("heat", "serpico", 0.5)]
        write_run(store, 1, {"CO_LIKED": edges})
        assert store.delete_nodes("Item", ["heat", "none", "heat"]) == 1
        assert store.delete_nodes("Item", ["heat"]) == 0
        assert store.delete_nodes("Item", []) == 0
        assert store.items(["heat"]) == []
        counts = store.counts()
        assert (counts["LIKED"], counts["CO_LIKED"], counts["HAS_CAST"]) == (1, 0, 1)
        assert store.history("ann", 5) == []
        assert store.retrieve({"CO_LIKED": {"up": 1.0}}, 1, [], 5) == []
        store.write_items(pa.table({"id": ["heat"]}))
        assert store.evidence(["heat", "up"], ["heat", "up"], 1) == []

    def test_deleted_users_and_entities(self, store: Store) -> None:
        write_films(store)
        assert store.delete_nodes("User", ["ann", "bob"]) == 2
        assert store.delete_nodes("Entity", ["pacino"]) == 1
        counts = store.counts()
        assert (counts["User"], counts["LIKED"]) == (0, 0)
        assert (counts["HAS_CAST"], counts["HAS_GENRE"]) == (0, 2)
        with pytest.raises(ValueError, match="Run"):
            store.delete_nodes("Run", ["1"])  # type: ignore[arg-type]

    def test_two_threads_that_delete_the_same_nodes(self, store: Store) -> None:
        store.prepare(SCHEMA)
        ids = [f"u{number}" for number in range(50)]
        store.write_users(pa.table({"id": ids}))
        with ThreadPoolExecutor(4) as threads:
            gone = threads.map(lambda part: store.delete_nodes("User", part), [ids] * 4)
            assert sum(gone) == len(ids)

    def test_a_patch_changes_what_it_names(self, store: Store) -> None:
        write_films(store)
        patch: dict[str, Scalar] = {"title": "Heat!", "score": 2, "is new": True, "year": None}
        assert store.patch_node("Item", "heat", patch)
        heat = Item("heat", "Heat!", None, {"score": 2.0, "is new": True})
        assert store.items(["heat"]) == [heat]
        assert store.patch_node("Item", "heat", {})
        assert store.items(["heat"]) == [heat]
        assert store.patch_node("User", "ann", {"age": 31})
        assert store.user("ann") == User("ann", {"age": 31})
        assert not store.patch_node("User", "eve", {"age": 31})
        assert store.user("eve") is None

    @pytest.mark.parametrize(
        ("properties", "reason"),
        [
            ({"none": 1}, "they have title, text, year, score, is new, note"),
            ({"id": "x"}, "no property 'id'"),
            ({"year": 1.5}, "an integer"),
            ({"year": True}, "an integer"),
            ({"year": "1999"}, "an integer"),
            ({"year": 2**63}, "64 bits"),
            ({"score": float("inf")}, "finite"),
            ({"is new": 1}, "true or false"),
            ({"title": 5}, "a text"),
            ({"title": "\ud800"}, "a text"),
        ],
    )
    def test_a_patch_that_does_not_fit_changes_nothing(
        self, store: Store, properties: dict[str, Any], reason: str
    ) -> None:
        write_films(store)
        before = store.items(["heat"])
        with pytest.raises(UsageError, match=reason):
            store.patch_node("Item", "heat", {"text": "changed", **properties})
        assert store.items(["heat"]) == before

    # Facts

    def test_facts_are_deleted_by_key(self, store: Store) -> None:
        write_films(store)
        gone = facts(("heat", "pacino"), ("up", "pacino"))
        assert store.delete_facts(CAST, gone) == 1
        assert store.delete_facts(CAST, gone) == 0
        assert [fact.relation for fact in store.facts("Item", ["heat"])] == ["HAS_GENRE"]
        with pytest.raises(UsageError, match="no fact type"):
            store.delete_facts(FactType("User", "HAS_CAST"), gone)

    def test_the_facts_of_one_item_are_replaced(self, store: Store) -> None:
        write_films(store)
        more = Entity("drama", "Genre", "Drama")
        store.write_entities(pa.table({"id": ["drama"], "kind": ["Genre"], "name": ["Drama"]}))
        store.replace_facts(GENRE, "heat", {"drama": 0.5})
        kept = [(fact.relation, fact.entity, fact.weight) for fact in store.facts("Item", ["heat"])]
        assert kept == [("HAS_CAST", PACINO, 1.0), ("HAS_GENRE", more, 0.5)]
        store.replace_facts(GENRE, "heat", {"crime": 1.0, "drama": 0.25})
        store.replace_facts(CAST, "heat", {})
        kept = [(fact.relation, fact.entity, fact.weight) for fact in store.facts("Item", ["heat"])]
        assert kept == [("HAS_GENRE", CRIME, 1.0), ("HAS_GENRE", more, 0.25)]
        assert len(store.facts("Item", ["serpico"])) == 2

    def test_facts_with_a_missing_end_replace_nothing(self, store: Store) -> None:
        write_films(store)
        before = store.facts("Item", ["heat"])
        with pytest.raises(NotFoundError, match="no entity 'none'"):
            store.replace_facts(GENRE, "heat", {"none": 1.0})
        with pytest.raises(NotFoundError, match="no item 'none'"):
            store.replace_facts(GENRE, "none", {"crime": 1.0})
        with pytest.raises(ValueError, match="not finite"):
            store.replace_facts(GENRE, "heat", {"crime": float("inf")})
        assert store.facts("Item", ["heat"]) == before
