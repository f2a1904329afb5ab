"""Vectors from a graph neural network: trained once, kept, and gone on with after a kill."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.gnn.message_graph import hold_out, message_graph
from embeddings.gnn.settings import GnnSettings
from embeddings.vectors import Vectors
from embeddings.workspace import Workspace, key_of
from graph.dataset import Dataset, Feedback
from graph.errors import NotReadyError, UsageError
from graph.progress import SILENT, Progress

VERSION = 1
"""Raised when the same settings give other vectors, so that older results are not taken."""


@dataclass(frozen=True, slots=True)
class GnnResult:
    """What a network learned; all vectors have the same size, and a score is their dot product.

    `items` are made from feedback and, by a relational model, facts. `from_facts` are the same
    items as if nobody had touched them, so that touched and untouched ones are comparable; no row
    of it is known where the model knows no facts. `metrics` holds `loss` and `validation` by epoch,
    the `best_epoch`, the `epochs` done and the `cpu_seconds` they took.
    """

    items: Vectors
    users: Vectors
    from_facts: Vectors
    metrics: Mapping[str, Any]
    versions: Mapping[str, str]


def train_gnn(
    dataset: Dataset,
    feedback: Feedback,
    settings: GnnSettings,
    workspace: Workspace,
    *,
    rng: int | np.random.Generator | None = None,
    text: Vectors | None = None,
    progress: Progress = SILENT,
    threads: int = 1,
    tensorboard: Path | None = None,
) -> GnnResult:
    """Train on these rows of feedback, or take the result of an earlier call with the same input.

    Args:
        dataset: its nodes and facts are used, its own feedback is not.
        feedback: the rows to learn from, and nothing else.
        settings: see `GnnSettings`.
        workspace: keeps the result, and checkpoints that a killed training goes on from.
        rng: decides the start, the order and the samples. With the same number and one thread the
            result is the same to the last bit, also after a kill.
        text: vectors of the items, shape (n_items, d): further input of a relational model.
        progress: is told every epoch.
        threads: for tensor algebra.
        tensorboard: a folder for losses and metrics by epoch.

    Raises:
        UsageError: DGL is not installed, or cannot be here.
        NotReadyError: there is no feedback of the first type.
    """
    seed = int(np.random.default_rng(rng).integers(2**31))
    is_relational = settings.model == "rgcn"
    if text is not None and len(text.values) != len(dataset.items):
        raise ValueError(f"{len(text.values)} text vectors for {len(dataset.items)} items")
    graph = message_graph(dataset, feedback, with_facts=is_relational)
    if not len(graph.positives):
        raise NotReadyError("there is no feedback to learn from; run `whypath import` first")
    features = text.normalized() if text is not None and is_relational else None
    key = key_of(
        VERSION,
        asdict(settings),
        seed,
        [graph.n_users, graph.n_items, graph.n_entities],
        *(graph.source, graph.target, graph.type, graph.positives),
        np.zeros(0, np.float32) if features is None else features,
    )
    kept = workspace.load("gnn", key)
    if kept is not None:
        return _result_of(kept)
    backend = load_backend()
    trained = backend.train(
        graph,
        hold_out(graph, np.random.default_rng(seed)),
        settings,
        features=features,
        seed=seed,
        checkpoint=workspace.checkpoints("gnn", key) / "state.pt",
        progress=progress,
        threads=threads,
        tensorboard=tensorboard,
    )
    has_facts = graph.described if is_relational else np.zeros(graph.n_items, dtype=np.bool_)
    if text is not None and is_relational:
        has_facts = has_facts | text.is_known
    arrays: dict[str, NDArray[np.generic]] = {
        "items": _masked(trained.items, graph.touched | has_facts),
        "users": _masked(trained.users, graph.active),
        "from_facts": _masked(trained.from_facts, has_facts),
        "items_known": graph.touched | has_facts,
        "users_known": graph.active,
        "from_facts_known": has_facts,
        "report": np.array(json.dumps([trained.metrics, trained.versions])),
    }
    workspace.save("gnn", key, arrays)
    return _result_of(arrays)


def load_backend() -> ModuleType:
    """The module that trains on DGL; a UsageError says how to get it where it is missing."""
    try:
        from embeddings.gnn import dgl_backend
    except (ImportError, OSError) as error:  # dgl raises FileNotFoundError for a missing library
        raise UsageError(
            f"graph neural networks need DGL, which cannot be loaded here ({error}): "
            "pip install 'whypath[dgl]' on Linux with Python 3.11, "
            'or leave "gnn" out of [train] embeddings.'
        ) from error
    return dgl_backend


def _masked(values: NDArray[np.float32], is_known: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(is_known[:, None], values, 0.0).astype(np.float32)


def _result_of(arrays: Mapping[str, NDArray[Any]]) -> GnnResult:
    metrics, versions = json.loads(str(arrays["report"]))
    return GnnResult(
        items=Vectors(arrays["items"], arrays["items_known"]),
        users=Vectors(arrays["users"], arrays["users_known"]),
        from_facts=Vectors(arrays["from_facts"], arrays["from_facts_known"]),
        metrics=metrics,
        versions=versions,
    )
