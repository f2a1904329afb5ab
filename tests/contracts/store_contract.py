"""What every store must do, on tiny graphs with obvious answers. A test class inherits it.

The class that inherits gives a fixture `store` with a new graph.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from graph.engine import Statement
from graph.errors import NotFoundError, StoreError, UsageError
from graph.model import (
    HELD_OUT,
    ITEM_EVIDENCE,
    Entity,
    EvidenceEdge,
    FactEdge,
    FactType,
    GraphSchema,
    HistoryEntry,
    Impression,
    Item,
    Run,
    ShownList,
    User,
    WriteCount,
)
from graph.store import Store

CAST = FactType("Item", "HAS_CAST")
GENRE = FactType("Item", "HAS_GENRE")
LIVES = FactType("User", "LIVES_IN")
SCHEMA = GraphSchema(
    item_properties={"year": "integer", "score": "float", "is new": "boolean", "note": "string"},
    user_properties={"age": "integer"},
    entity_kinds=("Person", "Genre"),
    fact_types=(CAST, GENRE, LIVES),
    feedback_types=("LIKED", "VIEWED"),
)
PACINO = Entity("pacino", "Person", "Al Pacino")
CRIME = Entity("crime", "Genre", "Crime")


def write_films(store: Store) -> None:
    """Three films, two users, two entities, and what connects them."""
    store.prepare(SCHEMA)
    store.write_items(
        pa.table(
            {
                "id": ["heat", "serpico", "up"],
                "title": ["Heat", "Serpico", None],
                "year": [1995, 1973, None],
            }
        )
    )
    store.write_users(pa.table({"id": ["ann", "bob"], "age": [30, None]}))
    store.write_entities(
        pa.table(
            {"id": ["pacino", "crime"], "kind": ["Person", "Genre"], "name": ["Al Pacino", "Crime"]}
        )
    )
    store.write_facts(CAST, facts(("heat", "pacino"), ("serpico", "pacino")))
    store.write_facts(GENRE, facts(("heat", "crime"), ("serpico", "crime")))
    store.write_feedback("LIKED", feedback(("ann", "heat", 5.0, 100), ("bob", "up", 4.0, 200)))


def facts(*pairs: tuple[str, str]) -> pa.Table:
    sources, entities = zip(*pairs, strict=True)
    return pa.table({"source": sources, "entity": entities, "weight": [1.0] * len(pairs)})


def feedback(*rows: tuple[Any, ...]) -> pa.Table:
    names = ("user", "item", "value", "at", "split")
    types = (pa.string(), pa.string(), pa.float64(), pa.int64(), pa.string())
    columns = zip(*rows, strict=True)
    return pa.table(
        {
            name: pa.array(column, kind)
            for name, kind, column in zip(names, types, columns, strict=False)
        }
    )


def evidence(*rows: tuple[str, str, float]) -> pa.Table:
    sources, targets, weights = zip(*rows, strict=True)
    return pa.table({"source": sources, "target": targets, "weight": weights})


def vectors(**rows: list[float]) -> pa.Table:
    return pa.table(
        {"id": list(rows), "vector": pa.array(list(rows.values()), pa.list_(pa.float32()))}
    )


def write_run(
    store: Store, number: int, edges: Mapping[str, Sequence[tuple[str, str, float]]]
) -> None:
    store.begin_run(Run(number, at=number, fingerprint="f"))
    for relation, rows in edges.items():
        store.write_evidence(number, relation, evidence(*rows))
    store.activate_run(number)


class StoreContract:
    """Inherit it and give a fixture `store`."""

    # Schema

    def test_a_new_graph_is_empty(self, store: Store) -> None:
        assert store.schema() == GraphSchema()
        assert store.runs() == []
        assert store.current_run() is None
        assert store.user("ann") is None
        assert store.items(["heat"]) == []
        assert store.history("ann", 10) == []
        assert store.facts("Item", ["heat"]) == []
        assert store.retrieve({"CO_LIKED": {"heat": 1.0}}, 1, [], 10) == []
        assert store.entity_degrees(["pacino"]) == []
        assert store.read_items().num_rows == 0
        assert set(store.counts().values()) == {0}

    def test_schema_is_read_from_the_graph(self, store: Store) -> None:
        store.prepare(SCHEMA)
        store.prepare(SCHEMA)
        assert store.schema() == SCHEMA

    def test_schema_grows_and_keeps_what_was_there(self, store: Store) -> None:
        write_films(store)
        more = GraphSchema(
            item_properties={"minutes": "integer"},
            fact_types=(FactType("Item", "LIVES_IN"),),
            feedback_types=("BOUGHT", "LIKED"),
        )
        store.prepare(more)
        grown = store.schema()
        assert grown.feedback_types == ("BOUGHT", "LIKED", "VIEWED")
        assert grown.item_properties == {"minutes": "integer", **SCHEMA.item_properties}
        assert set(grown.fact_types) == {*SCHEMA.fact_types, *more.fact_types}
        assert store.read_feedback("LIKED").num_rows == 2

    def test_one_relation_from_two_labels(self, store: Store) -> None:
        write_films(store)
        from_item = FactType("Item", "LIVES_IN")
        store.prepare(GraphSchema(fact_types=(from_item,)))
        store.write_facts(from_item, facts(("heat", "crime")))
        store.write_facts(LIVES, facts(("ann", "crime")))
        assert store.read_facts(from_item).column("source").to_pylist() == ["heat"]
        assert store.read_facts(LIVES).column("source").to_pylist() == ["ann"]
        assert store.counts()["LIVES_IN"] == 2

    @pytest.mark.parametrize(
        "schema",
        [
            GraphSchema(feedback_types=("CO_LIKED",)),
            GraphSchema(feedback_types=("liked",)),
            GraphSchema(feedback_types=("USER",)),
            GraphSchema(feedback_types=("A`]->() DETACH DELETE n //",)),
            GraphSchema(fact_types=(FactType("Item", "PRIOR"),)),
            GraphSchema(fact_types=(FactType("Run", "HAS"),)),  # type: ignore[arg-type]
            GraphSchema(fact_types=(FactType("Item", "HAS"),), feedback_types=("HAS",)),
            GraphSchema(item_properties={"Title": "string"}),
            GraphSchema(item_properties={"a": "string", "A": "string"}),
            GraphSchema(item_properties={"a`b": "string"}),
            GraphSchema(user_properties={"": "string"}),
        ],
    )
    def test_names_that_no_graph_can_hold_are_refused(
        self, store: Store, schema: GraphSchema
    ) -> None:
        with pytest.raises(UsageError):
            store.prepare(schema)
        assert store.schema() == GraphSchema()

    def test_a_property_keeps_its_type(self, store: Store) -> None:
        store.prepare(SCHEMA)
        with pytest.raises(UsageError, match="'year' of items as integer"):
            store.prepare(GraphSchema(item_properties={"year": "float"}))

    # Nodes

    def test_items_are_upserted_and_counted(self, store: Store) -> None:
        store.prepare(SCHEMA)
        first = pa.table({"id": ["b", "a"], "title": ["B", None], "year": [1, 2]})
        assert store.write_items(first) == WriteCount(added=2)
        assert store.write_items(first) == WriteCount(unchanged=2)
        second = pa.table({"id": ["a", "b", "c"], "year": pa.array([None, 1, 3], pa.int64())})
        assert store.write_items(second) == WriteCount(added=1, changed=1, unchanged=1)
        rows = store.read_items().select(["id", "title", "year"]).to_pylist()
        assert rows == [
            {"id": "a", "title": None, "year": None},
            {"id": "b", "title": "B", "year": 1},
            {"id": "c", "title": None, "year": 3},
        ]

    def test_every_type_of_property(self, store: Store) -> None:
        store.prepare(SCHEMA)
        properties = {"year": 2**40, "score": 0.1, "is new": False, "note": "a'b\"c\\d\n`é中😀"}
        store.write_items(
            pa.table(
                {"id": ["x", "y"], **{name: [value, None] for name, value in properties.items()}}
            )
        )
        assert store.items(["y", "x"]) == [Item("y"), Item("x", properties=properties)]

    def test_ids_are_any_text(self, store: Store) -> None:
        store.prepare(SCHEMA)
        ids = sorted(["", " ", "a'b", "$x", "`", "\\", "é中😀", "0", "00", "A", "a", "\uffff"])
        store.write_users(pa.table({"id": ids}))
        assert store.read_users().column("id").to_pylist() == ids
        assert [store.user(key) for key in ids] == [User(key) for key in ids]

    def test_items_come_in_the_order_asked_for(self, store: Store) -> None:
        write_films(store)
        found = store.items(["up", "nothing", "heat"])
        assert found == [Item("up"), Item("heat", "Heat", properties={"year": 1995})]

    def test_entities_change_their_kind(self, store: Store) -> None:
        write_films(store)
        changed = pa.table({"id": ["crime"], "kind": ["Theme"], "name": ["Crime"]})
        assert store.write_entities(changed) == WriteCount(changed=1)
        assert store.read_entities().to_pylist()[0]["kind"] == "Theme"

    # Facts and feedback

    def test_facts_are_upserted_and_counted(self, store: Store) -> None:
        write_films(store)
        rows = pa.table(
            {
                "source": ["heat", "up", "serpico", "none"],
                "entity": ["pacino", "pacino", "pacino", "pacino"],
                "weight": [1.0, 0.5, 0.7, 1.0],
            }
        )
        assert store.write_facts(CAST, rows) == WriteCount(1, 1, 1, 1)
        assert store.read_facts(CAST).to_pylist() == [
            {"source": "heat", "entity": "pacino", "weight": 1.0},
            {"source": "serpico", "entity": "pacino", "weight": 0.7},
            {"source": "up", "entity": "pacino", "weight": 0.5},
        ]

    def test_feedback_is_upserted_and_counted(self, store: Store) -> None:
        write_films(store)
        rows = feedback(
            ("ann", "heat", 5.0, 101, None),
            ("bob", "up", 4.0, 200, None),
            ("bob", "heat", 1.0, None, HELD_OUT),
            ("eve", "heat", 1.0, None, None),
            ("bob", "none", 1.0, None, None),
        )
        assert store.write_feedback("LIKED", rows) == WriteCount(1, 1, 1, 2)
        assert store.write_feedback("LIKED", rows) == WriteCount(0, 0, 3, 2)
        assert store.read_feedback("LIKED").to_pylist() == [
            {"user": "ann", "item": "heat", "value": 5.0, "at": 101, "split": None},
            {"user": "bob", "item": "heat", "value": 1.0, "at": None, "split": HELD_OUT},
            {"user": "bob", "item": "up", "value": 4.0, "at": 200, "split": None},
        ]

    def test_feedback_is_deleted_by_key(self, store: Store) -> None:
        write_films(store)
        gone = feedback(("ann", "heat", 1.0, 1), ("ann", "up", 1.0, 1)).select(["user", "item"])
        assert store.delete_feedback("LIKED", gone) == 1
        assert store.delete_feedback("LIKED", gone) == 0
        assert store.counts()["LIKED"] == 1

    def test_many_rows_in_one_table(self, store: Store) -> None:
        store.prepare(SCHEMA)
        store.write_users(pa.table({"id": [f"u{n}" for n in range(300)]}))
        store.write_items(pa.table({"id": [f"i{n}" for n in range(100)]}))
        keys = [(f"u{n // 100}", f"i{n % 100}") for n in range(21_000)]
        rows = feedback(*((user, item, 1.0, 1) for user, item in keys))
        assert store.write_feedback("VIEWED", rows) == WriteCount(added=21_000)
        changed = rows.set_column(2, "value", pa.array([2.0] * 11_000 + [1.0] * 10_000))
        assert store.write_feedback("VIEWED", changed) == WriteCount(
            changed=11_000, unchanged=10_000
        )
        assert store.read_feedback("VIEWED").num_rows == 21_000

    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            (feedback(("ann", "up", 1.0, 1), ("ann", "up", 2.0, 2)), "twice"),
            (feedback(("ann", "up", float("inf"), 1)), "not finite"),
            (feedback(("ann", None, 1.0, 1)), "null"),
            (feedback(("ann", "up", None, 1)), "null"),
            (feedback(("ann", "up", 1.0, 1)).drop_columns(["value"]), "missing"),
            (feedback(("ann", "up", 1.0, 1)).rename_columns(["user", "item", "value", "x"]), "'x'"),
        ],
    )
    def test_malformed_tables_are_refused_whole(
        self, store: Store, rows: pa.Table, reason: str
    ) -> None:
        write_films(store)
        with pytest.raises(ValueError, match=reason):
            store.write_feedback("LIKED", rows)
        assert store.counts()["LIKED"] == 2

    def test_types_that_were_not_prepared_are_refused(self, store: Store) -> None:
        write_films(store)
        with pytest.raises(UsageError, match="it has LIKED, VIEWED"):
            store.write_feedback("BOUGHT", feedback(("ann", "up", 1.0, 1)))
        with pytest.raises(UsageError, match="no fact type"):
            store.write_facts(FactType("Item", "HAS"), facts(("heat", "crime")))
        assert store.read_feedback("BOUGHT").num_rows == 0

    def test_empty_tables(self, store: Store) -> None:
        store.prepare(SCHEMA)
        assert store.write_items(pa.table({"id": pa.array([], pa.string())})) == WriteCount()
        none = feedback(("ann", "up", 1.0, 1)).slice(1)
        assert store.write_feedback("LIKED", none) == WriteCount()
        assert store.delete_feedback("LIKED", none.select(["user", "item"])) == 0

    # Serving reads

    def test_history_is_latest_first_without_held_out(self, store: Store) -> None:
        write_films(store)
        store.write_feedback(
            "VIEWED",
            feedback(
                ("ann", "serpico", 1.0, 100, "train"),
                ("ann", "heat", 1.0, 100, None),
                ("ann", "up", 1.0, None, None),
                ("bob", "heat", 1.0, 300, HELD_OUT),
            ),
        )
        whole = [
            HistoryEntry("heat", "LIKED", 5.0, 100, "Heat"),
            HistoryEntry("heat", "VIEWED", 1.0, 100, "Heat"),
            HistoryEntry("serpico", "VIEWED", 1.0, 100, "Serpico"),
            HistoryEntry("up", "VIEWED", 1.0, None, None),
        ]
        assert store.history("ann", 10) == whole
        assert store.history("ann", 2) == whole[:2]
        assert store.history("bob", 10) == [HistoryEntry("up", "LIKED", 4.0, 200, None)]
        assert store.history("eve", 10) == []

    def test_facts_and_how_many_items_have_an_entity(self, store: Store) -> None:
        write_films(store)
        assert store.facts("Item", ["heat", "up"]) == [
            FactEdge("heat", "HAS_CAST", PACINO),
            FactEdge("heat", "HAS_GENRE", CRIME),
        ]
        assert store.facts("User", ["ann"]) == []
        assert store.entity_degrees(["pacino", "crime"]) == [
            ("crime", "HAS_GENRE", 2),
            ("pacino", "HAS_CAST", 2),
        ]

    def test_retrieval_sums_over_anchors_and_relations(self, store: Store) -> None:
        write_films(store)
        write_run(
            store,
            1,
            {
                "CO_LIKED": [
                    ("heat", "up", 0.5),
                    ("heat", "serpico", 0.25),
                    ("up", "serpico", 1.0),
                ],
                "FOLLOWED_BY": [("heat", "up", 2.0)],
                "RESEMBLES": [("up", "heat", 9.0)],
            },
        )
        write_run(store, 2, {"CO_LIKED": [("heat", "up", 100.0)]})
        anchors = {"CO_LIKED": {"heat": 1.0, "up": -2.0}, "FOLLOWED_BY": {"heat": 10.0}}
        assert store.retrieve(anchors, 1, [], 10) == [("up", 20.5), ("serpico", -1.75)]
        assert store.retrieve(anchors, 1, ["up"], 10) == [("serpico", -1.75)]
        assert store.retrieve(anchors, 1, [], 1) == [("up", 20.5)]
        assert store.retrieve(anchors, 2, [], 10) == [("up", 100.0)]
        assert store.retrieve({}, 1, [], 10) == []
        with pytest.raises(ValueError, match="FAVOURS"):
            store.retrieve({"FAVOURS": {"heat": 1.0}}, 1, [], 10)

    def test_ties_are_broken_by_id(self, store: Store) -> None:
        store.prepare(SCHEMA)
        ids = ["a", "B", "b", "é", "\uffff", "😀"]
        store.write_items(pa.table({"id": ["s", *ids]}))
        store.begin_run(Run(1, at=1, fingerprint="f"))
        store.write_evidence(1, "SHARES", evidence(*(("s", key, 0.5) for key in ids)))
        store.write_evidence(1, "PRIOR", pa.table({"target": ids, "weight": [0.5] * len(ids)}))
        store.activate_run(1)
        ordered = [(key, 0.5) for key in sorted(ids)]
        assert store.retrieve({"SHARES": {"s": 1.0}}, 1, [], 10) == ordered
        assert store.retrieve_by_prior(1, [], 10) == ordered
        assert (
            store.retrieve_by_prior(1, ["a"], 3) == [pair for pair in ordered if pair[0] != "a"][:3]
        )

    def test_evidence_of_each_kind(self, store: Store) -> None:
        write_films(store)
        store.begin_run(Run(1, at=1, fingerprint="f"))
        for relation in ITEM_EVIDENCE:
            store.write_evidence(1, relation, evidence(("heat", "up", 0.5)))
        store.write_evidence(1, "FAVOURS", evidence(("crime", "up", 0.25), ("crime", "heat", 0.75)))
        store.write_evidence(1, "PRIOR", pa.table({"target": ["up"], "weight": [0.125]}))
        store.activate_run(1)
        assert store.evidence(["heat", "up"], ["up"], 1) == [
            EvidenceEdge("heat", relation, "up", 0.5) for relation in sorted(ITEM_EVIDENCE)
        ]
        assert store.evidence(["heat"], ["up"], 2) == []
        assert store.entity_evidence(["crime"], ["up"], 1) == [
            EvidenceEdge("crime", "FAVOURS", "up", 0.25)
        ]
        assert store.retrieve_by_entities({"crime": 2.0}, 1, [], 10) == [("heat", 1.5), ("up", 0.5)]
        assert store.prior(["up", "heat"], 1) == {"up": 0.125}
        assert store.prior([], 1) == {}

    def test_reading_all_evidence_of_a_run(self, store: Store) -> None:
        write_films(store)
        edges = [("up", "heat", 0.5), ("heat", "up", -0.25), ("heat", "serpico", 1.0)]
        write_run(store, 1, {"CO_LIKED": edges, "FAVOURS": [("crime", "up", 2.0)]})
        write_run(store, 2, {"CO_LIKED": [("heat", "up", 3.0)]})
        rows = [dict(zip(("source", "target", "weight"), row, strict=True)) for row in edges]
        found = store.read_evidence(1, "CO_LIKED").to_pylist()
        assert found == sorted(rows, key=lambda row: (row["source"], row["target"]))
        assert store.read_evidence(1, "FAVOURS")["weight"].to_pylist() == [2.0]
        assert store.read_evidence(2, "FAVOURS").num_rows == 0
        with pytest.raises(ValueError, match="no evidence"):
            store.read_evidence(1, "LIKED")

    # What tells that memory is out of date

    def test_evidence_added_to_a_ready_run_is_a_new_revision(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {"CO_LIKED": [("heat", "up", 1.0)]})
        assert store.current_run().revision == 0  # type: ignore[union-attr]
        store.write_evidence(1, "SHARES", evidence(("heat", "serpico", 1.0)))
        assert store.current_run().revision == 1  # type: ignore[union-attr]
        store.begin_run(Run(2, at=2, fingerprint="f"))
        store.write_evidence(2, "SHARES", evidence(("heat", "serpico", 1.0)))
        assert [run.revision for run in store.runs()] == [1, 0]
        store.delete_nodes("Item", ["serpico"])
        assert [run.revision for run in store.runs()] == [2, 0]

    def test_every_write_but_feedback_is_a_change(self, store: Store) -> None:
        write_films(store)
        before = store.changes()
        if before is None:  # other programs may write: nothing is promised
            return
        store.write_feedback("LIKED", feedback(("ann", "up", 1.0, 1)))
        store.delete_feedback("LIKED", feedback(("ann", "up", 1.0, 1)).select(["user", "item"]))
        assert store.changes() == before
        seen = {before}
        for write in (
            lambda: store.write_items(pa.table({"id": ["heat"], "title": ["Heat!"]})),
            lambda: store.patch_node("Item", "heat", {"title": "Heat?"}),
            lambda: write_run(store, 1, {"CO_LIKED": [("heat", "up", 1.0)]}),
            lambda: store.delete_facts(FactType("Item", "HAS_GENRE"), facts(("heat", "crime"))),
        ):
            write()
            assert store.changes() not in seen
            seen.add(store.changes())

    def test_what_was_read_before_a_write_is_not_answered_after_it(self, store: Store) -> None:
        write_films(store)
        genre = FactType("Item", "HAS_GENRE")
        assert store.items(["heat", "new"])[0].title == "Heat"
        assert len(store.facts("Item", ["heat"])) == 2
        assert store.current_run() is None
        store.patch_node("Item", "heat", {"title": "Heat (1995)"})
        store.write_items(pa.table({"id": ["new"], "title": ["New"]}))
        store.delete_facts(genre, facts(("heat", "crime")).select(["source", "entity"]))
        write_run(store, 1, {"CO_LIKED": [("heat", "up", 1.0)]})
        assert [item.title for item in store.items(["heat", "new"])] == ["Heat (1995)", "New"]
        assert store.facts("Item", ["heat"]) == [FactEdge("heat", "HAS_CAST", PACINO)]
        assert store.current_run().id == 1  # type: ignore[union-attr]

    # Runs

    def test_a_run_serves_when_it_is_activated(self, store: Store) -> None:
        store.prepare(SCHEMA)
        run = Run(1, at=5, fingerprint="é", settings={"a": [1, None]}, metrics={"ndcg@10": 0.25})
        store.begin_run(run)
        assert store.current_run() is None
        assert store.runs() == [run]
        store.activate_run(1)
        serving = Run(1, 5, "é", run.settings, run.metrics, is_ready=True, is_current=True)
        assert store.current_run() == serving
        assert store.runs() == [serving]

    def test_switching_back_and_deleting(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {"CO_LIKED": [("heat", "up", 1.0)], "FAVOURS": [("crime", "up", 1.0)]})
        write_run(store, 2, {"CO_LIKED": [("heat", "serpico", 1.0)]})
        assert [run.is_current for run in store.runs()] == [False, True]
        store.activate_run(1)
        with pytest.raises(UsageError, match="serving"):
            store.delete_run(1)
        store.delete_run(2)
        assert [run.id for run in store.runs()] == [1]
        assert store.counts()["CO_LIKED"] == 1
        store.begin_run(Run(2, at=2, fingerprint="f"))
        assert store.retrieve({"CO_LIKED": {"heat": 1.0}}, 2, [], 10) == []

    def test_a_run_that_died_half_way_is_swept_away(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {"CO_LIKED": [("heat", "up", 1.0)]})
        store.begin_run(Run(2, at=2, fingerprint="f"))
        store.write_evidence(2, "CO_LIKED", evidence(("heat", "serpico", 1.0)))
        store.write_evidence(2, "PRIOR", pa.table({"target": ["up"], "weight": [1.0]}))
        store.begin_run(Run(3, at=3, fingerprint="f"))
        assert [run.id for run in store.runs()] == [1, 3]
        assert store.counts()["CO_LIKED"] == 1
        assert store.counts()["PRIOR"] == 0

    def test_runs_that_are_not_there(self, store: Store) -> None:
        write_films(store)
        with pytest.raises(NotFoundError, match="no run 7"):
            store.activate_run(7)
        with pytest.raises(NotFoundError, match="no run 7"):
            store.delete_run(7)
        with pytest.raises(NotFoundError, match="no run 7"):
            store.write_evidence(7, "CO_LIKED", evidence(("heat", "up", 1.0)))
        write_run(store, 1, {})
        with pytest.raises(UsageError, match="already"):
            store.begin_run(Run(1, at=1, fingerprint="f"))

    def test_the_settings_of_a_run_are_replaced(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        write_run(store, 2, {})
        for run in (1, 2):
            store.replace_run_settings(run, {"at": {"run": run}, "names": ["Amélie"]})
        assert [run.settings for run in store.runs()] == [
            {"at": {"run": run}, "names": ["Amélie"]} for run in (1, 2)
        ]
        current = store.current_run()
        assert current is not None
        assert (current.id, current.settings["at"]) == (2, {"run": 2})
        with pytest.raises(NotFoundError, match="no run 7"):
            store.replace_run_settings(7, {})

    # Vectors

    @staticmethod
    def vectors_of(store: Store) -> dict[str, list[float]]:
        """What callers' own Cypher finds."""
        query = "MATCH (i:Item) WHERE i.vector IS NOT NULL RETURN i.id AS id, i.vector AS vector"
        rows = store._engine.rows(Statement(query))  # type: ignore[attr-defined]
        return {item: list(vector) for item, vector in rows}

    def test_only_the_vectors_of_the_serving_run_stand_in_the_graph(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        store.write_vectors(1, vectors(heat=[1.0, 0.5], up=[-0.25, 0.0]))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5], "up": [-0.25, 0.0]}
        write_run(store, 2, {})
        with pytest.raises(UsageError, match="run 1 is not serving"):
            store.write_vectors(1, vectors(heat=[1.0, 0.5]))
        store.write_vectors(2, vectors(serpico=[1.0, 2.0], up=[3.0, 4.0]))
        assert self.vectors_of(store) == {"serpico": [1.0, 2.0], "up": [3.0, 4.0]}
        store.write_vectors(2, vectors(heat=[1.0, 2.0, 3.0]))
        assert self.vectors_of(store) == {"heat": [1.0, 2.0, 3.0]}
        store.write_vectors(2, vectors(heat=[0.0, 0.0], up=[1.0, 0.0]))
        assert self.vectors_of(store) == {"up": [1.0, 0.0]}
        store.write_vectors(2, vectors(up=[1.0, 0.0]).slice(1))
        write_run(store, 3, {})
        store.write_vectors(3, vectors(up=[0.0]))
        store.prepare(SCHEMA)

    def test_vectors_are_added_beside_the_others(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        store.add_vectors(1, vectors(heat=[1.0, 0.5]).slice(1))
        store.add_vectors(1, vectors(heat=[1.0, 0.5]))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5]}
        store.add_vectors(1, vectors(up=[0.25, 0.0], serpico=[0.0, 0.0]))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5], "up": [0.25, 0.0]}
        store.add_vectors(1, vectors(up=[-1.0, 0.0]))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5], "up": [-1.0, 0.0]}
        with pytest.raises(ValueError, match="3 numbers beside those of 2"):
            store.add_vectors(1, vectors(serpico=[1.0, 2.0, 3.0]))
        with pytest.raises(StoreError, match="1 of 1 vectors"):
            store.add_vectors(1, vectors(none=[1.0, 2.0]))
        with pytest.raises(UsageError, match="run 7 is not serving"):
            store.add_vectors(7, vectors(heat=[1.0, 2.0]))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5], "up": [-1.0, 0.0]}
        store.write_vectors(1, vectors(up=[1.0]))
        assert self.vectors_of(store) == {"up": [1.0]}

    def test_vectors_are_no_property_of_items(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        before = (store.schema(), store.read_items(), store.items(["heat"]), store.counts())
        store.write_vectors(1, vectors(heat=[1.0, 0.5]))
        after = (store.schema(), store.read_items(), store.items(["heat"]), store.counts())
        assert after == before
        with pytest.raises(UsageError, match="'vector'"):
            store.prepare(GraphSchema(item_properties={"Vector": "string"}))

    def test_items_are_imported_beside_vectors(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        store.write_vectors(1, vectors(heat=[1.0, 0.5]))
        more = pa.table({"id": ["heat", "ran"], "title": ["Heat (1995)", "Ran"]})
        assert store.write_items(more) == WriteCount(added=1, changed=1)
        assert [item.title for item in store.items(["heat", "ran"])] == ["Heat (1995)", "Ran"]
        assert self.vectors_of(store) == {"heat": [1.0, 0.5]}

    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            ({"heat": [1.0], "up": [1.0, 2.0]}, "one length"),
            ({"heat": []}, "above 0"),
            ({"heat": [float("nan")]}, "not finite"),
            ({"heat": [1.0, None]}, "missing"),
            ({"heat": None}, "null"),
        ],
    )
    def test_malformed_vectors_are_refused(
        self, store: Store, rows: dict[str, list[float]], reason: str
    ) -> None:
        write_films(store)
        write_run(store, 1, {})
        store.write_vectors(1, vectors(heat=[1.0, 0.5]))
        with pytest.raises(ValueError, match=reason):
            store.write_vectors(1, vectors(**rows))
        with pytest.raises(ValueError, match="twice"):
            store.write_vectors(1, pa.concat_tables([vectors(heat=[1.0])] * 2))
        assert self.vectors_of(store) == {"heat": [1.0, 0.5]}

    def test_a_vector_of_an_item_that_is_not_there(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {})
        store.write_vectors(1, vectors(heat=[1.0]))
        with pytest.raises(StoreError, match="1 of 2 vectors"):
            store.write_vectors(1, vectors(heat=[1.0], none=[1.0]))
        with pytest.raises(UsageError, match="run 7 is not serving"):
            store.write_vectors(7, vectors(heat=[1.0]))
        assert set(self.vectors_of(store)) <= {"heat"}

    def test_counts(self, store: Store) -> None:
        write_films(store)
        write_run(store, 1, {"SHARES": [("heat", "up", 1.0)]})
        assert store.counts() == {
            "User": 2,
            "Item": 3,
            "Entity": 2,
            "Run": 1,
            "LIKED": 2,
            "VIEWED": 0,
            "HAS_CAST": 2,
            "HAS_GENRE": 2,
            "LIVES_IN": 0,
            "CO_LIKED": 0,
            "FOLLOWED_BY": 0,
            "SHARES": 1,
            "RESEMBLES": 0,
            "FAVOURS": 0,
            "PRIOR": 0,
        }

    # Impressions

    def test_what_was_shown_is_noted_once_and_never_goes_back(self, store: Store) -> None:
        write_films(store)
        shown = ShownList("r1", 50, 3, "ann", scenario="home", context={"device": "tv"})
        assert store.record_shown(shown, {"heat": 1, "nowhere": 2, "up": 3}, 60) == {"nowhere"}
        assert store.record_shown(shown, {"heat": 9, "serpico": 4}, 70) == set()
        assert store.record_outcome("r1", ["heat", "nowhere"], "consumed", 80) == {"nowhere"}
        assert store.record_outcome("r1", ["heat", "up"], "clicked", 90) == set()
        assert store.shown_list("r1") == (
            shown,
            [
                Impression("heat", 1, 60, "consumed", 80),
                Impression("up", 3, 60, "clicked", 90),
                Impression("serpico", 4, 70),
            ],
        )
        assert store.shown_items("ann", 60) == {"heat": 60, "serpico": 70, "up": 60}
        assert store.shown_items("ann", 61) == {"serpico": 70}
        assert store.shown_items("bob", 0) == store.shown_items("nobody", 0) == {}

    def test_impressions_are_no_feedback_and_no_facts(self, store: Store) -> None:
        write_films(store)
        before = (store.history("bob", 9), store.facts("User", ["bob"]), store.counts())
        store.record_shown(ShownList("r1", 50, 3, "bob"), {"heat": 1}, 60)
        assert (store.history("bob", 9), store.facts("User", ["bob"]), store.counts()) == before
        assert store.users_of_items(["heat"], "x") == [("heat", "ann")]
        assert store.feedback_degrees(["heat"]) == {"heat": 1}

    def test_impressions_of_unknown_and_of_other_users_are_refused(self, store: Store) -> None:
        write_films(store)
        with pytest.raises(NotFoundError, match="no user 'nobody'"):
            store.record_shown(ShownList("r1", 50, 3, "nobody"), {"heat": 1}, 60)
        store.record_shown(ShownList("r1", 50, 3, "ann"), {"heat": 1}, 60)
        with pytest.raises(UsageError, match="another user"):
            store.record_shown(ShownList("r1", 50, 3, "bob"), {"up": 1}, 60)
        assert store.shown_items("bob", 0) == {}
        with pytest.raises(NotFoundError, match="nothing was noted"):
            store.record_outcome("r2", ["heat"], "clicked", 60)
        assert store.shown_list("r2") is None

    def test_a_session_joins_a_user(self, store: Store) -> None:
        write_films(store)
        store.record_shown(ShownList("r1", 50, 3, session="s"), {"heat": 1}, 60)
        store.record_shown(ShownList("r2", 50, 3, session="s"), {"up": 1}, 61)
        assert store.join_session("s", "ann") == 2
        assert store.join_session("s", "ann") == store.join_session("s", "bob") == 0
        assert store.shown_items("ann", 0) == {"heat": 60, "up": 61}

    def test_old_impressions_and_those_of_deleted_users_are_swept(self, store: Store) -> None:
        write_films(store)
        for number, user in ((1, "ann"), (2, "ann"), (3, "bob")):
            store.record_shown(ShownList(f"r{number}", number, 1, user), {"heat": 1}, number)
        assert [store.sweep_shown(3, 1), store.sweep_shown(2, 9)] == [1, 0]
        assert store.shown_items("ann", 0) == {"heat": 2}
        assert store.delete_nodes("User", ["ann"]) == 1
        assert (store.shown_list("r1"), store.shown_list("r2")) == (None, None)
        assert store.delete_nodes("Item", ["heat"]) == 1
        assert store.shown_list("r3") == (ShownList("r3", 3, 1, "bob"), [])

    # Users of items

    def test_users_of_items_know_each_pair_once(self, store: Store) -> None:
        write_films(store)
        store.write_feedback("VIEWED", feedback(("bob", "heat", 1.0, 1), ("bob", "up", 1.0, 1)))
        held_out = feedback(("ann", "up", 1.0, 1, HELD_OUT))
        store.write_feedback("VIEWED", held_out)
        pairs = [("heat", "ann"), ("heat", "bob"), ("up", "bob")]
        assert store.users_of_items(["up", "heat", "serpico"], "x") == pairs
        assert store.users_of_items(["up", "heat"], "bob") == [("heat", "ann")]
        assert store.feedback_degrees(["heat", "up", "serpico"]) == {"heat": 2, "up": 3}
