"""What comes after the training: recommended at once, by what it shares, on both stores."""

import math
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from embeddings.origins import TextOrigin
from embeddings.vectors import Vectors
from graph.connect import open_store
from graph.dataset import Dataset
from graph.engine import Statement
from graph.errors import ArtifactError, EncoderError, NotReadyError
from graph.model import Run
from graph.store import Store
from recommender.arrivals import arrivals_key, read_arrivals
from recommender.arriving import NO_ENCODER, Placed, place_arrivals
from recommender.publishing import publish
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.run_artifact import read_factors
from tests.recommender.films_by_director import (
    DIRECTED,
    JOB,
    UNTOUCHED,
    encode,
    learned,
    like,
    train_films,
    write_entities,
    write_facts,
    write_film,
    write_films,
)

KILL_TARGET = Path(__file__).with_name("arrivals_kill_target.py")


def append_film(store: Store, film: str = "new", director: str = "2") -> None:
    """A film that nobody has seen, by default by director 2."""
    write_film(store, film, director, f"The New One of {director}")


def serving(store: Store) -> Run:
    run = store.current_run()
    assert run is not None
    return run


def vectors_in_the_graph(store: Store) -> dict[str, list[float]]:
    query = "MATCH (i:Item) WHERE i.vector IS NOT NULL RETURN i.id AS id, i.vector AS vector"
    rows = store._engine.rows(Statement(query))  # type: ignore[attr-defined]
    return {item: list(vector) for item, vector in rows}


def test_a_directors_fan_gets_the_new_film_with_the_path_through_the_director(
    store: Store, tmp_path: Path
) -> None:
    train_films(store, tmp_path)
    recommender = Recommender(store, tmp_path)  # which serves all the time, as a server does
    assert "new" not in {one.item for one in recommender.recommend(Request("u2", n=40)).suggestions}
    append_film(store)
    started = time.process_time()
    assert place_arrivals(store, tmp_path, encode) == Placed(("new",))
    answer = recommender.recommend(Request("u2", n=5))
    assert time.process_time() - started < 2.0
    [suggestion] = [one for one in answer.suggestions if one.item == "new"]
    through = [path for path in suggestion.paths if any(node.id == "d2" for node in path.nodes)]
    assert through, suggestion
    path = through[0]
    assert [edge.type for edge in path.edges] == ["LIKED", "DIRECTED_BY", "DIRECTED_BY"]
    assert path.nodes[0].id == "u2"
    assert path.nodes[1].id.startswith("f2")
    assert path.nodes[-1].id == "new"
    assert {term.signal for term in suggestion.contributions} == {
        "knowledge",
        "semantic",
        "factors",
    }
    assert "similar in content (text 0." in suggestion.sentence
    assert ", knowledge " in suggestion.sentence
    assert "new" in vectors_in_the_graph(store)


def test_a_server_with_its_evidence_in_memory_notices_it_too(
    ladybug_store: Store, tmp_path: Path
) -> None:
    train_films(ladybug_store, tmp_path)
    request = Request("u2", n=40)
    servers = [Recommender(ladybug_store, tmp_path, way) for way in ("cypher", "memory")]
    for server in servers:
        server.recommend(request)
    append_film(ladybug_store)
    place_arrivals(ladybug_store, tmp_path, encode)
    from_graph, from_memory = (server.recommend(request) for server in servers)
    assert from_memory == from_graph
    assert "new" in {one.item for one in from_memory.suggestions}


def test_nobody_elses_list_is_led_by_it(store: Store, tmp_path: Path) -> None:
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store, tmp_path, encode)
    recommender = Recommender(store, tmp_path)
    for user in ("u0", "u1", "u3", "u4", "u5"):
        items = [one.item for one in recommender.recommend(Request(user)).suggestions]
        assert items[0] != "new"


