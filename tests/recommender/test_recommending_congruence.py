"""Both stores give one answer: the same items, order, paths and sentences, and the same bits.

The tests on real data share one import of ml-100k and one training, and only read them.
"""

import math
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.connect import open_store
from graph.dataset import read_dataset
from graph.importing import import_project
from graph.mapping import MAPPING_TABLES, Mapping
from graph.store import Store
from recommender.evaluating import evaluate
from recommender.evaluation.settings import EvaluationSettings
from recommender.evidence import Evidence
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.ranking import rank_items
from recommender.recommending import Recommender
from recommender.request import MAX_N, Request
from recommender.serving_run import current_run, read_serving_run
from recommender.standing import read_history
from recommender.training import train

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
DATA = BENCHMARKS.parent.parent / "shared" / "data" / "ml-100k"
TRAINING = TrainingSettings(edges_per_item=25)
"""A quarter of the edges, which Neo4j is slow to take: a score still is a sum over hundreds."""

USERS = 60
MASKED_USERS = 30
MEASURED_USERS = 40

OPTIONS: list[dict[str, Any]] = [
    {},
    {"n": 30, "diversity": 0.5},
    {"filter": "year >= 1990 and 'Comedy' in HAS_GENRE", "lang": "zh"},
    {"signals": ("knowledge", "profile"), "include_seen": True},
]


def sample(store: Store, number: int) -> list[str]:
    users = store.read_users()["id"].to_pylist()
    picked = np.random.default_rng(7).permutation(len(users))[:number]
    return [str(users[place]) for place in picked]


@pytest.mark.neo4j
def test_small_graph(
    ladybug_store: Store, neo4j_store: Store, write_films: Callable[[Store], int]
) -> None:
    runs = [write_films(store) for store in (ladybug_store, neo4j_store)]
    assert runs[0] == runs[1]
    embedded, served = Recommender(ladybug_store), Recommender(neo4j_store)
    for user in ("42", "new", "blank", "odd", "nobody"):
        assert embedded.recommend(Request(user)) == served.recommend(Request(user))
        if user != "nobody":
            for item in ("1", "2", "5", "6"):
                assert embedded.explain(Request(user), item) == served.explain(Request(user), item)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded graph is, and its artifacts."""
    if not DATA.is_dir():
        pytest.skip(f"no benchmark data at {DATA}")
    return tmp_path_factory.mktemp("ml-100k")


@pytest.fixture(scope="module")
def imported_store(folder: Path) -> Iterator[Store]:
    """An embedded graph of ml-100k."""
    with open_store(f"ladybug://{folder}/graph.lbug?buffer_mb=128") as store:
        import_ml_100k(store)
        yield store


@pytest.fixture(scope="module")
def evidence(imported_store: Store) -> Evidence:
    """What training learns from ml-100k, with the generator that `evaluate` gives our model."""
    rng = np.random.default_rng(0).spawn(3)[2]
    return train(read_dataset(imported_store), TRAINING, rng=rng)


@pytest.fixture(scope="module")
def trained_store(imported_store: Store, evidence: Evidence, folder: Path) -> Store:
    """The same, trained."""
    publish(imported_store, evidence, fingerprint="", artifacts=folder)
    return imported_store


def import_ml_100k(store: Store) -> None:
    path = BENCHMARKS / "ml-100k" / "whypath.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    mapping = {name: table for name, table in tables.items() if name in MAPPING_TABLES}
    import_project(Mapping.from_toml(mapping, path.parent), store)


@pytest.mark.data
@pytest.mark.slow
def test_masking_changes_every_score_by_exactly_the_contribution(
    trained_store: Store, folder: Path
) -> None:
    # The ranking alone: drawing the paths of a thousand items is not what this is about.
    current = current_run(trained_store)
    asking = read_serving_run(trained_store, current, folder)
    remembering = read_serving_run(trained_store, current, folder, "memory")
    for place, user in enumerate(sample(trained_store, MASKED_USERS)):
        run = asking if place % 3 == 0 else remembering  # whose answers are the same, but sooner
        request = Request(user, n=MAX_N, include_seen=True)
        history = read_history(trained_store, run, request)
        full = rank_items(trained_store, run, request, history).chosen
        weight: dict[str, float] = defaultdict(float)
        for scored in full:
            for term in scored.terms:
                if term.via is not None and term.relation != "FAVOURS":
                    weight[term.via] += abs(term.value)
        for piece in sorted(weight, key=lambda item: -weight[item])[:3]:
            masked = replace(request, without=frozenset({piece}))
            left = {
                scored.item: scored.score
                for scored in rank_items(trained_store, run, masked, history).chosen
            }
            for scored in full:
                fall = math.fsum(term.value for term in scored.terms if term.via == piece)
                # A list ends at MAX_N of the 1,008 items: the last ones may be others.
                if scored.item in left or len(left) < MAX_N:
                    assert abs(left.get(scored.item, 0.0) - (scored.score - fall)) < 1e-9
            assert len(left.keys() & {scored.item for scored in full}) > 0.98 * len(full)


@pytest.mark.data
@pytest.mark.neo4j
@pytest.mark.slow
def test_both_stores_on_real_data(
    trained_store: Store, neo4j_store: Store, evidence: Evidence, folder: Path, tmp_path: Path
) -> None:
    import_ml_100k(neo4j_store)
    publish(neo4j_store, evidence, fingerprint="", artifacts=tmp_path)
    embedded = Recommender(trained_store, folder)
    served = Recommender(neo4j_store, tmp_path)
    for place, user in enumerate(sample(trained_store, USERS)):
        request = Request(user, **OPTIONS[place % len(OPTIONS)])
        assert embedded.recommend(request) == served.recommend(request)


@pytest.mark.data
@pytest.mark.slow
def test_memory_and_the_graph_on_real_data(trained_store: Store, folder: Path) -> None:
    asking = Recommender(trained_store, folder)
    remembering = Recommender(trained_store, folder, "memory")
    for place, user in enumerate(sample(trained_store, USERS)):
        history = [piece.item for piece in trained_store.history(user, 9)]
        requests = [
            Request(user, **OPTIONS[place % len(OPTIONS)]),
            Request(user, without=frozenset(history[:2]), explain="paths"),
            Request(user, signals=("factors",), exclude=frozenset(history[2:4])),
            Request(history=tuple(history or ["1"]), n=20, explain="none"),
        ]
        if not place:
            requests += [Request("nobody"), Request(user, n=MAX_N, include_seen=True)]
        for request in requests:
            assert asking.recommend(request) == remembering.recommend(request)
        assert asking.explain(Request(user), "50") == remembering.explain(Request(user), "50")


@pytest.mark.data
@pytest.mark.slow
def test_the_lists_measured_on_real_data_are_the_lists_served(
    trained_store: Store, folder: Path
) -> None:
    dataset = read_dataset(trained_store)
    settings = EvaluationSettings(split="files", refit=True, baselines=())
    (fold,) = evaluate(dataset, settings, TRAINING, rng=0).models[0].folds
    recommender = Recommender(trained_store, folder)
    for place in np.linspace(0, len(fold.lists.users) - 1, MEASURED_USERS).astype(int):
        user = str(dataset.users[fold.lists.users[place]])
        served = recommender.recommend(Request(user=user, n=10)).suggestions
        measured = dataset.items[fold.lists.top[place]].tolist()
        assert [suggestion.item for suggestion in served] == measured, user
        scores = [suggestion.score for suggestion in served]
        assert scores == pytest.approx(fold.lists.scores[place].tolist(), abs=1e-6)
