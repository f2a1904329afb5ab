"""Items that come after a training: their evidence in the current run, from their facts alone.

No training, and no library that trains: the weights were learned on items whose feedback was hidden
(`recommender/learning/unseen.py`) and stand in the Run node. An item that has no evidence yet gets
`SHARES` and `RESEMBLES` edges from the items that have some, and to them for the day when it is in
a history itself. It has no part in the factor model, and its text counts from the next training on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.dataset import Dataset, Ids, read_dataset
from graph.store import Store
from recommender.content import ContentModel, ContentSignal
from recommender.kernels.fact_rows import rows_by_relation
from recommender.kernels.shared_facts import INCOMING, fact_vectors, joined_vectors
from recommender.learning.blocks import fact_blocks

_Key = tuple[str, str]


def place_arrivals(store: Store) -> list[str]:
    """Give the items without evidence theirs in the current run; answers which got some.

    Called again, it adds what is missing and nothing twice. Before the first training, and for a
    run without content signals, it does nothing.
    """
    run = store.current_run()
    content = None if run is None else cast(Mapping[str, Any] | None, run.settings.get("content"))
    if run is None or content is None:
        return []
    model = ContentModel.from_json(content)
    untouched = set(cast(list[str], run.settings.get("untouched", [])))
    dataset = read_dataset(store)
    items = dataset.items.tolist()
    known = store.prior(items, run.id).keys() | untouched
    is_new = np.array([item not in known for item in items], dtype=np.bool_)
    is_untouched = np.array([item in untouched for item in items], dtype=np.bool_)
    if not is_new.any() or is_new.all():
        return []
    placed: set[str] = set()
    for relation, signal in sorted(model.signals.items()):
        kernel = np.where(is_new[None, :], 0.0, _kernel(dataset, relation, signal, is_new))
        scales = np.where(is_untouched, signal.to_unseen, signal.to_known)
        found = _Nearest(dataset.items, dataset.items[is_new].tolist(), kernel)
        table = found.edges(signal.to_unseen, scales, model.edges_per_item)
        missing = _missing(store, run.id, relation, table, dataset.items[is_new].tolist())
        if len(missing):
            store.write_evidence(run.id, relation, missing)
            ends = {*missing["source"].to_pylist(), *missing["target"].to_pylist()}
            placed |= ends & set(dataset.items[is_new].tolist())
    return sorted(placed)


def _kernel(
    dataset: Dataset, relation: str, signal: ContentSignal, is_new: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The kernel between new items and all others; shape (new, n_items)."""
    n_items = len(dataset.items)
    if relation == "SHARES":
        rows = rows_by_relation(dataset.item_facts, n_items)
        vectors = {name: fact_vectors(facts) for name, facts in rows.items()}
        joined = joined_vectors(vectors, signal.weights, n_items)
        return np.asarray((joined[is_new] @ joined.T).toarray(), dtype=np.float64)
    total = np.zeros((int(is_new.sum()), n_items))
    for name, rows in fact_blocks(dataset).items():
        if signal.weights.get(name, 0.0) > 0.0:
            product = csr_array(rows[is_new]) @ rows.T
            total += signal.weights[name] * product.toarray()
    return total


@dataclass(frozen=True, slots=True)
class _Nearest:
    """New items and their kernel to all items, shape (len(new), len(items)); 0 to the new ones."""

    items: Ids
    new: list[str]
    kernel: NDArray[np.float64]

    def edges(self, to_new: float, scales: NDArray[np.float64], edges_per_item: int) -> pa.Table:
        """The strongest edges to and from each new item, scaled by what they lead to."""
        source: list[str] = []
        target: list[str] = []
        weight: list[float] = []
        for item, row in zip(self.new, self.kernel, strict=True):
            nearest = np.argsort(-row, kind="stable")[: INCOMING * edges_per_item]
            nearest = nearest[row[nearest] > 0.0]
            others = self.items[nearest].tolist()
            count = min(edges_per_item, len(others))
            source += [*others, *[item] * count]
            target += [*[item] * len(others), *others[:count]]
            weight += (to_new * row[nearest]).tolist()
            weight += (scales * row)[nearest[:count]].tolist()
        return pa.table(
            {
                "source": pa.array(source, pa.string()),
                "target": pa.array(target, pa.string()),
                "weight": pa.array(weight, pa.float64()),
            }
        )


def _missing(store: Store, run: int, relation: str, table: pa.Table, new: list[str]) -> pa.Table:
    """The edges that the run does not have yet."""
    others = sorted({*table["source"].to_pylist(), *table["target"].to_pylist()} - set(new))
    present: set[_Key] = {
        (edge.source, edge.target)
        for sources, targets in ((others, new), (new, others))
        for edge in store.evidence(sources, targets, run)
        if edge.relation == relation
    }
    keys = zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True)
    kept = [key not in present for key in keys]
    weight = np.asarray(table["weight"]) != 0.0
    return table.filter(pa.array(np.array(kept, dtype=np.bool_) & weight))
