"""The terms that a score is the sum of: one by one, and many of a relation in columns."""

from collections.abc import Sequence
from heapq import nlargest
from typing import NamedTuple

from recommender.recipe import FACTORS, SIGNAL_OF_RELATION


class Term(NamedTuple):
    """`value = anchor weight * weight` of the evidence edge `(via)-[relation {weight}]->(item)`.

    With the relation `FACTORS` the weight is that of the factor model, and there is no edge.

    `via` is an item of the history, an entity of the user, or None for the prior.
    """

    relation: str
    via: str | None
    weight: float
    value: float

    @property
    def signal(self) -> str:
        """The signal that this relation carries."""
        return SIGNAL_OF_RELATION[self.relation]

    @property
    def is_edge(self) -> bool:
        """Whether the graph holds an edge for it."""
        return self.via is not None and self.relation != FACTORS

    @property
    def place(self) -> tuple[float, str, str]:
        """The key that puts terms by value, the greatest first, and ties in a fixed order."""
        return (-self.value, self.relation, self.via or "")


class EdgeTerms(NamedTuple):
    """The terms of an item by the edges of one relation, by ascending `via`; no value is 0.

    A request makes a thousand terms and shows thirty: the others never become a `Term`.
    """

    relation: str
    vias: Sequence[str]
    weights: Sequence[float]
    values: Sequence[float]

    @property
    def signal(self) -> str:
        """The signal that this relation carries."""
        return SIGNAL_OF_RELATION[self.relation]

    @property
    def each(self) -> list[Term]:
        """One by one."""
        return [self.at(place) for place in range(len(self.vias))]

    def at(self, place: int) -> Term:
        """The term at this place."""
        return Term(self.relation, self.vias[place], self.weights[place], self.values[place])

    def raising(self, limit: int) -> list[Term]:
        """The greatest that are above 0, greatest first, ties by `via`."""
        values = self.values
        places = nlargest(limit, range(len(values)), key=values.__getitem__)
        return [self.at(place) for place in places if values[place] > 0.0]
