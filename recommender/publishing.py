"""From the artifact of training to a run in the graph, written beside the current one."""

import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embeddings.artifact import sweep_artifacts
from graph.dataset import Ids
from graph.errors import NotFoundError, StoreError, StoreUnavailableError
from graph.model import PRIOR_EVIDENCE, Run
from graph.store import Store
from recommender.evidence import Edges, Evidence
from recommender.item_factors import ItemFactors
from recommender.placer_artifact import write_placer
from recommender.run_artifact import artifacts_of, read_factors, write_run_artifact

PUBLISH_ATTEMPTS = 3
"""How often a run is written anew when nodes leave the graph during the writing."""

KEPT_RUNS = 2
"""The current run and the one before it, for `whypath train --activate`."""


def publish(
    store: Store,
    evidence: Evidence,
    *,
    fingerprint: str,
    artifacts: Path,
    at: int | None = None,
    keep_runs: int = KEPT_RUNS,
) -> Run:
    """Write evidence as a new run and make it the current one; the oldest beyond `keep_runs` go.

    A reader sees the old run until the switch and the new one after it. When this is killed, the
    old run serves on, and the next call removes what was left.

    Args:
        store: where the evidence goes; its items and entities must be those of the evidence.
        evidence: the artifact of training.
        fingerprint: that of the dataset trained on.
        artifacts: the folder for the vectors of the run, if it has any.
        at: time of the run in epoch seconds; now where None.
        keep_runs: how many ready runs stay, at least 1.
    """
    if keep_runs < 1:
        raise ValueError(f"keep_runs is {keep_runs}; the current run must stay")
    settings: dict[str, object] = {**evidence.settings, "recipe": evidence.recipe.to_json()}
    if evidence.content is not None:
        settings["content"] = evidence.content.to_json()
    if evidence.placer is not None:
        settings["placer"] = asdict(write_placer(artifacts, evidence.placer, fingerprint))
    if evidence.factors is not None:
        settings["artifact"] = asdict(write_run_artifact(artifacts, evidence, fingerprint))
    run = Run(
        id=max((known.id for known in store.runs()), default=0) + 1,
        at=int(time.time()) if at is None else at,
        fingerprint=fingerprint,
        settings=settings,
        metrics=dict(evidence.metrics),
    )
    store.begin_run(run)
    for relation in sorted(evidence.item_edges):
        edges = evidence.item_edges[relation]
        store.write_evidence(run.id, relation, edge_table(edges, evidence.items, evidence.items))
    if len(evidence.profile.source):
        favours = edge_table(evidence.profile, evidence.entities, evidence.items)
        store.write_evidence(run.id, "FAVOURS", favours)
    with_prior = np.flatnonzero(evidence.prior)
    prior = pa.table(
        {
            "target": pa.array(evidence.items[with_prior].tolist(), pa.string()),
            "weight": pa.array(evidence.prior[with_prior], pa.float64()),
        }
    )
    store.write_evidence(run.id, PRIOR_EVIDENCE, prior)
    store.activate_run(run.id)
    show_vectors(store, run.id, evidence.factors)
    ready = [known for known in store.runs() if known.is_ready]
    gone: set[str] = set()
    for old in ready[:-keep_runs]:
        if not old.is_current:
            store.delete_run(old.id)
            gone |= artifacts_of(old, artifacts)
    if artifacts.is_dir():
        # Only those of the runs that went: another store may have its runs' vectors here, too.
        sweep_artifacts(artifacts, {folder.name for folder in artifacts.iterdir()} - gone)
    return next(known for known in store.runs() if known.id == run.id)


def publish_present(
    store: Store, evidence: Evidence, *, fingerprint: str, artifacts: Path
) -> tuple[Run, int]:
    """Publish evidence to a graph that may have lost nodes since the training read it.

    What names them is left out; answers the run and how many nodes that were. Items that came
    since are for `place_arrivals`.
    """
    left = evidence
    for attempt in range(PUBLISH_ATTEMPTS):
        before = _size(left)
        left = left.among(_ids(store.read_items()), _ids(store.read_entities()))
        if attempt and _size(left) == before:
            break  # nothing more is gone: that was not the reason
        try:
            run = publish(store, left, fingerprint=fingerprint, artifacts=artifacts)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            failure = error
        else:
            return run, _size(evidence) - _size(left)
    raise failure


def activate(store: Store, run: int, artifacts: Path) -> Run:
    """Make a finished run the current one, with its vectors.

    Raises a NotFoundError that lists the finished ones, an ArtifactError where its vectors are not
    as they were written; then the run before serves on.
    """
    runs = {known.id: known for known in store.runs() if known.is_ready}
    if run not in runs:
        listed = ", ".join(map(str, runs)) or "none yet"
        raise NotFoundError(f"there is no finished run {run}. Finished runs: {listed}.")
    factors = read_factors(artifacts, runs[run])
    store.activate_run(run)
    show_vectors(store, run, factors)
    return replace(runs[run], is_current=True)


def _size(evidence: Evidence) -> int:
    return len(evidence.items) + len(evidence.entities)


def _ids(table: pa.Table) -> frozenset[str]:
    return frozenset(table["id"].to_pylist())


def show_vectors(store: Store, run: int, factors: ItemFactors | None) -> None:
    """Put the vectors of the current run beside its items, for whoever asks the graph itself.

    Items may have left the graph since the run was trained; they have none.
    """
    ids, vectors = np.zeros(0, dtype=object), np.zeros((0, 1), dtype=np.float32)
    if factors is not None:
        gone = store.unknown("Item", factors.ids.tolist())
        here = np.array([item not in gone for item in factors.ids], dtype=bool)
        ids, vectors = factors.ids[here], factors.vectors[here]
    store.write_vectors(run, vector_table(ids, vectors))


def vector_table(ids: Ids, vectors: NDArray[np.float32]) -> pa.Table:
    """Vectors, shape (len(ids), d), as the table that `Store.write_vectors` takes."""
    numbers = pa.array(np.ascontiguousarray(vectors).ravel(), pa.float32())
    rows = pa.FixedSizeListArray.from_arrays(numbers, vectors.shape[1])
    return pa.table(
        {
            "id": pa.array(ids.tolist(), pa.string()),
            "vector": rows.cast(pa.list_(pa.float32())),
        }
    )


def edge_table(edges: Edges, sources: Ids, targets: Ids) -> pa.Table:
    """Edges as the table that `Store.write_evidence` takes."""
    return pa.table(
        {
            "source": pa.array(sources[edges.source].tolist(), pa.string()),
            "target": pa.array(targets[edges.target].tolist(), pa.string()),
            "weight": pa.array(edges.weight, pa.float64()),
        }
    )
