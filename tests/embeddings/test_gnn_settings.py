"""Settings of graph neural networks, and the graph they see: nothing here needs DGL."""

import builtins
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from embeddings.gnn.message_graph import hold_out, judge, message_graph
from embeddings.gnn.settings import GnnSettings
from embeddings.gnn.training import load_backend, train_gnn
from embeddings.workspace import Workspace
from graph.dataset import Dataset, Facts, Feedback
from graph.errors import NotReadyError, UsageError


def small_dataset() -> Dataset:
    """Two users, three items; item 2 has a fact and no feedback. User 0 likes and views item 0."""
    feedback = Feedback(
        user=np.array([0, 0, 1], np.int32),
        item=np.array([0, 0, 1], np.int32),
        type=np.array([0, 1, 0], np.int16),
        value=np.ones(3),
        at=np.zeros(3, np.int64),
        split=np.full(3, "", dtype=object),
    )
    facts = Facts(np.array([0, 2], np.int32), np.array([0, 0], np.int32), np.ones(2))
    return Dataset(
        users=np.array(["a", "b"], dtype=object),
        items=np.array(["x", "y", "z"], dtype=object),
        entities=np.array(["e"], dtype=object),
        feedback_types=("LIKED", "VIEWED"),
        feedback=feedback,
        item_facts={"BY": facts},
        user_facts={},
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"model": "gat"}, "unknown gnn model 'gat'; known: lightgcn, rgcn"),
        ({"loss": "hinge"}, "unknown gnn loss 'hinge'; known: bpr, softmax"),
        ({"epochs": 0}, "gnn epochs is 0; it must be at least 1"),
        ({"fanout": -1}, "gnn fanout is -1; it must be 0"),
        ({"learning_rate": float("nan")}, "gnn learning_rate is nan; it must be above 0"),
        ({"item_dropout": 1.0}, "gnn item_dropout is 1.0"),
        ({"regularization": -1.0}, "gnn regularization is -1.0"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        GnnSettings(**wrong)
    assert sentence in str(caught.value)


def test_the_graph_holds_each_edge_in_both_directions() -> None:
    dataset = small_dataset()
    graph = message_graph(dataset, dataset.feedback, with_facts=True)
    half = len(graph.source) // 2
    np.testing.assert_array_equal(graph.source[:half], graph.target[half:])
    assert sorted(
        zip(graph.source[:half], graph.target[:half], graph.type[:half], strict=True)
    ) == [
        (0, 2, 0),
        (0, 2, 1),
        (1, 3, 0),
        (2, 5, 2),
        (4, 5, 2),
    ]
    assert graph.touched.tolist() == [True, True, False]
    assert graph.described.tolist() == [True, False, True]
    assert graph.active.tolist() == [True, True]


def test_a_held_out_pair_leaves_no_edge_of_any_feedback_type() -> None:
    dataset = small_dataset()
    graph = message_graph(dataset, dataset.feedback, with_facts=True).without(np.array([[0, 0]]))
    assert graph.positives.tolist() == [[1, 1]]
    assert not graph.touched[0]
    assert graph.described.tolist() == [True, False, True]


def test_validation_holds_one_pair_of_a_user_with_a_history() -> None:
    pairs = np.array([(user, item) for user in range(30) for item in range(3 + user)])
    dataset = small_dataset()
    graph = message_graph(dataset, dataset.feedback, with_facts=False)
    object.__setattr__(graph, "positives", pairs)
    object.__setattr__(graph, "n_users", 30)
    held = hold_out(graph, np.random.default_rng(0))
    assert len(np.unique(held[:, 0])) == len(held) > 0
    assert held[:, 0].min() >= 2
    object.__setattr__(graph, "positives", pairs[:300])
    assert hold_out(graph, np.random.default_rng(0)).shape == (0, 2)  # too few to say anything


def test_judging_counts_only_items_that_the_user_has_not_seen() -> None:
    users = np.ones((1, 1), np.float32)
    items = np.array([[4.0], [3.0], [2.0], [1.0]], np.float32)
    held, every = np.array([[0, 2]]), np.ones(4, np.bool_)
    found = judge(held, np.array([[0, 0]]), users, items, every)
    assert found == {"recall@20": 1.0, "ndcg@10": pytest.approx(1 / np.log2(3))}
    alone = judge(held, np.zeros((0, 2), np.int64), users, items, np.arange(4) >= 2)
    assert alone["ndcg@10"] == 1.0
    tied = judge(held, np.zeros((0, 2), np.int64), users, np.ones((4, 1), np.float32), every)
    assert tied["ndcg@10"] == pytest.approx(1 / np.log2(1 + 2.5))


def test_no_feedback_of_the_first_type_is_said_before_dgl_is_needed(tmp_path) -> None:
    dataset = small_dataset()
    viewed = dataset.feedback.where(dataset.feedback.type == 1)
    with pytest.raises(NotReadyError, match="no feedback to learn from"):
        train_gnn(dataset, viewed, GnnSettings(), Workspace(tmp_path))


def test_without_dgl_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_dgl(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "dgl":
            raise ModuleNotFoundError("No module named 'dgl'", name="dgl")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "embeddings.gnn.dgl_backend", raising=False)
    monkeypatch.delattr("embeddings.gnn.dgl_backend", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_dgl)
    with pytest.raises(UsageError, match=r"pip install 'whypath\[dgl\]'.*Python 3\.11"):
        load_backend()


def test_importing_the_training_loads_neither_torch_nor_dgl() -> None:
    code = "import sys, embeddings.gnn.training; print({'torch', 'dgl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
