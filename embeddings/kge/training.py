"""From triples to vectors of nodes and relations: trained once, resumed where it was killed."""

import json
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.kge.ranking import filtered_ranks, ranking_metrics
from embeddings.kge.result import KgeResult
from embeddings.kge.settings import KgeSettings
from embeddings.triples import Triples, split_triples
from embeddings.workspace import Workspace, key_of, written_whole
from graph.errors import DataError, UsageError
from graph.progress import SILENT, Progress

if TYPE_CHECKING:
    from embeddings.kge.pykeen_backend import PykeenModel
    from embeddings.kge.tensorboard_log import TensorboardLog

KIND = "kge"
"""Where the workspace keeps results and checkpoints of this module."""

_FORMAT = 1
"""Raised when the same settings lead to other vectors than before."""

_CHECKPOINT = "state.npz"


def train_kge(
    triples: Triples,
    settings: KgeSettings,
    workspace: Workspace,
    *,
    rng: int | np.random.Generator | None,
    progress: Progress = SILENT,
    tensorboard: Path | None = None,
) -> KgeResult:
    """Learn vectors, or take them from the workspace if it has them for the same call.

    Args:
        triples: what to learn from.
        settings: see `KgeSettings`; those of speed alone do not make another call.
        workspace: keeps the result, and checkpoints every `checkpoint_every` epochs: a killed
            training goes on from the last one and ends with the same vectors.
        rng: decides start, order, corruption and split. With None nothing is found again.
        progress: one step, in epochs.
        tensorboard: a folder for losses, metrics and the projector.

    Raises:
        DataError: there are no triples, or the loss grew beyond all numbers.
        UsageError: the model or its settings are wrong, or a library is not installed.
    """
    if not len(triples):
        raise DataError("there are no facts to learn knowledge-graph embeddings from")
    seed = rng if isinstance(rng, int) else int(np.random.default_rng(rng).integers(2**31))
    key = key_of(_FORMAT, triples.fingerprint, settings.deciding(), seed)
    log = _tensorboard_log(tensorboard) if tensorboard is not None else None
    known = workspace.load(KIND, key)
    if known is not None:
        result = KgeResult.from_arrays(known)
        if log is not None:
            log.replay(result.metrics)
    else:
        checkpoint = workspace.checkpoints(KIND, key) / _CHECKPOINT
        result = _train(triples, settings, seed, checkpoint, progress, log)
        workspace.save(KIND, key, result.to_arrays())
    if log is not None:
        log.project(result.node_vectors, triples.vocabulary)
        log.close()
    return result


@dataclass
class _Course:
    """How far a training is, beside the model's own state; a checkpoint holds both."""

    losses: list[float] = field(default_factory=list)
    checks: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, float] | None = None
    nodes: NDArray[np.float32] | None = None
    relations: NDArray[np.float32] | None = None
    seconds: float = 0.0
    cpu_s: float = 0.0

    @property
    def metrics(self) -> dict[str, Any]:
        return {
            "losses": self.losses,
            "checks": self.checks,
            "best": self.best,
            "seconds": self.seconds,
            "cpu_s": self.cpu_s,
        }

    def is_over(self, settings: KgeSettings) -> bool:
        """Whether all epochs are done, or patience is at an end."""
        if len(self.losses) >= settings.epochs:
            return True
        if self.best is None:
            return False
        worse = [check for check in self.checks if check["epoch"] > self.best["epoch"]]
        return len(worse) >= settings.patience

    def take(self, model: "PykeenModel", check: dict[str, float]) -> None:
        """Note a check, and keep the vectors if it is the best one."""
        self.checks.append(check)
        if self.best is None or check["mrr"] > self.best["mrr"]:
            self.best = check
            self.nodes, self.relations = model.node_vectors(), model.relation_vectors()