def test_it_is_placed_where_the_training_would_have_placed_it(
    ladybug_store: Store, tmp_path: Path
) -> None:
    store, artifacts = ladybug_store, tmp_path / "artifacts"
    evidence, _ = learned()
    train_films(store, artifacts)
    # With the facts and the title of a film that nobody had touched at the training.
    write_film(store, "twin", "2", "Film 2x of 2")
    place_arrivals(store, artifacts, encode)
    factors = read_factors(artifacts, serving(store))
    assert factors is not None
    twin, like_it = (factors.ids.tolist().index(item) for item in ("twin", UNTOUCHED))
    assert evidence.factors is not None
    assert np.any(factors.targets[like_it])
    np.testing.assert_allclose(factors.targets[twin], factors.targets[like_it], atol=1e-5)
    np.testing.assert_array_equal(factors.sources[twin], factors.sources[like_it])
    for rows in factors.parts.values():
        assert np.any(rows[twin])
        np.testing.assert_allclose(rows[twin], rows[like_it], atol=1e-6)
    shown = vectors_in_the_graph(store)
    np.testing.assert_allclose(shown["twin"], shown[UNTOUCHED], atol=1e-5)


def test_scores_are_sums_and_masking_a_piece_takes_its_contribution(
    store: Store, tmp_path: Path
) -> None:
    train_films(store, tmp_path)
    append_film(store)
    append_film(store, "other", "3")
    place_arrivals(store, tmp_path, encode)
    like(store, [("u2", "new")])  # An arrival is a piece of history like any other.
    recommender = Recommender(store, tmp_path)
    for user in ("u2", "u3"):
        request = Request(user, n=60, include_seen=True)
        full = {one.item: one for one in recommender.recommend(request).suggestions}
        assert {"new", "other"} & full.keys()
        pieces: dict[str, dict[str, float]] = defaultdict(dict)
        for item, one in full.items():
            assert math.fsum(t.value for t in one.contributions) == pytest.approx(
                one.score, abs=1e-9
            )
            for via in {term.via for term in one.contributions if term.via is not None}:
                values = (term.value for term in one.contributions if term.via == via)
                pieces[via][item] = math.fsum(values)
        for via, fall in pieces.items():
            masked = replace(request, without=frozenset({via}))
            left = {one.item: one.score for one in recommender.recommend(masked).suggestions}
            for item, score in left.items():
                assert score == pytest.approx(full[item].score - fall.get(item, 0.0), abs=1e-9)


@pytest.mark.neo4j
def test_both_stores_give_one_answer(
    ladybug_store: Store, neo4j_store: Store, tmp_path: Path
) -> None:
    answers = []
    for store in (ladybug_store, neo4j_store):
        artifacts = tmp_path / str(len(answers))
        train_films(store, artifacts)
        for number in range(8):
            append_film(store, f"new{number}", str(number % 7))
        assert len(place_arrivals(store, artifacts, encode).items) == 8
        recommender = Recommender(store, artifacts)
        answers.append([recommender.recommend(Request(f"u{n}", n=20)) for n in range(12)])
    assert answers[0] == answers[1]


def test_placing_again_adds_nothing_and_another_film_only_its_own(
    store: Store, tmp_path: Path
) -> None:
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store, tmp_path, encode)
    before = (dict(store.counts()), serving(store))
    assert place_arrivals(store, tmp_path, encode) == Placed()
    assert (dict(store.counts()), serving(store)) == before
    append_film(store, "newer")
    assert place_arrivals(store, tmp_path, encode).items == ("newer",)
    assert read_arrivals(tmp_path, serving(store)).ids.tolist() == ["new", "newer"]
    # The fans of the one are led to the other, though it came later.
    answer = Recommender(store, tmp_path).recommend(Request(history=("new",), n=40))
    assert "newer" in {one.item for one in answer.suggestions}


def test_its_own_fans_are_led_on_from_it(store: Store, tmp_path: Path) -> None:
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store, tmp_path, encode)
    answer = Recommender(store, tmp_path).recommend(Request(history=("new",), n=3))
    assert answer.served_by == "history"
    assert {one.item[:2] for one in answer.suggestions} == {"f2"}


def test_a_fact_that_comes_later_counts_from_the_next_append(
    ladybug_store: Store, tmp_path: Path
) -> None:
    store = ladybug_store
    train_films(store, tmp_path)
    append_film(store, "new", "9")
    assert place_arrivals(store, tmp_path, encode).items == ("new",)  # By its title alone.
    recommender = Recommender(store, tmp_path)

    def reasons() -> set[str]:
        answer = recommender.recommend(Request("u4", n=40))
        [one] = [one for one in answer.suggestions if one.item == "new"]
        return {term.signal for term in one.contributions}

    assert "knowledge" not in reasons()
    write_facts(store, DIRECTED, [("new", "d4")])
    assert place_arrivals(store, tmp_path, encode).items == ("new",)
    assert "knowledge" in reasons()


