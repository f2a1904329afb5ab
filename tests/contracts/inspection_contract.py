"""What every store must do for those who look around in a graph: nodes, search, paths.

A test class inherits it and gives a fixture `store` with a new graph.
"""

import pyarrow as pa
import pytest

from graph.errors import UsageError
from graph.model import HELD_OUT, Edge, Node, NodeKey
from graph.store import Store
from tests.contracts.store_contract import CAST, LIVES, facts, feedback, write_films, write_run

ANN, BOB = NodeKey("User", "ann"), NodeKey("User", "bob")
HEAT, SERPICO, UP = (NodeKey("Item", key) for key in ("heat", "serpico", "up"))
PACINO, CRIME = NodeKey("Entity", "pacino"), NodeKey("Entity", "crime")


class InspectionContract:
    """Inherit it and give a fixture `store`."""

    def test_nodes_of_any_label(self, store: Store) -> None:
        write_films(store)
        none = NodeKey("Item", "none")
        assert store.nodes([PACINO, none, ANN, HEAT, UP, ANN]) == [
            Node("Entity", "pacino", "Al Pacino", "Person"),
            Node("User", "ann", properties={"age": 30}),
            Node("Item", "heat", "Heat", properties={"year": 1995}),
            Node("Item", "up"),
            Node("User", "ann", properties={"age": 30}),
        ]
        assert store.nodes([]) == []

    # Search

    def test_search_by_id_title_and_name(self, store: Store) -> None:
        write_films(store)
        more = {"heat": "Heat", "x1": "Heat", "x2": "heathers", "x3": "White Heat", "HEAT": None}
        store.write_items(pa.table({"id": list(more), "title": list(more.values())}))
        found = [node.id for node in store.search("HeAt ", ["Item"], 10)]
        assert found == ["HEAT", "heat", "x1", "x2", "x3"]
        assert [node.id for node in store.search("heat", ["Item"], 2)] == ["HEAT", "heat"]
        assert [node.key for node in store.search("a", ["User", "Entity"], 9)] == [ANN, PACINO]
        assert store.search("pac", ["Entity"], 9) == store.nodes([PACINO])
        assert store.search("nothing", ["User", "Item", "Entity"], 9) == []
        assert store.search("heat", [], 9) == []
        assert store.search("heat", ["Item"], 0) == []

    @pytest.mark.parametrize(
        "text", ["'", "\\", "`", "$text", "') RETURN 1 //", "é", "中", "%", ".*"]
    )
    def test_a_text_is_only_a_text(self, store: Store, text: str) -> None:
        write_films(store)
        assert store.search(text, ["User", "Item", "Entity"], 9) == []
        store.write_items(pa.table({"id": ["found"], "title": [f"so {text.upper()} it is"]}))
        assert [node.id for node in store.search(text, ["Item"], 9)] == ["found"]

    @pytest.mark.parametrize("text", ["", "  ", "x" * 201])
    def test_texts_that_are_not_searched_for(self, store: Store, text: str) -> None:
        with pytest.raises(UsageError, match="1 to 200 characters"):
            store.search(text, ["Item"], 9)

    # Neighbourhood

    def test_the_surroundings_of_an_item(self, store: Store) -> None:
        write_films(store)
        old = [("heat", "serpico", 9.0)]
        write_run(store, 1, {"CO_LIKED": old})
        write_run(store, 2, {"CO_LIKED": [("heat", "up", 0.5), ("heat", "serpico", 0.7)]})
        store.write_feedback("LIKED", feedback(("bob", "heat", 2.0, 300)))
        store.write_feedback("VIEWED", feedback(("bob", "heat", 1.0, None, HELD_OUT)))
        whole = store.neighborhood("Item", "heat", 20)
        assert whole is not None
        assert whole.edges == (
            Edge("CO_LIKED", HEAT, SERPICO, 0.7),
            Edge("LIKED", BOB, HEAT, 2.0, 300),
            Edge("HAS_CAST", HEAT, PACINO, 1.0),
            Edge("HAS_GENRE", HEAT, CRIME, 1.0),
            Edge("CO_LIKED", HEAT, UP, 0.5),
            Edge("LIKED", ANN, HEAT, 5.0, 100),
        )
        assert list(whole.nodes) == store.nodes([HEAT, SERPICO, BOB, PACINO, CRIME, UP, ANN])
        few = store.neighborhood("Item", "heat", 2)
        assert few is not None
        assert few.edges == whole.edges[:2]
        assert list(few.nodes) == store.nodes([HEAT, SERPICO, BOB])
        facts_only = store.neighborhood("Item", "heat", 9, ["HAS_GENRE"])
        assert facts_only is not None
        assert facts_only.edges == (Edge("HAS_GENRE", HEAT, CRIME, 1.0),)
        alone = store.neighborhood("Item", "heat", 0)
        assert alone is not None
        assert (list(alone.nodes), alone.edges) == (store.nodes([HEAT]), ())

    def test_the_surroundings_of_a_user_and_of_an_entity(self, store: Store) -> None:
        write_films(store)
        store.write_facts(LIVES, facts(("ann", "crime")))
        write_run(store, 1, {"FAVOURS": [("crime", "up", 0.5)]})
        of_user = store.neighborhood("User", "ann", 9)
        assert of_user is not None
        assert of_user.edges == (
            Edge("LIKED", ANN, HEAT, 5.0, 100),
            Edge("LIVES_IN", ANN, CRIME, 1.0),
        )
        of_entity = store.neighborhood("Entity", "crime", 9)
        assert of_entity is not None
        assert set(of_entity.edges) == {
            Edge("FAVOURS", CRIME, UP, 0.5),
            Edge("HAS_GENRE", HEAT, CRIME, 1.0),
            Edge("HAS_GENRE", SERPICO, CRIME, 1.0),
            Edge("LIVES_IN", ANN, CRIME, 1.0),
        }
        assert store.neighborhood("User", "eve", 9) is None
        with pytest.raises(UsageError, match="no relation 'NONE'"):
            store.neighborhood("User", "ann", 9, ["NONE"])

    # Paths

    def test_a_shortest_path_over_facts_and_feedback(self, store: Store) -> None:
        write_films(store)
        store.write_facts(CAST, facts(("up", "pacino")))
        found = store.shortest_path(ANN, BOB)
        assert found is not None
        assert list(found.nodes) == store.nodes([ANN, HEAT, PACINO, UP, BOB])
        assert found.edges == (
            Edge("LIKED", ANN, HEAT, 5.0, 100),
            Edge("HAS_CAST", HEAT, PACINO, 1.0),
            Edge("HAS_CAST", UP, PACINO, 1.0),
            Edge("LIKED", BOB, UP, 4.0, 200),
        )
        assert found.is_shortest
        back = store.shortest_path(BOB, ANN, 4)
        assert back is not None
        assert back.nodes == found.nodes[::-1]
        assert store.shortest_path(ANN, BOB, 3) is None
        assert store.shortest_path(ANN, BOB, 6, ["LIKED"]) is None
        assert store.shortest_path(ANN, NodeKey("User", "eve")) is None
        itself = store.shortest_path(ANN, ANN, 0)
        assert itself is not None
        assert (list(itself.nodes), itself.edges) == (store.nodes([ANN]), ())
        for edges in (-1, 7):
            with pytest.raises(UsageError, match="0 to 6 edges"):
                store.shortest_path(ANN, BOB, edges)

    def test_a_search_that_left_nodes_out_says_so(self, store: Store) -> None:
        write_films(store)
        crowd = {"heat": [f"h{n:05}" for n in range(6000)], "up": [f"u{n:05}" for n in range(6000)]}
        everyone = [user for users in crowd.values() for user in users]
        store.write_users(pa.table({"id": everyone}))
        rows = [(user, item, 1.0, 1) for item, users in crowd.items() for user in users]
        last = [(users[-1], "serpico", 1.0, 1) for users in crowd.values()]
        store.write_feedback("LIKED", feedback(*rows, *last))
        with pytest.raises(UsageError, match="more than 5,000 nodes are at the same distance"):
            store.shortest_path(HEAT, UP, 6, ["LIKED"])
        first = [(users[0], "serpico", 1.0, 1) for users in crowd.values()]
        store.write_feedback("LIKED", feedback(*first))
        found = store.shortest_path(HEAT, UP, 6, ["LIKED"])
        assert found is not None
        assert (len(found.edges), found.is_shortest) == (4, False)

    def test_evidence_is_walked_where_asked_for(self, store: Store) -> None:
        write_films(store)
        assert store.shortest_path(HEAT, UP, 6, ["SHARES"]) is None
        write_run(store, 1, {"SHARES": [("up", "heat", 9.0)]})
        write_run(store, 2, {"SHARES": [("up", "serpico", 0.25), ("serpico", "heat", 0.5)]})
        assert store.shortest_path(HEAT, UP, 2) is None
        found = store.shortest_path(HEAT, UP, 2, ["SHARES"])
        assert found is not None
        assert found.edges == (
            Edge("SHARES", SERPICO, HEAT, 0.5),
            Edge("SHARES", UP, SERPICO, 0.25),
        )

    def test_held_out_feedback_is_no_path(self, store: Store) -> None:
        write_films(store)
        store.write_feedback("LIKED", feedback(("bob", "heat", 1.0, 1, HELD_OUT)))
        assert store.shortest_path(ANN, BOB) is None
