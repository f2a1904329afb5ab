"""Graph neural networks on DGL: what they learn, and what a kill does not take away."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.gnn.settings import GnnSettings
from embeddings.gnn.training import GnnResult, train_gnn
from embeddings.vectors import Vectors
from embeddings.workspace import Workspace
from graph.dataset import Dataset

pytest.importorskip("dgl")

sys.path.insert(0, str(Path(__file__).parent))
from gnn_graphs import MANY_USERS, N_USERS, SETTINGS, Told, feedback_of, two_communities

pytestmark = [
    pytest.mark.models,
    # dgl 1.1.3 and torch warn about each other's newer and older ways; we can change neither
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

LIGHT = replace(SETTINGS, model="lightgcn")


def trained(dataset: Dataset, settings: GnnSettings, folder: Path, **options) -> GnnResult:
    return train_gnn(dataset, dataset.feedback, settings, Workspace(folder), rng=0, **options)


def scores_of(result: GnnResult) -> np.ndarray:
    return result.users.values @ result.items.values.T


@pytest.mark.parametrize("model", ["lightgcn", "rgcn"])
@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_items_of_the_own_community_stand_first(tmp_path: Path, model: str, loss: str) -> None:
    result = trained(two_communities(), replace(SETTINGS, model=model, loss=loss), tmp_path)
    scores = scores_of(result)[:, :12]
    for user in range(N_USERS):
        own = scores[user].reshape(2, 6)[user // 10]
        other = scores[user].reshape(2, 6)[1 - user // 10]
        assert own.min() > other.max()


@pytest.mark.parametrize("director", [0, 1])
def test_an_untouched_item_lands_at_the_items_of_its_director(
    tmp_path: Path, director: int
) -> None:
    result = trained(two_communities(director), SETTINGS, tmp_path)
    vectors = result.items.normalized()
    near = (vectors[:12] @ vectors[12]).reshape(2, 6)
    assert near[director].min() > near[1 - director].max()
    assert result.items.is_known.all()
    facts = result.from_facts.normalized()
    near = (facts[:12] @ facts[12]).reshape(2, 6)
    assert near[director].min() > near[1 - director].max()


def test_an_item_without_facts_lands_where_its_text_says(tmp_path: Path) -> None:
    dataset = replace(two_communities(), item_facts={})
    values = np.zeros((13, 2), np.float32)
    values[:6, 0], values[6:, 1] = 1.0, 1.0  # the untouched item 12 has the second text
    text = Vectors(values, np.ones(13, np.bool_))
    vectors = trained(dataset, SETTINGS, tmp_path, text=text).items.normalized()
    near = (vectors[:12] @ vectors[12]).reshape(2, 6)
    assert near[1].min() > near[0].max()


def test_what_is_not_known_is_zero_and_says_so(tmp_path: Path) -> None:
    result = trained(two_communities(), LIGHT, tmp_path)
    assert result.items.is_known.tolist() == [True] * 12 + [False]
    assert not result.items.values[12].any()
    assert not result.from_facts.is_known.any()
    assert not result.from_facts.values.any()


@pytest.mark.parametrize("settings", [LIGHT, SETTINGS], ids=["lightgcn", "rgcn"])
def test_only_the_rows_given_are_learned_from(tmp_path: Path, settings: GnnSettings) -> None:
    dataset = two_communities()
    held = dataset.feedback.item == 3
    given = dataset.feedback.where(~held)
    one = train_gnn(dataset, given, settings, Workspace(tmp_path / "1"), rng=0)
    alone = dataset.with_feedback(given)
    two = train_gnn(alone, given, settings, Workspace(tmp_path / "2"), rng=0)
    np.testing.assert_array_equal(one.items.values, two.items.values)
    everything = train_gnn(dataset, dataset.feedback, settings, Workspace(tmp_path / "3"), rng=0)
    assert not np.array_equal(one.items.values, everything.items.values)


def test_the_seed_decides_and_a_second_call_computes_nothing(tmp_path: Path) -> None:
    dataset, told, again = two_communities(), Told(), Told()
    first = trained(dataset, SETTINGS, tmp_path / "1", progress=told)
    assert (told.total, told.count, told.is_done) == (SETTINGS.epochs, SETTINGS.epochs, True)
    kept = trained(dataset, SETTINGS, tmp_path / "1", progress=again)
    assert again.total is None
    assert kept.metrics == first.metrics
    fresh = trained(dataset, SETTINGS, tmp_path / "2")
    for other in (kept, fresh):
        np.testing.assert_array_equal(first.items.values, other.items.values)
        np.testing.assert_array_equal(first.users.values, other.users.values)
    other = train_gnn(dataset, dataset.feedback, SETTINGS, Workspace(tmp_path / "1"), rng=1)
    assert not np.array_equal(first.items.values, other.items.values)
    assert set(first.versions) == {"dgl", "torch"}
    assert len(first.metrics["loss"]) == SETTINGS.epochs
    assert first.metrics["loss"][-1] < first.metrics["loss"][0]


def test_a_killed_training_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    target = Path(__file__).with_name("gnn_graphs.py")
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(target), str(tmp_path / "killed")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if int(line) == 9:  # the last checkpoint is of epoch 8
                os.kill(child.pid, signal.SIGKILL)
                break
    assert child.wait() == -signal.SIGKILL
    told, dataset = Told(), two_communities(n_users=MANY_USERS)
    checkpoints = list((tmp_path / "killed").rglob("state.pt"))
    assert len(checkpoints) == 1
    resumed = trained(dataset, SETTINGS, tmp_path / "killed", progress=told)
    assert not checkpoints[0].exists()
    whole = trained(dataset, SETTINGS, tmp_path / "whole")
    for name in ("loss", "validation", "best_epoch"):
        assert resumed.metrics[name] == whole.metrics[name]
    assert len(whole.metrics["validation"]) == SETTINGS.epochs // 2
    np.testing.assert_array_equal(resumed.items.values, whole.items.values)


def test_a_checkpoint_that_cannot_be_read_is_begun_again(tmp_path: Path) -> None:
    dataset = two_communities()
    whole = trained(dataset, LIGHT, tmp_path)
    (result,) = (tmp_path / "gnn").iterdir()
    result.unlink()
    Workspace(tmp_path).checkpoints("gnn", result.stem).joinpath("state.pt").write_bytes(b"torn")
    again = trained(dataset, LIGHT, tmp_path)
    np.testing.assert_array_equal(whole.items.values, again.items.values)


def test_fewer_rows_than_validation_needs_are_learned_from_all_the_same(tmp_path: Path) -> None:
    dataset = two_communities()
    feedback = feedback_of([(0, 0), (0, 1), (1, 0)])
    result = train_gnn(dataset, feedback, SETTINGS, Workspace(tmp_path), rng=0)
    assert result.metrics["validation"] == []
    assert result.users.is_known.sum() == 2
    assert result.items.is_known.all()  # by their facts


def test_text_of_another_length_is_no_mystery(tmp_path: Path) -> None:
    text = Vectors(np.ones((5, 2), np.float32), np.ones(5, np.bool_))
    with pytest.raises(ValueError, match="5 text vectors for 13 items"):
        trained(two_communities(), SETTINGS, tmp_path, text=text)