# Texts


def test_without_an_encoder_the_text_waits_and_the_facts_count(
    ladybug_store: Store, tmp_path: Path
) -> None:
    train_films(ladybug_store, tmp_path)
    append_film(ladybug_store)
    placed = place_arrivals(ladybug_store, tmp_path)
    assert (placed.items, placed.wait) == (("new",), ("new",))
    arrivals = read_arrivals(tmp_path, serving(ladybug_store))
    assert not arrivals.parts["text"].any()
    assert arrivals.parts["knowledge"].any()
    assert arrivals.targets.any()
    answer = Recommender(ladybug_store, tmp_path).recommend(Request("u2", n=5))
    assert "new" in {one.item for one in answer.suggestions}
    # Later it is encoded after all.
    assert place_arrivals(ladybug_store, tmp_path, encode).wait == ()
    encoded = read_arrivals(tmp_path, serving(ladybug_store))
    assert encoded.parts["text"].any()
    # And it stays so when the next append cannot encode.
    append_film(ladybug_store, "newer")
    assert place_arrivals(ladybug_store, tmp_path) == Placed(("newer",), ("newer",), NO_ENCODER)
    rows = read_arrivals(tmp_path, serving(ladybug_store)).parts["text"]
    np.testing.assert_array_equal(rows[0], encoded.parts["text"][0])
    assert not rows[1].any()


def encode_otherwise(dataset: Dataset, items: NDArray[np.intp]) -> Vectors:
    return replace(encode(dataset, items), origin=TextOrigin({"encoder": "words"}))


def encode_in_vain(dataset: Dataset, items: NDArray[np.intp]) -> Vectors:
    raise EncoderError("nobody answers at http://localhost:1")


@pytest.mark.parametrize(
    ("encoder", "reason"),
    [(encode_otherwise, "trained with another encoder"), (encode_in_vain, "nobody answers")],
)
def test_an_encoder_that_is_of_no_use_is_told_and_costs_the_text_alone(
    ladybug_store: Store, tmp_path: Path, encoder: object, reason: str
) -> None:
    train_films(ladybug_store, tmp_path)
    append_film(ladybug_store)
    placed = place_arrivals(ladybug_store, tmp_path, encoder)  # type: ignore[arg-type]
    assert (placed.items, placed.wait) == (("new",), ("new",))
    assert reason in placed.reason


# Entities and users


def test_two_films_of_a_new_director_lead_to_each_other(store: Store, tmp_path: Path) -> None:
    train_films(store, tmp_path)
    append_film(store, "first", "9")
    append_film(store, "second", "9")
    like(store, [("u2", "first")])
    assert place_arrivals(store, tmp_path, encode).items == ("first", "second")
    explained = Recommender(store, tmp_path).explain(Request("u2"), "second")
    names = [[node.id for node in path.nodes] for path in explained.paths]
    assert ["u2", "first", "d9", "second"] in names


def test_a_new_user_is_served_by_attributes_and_a_new_attribute_by_the_prior(
    store: Store, tmp_path: Path
) -> None:
    train_films(store, tmp_path)
    store.write_users(pa.table({"id": ["known", "novel"]}))
    write_entities(store, ["job9"], "Job")
    write_facts(store, JOB, [("known", "job4"), ("novel", "job9")])
    recommender = Recommender(store, tmp_path)
    answer = recommender.recommend(Request("known", n=3))
    assert answer.served_by == "profile"
    assert {one.item[:2] for one in answer.suggestions} == {"f4"}
    assert [node.id for node in answer.suggestions[0].paths[0].nodes][:2] == ["known", "job4"]
    assert recommender.recommend(Request("novel")).served_by == "prior"
    append_film(store)
    place_arrivals(store, tmp_path, encode)
    like(store, [("novel", "f20"), ("novel", "new")])
    answer = recommender.recommend(Request("novel", n=4))
    assert answer.served_by == "history"
    assert {one.item[:2] for one in answer.suggestions} == {"f2"}


# Runs and their artifacts


