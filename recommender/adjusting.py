"""What a request does to scores beside the evidence: boosts of its own, and rotation.

Both multiply a score by a factor that depends on the item, and on whether its score is below 0: a
factor above 1 never lowers an item, one below 1 never raises it. So each piece of the history is
multiplied, too: what the factor adds is a term for each piece, the score stays the sum of its
terms, and masking a piece takes away exactly its terms. A request that masks pieces is adjusted as
the score was before: else the factors of all others would change with it.
"""

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph.store import Store
from recommender.anchors import Anchors
from recommender.boost_syntax import Boost
from recommender.filters import ItemFilter, bind_filter, facets
from recommender.recipe import BOOST, ROTATION
from recommender.request import Request, Rotation
from recommender.retrieval import Candidates
from recommender.scored import Scored, score_items
from recommender.serving_run import ServingRun
from recommender.sieve import Sieve
from recommender.terms import Term

_CHUNK = 200
"""Candidates whose factors are looked up at once."""


@dataclass(frozen=True, slots=True)
class Unmasked:
    """The scores of items before the request masked anything; it remembers them."""

    run: ServingRun
    anchors: Anchors
    _scores: dict[str, float] = field(default_factory=dict)

    def scores(self, items: Iterable[str]) -> dict[str, float]:
        """The exact scores of these items, and of others."""
        new = [item for item in items if item not in self._scores]
        self._scores.update(
            (one.item, one.score) for one in score_items(self.run, self.anchors, new)
        )
        return self._scores


