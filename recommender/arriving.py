"""Items that come after a training: their evidence and their vectors in the current run.

No training, and no library that trains: the weights were learned on items whose feedback was hidden
(`recommender/learning/unseen.py`), and the run keeps them. A new item gets

- `SHARES` and `RESEMBLES` edges from the items that have some, and to all, for the day when it is
  in a history itself; entities that are new, too, count in them like any other;
- its place in the factor model, by linear maps (`recommender/placing.py`);
- its vector in the graph, for callers' own Cypher.

The edges come first and the name of the artifact with the vectors last, so a kill in between
leaves a run that serves, and the next append completes it. An edge that is there keeps its weight
until the next training.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embeddings.text.rendering import render_items
from embeddings.vectors import Vectors
from graph.dataset import Dataset, read_items_and_facts
from graph.errors import ArtifactError, NotReadyError, WhypathError
from graph.model import Run
from graph.store import Store
from recommender.arrivals import Arrivals, read_arrivals, write_arrivals
from recommender.arriving_edges import Kernel
from recommender.content import ContentModel
from recommender.item_factors import ItemFactors
from recommender.placer_artifact import read_placer
from recommender.placing import Placer
from recommender.publishing import show_vectors, vector_table
from recommender.run_artifact import read_trained_factors

Encode = Callable[[Dataset, NDArray[np.intp]], Vectors]
"""The vectors of the texts of these items of a dataset; unknown ones where a text waits."""

NO_ENCODER = "no encoder was given"

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """What an append brought: `items` that got evidence, and items whose texts `wait`.

    They wait for the next training. `reason` says why; it is empty where only their encoder was not
    to be loaded.
    """

    items: tuple[str, ...] = ()
    wait: tuple[str, ...] = ()
    reason: str = ""


def place_arrivals(
    store: Store, artifacts: Path | None = None, encode: Encode | None = None
) -> Placed:
    """Give the items that the current run does not know their evidence and vectors in it.

    Called again, it adds what is missing and nothing twice. Before the first training, and for a
    run without content signals, it does nothing.

    Args:
        store: the graph.
        artifacts: the folder of the vectors of its runs.
        encode: of the texts, if the run was trained with some; without it they wait.

    Raises:
        ArtifactError: what the run was trained with is missing or damaged.
        NotReadyError: the run is from before there was such a thing; train again.
    """
    run = store.current_run()
    content = None if run is None else cast(Mapping[str, Any] | None, run.settings.get("content"))
    if run is None or content is None:
        return Placed()
    placer = None if artifacts is None else read_placer(artifacts, run)
    if placer is None or artifacts is None:
        raise NotReadyError(f"run {run.id} keeps nothing to place new items by; train again")
    dataset = read_items_and_facts(store)
    known = set(placer.items.tolist())
    new = np.array([n for n, item in enumerate(dataset.items) if item not in known], dtype=np.intp)
    before = _before(artifacts, run)
    if not len(new) and not len(before):
        return Placed()
    text, wait, reason = _texts(placer, encode, dataset, new)
    later = dataset.of_items(new)
    parts = placer.part_rows(later, text)
    kept = _keep_texts(placer, parts, later, before)
    wait = tuple(item for item in wait if item not in kept)
    reason = reason if wait else ""
    arrivals = Arrivals(later.items, _digests(later, parts), placer.targets(later, parts), parts)
    is_changed = ~np.isin(arrivals.digests, before.digests)
    if not is_changed.any() and len(new) == len(before):
        return Placed((), wait, reason)
    trained = read_trained_factors(artifacts, run)
    factors = None
    if trained is not None:
        factors = trained.extended(arrivals.ids, arrivals.targets, arrivals.parts)
    all_parts = _all_parts(dataset, placer, trained, arrivals)
    model = ContentModel.from_json(content)
    untouched = {*placer.items[placer.is_untouched].tolist(), *later.items.tolist()}
    is_untouched = np.array([item in untouched for item in dataset.items], dtype=np.bool_)
    placed: set[str] = set()
    for relation, signal in sorted(model.signals.items()):
        kernel = Kernel(dataset, relation, signal, all_parts)
        edges = kernel.edges(new[is_changed], is_untouched, model.edges_per_item)
        placed |= _write_missing(store, run.id, relation, edges, later.items[is_changed].tolist())
    if factors is not None:
        _show(store, run, factors, arrivals, is_changed)
    write_arrivals(store, artifacts, run, arrivals)
    return Placed(tuple(sorted(placed)), wait, reason)


def _before(artifacts: Path, run: Run) -> Arrivals:
    """The arrivals so far; none where they cannot be read, so that all are placed again."""
    try:
        return read_arrivals(artifacts, run)
    except ArtifactError:
        return Arrivals()


def _texts(
    placer: Placer, encode: Encode | None, dataset: Dataset, new: NDArray[np.intp]
) -> tuple[Vectors | None, tuple[str, ...], str]:
    """The vectors of the texts of new items, the items whose texts wait, and why they do."""
    if not placer.text_parts or not len(new):
        return None, (), ""
    ids = tuple(dataset.items[new].tolist())
    if encode is None:
        return None, ids, NO_ENCODER
    try:
        text = encode(dataset, new)
    except WhypathError as error:
        return None, ids, str(error)
    if not placer.is_same_encoder(text):
        return None, ids, "the run was trained with another encoder, or with other settings of it"
    is_said = np.array([bool(said) for said in render_items(dataset, new)], dtype=np.bool_)
    wait = tuple(dataset.items[new[is_said & ~text.is_known]].tolist())
    return text, wait, ""


def _keep_texts(
    placer: Placer, parts: Mapping[str, NDArray[np.float32]], later: Dataset, before: Arrivals
) -> set[str]:
    """Put the rows of texts that were encoded at an earlier append where there are none now.

    Answers the items that have such a row.
    """
    kept: set[str] = set()
    place = {item: number for number, item in enumerate(before.ids.tolist())}
    for name in placer.text_parts & before.parts.keys():
        for row, item in zip(parts[name], later.items.tolist(), strict=True):
            if item in place and not row.any() and before.parts[name][place[item]].any():
                row[:] = before.parts[name][place[item]]
                kept.add(item)
    return kept


def _all_parts(
    dataset: Dataset, placer: Placer, trained: ItemFactors | None, arrivals: Arrivals
) -> dict[str, NDArray[np.float32]]:
    """The rows of all items of the dataset in each part of the embeddings."""
    ids = [*placer.items.tolist(), *arrivals.ids.tolist()]
    place = {item: number for number, item in enumerate(ids)}
    places = [place[item] for item in dataset.items.tolist()]
    rows = placer.rows if trained is None else trained.parts
    return {
        name: np.concatenate([rows[name], added])[places] for name, added in arrivals.parts.items()
    }


def _digests(later: Dataset, parts: Mapping[str, NDArray[np.float32]]) -> NDArray[np.uint64]:
    """A number an item, which changes with its facts and with its row in any part."""
    digests = [hashlib.sha256(item.encode()) for item in later.items.tolist()]
    for relation in sorted(later.item_facts):
        facts = later.item_facts[relation]
        entities = later.entities[facts.entity].tolist()
        rows = zip(facts.source.tolist(), entities, facts.weight.tolist(), strict=True)
        for item, entity, weight in rows:
            digests[item].update(f"\0{relation}\0{entity}\0{weight}".encode())
    for name in sorted(parts):
        for digest, row in zip(digests, parts[name], strict=True):
            digest.update(row.tobytes())
    numbers = [int.from_bytes(digest.digest()[:8], "little") for digest in digests]
    return np.array(numbers, dtype=np.uint64)


def _write_missing(
    store: Store, run: int, relation: str, edges: pa.Table, new: list[str]
) -> set[str]:
    """Write the edges that the run does not have yet; answers which of the new items got some."""
    others = sorted({*edges["source"].to_pylist(), *edges["target"].to_pylist()})
    present: set[_Key] = {
        (edge.source, edge.target)
        for sources, targets in ((others, new), (new, others))
        for edge in store.evidence(sources, targets, run)
        if edge.relation == relation
    }
    keys = list(zip(edges["source"].to_pylist(), edges["target"].to_pylist(), strict=True))
    is_missing = np.array([key not in present for key in keys], dtype=np.bool_)
    missing = edges.filter(pa.array(is_missing & (np.asarray(edges["weight"]) != 0.0)))
    if not len(missing):
        return set()
    store.write_evidence(run, relation, missing)
    return {*missing["source"].to_pylist(), *missing["target"].to_pylist()} & set(new)


def _show(
    store: Store,
    run: Run,
    factors: ItemFactors,
    arrivals: Arrivals,
    is_changed: NDArray[np.bool_],
) -> None:
    """Put the vectors of the changed arrivals beside those that the graph has."""
    rows = vector_table(arrivals.ids[is_changed], arrivals.targets[is_changed, :-1])
    try:
        store.add_vectors(run.id, rows)
    except ValueError:
        # A training that was killed at its very end left those of the run before it.
        show_vectors(store, run.id, factors)
