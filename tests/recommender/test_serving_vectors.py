"""A run with vectors is served with exactly those, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graph.dataset import read_dataset
from graph.errors import ArtifactError
from graph.model import GraphSchema
from graph.store import Store
from recommender.evidence import Edges, Evidence
from recommender.item_factors import ItemFactors
from recommender.publishing import publish
from recommender.recipe import Recipe, SignalRecipe
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.run_artifact import read_factors, write_run_artifact
from recommender.scoring import Scorer

ITEMS = np.array(["a", "b", "c", "d"], dtype=object)
SIZE = 4


def random_factors(seed: int = 0) -> ItemFactors:
    rng = np.random.default_rng(seed)
    sources, targets = rng.normal(size=(2, len(ITEMS), SIZE)).astype(np.float32)
    part = rng.normal(size=(len(ITEMS), 3))
    part /= np.linalg.norm(part, axis=1, keepdims=True)
    return ItemFactors(ITEMS, sources, targets, {"text": part.astype(np.float32)})


def evidence(factors: ItemFactors | None) -> Evidence:
    edges = Edges(
        np.array([0, 0, 1, 2], dtype=np.int32),
        np.array([1, 2, 3, 0], dtype=np.int32),
        np.array([0.5, 0.25, 0.125, -0.5]),
    )
    nothing = np.array([], dtype=np.int32)
    signals = [SignalRecipe("CO_LIKED", 1.0), SignalRecipe("RESEMBLES", 0.5)]
    if factors is not None:
        signals.append(SignalRecipe("FACTORS", 0.5, damping=0.5))
    return Evidence(
        items=ITEMS,
        entities=np.array([], dtype=object),
        item_edges={"CO_LIKED": edges, "RESEMBLES": edges},
        profile=Edges(nothing, nothing, np.array([])),
        prior=np.array([0.5, 0.25, 0.0, 1.0]),
        recipe=Recipe(tuple(signals), {"LIKED": 1.0}, prior=0.1),
        factors=factors,
    )


def fill(store: Store) -> Store:
    """Four items; u has a and b, v has c."""
    store.prepare(GraphSchema(feedback_types=("LIKED",)))
    store.write_items(pa.table({"id": ITEMS.tolist()}))
    store.write_users(pa.table({"id": ["u", "v"]}))
    schema = pa.schema(
        [
            ("user", pa.string()),
            ("item", pa.string()),
            ("value", pa.float64()),
            ("at", pa.int64()),
            ("split", pa.string()),
        ]
    )
    rows = {
        "user": ["u", "u", "v"],
        "item": ["a", "b", "c"],
        "value": [1.0, 1.0, 1.0],
        "at": [1, 2, 3],
        "split": [None] * 3,
    }
    store.write_feedback("LIKED", pa.table(rows, schema=schema))
    return store


@pytest.fixture
def filled(store: Store) -> Store:
    return fill(store)


def test_what_is_written_is_read_bit_for_bit(filled: Store, tmp_path: Path) -> None:
    factors = random_factors()
    run = publish(filled, evidence(factors), fingerprint="f", artifacts=tmp_path)
    read = read_factors(tmp_path, run)
    assert read is not None
    assert read.ids.tolist() == factors.ids.tolist()
    np.testing.assert_array_equal(read.sources, factors.sources)
    np.testing.assert_array_equal(read.targets, factors.targets)
    np.testing.assert_array_equal(read.parts["text"], factors.parts["text"])


def test_what_is_served_is_what_is_measured(filled: Store, tmp_path: Path) -> None:
    learned = evidence(random_factors())
    publish(filled, learned, fingerprint="f", artifacts=tmp_path)
    dataset = read_dataset(filled)
    recommender = Recommender(filled, tmp_path)
    scores = Scorer(learned, dataset).scores(np.array([0, 1], dtype=np.int32), dataset.feedback)
    place = {item: number for number, item in enumerate(dataset.items.tolist())}
    for row, user in enumerate(dataset.users.tolist()):
        answer = recommender.recommend(Request(user, n=10, include_seen=True))
        through = {term.signal for one in answer.suggestions for term in one.contributions}
        assert through == {"collaborative", "semantic", "factors", "prior"}
        for suggestion in answer.suggestions:
            assert suggestion.score == pytest.approx(scores[row, place[suggestion.item]], abs=1e-12)


def test_the_factor_model_can_be_asked_alone(filled: Store, tmp_path: Path) -> None:
    factors = random_factors()
    publish(filled, evidence(factors), fingerprint="f", artifacts=tmp_path)
    answer = Recommender(filled, tmp_path).recommend(Request("u", signals=("factors",)))
    weight = 0.5 * 2**-0.5
    expected = factors.scores({"a": weight, "b": weight}, ["c", "d"])
    scores = {suggestion.item: suggestion.score for suggestion in answer.suggestions}
    assert scores == pytest.approx(dict(zip(["c", "d"], expected.tolist(), strict=True)), abs=1e-12)
    assert not any(suggestion.paths for suggestion in answer.suggestions)


def test_where_the_factor_model_leads_the_sentence_says_what_of_the_history_counts_most(
    filled: Store, tmp_path: Path
) -> None:
    one = np.eye(4, SIZE, dtype=np.float32)
    targets = np.zeros((4, SIZE), dtype=np.float32)
    targets[2, :2] = (10.0, 20.0)  # c is what a and, still more, b point at
    factors = ItemFactors(ITEMS, one, targets, {"text": one[:, :3]})
    publish(filled, evidence(factors), fingerprint="f", artifacts=tmp_path)
    recommender = Recommender(filled, tmp_path)
    (c,) = (s for s in recommender.recommend(Request("u")).suggestions if s.item == "c")
    assert c.sentence.startswith("Because it fits the history as a whole, above all b and a; also,")
    masked = recommender.recommend(Request("u", without=frozenset({"b"}), n=10)).suggestions
    (c,) = (s for s in masked if s.item == "c")
    assert c.sentence.startswith("Because it fits the history as a whole, above all a; also,")
    edges_only = recommender.recommend(Request("u", signals=("collaborative",))).suggestions
    assert not any("fits" in suggestion.sentence for suggestion in edges_only)


def test_a_run_without_vectors_needs_no_folder(filled: Store, tmp_path: Path) -> None:
    publish(filled, evidence(None), fingerprint="f", artifacts=tmp_path)
    assert Recommender(filled).recommend(Request("u")).suggestions


def refused(recommender: Recommender) -> str:
    """The one sentence that both doors answer with."""
    with pytest.raises(ArtifactError) as error:
        recommender.recommend(Request("u"))
    with pytest.raises(ArtifactError) as other:
        recommender.explain(Request("u"), "c")
    assert str(error.value) == str(other.value)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_run_with_vectors_and_no_folder_named_is_refused(filled: Store, tmp_path: Path) -> None:
    publish(filled, evidence(random_factors()), fingerprint="f", artifacts=tmp_path)
    assert "no folder of artifacts was named" in refused(Recommender(filled))


def test_vectors_of_another_graph_are_refused(filled: Store, tmp_path: Path) -> None:
    learned = evidence(random_factors())
    run = publish(filled, learned, fingerprint="f", artifacts=tmp_path)
    foreign = write_run_artifact(tmp_path, learned, "another")
    entry = {"name": foreign.name, "sha256": foreign.sha256}
    filled.begin_run(replace(run, id=run.id + 1, settings={**run.settings, "artifact": entry}))
    filled.activate_run(run.id + 1)
    assert "another" in refused(Recommender(filled, tmp_path))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink])
@pytest.mark.parametrize("which", ["manifest.json", "sources.npy", "targets.npy", "part.text.npy"])
def test_damaged_vectors_are_refused(
    ladybug_store: Store, tmp_path: Path, damage: Callable[[Path], Any], which: str
) -> None:
    publish(fill(ladybug_store), evidence(random_factors()), fingerprint="f", artifacts=tmp_path)
    (file,) = tmp_path.glob(f"*/{which}")
    damage(file)
    assert refused(Recommender(ladybug_store, tmp_path))


def test_a_recommender_that_served_goes_on_when_the_next_run_is_damaged_and_says_so(
    filled: Store, tmp_path: Path
) -> None:
    publish(filled, evidence(random_factors(0)), fingerprint="f", artifacts=tmp_path)
    recommender = Recommender(filled, tmp_path)
    assert recommender.recommend(Request("u")).run == 1
    run = publish(filled, evidence(random_factors(1)), fingerprint="f", artifacts=tmp_path)
    name = run.settings["artifact"]["name"]
    truncate(tmp_path / name / "targets.npy")
    refused(recommender)
    filled.activate_run(1)
    assert recommender.recommend(Request("u")).run == 1