def test_nothing_is_placed_before_the_first_training(ladybug_store: Store, tmp_path: Path) -> None:
    write_films(ladybug_store)
    assert place_arrivals(ladybug_store, tmp_path) == Placed()


def test_arrivals_go_with_their_run_and_the_next_training_knows_them(
    ladybug_store: Store, tmp_path: Path
) -> None:
    store, artifacts = ladybug_store, tmp_path / "artifacts"
    first = train_films(store, artifacts)
    append_film(store)
    place_arrivals(store, artifacts, encode)
    append_film(store, "newer")
    place_arrivals(store, artifacts, encode)
    kept = {entry.name for entry in artifacts.iterdir()}
    assert len(kept) == 3  # Vectors, placer, and the arrivals that count.
    assert arrivals_key(serving(store)) in kept
    evidence, fingerprint = learned()
    for _ in range(2):
        publish(store, evidence, fingerprint=fingerprint, artifacts=artifacts)
        assert arrivals_key(serving(store)) == ""
    assert first.id not in {run.id for run in store.runs()}
    assert arrivals_key(store.runs()[0]) == ""
    assert not any(entry.name.startswith("arrivals") for entry in artifacts.iterdir())


def test_a_damaged_artifact_is_refused_and_placing_again_heals_it(
    ladybug_store: Store, tmp_path: Path
) -> None:
    store, artifacts = ladybug_store, tmp_path / "artifacts"
    train_films(store, artifacts)
    append_film(store)
    place_arrivals(store, artifacts, encode)
    damaged = artifacts / arrivals_key(serving(store)) / "targets.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x55")
    with pytest.raises(ArtifactError, match="damaged"):
        Recommender(store, artifacts).recommend(Request("u2"))
    counts = dict(store.counts())
    place_arrivals(store, artifacts, encode)
    assert dict(store.counts()) == counts
    answer = Recommender(store, artifacts).recommend(Request("u2", n=5))
    assert "new" in {one.item for one in answer.suggestions}


def test_a_run_without_a_placer_says_to_train_again(ladybug_store: Store, tmp_path: Path) -> None:
    run = train_films(ladybug_store, tmp_path / "artifacts")
    settings = {name: value for name, value in run.settings.items() if name != "placer"}
    ladybug_store.replace_run_settings(run.id, settings)
    append_film(ladybug_store)
    with pytest.raises(NotReadyError, match="train again"):
        place_arrivals(ladybug_store, tmp_path / "artifacts")


@pytest.fixture
def moments() -> Iterator[float]:
    return iter(np.random.default_rng(3).uniform(0.0, 0.6, size=3).tolist())


def test_a_kill_between_leaves_a_graph_that_serves(
    tmp_path: Path, moments: Iterator[float]
) -> None:
    url, artifacts = f"ladybug://{tmp_path}/graph.lbug", tmp_path / "artifacts"
    with open_store(url) as store:
        train_films(store, artifacts)
    for moment in moments:
        with subprocess.Popen(
            [sys.executable, str(KILL_TARGET), url, str(artifacts)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            said = [writer.stdout.readline().strip()]
            time.sleep(moment)
            writer.kill()
            said += [line.strip() for line in writer.stdout if line.endswith("\n")]
        assert said[0]
        with open_store(url) as store:
            known = set(read_arrivals(artifacts, serving(store)).ids.tolist())
            assert known >= set(said)
            check_sums(store, artifacts)
            place_arrivals(store, artifacts, encode)  # It completes what was cut off.
            films = {item for item in store.read_items()["id"].to_pylist() if "new" in item}
            assert set(read_arrivals(artifacts, serving(store)).ids.tolist()) == films
            assert films <= vectors_in_the_graph(store).keys()
            check_sums(store, artifacts)


def check_sums(store: Store, artifacts: Path) -> None:
    recommender = Recommender(store, artifacts)
    for user in ("u0", "u1"):
        suggestions = recommender.recommend(Request(user, n=20)).suggestions
        assert any("new" in one.item for one in suggestions)
        for one in suggestions:
            total = math.fsum(term.value for term in one.contributions)
            assert total == pytest.approx(one.score, abs=1e-9)


@pytest.mark.parametrize("module", ["recommender.arriving", "api.text_encoding"])
def test_placing_needs_no_library_that_trains(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print(sorted({'torch', 'pykeen', 'dgl', 'transformers', 'implicit'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
