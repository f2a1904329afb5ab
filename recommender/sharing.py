"""Finds what two items have in common, and which of it says most: the rarest."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.store import Store
from recommender.paths import SharedFact


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
        rows = self.store.shared_entities(pairs) if pairs else []
        self._learn_degrees({row[3].id for row in rows})
        best: dict[tuple[str, str], tuple[tuple[int, str, str], SharedFact]] = {}
        for first, second, relation, entity in rows:
            degree = self._degrees[entity.id].get(relation, 0)
            key = (degree, relation, entity.id)
            known = best.get((first, second))
            if known is None or key < known[0]:
                best[first, second] = (key, SharedFact(relation, entity, 1.0, 1.0))
        return self._weigh({pair: fact for pair, (_, fact) in best.items()})

    def _learn_degrees(self, entities: set[str]) -> None:
        unknown = sorted(entities - self._degrees.keys())
        if not unknown:
            return
        learned: dict[str, dict[str, int]] = {entity: {} for entity in unknown}
        for entity, relation, items in self.store.entity_degrees(unknown):
            learned[entity][relation] = items
        self._degrees.update(learned)

    def _weigh(
        self, shared: dict[tuple[str, str], SharedFact]
    ) -> dict[tuple[str, str], SharedFact]:
        """The same with the weights of the two facts as they stand in the store."""
        items = sorted({item for pair in shared for item in pair})
        if not items:
            return shared
        weights = {
            (fact.source, fact.relation, fact.entity.id): fact.weight
            for fact in self.store.facts("Item", items)
        }
        return {
            (first, second): SharedFact(
                fact.relation,
                fact.entity,
                weights[first, fact.relation, fact.entity.id],
                weights[second, fact.relation, fact.entity.id],
            )
            for (first, second), fact in shared.items()
        }
