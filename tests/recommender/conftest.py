"""Writes small graphs with evidence into a store, as an import and a training would."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pytest

from embeddings.artifact import write_artifact
from graph.model import Entity, FactType, GraphSchema, Run
from graph.store import Store
from recommender.item_factors import ItemFactors
from recommender.recipe import Recipe, SignalRecipe

PLAIN = Recipe(
    signals=(
        SignalRecipe("CO_LIKED", 1.0),
        SignalRecipe("FOLLOWED_BY", 1.0),
        SignalRecipe("SHARES", 1.0),
    ),
    type_weights={"LIKED": 1.0},
)
"""Every piece of history counts 1, and neither profile nor prior where there is a history."""


FINGERPRINT = "by hand"
"""That of every graph that is written here."""


@dataclass(frozen=True)
class SmallGraph:
    """A whole graph with its evidence, by hand.

    `entities` are those without facts. `feedback` maps a type to (user, item, value, at); `facts`
    are (label, relation, source, entity); `evidence` maps a relation to (source, target, weight),
    PRIOR to (target, weight). `factors` need a folder to be written to.
    """

    items: Mapping[str, str | None]
    users: Sequence[str] = ()
    entities: Sequence[Entity] = ()
    years: Mapping[str, int] = field(default_factory=dict)
    feedback: Mapping[str, Sequence[tuple[str, str, float, int | None]]] = field(
        default_factory=dict
    )
    facts: Sequence[tuple[str, str, str, Entity]] = ()
    evidence: Mapping[str, Sequence[tuple]] = field(default_factory=dict)
    recipe: Recipe = PLAIN
    factors: ItemFactors | None = None


def write_run(store: Store, graph: SmallGraph, artifacts: Path | None = None) -> int:
    """Write the evidence as a new run and make it the current one."""
    run = 1 + max((run.id for run in store.runs()), default=0)
    settings: dict[str, object] = {"recipe": graph.recipe.to_json()}
    if graph.factors is not None:
        assert artifacts is not None
        settings["artifact"] = write_factors(artifacts, graph.factors)
    store.begin_run(Run(run, 0, FINGERPRINT, settings=settings))
    for relation, edges in graph.evidence.items():
        names = ("target", "weight") if relation == "PRIOR" else ("source", "target", "weight")
        if edges:
            columns = zip(*edges, strict=True)
            store.write_evidence(
                run, relation, pa.table(dict(zip(names, map(list, columns), strict=True)))
            )
    store.activate_run(run)
    return run


def write_factors(artifacts: Path, factors: ItemFactors) -> dict[str, str]:
    """Write vectors as a training does; answers what the run says of them."""
    written = write_artifact(
        artifacts,
        "run",
        kind="run",
        model="by hand",
        fingerprint=FINGERPRINT,
        arrays={
            "sources": factors.sources,
            "targets": factors.targets,
            **{f"part.{name}": rows for name, rows in factors.parts.items()},
        },
        strings={"items": factors.ids},
    )
    return asdict(written)


def write_small_graph(store: Store, graph: SmallGraph, artifacts: Path | None = None) -> int:
    """Write everything; answers the run."""
    types = {FactType(label, relation) for label, relation, _, _ in graph.facts}
    entities = {entity.id: entity for entity in graph.entities}
    entities.update({entity.id: entity for _, _, _, entity in graph.facts})
    store.prepare(
        GraphSchema(
            item_properties={"year": "integer"},
            entity_kinds=tuple(sorted({entity.kind for entity in entities.values()})),
            fact_types=tuple(sorted(types)),
            feedback_types=("LIKED", *sorted(graph.feedback.keys() - {"LIKED"})),
        )
    )
    ids = sorted(graph.items)
    store.write_items(
        pa.table(
            {
                "id": ids,
                "title": pa.array([graph.items[item] for item in ids], pa.string()),
                "text": pa.array([None] * len(ids), pa.string()),
                "year": pa.array([graph.years.get(item) for item in ids], pa.int64()),
            }
        )
    )
    if graph.users:
        store.write_users(pa.table({"id": sorted(graph.users)}))
    if entities:
        known = [entities[key] for key in sorted(entities)]
        store.write_entities(
            pa.table(
                {
                    "id": [entity.id for entity in known],
                    "kind": [entity.kind for entity in known],
                    "name": [entity.name for entity in known],
                }
            )
        )
    for fact_type in sorted(types):
        rows = [
            (source, entity.id)
            for label, relation, source, entity in graph.facts
            if FactType(label, relation) == fact_type
        ]
        store.write_facts(
            fact_type,
            pa.table(
                {
                    "source": [source for source, _ in rows],
                    "entity": [entity for _, entity in rows],
                    "weight": [1.0] * len(rows),
                }
            ),
        )
    for feedback_type, rows in graph.feedback.items():
        write_feedback_rows(store, feedback_type, rows)
    return write_run(store, graph, artifacts)


def write_feedback_rows(
    store: Store,
    type: str,
    rows: Sequence[tuple[str, str, float, int | None]],
    split: str | None = None,
) -> None:
    """Write (user, item, value, at) rows of one type."""
    if not rows:
        return
    users, items, values, times = map(list, zip(*rows, strict=True))
    columns = {
        "user": users,
        "item": items,
        "value": pa.array(values, pa.float64()),
        "at": pa.array(times, pa.int64()),
        "split": pa.array([split] * len(rows), pa.string()),
    }
    store.write_feedback(type, pa.table(columns))


HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN = "1", "2", "3", "4", "5"
PACINO = Entity("p:pacino", "Person", "Al Pacino")
CRIME = Entity("g:crime", "Genre", "Crime")
STUDENT = Entity("o:student", "Occupation", "student")

FILMS = SmallGraph(
    items={
        HEAT: "Heat (1995)",
        SERPICO: "Serpico (1973)",
        INSIDER: "The Insider (1999)",
        TOY_STORY: "Toy Story (1995)",
        ALIEN: None,
        "6": "The Quiet One (1948)",
    },
    years={HEAT: 1995, SERPICO: 1973, INSIDER: 1999, TOY_STORY: 1995, ALIEN: 1979},
    users=("42", "new", "blank", "odd"),
    feedback={
        "LIKED": [("42", HEAT, 5.0, 10), ("42", TOY_STORY, 4.0, 20), ("odd", "6", 5.0, 1)],
        "VIEWED": [("42", HEAT, 1.0, 5)],
    },
    facts=[
        ("Item", "HAS_CAST", HEAT, PACINO),
        ("Item", "HAS_CAST", SERPICO, PACINO),
        ("Item", "HAS_CAST", INSIDER, PACINO),
        ("Item", "HAS_GENRE", HEAT, CRIME),
        ("Item", "HAS_GENRE", SERPICO, CRIME),
        ("Item", "HAS_GENRE", INSIDER, CRIME),
        ("Item", "HAS_GENRE", TOY_STORY, CRIME),
        ("User", "WORKS_AS", "42", STUDENT),
        ("User", "WORKS_AS", "new", STUDENT),
    ],
    evidence={
        "CO_LIKED": [(HEAT, INSIDER, 0.5), (TOY_STORY, INSIDER, -0.125), (HEAT, TOY_STORY, 0.75)],
        "FOLLOWED_BY": [(TOY_STORY, ALIEN, 0.25)],
        "SHARES": [(HEAT, SERPICO, 0.5), (HEAT, INSIDER, 0.0625)],
        "FAVOURS": [(STUDENT.id, ALIEN, 0.5), (STUDENT.id, HEAT, 0.25)],
        "PRIOR": [(TOY_STORY, 0.9), (HEAT, 0.8), (INSIDER, 0.7), (ALIEN, 0.1), ("6", 0.05)],
    },
)
"""User 42 liked Heat and Toy Story; the scores are sums of powers of 2, so they are exact."""


@pytest.fixture
def films(store: Store) -> Store:
    """A store with FILMS in it."""
    write_small_graph(store, FILMS)
    return store


@pytest.fixture(scope="session")
def write_films() -> Callable[..., int]:
    """Writes FILMS, with fields of it replaced; answers the run."""
    return lambda store, artifacts=None, **changes: write_small_graph(
        store, replace(FILMS, **changes), artifacts
    )


@pytest.fixture(scope="session")
def retrain() -> Callable[[Store, Recipe], int]:
    """Writes the evidence of FILMS as a new run with another recipe."""
    return lambda store, recipe: write_run(store, replace(FILMS, recipe=recipe))


@pytest.fixture(scope="session")
def write_feedback() -> Callable[..., None]:
    """`write_feedback_rows`."""
    return write_feedback_rows


@pytest.fixture(scope="session")
def small_graph() -> type[SmallGraph]:
    """The class of small graphs, for tests that make their own."""
    return SmallGraph


@pytest.fixture(scope="session")
def write_graph() -> Callable[..., int]:
    """`write_small_graph`, for tests that make their own graphs."""
    return write_small_graph
