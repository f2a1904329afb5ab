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
from dataclasses import dataclass, field
from typing import Any, cast

from graph.model import FactEdge, Run
from graph.store import Store
from recommender.paths import SharedFact

_Key = tuple[str, str]
"""Relation and entity id."""

_Facts = Mapping[_Key, FactEdge]


def relation_weights(run: Run) -> Mapping[str, float] | None:
    """The `w_r` that a training found, None where it says nothing of them."""
    choices = cast(Mapping[str, Any], run.settings.get("choices", {}))
    weights: Mapping[str, float] | None = choices.get("relation_weights")
    return weights


@dataclass(frozen=True, slots=True)
class SharedFactFinder:
    """Asks the store for facts, and remembers how many items have each entity.

    Make a new one for each run: these numbers are not refreshed. Without `weights` all relations
    count alike.
    """

    store: Store
    weights: Mapping[str, float] | None = None
    _degrees: dict[str, dict[str, int]] = field(default_factory=dict)
    _n_items: list[int] = field(default_factory=list)

    def find(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SharedFact]:
        """The entity that weighs most, for each pair that shares any that weighs at all.

        Ties go to the relation, then to the entity id, in ascending order.
        """
        if not pairs:
            return {}
        facts: dict[str, dict[_Key, FactEdge]] = defaultdict(dict)
        for fact in self.store.facts("Item", sorted({item for pair in pairs for item in pair})):
            if self._weight(fact.relation) > 0.0:
                facts[fact.source][fact.relation, fact.entity.id] = fact
        self._learn_degrees(entity for keys in facts.values() for _, entity in keys)
        found = {}
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
        return 1.0 if self.weights is None else self.weights.get(relation, 0.0)

    def _rarity(self, key: _Key) -> float:
        """0 for an entity of a single item, as in the kernel."""
        relation, entity = key
        degree = self._degrees[entity].get(relation, 0)
        return math.log(self._n_items[0] / degree) if degree > 1 else 0.0

    def _learn_degrees(self, entities: Iterable[str]) -> None:
        if not self._n_items:
            self._n_items.append(self.store.counts()["Item"])
        unknown = sorted(set(entities) - self._degrees.keys())
        if not unknown:
            return
        learned: dict[str, dict[str, int]] = {entity: {} for entity in unknown}
        for entity, relation, items in self.store.entity_degrees(unknown):
            learned[entity][relation] = items
        self._degrees.update(learned)


def _shared(first: FactEdge, second: FactEdge) -> SharedFact:
    return SharedFact(first.relation, first.entity, first.weight, second.weight)