def _train(
    triples: Triples,
    settings: KgeSettings,
    seed: int,
    checkpoint: Path,
    progress: Progress,
    log: "TensorboardLog | None",
) -> KgeResult:
    split_name, fit, held = _hold_back(triples, settings, seed)
    model, versions = _make_model(fit, settings, seed)
    course = _resume(checkpoint, model, versions)
    if log is not None:
        log.replay({"losses": course.losses, "checks": course.checks})
    progress.start(f"knowledge-graph embeddings ({settings.model})", settings.epochs)
    progress.advance(len(course.losses))
    while not course.is_over(settings):
        wall, cpu = time.perf_counter(), time.process_time()
        course.losses.append(model.train_epoch())
        epoch = len(course.losses)
        if log is not None:
            log.loss(epoch, course.losses[-1])
        if held is not None and (epoch % settings.check_every == 0 or epoch == settings.epochs):
            metrics = ranking_metrics(filtered_ranks(model, held, [triples]))
            course.take(model, {"epoch": epoch, **metrics})
            if log is not None:
                log.check(course.checks[-1])
        course.seconds += time.perf_counter() - wall
        course.cpu_s += time.process_time() - cpu
        if epoch % settings.checkpoint_every == 0 and not course.is_over(settings):
            _save(checkpoint, model, course, versions)
        progress.advance(1)
    progress.done()
    if course.nodes is None or course.relations is None:
        course.nodes, course.relations = model.node_vectors(), model.relation_vectors()
    if not (np.isfinite(course.nodes).all() and np.isfinite(course.relations).all()):
        raise DataError(
            f"vectors of {settings.model} grew beyond all numbers; try a lower kge.learning_rate "
            f"than {settings.learning_rate}"
        )
    result = KgeResult(
        model=settings.model,
        node_vectors=course.nodes,
        relation_vectors=course.relations,
        metrics={
            "epochs": len(course.losses),
            "losses": course.losses,
            "seconds": course.seconds,
            "cpu_s": course.cpu_s,
        },
        versions=versions,
    )
    if held is None or course.best is None:
        return result
    validation = {
        "split": split_name,
        "triples": len(held),
        **course.best,
        "checks": course.checks,
    }
    return replace(result, metrics={**result.metrics, "validation": validation})


def _hold_back(
    triples: Triples, settings: KgeSettings, seed: int
) -> tuple[str, Triples, Triples | None]:
    """The triples to train on, those to check on (if any), and how they were chosen."""
    if not settings.validation_share:
        return "", triples, None
    generator = np.random.default_rng(seed)
    try:
        split = split_triples(triples, settings.validation_share, generator)
    except DataError:  # A graph of a handful of facts has none to spare.
        return "", triples, None
    n = min(len(split.test), settings.validation_triples)
    chosen = generator.choice(len(split.test), n, replace=False)
    return f"{split.name}, seed {seed}", split.train, split.test.take(chosen)


def _make_model(
    triples: Triples, settings: KgeSettings, seed: int
) -> tuple["PykeenModel", dict[str, str]]:
    try:
        from embeddings.kge import pykeen_backend
    except ModuleNotFoundError as error:
        raise UsageError(
            f"knowledge-graph embeddings need PyKEEN, and {error.name} is not installed: "
            "pip install 'whypath[kge]'"
        ) from error
    return pykeen_backend.PykeenModel(triples, settings, seed), pykeen_backend.versions()


def _tensorboard_log(folder: Path) -> "TensorboardLog":
    try:
        from embeddings.kge.tensorboard_log import TensorboardLog
    except ModuleNotFoundError as error:
        raise UsageError(
            f"a TensorBoard log needs {error.name}, which is not installed: "
            "pip install 'whypath[kge]'"
        ) from error
    return TensorboardLog(folder)


def _save(file: Path, model: "PykeenModel", course: _Course, versions: dict[str, str]) -> None:
    about = json.dumps({"versions": versions, "course": course.metrics})
    arrays: dict[str, NDArray[np.generic]] = {
        "about": np.array(about),
        "state": np.frombuffer(model.state(), dtype=np.uint8),
    }
    if course.nodes is not None and course.relations is not None:
        arrays |= {"nodes": course.nodes, "relations": course.relations}
    with written_whole(file) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _resume(file: Path, model: "PykeenModel", versions: dict[str, str]) -> _Course:
    """Where a killed training was, with the model in that state; else the beginning.

    A checkpoint of other library versions, or one that cannot be read, counts as none.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            if about["versions"] != versions:
                return _Course()
            vectors = {name: stored[name] for name in ("nodes", "relations") if name in stored}
            state = stored["state"].tobytes()
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return _Course()
    model.restore(state)
    return _Course(**about["course"], **vectors)
