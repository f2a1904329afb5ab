"""Evidence becomes a run: complete, switched at the end, with the old ones cleared away."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from graph.dataset import read_dataset
from graph.model import GraphSchema, Run
from recommender.evidence import Edges, Evidence
from recommender.item_factors import ItemFactors
from recommender.publishing import activate, publish, publish_present
from recommender.recipe import Recipe, SignalRecipe
from recommender.run_artifact import read_factors


@pytest.fixture
def filled(ladybug_store):
    ladybug_store.prepare(GraphSchema(feedback_types=("LIKED",)))
    ladybug_store.write_items(pa.table({"id": ["a", "b", "c"]}))
    ladybug_store.write_users(pa.table({"id": ["u"]}))
    ladybug_store.write_entities(pa.table({"id": ["e"], "kind": ["Genre"], "name": ["E"]}))
    rows = {"user": ["u"], "item": ["a"], "value": [1.0], "at": [5], "split": [None]}
    schema = pa.schema(
        [
            ("user", pa.string()),
            ("item", pa.string()),
            ("value", pa.float64()),
            ("at", pa.int64()),
            ("split", pa.string()),
        ]
    )
    ladybug_store.write_feedback("LIKED", pa.table(rows, schema=schema))
    return ladybug_store


def evidence_of(weight):
    one, two = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    return Evidence(
        items=np.array(["a", "b", "c"], dtype=object),
        entities=np.array(["e"], dtype=object),
        item_edges={"CO_LIKED": Edges(one, two, np.array([weight]))},
        profile=Edges(one, two, np.array([0.5])),
        prior=np.array([0.0, 2.0, 1.0]),
        recipe=Recipe(signals=(SignalRecipe("CO_LIKED", 1.5, decay=4.0),)),
        settings={"edges_per_item": 1},
        metrics={"ndcg@10": 0.5},
    )


def test_a_run_holds_all_evidence_and_the_recipe(filled, tmp_path):
    run = publish(filled, evidence_of(0.25), fingerprint="f", artifacts=tmp_path, at=7)
    assert filled.current_run() == run
    assert (run.at, run.fingerprint, run.is_ready) == (7, "f", True)
    assert run.metrics == {"ndcg@10": 0.5}
    assert Recipe.from_json(run.settings["recipe"]) == evidence_of(0.25).recipe
    (edge,) = filled.evidence(["a"], ["b"], run.id)
    assert (edge.relation, edge.weight) == ("CO_LIKED", 0.25)
    (edge,) = filled.entity_evidence(["e"], ["b"], run.id)
    assert edge.weight == 0.5
    assert filled.prior(["a", "b", "c"], run.id) == {"b": 2.0, "c": 1.0}


def test_the_run_before_the_current_one_stays(filled, tmp_path):
    runs = [
        publish(filled, evidence_of(float(weight)), fingerprint="f", artifacts=tmp_path)
        for weight in (1, 2, 3)
    ]
    assert [run.id for run in filled.runs()] == [runs[1].id, runs[2].id]
    assert filled.current_run().id == runs[2].id
    assert filled.evidence(["a"], ["b"], runs[0].id) == []


def test_leftovers_of_a_killed_training_go_and_the_old_run_serves(filled, tmp_path):
    first = publish(filled, evidence_of(1.0), fingerprint="f", artifacts=tmp_path)
    filled.begin_run(Run(id=first.id + 1, at=1, fingerprint="f"))
    half = pa.table({"source": ["a"], "target": ["c"], "weight": [9.0]})
    filled.write_evidence(first.id + 1, "CO_LIKED", half)
    assert filled.current_run().id == first.id
    last = publish(filled, evidence_of(2.0), fingerprint="f", artifacts=tmp_path)
    assert filled.current_run().id == last.id
    assert [edge.weight for edge in filled.evidence(["a"], ["b", "c"], last.id)] == [2.0]


def test_the_current_run_must_stay(filled, tmp_path):
    with pytest.raises(ValueError, match="keep_runs is 0"):
        publish(filled, evidence_of(1.0), fingerprint="f", artifacts=tmp_path, keep_runs=0)


def test_a_dataset_is_read_with_its_fingerprint(filled, tmp_path):
    before = read_dataset(filled)
    assert before.items.tolist() == ["a", "b", "c"]
    assert before.feedback.at.tolist() == [5]
    publish(filled, evidence_of(1.0), fingerprint=before.fingerprint, artifacts=tmp_path)
    assert read_dataset(filled).fingerprint == before.fingerprint
    filled.write_items(pa.table({"id": ["d"]}))
    assert read_dataset(filled).fingerprint != before.fingerprint


def test_what_left_the_graph_during_a_training_leaves_the_run(filled, tmp_path):
    factors = ItemFactors(
        ids=np.array(["a", "b", "c"], dtype=object),
        sources=np.arange(6, dtype=np.float32).reshape(3, 2),
        targets=np.arange(6, 12, dtype=np.float32).reshape(3, 2),
        parts={"text": np.eye(3, dtype=np.float32)},
    )
    wide = replace(
        evidence_of(0.25),
        item_edges={
            "CO_LIKED": Edges(
                np.array([0, 1, 2], dtype=np.int32),
                np.array([1, 2, 1], dtype=np.int32),
                np.array([1.0, 2.0, 3.0]),
            )
        },
        factors=factors,
    )
    filled.delete_nodes("Item", ["a"])
    filled.delete_nodes("Entity", ["e"])
    run, left_out = publish_present(filled, wide, fingerprint="f", artifacts=tmp_path)
    assert left_out == 2
    found = {(e.source, e.target): e.weight for e in filled.evidence(["b", "c"], ["b", "c"], 1)}
    assert found == {("b", "c"): 2.0, ("c", "b"): 3.0}
    assert filled.prior(["b", "c"], run.id) == {"b": 2.0, "c": 1.0}
    read = read_factors(tmp_path, run)
    assert read.ids.tolist() == ["b", "c"]
    assert read.targets.tolist() == factors.targets[1:].tolist()
    assert read.parts["text"].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert wide.among({"a", "b", "c"}, {"e"}) is wide


def test_a_run_can_be_gone_back_to_after_an_item_left(filled, tmp_path):
    factors = ItemFactors(
        ids=np.array(["a", "b", "c"], dtype=object),
        sources=np.arange(6, dtype=np.float32).reshape(3, 2),
        targets=np.arange(6, 12, dtype=np.float32).reshape(3, 2),
    )
    with_vectors = replace(evidence_of(0.25), factors=factors)
    first = publish(filled, with_vectors, fingerprint="f", artifacts=tmp_path)
    publish(filled, evidence_of(0.5), fingerprint="f", artifacts=tmp_path)
    filled.delete_nodes("Item", ["b"])
    activate(filled, first.id, tmp_path)
    assert filled.current_run().id == first.id
