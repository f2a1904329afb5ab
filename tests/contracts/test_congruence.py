"""Both stores answer alike: random graphs are written to both, and every read verb compared.

The examples pile up in one graph, so that later ones also update what earlier ones wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.model import HELD_OUT, ITEM_EVIDENCE, FactType, GraphSchema, NodeKey, Run
from graph.store import Store

IDS = st.text("aAé中😀'`$ \\\"\n", min_size=1, max_size=3)
WEIGHTS = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 1e-12, 1e12])
SCHEMA = GraphSchema(
    item_properties={"year": "integer", "price": "float", "new": "boolean", "note": "string"},
    user_properties={"age": "integer"},
    entity_kinds=("Person", "film genre", "42"),
    fact_types=(
        FactType("Item", "HAS"),
        FactType("Item", "NEEDS"),
        FactType("User", "HAS"),
        FactType("Entity", "PART_OF"),
    ),
    feedback_types=("LIKED", "VIEWED"),
)
LABELS = {"Item": "items", "User": "users", "Entity": "entities"}


@dataclass(frozen=True)
class Example:
    """Tables of one graph by what they are, and its ids."""

    items: tuple[str, ...]
    users: tuple[str, ...]
    entities: tuple[str, ...]
    nodes: dict[str, pa.Table]
    facts: dict[FactType, pa.Table]
    feedback: dict[str, pa.Table]
    evidence: dict[str, pa.Table]


@st.composite
def examples(draw: st.DrawFn) -> Example:
    items, users, entities = (
        tuple(draw(st.lists(IDS, min_size=1, max_size=5, unique=True))) for _ in range(3)
    )

    def column(values: st.SearchStrategy[Any], ids: Sequence[str], type: pa.DataType) -> pa.Array:
        return pa.array([draw(values) for _ in ids], type)

    def pairs(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
        one = st.tuples(st.sampled_from(first), st.sampled_from(second))
        return draw(st.lists(one, max_size=8, unique=True))

    def edges(first: Sequence[str], second: Sequence[str], names: tuple[str, str]) -> pa.Table:
        chosen = pairs(first, second)
        return pa.table(
            {
                names[0]: pa.array([a for a, _ in chosen], pa.string()),
                names[1]: pa.array([b for _, b in chosen], pa.string()),
                "weight": column(WEIGHTS, chosen, pa.float64()),
            }
        )

    maybe = st.none() | IDS
    nodes = {
        "items": pa.table(
            {
                "id": items,
                "title": column(maybe, items, pa.string()),
                "text": column(maybe, items, pa.string()),
                "year": column(st.none() | st.integers(-(2**62), 2**62), items, pa.int64()),
                "price": column(st.none() | WEIGHTS, items, pa.float64()),
                "new": column(st.none() | st.booleans(), items, pa.bool_()),
                "note": column(maybe, items, pa.string()),
            }
        ),
        "users": pa.table(
            {"id": users, "age": column(st.none() | st.integers(0, 99), users, pa.int64())}
        ),
        "entities": pa.table(
            {
                "id": entities,
                "kind": column(st.sampled_from(SCHEMA.entity_kinds), entities, pa.string()),
                "name": column(IDS, entities, pa.string()),
            }
        ),
    }
    ids = {"Item": items, "User": users, "Entity": entities}
    feedback = {}
    for kind in SCHEMA.feedback_types:
        chosen = pairs(users, [*items, "nowhere"])
        feedback[kind] = pa.table(
            {
                "user": pa.array([user for user, _ in chosen], pa.string()),
                "item": pa.array([item for _, item in chosen], pa.string()),
                "value": column(WEIGHTS, chosen, pa.float64()),
                "at": column(st.none() | st.integers(0, 3), chosen, pa.int64()),
                "split": column(st.sampled_from([None, "train", HELD_OUT]), chosen, pa.string()),
            }
        )
    evidence = {relation: edges(items, items, ("source", "target")) for relation in ITEM_EVIDENCE}
    evidence["FAVOURS"] = edges(entities, items, ("source", "target"))
    prior = draw(st.lists(st.sampled_from(items), unique=True))
    evidence["PRIOR"] = pa.table(
        {"target": pa.array(prior, pa.string()), "weight": column(WEIGHTS, prior, pa.float64())}
    )
    return Example(
        items,
        users,
        entities,
        nodes,
        {
            fact: edges(ids[fact.source], [*entities, "nowhere"], ("source", "entity"))
            for fact in SCHEMA.fact_types
        },
        feedback,
        evidence,
    )


def write(store: Store, example: Example, run: int) -> list[Any]:
    """Write the graph, and again with a change; what the write verbs answered."""
    counts: list[Any] = []
    for _ in range(2):
        counts.append(store.write_items(example.nodes["items"]))
        counts.append(store.write_users(example.nodes["users"]))
        counts.append(store.write_entities(example.nodes["entities"]))
        counts += [store.write_facts(fact, rows) for fact, rows in example.facts.items()]
        counts += [store.write_feedback(kind, rows) for kind, rows in example.feedback.items()]
    liked = example.feedback["LIKED"]
    counts.append(store.delete_feedback("LIKED", liked.slice(0, 1)))
    zeros = pa.array([7.0] * len(liked), pa.float64())
    counts.append(store.write_feedback("LIKED", liked.set_column(2, "value", zeros)))
    counts += edit(store, example)
    store.begin_run(Run(run, at=run, fingerprint="f", settings={"a": 1}))
    for relation, rows in example.evidence.items():
        store.write_evidence(run, relation, rows)
    store.activate_run(run)
    return counts


def edit(store: Store, example: Example) -> list[Any]:
    """Edit a few nodes and edges; what the verbs answered."""
    typed = pa.concat_tables(
        [
            rows.append_column("type", pa.array([kind] * len(rows), pa.string()))
            for kind, rows in example.feedback.items()
        ]
    )
    answers: list[Any] = [store.add_feedback(part) for part in (typed.slice(0, 3), typed)]
    answers.append(store.add_feedback(typed.slice(0, 2), create=True))
    first, last = example.items[0], example.items[-1]
    fact = SCHEMA.fact_types[0]
    store.replace_facts(fact, last, dict.fromkeys(example.entities[:2], 0.5))
    gone = pa.table({"source": [last], "entity": [example.entities[0]]})
    return [
        *answers,
        store.patch_node("Item", first, {"year": None, "price": 2, "title": "é中😀"}),
        store.patch_node("User", "nobody", {"age": 1}),
        store.delete_facts(fact, gone),
        store.delete_nodes("Item", ["nowhere"]),
        store.delete_nodes("User", ["nobody"]),
    ]


def read(store: Store, example: Example, run: int) -> dict[str, Any]:
    """What every read verb answers about the graph."""
    items, users, entities = example.items, example.users, example.entities
    weights = {item: 0.5 + place for place, item in enumerate(items[:3])}
    anchors = dict.fromkeys(ITEM_EVIDENCE, weights)
    keys = [
        *(NodeKey("User", key) for key in users),
        *(NodeKey("Item", key) for key in items),
        *(NodeKey("Entity", key) for key in entities),
    ]
    everything = [fact.relation for fact in SCHEMA.fact_types] + [*ITEM_EVIDENCE, "LIKED"]
    return {
        "counts": store.counts(),
        "read_items": store.read_items().to_pylist(),
        "read_users": store.read_users().to_pylist(),
        "read_entities": store.read_entities().to_pylist(),
        "read_facts": [store.read_facts(fact).to_pylist() for fact in SCHEMA.fact_types],
        "read_feedback": [store.read_feedback(t).to_pylist() for t in SCHEMA.feedback_types],
        "runs": store.runs(),
        "current_run": store.current_run(),
        "user": [store.user(user) for user in (*users, "nobody")],
        "items": store.items([*items, "nowhere"]),
        "users": store.users([*users, "nobody"]),
        "entities": store.entities([*entities, "nothing"]),
        "unknown": sorted(store.unknown("Item", [*items, "nowhere"])),
        "list_users": [store.list_users(after, 3) for after in (None, *users)],
        "list_items": [store.list_items(after, 3) for after in (None, *items)],
        "latest_items": [store.latest_items(name, 3) for name in ("year", "price")],
        "feedback_of_user": [
            store.feedback_of_user(user, None, after, 4)
            for user in users
            for after in (None, ("LIKED", items[0]), ("M", ""))
        ],
        "feedback_of_item": [store.feedback_of_item(item, None, None, 9) for item in items],
        "nodes": store.nodes(keys),
        "search": [
            store.search(text, ["User", "Item", "Entity"], 5) for text in ("a", "É", "中", "`", "'")
        ],
        "neighborhood": [
            store.neighborhood(key.label, key.id, limit) for key in keys for limit in (2, 20)
        ],
        "shortest_path": [
            store.shortest_path(keys[0], key, edges, relations)
            for key in keys
            for edges, relations in ((6, None), (3, everything))
        ],
        "history": [store.history(user, limit) for user in users for limit in (1, 3, 50)],
        "facts": [store.facts(label, getattr(example, ids)) for label, ids in LABELS.items()],
        "evidence": store.evidence(items, items[:3], run),
        "entity_evidence": store.entity_evidence(entities, items, run),
        "read_evidence": [
            store.read_evidence(run, relation).to_pylist()
            for relation in (*ITEM_EVIDENCE, "FAVOURS")
        ],
        "prior": store.prior(items, run),
        "entity_degrees": store.entity_degrees(entities),
        "retrieve_by_prior": store.retrieve_by_prior(run, items[:1], 3),
        "retrieve_by_entities": store.retrieve_by_entities(
            dict.fromkeys(entities, 1.0), run, items[:1], 10
        ),
        "retrieve": store.retrieve(anchors, run, items[:1], 10),
    }


@pytest.mark.neo4j
@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    # The stores are the same for all examples on purpose.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(example=examples())
def test_every_verb_answers_alike(
    ladybug_store: Store, neo4j_store: Store, example: Example
) -> None:
    stores = (ladybug_store, neo4j_store)
    for store in stores:
        store.prepare(SCHEMA)
    run = max((run.id for run in ladybug_store.runs()), default=0) + 1
    assert write(ladybug_store, example, run) == write(neo4j_store, example, run)
    ours, theirs = (read(store, example, run) for store in stores)
    for verb, answer in ours.items():
        assert _rounded(answer) == theirs[verb], verb


def _rounded(value: Any) -> Any:
    """Sums within 1e-9: a database adds in the order that it likes."""
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], float):
        return value[0], pytest.approx(value[1], rel=1e-9, abs=1e-9)
    return value
