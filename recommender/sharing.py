"""Finds what two items have in common, and which of it weighs most in the knowledge kernel.

That kernel (`recommender/kernels/shared_facts.py`) is a sum over shared entities. One that both
items have by relation r adds

    w_r * rarity(entity) ** 2

with rarity `log(n_items / items that have it)`. Here the same is worked out for a few pairs, from
the graph as it is now.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from graph.kept import Kept
from graph.model import FactEdge, Run
from graph.store import Store
from recommender.paths import SharedFact

_Key = tuple[str, str]
"""Relation and entity id."""

_Pair = tuple[str, str]
"""Two item ids."""

KEPT_PAIRS = 200_000
"""Pairs of items whose shared fact is remembered: some 60 MB."""


def relation_weights(run: Run) -> Mapping[str, float] | None:
    """The `w_r` that a training found, None where it says nothing of them."""
    choices = cast(Mapping[str, Any], run.settings.get("choices", {}))
    weights: Mapping[str, float] | None = choices.get("relation_weights")
    return weights


class SharedFactFinder:
    """Asks the store for facts, and remembers what it found until the graph changes.

    How many items have an entity is remembered as long as the finder lives: make a new one for each
    run. Without `weights` all relations count alike. Safe for concurrent use.
    """

    def __init__(self, store: Store, weights: Mapping[str, float] | None = None) -> None:
        self._store = store
        self._weights = weights
        self._degrees: dict[str, dict[str, int]] = {}
        self._n_items: list[int] = []
        self._found: Kept[_Pair, SharedFact] = Kept(KEPT_PAIRS)

    def find(self, pairs: Sequence[_Pair]) -> dict[_Pair, SharedFact]:
        """The entity that weighs most, for each pair that shares any that weighs at all.

        Ties go to the relation, then to the entity id, in ascending order.
        """
        return self._found.look_up(self._store.changes(), pairs, self._work_out)

    def _work_out(self, pairs: Sequence[_Pair]) -> dict[_Pair, SharedFact]:
        facts: dict[str, dict[_Key, FactEdge]] = defaultdict(dict)
        for fact in self._store.facts("Item", sorted({item for pair in pairs for item in pair})):
            if self._weight(fact.relation) > 0.0:
                facts[fact.source][fact.relation, fact.entity.id] = fact
        self._learn_degrees(entity for keys in facts.values() for _, entity in keys)
        found: dict[_Pair, SharedFact] = {}
        for first, second in pairs:
            shared = facts[first].keys() & facts[second].keys()
            parts = [
                # Rounded, so that equal parts tie on every machine.
                (-round(self._weight(key[0]) * self._rarity(key) ** 2, 9), key)
                for key in shared
            ]
            part, key = min(parts, default=(0.0, ("", "")))
            if part < 0.0:
                found[first, second] = _shared(facts[first][key], facts[second][key])
        return found

    def _weight(self, relation: str) -> float:
        return 1.0 if self._weights is None else self._weights.get(relation, 0.0)

    def _rarity(self, key: _Key) -> float:
        """0 for an entity of a single item, as in the kernel."""
        relation, entity = key
        degree = self._degrees[entity].get(relation, 0)
        return math.log(self._n_items[0] / degree) if degree > 1 else 0.0

    def _learn_degrees(self, entities: Iterable[str]) -> None:
        if not self._n_items:
            self._n_items.append(self._store.counts()["Item"])
        unknown = sorted(set(entities) - self._degrees.keys())
        if not unknown:
            return
        learned: dict[str, dict[str, int]] = {entity: {} for entity in unknown}
        for entity, relation, items in self._store.entity_degrees(unknown):
            learned[entity][relation] = items
        self._degrees.update(learned)


def _shared(first: FactEdge, second: FactEdge) -> SharedFact:
    return SharedFact(first.relation, first.entity, first.weight, second.weight)