@dataclass(frozen=True, slots=True)
class Adjuster:
    """The factors of one request; it remembers those that it looked up.

    `tests` are those of the boost's rules; `shown` maps an item that the user was shown lately to
    the factor that rotation gives it. `unmasked` is None where the request masks nothing.
    """

    store: Store
    boost: Boost | None
    tests: tuple[ItemFilter, ...]
    shown: Mapping[str, float]
    unmasked: Unmasked | None = None
    _boosts: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, request: Request) -> "Adjuster":
        """That of a request; raises FilterError where its boost does not fit the graph."""
        boost = request.boosting
        tests: tuple[ItemFilter, ...] = ()
        if boost is not None:
            schema = store.schema()
            tests = tuple(
                bind_filter(boost.text, rule.test, schema, "boost") for rule in boost.rules
            )
        return cls(store, boost, tests, _shown(store, request.user, request.rotation))

    @property
    def is_idle(self) -> bool:
        """Whether all scores stay as they are."""
        return self.boost is None and not self.shown

    def factors(self, scores: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """Those of boost and rotation, by item, for the items with these scores."""
        if self.boost is not None:
            self._look_up(self.boost, [item for item in scores if item not in self._boosts])
        deciding = scores if self.unmasked is None else self.unmasked.scores(scores)
        found = {}
        for item in scores:
            boost, rotation = self._boosts.get(item, 1.0), self.shown.get(item, 1.0)
            if deciding[item] < 0.0:
                boost, rotation = below_zero(boost), below_zero(rotation)
            found[item] = (boost, rotation)
        return found

    def _look_up(self, boost: Boost, items: Sequence[str]) -> None:
        relations = frozenset().union(*(test.relations for test in self.tests))
        for start in range(0, len(items), _CHUNK):
            chunk = items[start : start + _CHUNK]
            facts = []
            if relations:
                facts = [
                    fact for fact in self.store.facts("Item", chunk) if fact.relation in relations
                ]
            seen = facets(self.store.items(chunk), facts)
            for item in chunk:
                self._boosts[item] = math.prod(
                    rule.factor
                    for rule, test in zip(boost.rules, self.tests, strict=True)
                    if item in seen and test.passes(seen[item])
                )

    def scores(self, scores: Mapping[str, float], items: Iterable[str]) -> dict[str, float]:
        """The scores of these items, adjusted, in their order."""
        wanted = {item: scores[item] for item in items}
        factors = self.factors(wanted)
        return {item: score * math.prod(factors[item]) for item, score in wanted.items()}

    def first(self, sieve: Sieve, candidates: Candidates, limit: int) -> tuple[list[str], bool]:
        """The best `limit` candidates that pass, by adjusted scores.

        It looks no further than where no factor could lift a candidate among them. Also answers
        whether that place was reached.
        """
        if self.is_idle:
            passing = sieve.first(candidates.best_first(limit), limit)
            return passing, len(passing) >= limit
        ordered, scores = candidates.items, candidates.scores
        best: list[tuple[float, int, str]] = []
        for start in range(0, len(ordered), _CHUNK):
            chunk = ordered[start : start + _CHUNK]
            adjusted = self.scores(scores, sieve.first(chunk))
            for item, score in adjusted.items():
                bisect.insort(best, (-score, len(best), item))
            del best[limit:]
            reach = self._reach(scores[chunk[-1]])
            if len(best) == limit and -best[-1][0] >= reach:
                return [item for _, _, item in best], True
        return [item for _, _, item in best], False

    def _reach(self, score: float) -> float:
        """The greatest score that an item with at most this score could be given."""
        lowest, greatest = min([1.0, *self.shown.values()]), 1.0
        least = below_zero(lowest)
        if self.boost is not None:
            lowest, greatest = lowest * self.boost.least, self.boost.greatest
            least *= below_zero(self.boost.least)
        above, below = (lowest, greatest), (below_zero(greatest), least)
        if self.unmasked is None:
            return max(score * factor for factor in (below if score < 0.0 else above))
        return max(score * factor for factor in (*above, *below))

    def adjust(self, scored: Sequence[Scored]) -> list[Scored]:
        """The same items with their adjusted scores, best first."""
        if self.is_idle:
            return list(scored)
        factors = self.factors({one.item: one.score for one in scored})
        return sorted(
            (_adjusted(one, *factors[one.item]) for one in scored), key=lambda one: one.order
        )


def below_zero(factor: float) -> float:
    """What a score below 0 is multiplied with for this factor.

    A factor above 1 divides it, so it rises and the order of the boosted stays. One below 1 takes
    the share from it that a score above 0 loses, so 0 doubles it.
    """
    return 1.0 / factor if factor > 1.0 else 2.0 - factor


def adjustment_terms(scored: Scored) -> list[Term]:
    """What boost and rotation add to a score, piece by piece of what it is made from.

    The terms of each are by value, the greatest first.
    """
    if not scored.adjustments:
        return []
    sums: dict[str | None, list[float]] = {}
    for term in scored.terms:
        sums.setdefault(term.via, []).append(term.value)
    found = []
    before = 1.0
    for relation, factor in scored.adjustments:
        added = [
            Term(relation, via, factor - 1.0, value)
            for via, parts in sums.items()
            if (value := (factor - 1.0) * before * math.fsum(parts)) != 0.0
        ]
        found += sorted(added, key=lambda term: term.place)
        before *= factor
    return found


def _adjusted(scored: Scored, boost: float, rotation: float) -> Scored:
    adjustments = tuple(
        (relation, factor)
        for relation, factor in ((BOOST, boost), (ROTATION, rotation))
        if factor != 1.0
    )
    if not adjustments:
        return scored
    return replace(scored, score=scored.score * boost * rotation, adjustments=adjustments)


def _shown(store: Store, user: str | None, rotation: Rotation | None) -> dict[str, float]:
    """The factor of each item that a user was shown lately: the later, the lower."""
    if user is None or rotation is None or rotation.share == 0.0:
        return {}
    since = math.floor(rotation.now - rotation.within_s)
    found = {}
    for item, at in store.shown_items(user, since).items():
        age = max(0.0, rotation.now - at)
        if age < rotation.within_s:
            found[item] = 1.0 - rotation.share * (1.0 - age / rotation.within_s)
    return found
