"""Finds what two items have in common, and which of it says most: the rarest."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.model import FactEdge
from graph.store import Store
from recommender.paths import SharedFact

_Key = tuple[str, str]
"""Relation and entity id."""


@dataclass(frozen=True, slots=True)
class SharedFactFinder:
    """Asks the store for shared entities; remembers how many items have each entity.

    Make a new one for each run: the numbers are not refreshed.
    """

    store: Store
    _degrees: dict[str, dict[str, int]] = field(default_factory=dict)

    def find(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SharedFact]:
        """The rarest entity that both items of a pair have by the same relation, if any.

        Ties go to the relation, then to the entity id, in ascending order.
        """
        facts: dict[str, dict[_Key, FactEdge]] = defaultdict(dict)
        for fact in self.store.facts("Item", sorted({item for pair in pairs for item in pair})):
            facts[fact.source][fact.relation, fact.entity.id] = fact
        shared = {
            (first, second): facts[first].keys() & facts[second].keys() for first, second in pairs
        }
        self._learn_degrees({entity for keys in shared.values() for _, entity in keys})
        found = {}
        for (first, second), keys in shared.items():
            if keys:
                key = min(keys, key=self._rarity)
                found[first, second] = _shared(facts[first][key], facts[second][key])
        return found

    def _rarity(self, key: _Key) -> tuple[int, str, str]:
        relation, entity = key
        return (self._degrees[entity].get(relation, 0), relation, entity)

    def _learn_degrees(self, entities: set[str]) -> None:
        unknown = sorted(entities - self._degrees.keys())
        if not unknown:
            return
        learned: dict[str, dict[str, int]] = {entity: {} for entity in unknown}
        for entity, relation, items in self.store.entity_degrees(unknown):
            learned[entity][relation] = items
        self._degrees.update(learned)


def _shared(first: FactEdge, second: FactEdge) -> SharedFact:
    return SharedFact(first.relation, first.entity, first.weight, second.weight)
