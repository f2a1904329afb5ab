"""Vectors from triples: learned, kept, resumed after a kill with the same bits, and logged."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pykeen", reason="PyKEEN is not installed (whypath[kge])")

sys.path.insert(0, str(Path(__file__).parent))

from kge_kill_target import SETTINGS, families

from embeddings.kge.pykeen_backend import PykeenModel
from embeddings.kge.result import KgeResult
from embeddings.kge.training import train_kge
from embeddings.workspace import Workspace
from graph.errors import DataError, UsageError

pytestmark = [
    pytest.mark.models,
    # What PyKEEN and TensorBoard say at import, to their own developers.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def assert_same(one: KgeResult, other: KgeResult) -> None:
    assert np.array_equal(one.node_vectors, other.node_vectors)
    assert np.array_equal(one.relation_vectors, other.relation_vectors)
    assert one.metrics["losses"] == other.metrics["losses"]
    assert one.metrics["validation"] == other.metrics["validation"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[KgeResult, Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    return train_kge(families(), SETTINGS, workspace, rng=0), workspace


def test_members_of_a_family_lie_together(trained: tuple[KgeResult, Workspace]) -> None:
    vectors = trained[0].node_vectors[:60]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2.0)
    nearest = likeness.argmax(axis=1)
    assert np.mean(nearest % 6 == np.arange(60) % 6) > 0.95


def test_the_metrics_name_the_split_and_are_those_of_the_kept_epoch(
    trained: tuple[KgeResult, Workspace],
) -> None:
    metrics = trained[0].metrics
    validation = metrics["validation"]
    assert len(metrics["losses"]) == metrics["epochs"] == 40
    assert metrics["losses"][-1] < metrics["losses"][0]
    assert validation["split"].startswith("random, 24 of 240 triples held back")
    assert validation["mrr"] == max(check["mrr"] for check in validation["checks"]) > 0.5
    assert {"hits@1", "hits@3", "hits@10", "epoch", "triples"} <= validation.keys()
    assert trained[0].versions.keys() == {"pykeen", "torch"}


def test_a_second_call_computes_nothing_and_needs_no_library(
    trained: tuple[KgeResult, Workspace],
) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from kge_kill_target import *\n"
        "r = train_kge(families(), SETTINGS, Workspace(Path(sys.argv[1])), rng=0)\n"
        "assert not {'torch', 'pykeen'} & sys.modules.keys()\n"
        "print(r.metrics['epochs'], r.node_vectors.shape)"
    )
    place = [str(trained[1].folder), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", code, *place], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["40", "(84,", "8)"]


def test_a_killed_training_resumes_and_ends_with_the_same_bits(
    trained: tuple[KgeResult, Workspace], tmp_path: Path
) -> None:
    target = Path(__file__).parent / "kge_kill_target.py"
    with subprocess.Popen(
        [sys.executable, str(target), str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(14):  # its name, 0 epochs resumed, then 12 epochs
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert list(tmp_path.rglob("state.npz"))
    assert not list(tmp_path.glob("kge/*.npz"))

    steps: list[int] = []

    class Counting:
        def start(self, what: str, total: int | None = None) -> None:
            pass

        def advance(self, n: int) -> None:
            steps.append(n)

        def done(self) -> None:
            pass

    resumed = train_kge(families(), SETTINGS, Workspace(tmp_path), rng=0, progress=Counting())
    assert steps[0] >= 12
    assert steps[0] + len(steps) - 1 == 40
    assert_same(resumed, trained[0])
    assert not list(tmp_path.rglob("state.npz"))


def test_a_broken_checkpoint_counts_as_none(
    trained: tuple[KgeResult, Workspace], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    done = next((trained[1].folder / "kge").glob("*.npz"))
    place = workspace.checkpoints("kge", done.stem)
    (place / "state.npz").write_bytes(done.read_bytes()[:500])
    assert_same(train_kge(families(), SETTINGS, workspace, rng=0), trained[0])


def test_training_stops_when_patience_is_at_an_end(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=400, patience=2)
    metrics = train_kge(families(), settings, Workspace(tmp_path), rng=0).metrics
    checks = [check["mrr"] for check in metrics["validation"]["checks"]]
    assert metrics["epochs"] < 400
    assert max(checks[-2:]) <= max(checks[:-2]) == metrics["validation"]["mrr"]


def test_the_callers_random_state_and_threads_stay_as_they_were(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train_kge(families(), replace(SETTINGS, epochs=1), Workspace(tmp_path), rng=0)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("model", "size", "relation_size"),
    [("DistMult", 8, 8), ("ComplEx", 16, 16), ("RotatE", 16, 16), ("MuRE", 8, 16)],
)
def test_other_models_learn_and_complex_vectors_have_two_parts(
    model: str, size: int, relation_size: int, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, model=model, epochs=20, validation_share=0.0, margin=3.0)
    result = train_kge(families(), settings, Workspace(tmp_path), rng=0)
    assert result.node_vectors.shape == (84, size)
    assert result.relation_vectors.shape == (3, relation_size)
    assert result.metrics["losses"][-1] < result.metrics["losses"][0]
    assert "validation" not in result.metrics


def test_a_model_that_needs_inverse_relations_gets_them(tmp_path: Path) -> None:
    settings = replace(SETTINGS, model="CompGCN", epochs=1, inverse_relations=True)
    result = train_kge(families(), settings, Workspace(tmp_path), rng=0)
    assert len(result.relation_vectors) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "TransEE"}, "no model 'TransEE'; did you mean TransE"),
        ({"model": "zzz"}, "no model 'zzz'; PyKEEN has .*TransE"),
        ({"parameters": {"norm": 2}}, "MuRE cannot be made with .*norm"),
        ({"model": "CompGCN"}, "CompGCN cannot be made"),
    ],
)
def test_wrong_models_are_told_in_a_sentence_and_leave_nothing(
    changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        train_kge(families(), replace(SETTINGS, **changes), Workspace(tmp_path), rng=0)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_graph_without_facts_is_told(tmp_path: Path) -> None:
    none = families().take(np.array([], dtype=np.intp))
    with pytest.raises(DataError, match="no facts"):
        train_kge(none, SETTINGS, Workspace(tmp_path), rng=0)


def test_the_state_of_another_model_is_refused() -> None:
    model = PykeenModel(families(), SETTINGS, 0)
    other = PykeenModel(families(), replace(SETTINGS, embedding_size=4), 0)
    with pytest.raises(ValueError, match="another model"):
        model.restore(other.state())


def test_tensorboard_shows_losses_metrics_and_items_with_titles(
    trained: tuple[KgeResult, Workspace], tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (whypath[kge])")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train_kge(families(), SETTINGS, trained[1], rng=0, tensorboard=tmp_path)
    events = EventAccumulator(str(tmp_path)).Reload()
    losses = [event.value for event in events.Scalars("kge/loss")]
    np.testing.assert_allclose(losses, trained[0].metrics["losses"], rtol=1e-6)
    assert len(events.Scalars("kge/validation/mrr")) == 20
    titles = next(tmp_path.rglob("metadata.tsv")).read_text().splitlines()
    assert titles[:2] == ["title\tid", "Film 0\t0"]
    assert len(titles) == 61
    assert (tmp_path / "projector_config.pbtxt").exists()
