"""Makes suggestions of scored items: contributions, paths, shares and a sentence."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph.model import Item
from graph.store import Store
from recommender.adjusting import adjustment_terms
from recommender.anchors import Anchors
from recommender.item_factors import FactorFit
from recommender.paths import Surroundings, choose_terms, draw_path, leading, shares
from recommender.recipe import FACTORS, SIGNAL_OF_RELATION
from recommender.request import Request
from recommender.scored import Scored
from recommender.sentences import say_why
from recommender.serving_run import ServingRun
from recommender.sharing import SharedFactFinder
from recommender.suggestion import Contribution, Path, Suggestion
from recommender.terms import EdgeTerms, Term

NAMED = 2
"""Items of the history that a sentence names where the whole of it speaks for an item."""


@dataclass(frozen=True, slots=True)
class Presenter:
    """What all items of one answer are presented with."""

    store: Store
    finder: SharedFactFinder
    request: Request
    anchors: Anchors
    run: ServingRun

    def suggestions(self, chosen: Sequence[Scored]) -> tuple[Suggestion, ...]:
        """The chosen items as suggestions, ranked in this order, with up to three paths each."""
        if self.request.explain == "none":
            items = self._items(chosen)
            return tuple(
                _bare(items[scored.item], rank, scored)
                for rank, scored in enumerate(chosen, start=self.request.offset + 1)
            )
        return self.present([(scored, choose_terms(scored.edges)) for scored in chosen])

    def present(self, chosen: Sequence[tuple[Scored, Sequence[Term]]]) -> tuple[Suggestion, ...]:
        """The same with the terms that become paths given for each item."""
        items = self._items([scored for scored, _ in chosen])
        shown = [(term, scored.item) for scored, terms in chosen for term in terms]
        factors = self.run.factors
        around = Surroundings(
            self.request.user,
            self.anchors.pieces,
            self.anchors.traits,
            self.finder.find(_pairs(shown, "SHARES", "RESEMBLES")),
            {} if factors is None else factors.similarities(_pairs(shown, "RESEMBLES")),
        )
        return tuple(
            self._suggestion(items[scored.item], rank, scored, terms, around)
            for rank, (scored, terms) in enumerate(chosen, start=self.request.offset + 1)
        )

    def _items(self, chosen: Sequence[Scored]) -> dict[str, Item]:
        """What the store says of these items; one that was just deleted has its id alone."""
        ids = [scored.item for scored in chosen]
        found = {key: Item(key) for key in ids}
        return found | {item.id: item for item in self.store.items(ids)}

    def _suggestion(
        self,
        item: Item,
        rank: int,
        scored: Scored,
        shown: Sequence[Term],
        around: Surroundings,
    ) -> Suggestion:
        paths = tuple(
            draw_path(term, item.id, item.title, share, around)
            for term, share in zip(shown, shares(scored, shown), strict=True)
        )
        is_full = self.request.explain == "full"
        contributions = _each(scored, shown) if is_full else _summed(scored, shown)
        return Suggestion(
            item.id,
            item.title,
            rank,
            scored.score,
            tuple(contributions),
            paths,
            self._sentence(scored, shown, paths),
            item.properties,
        )

    def _sentence(self, scored: Scored, shown: Sequence[Term], paths: Sequence[Path]) -> str:
        """By the path that leads; what stands before it in the sentence adds more than it does."""
        lead = leading(shown, paths)
        raised = 0.0 if lead is None else shown[lead].value
        prior = scored.prior_value
        fit = 0.0 if scored.fit is None else math.fsum(scored.fit.values)
        # What fills a list up stands there for its prior, even where that adds nothing to a score.
        is_found = bool(scored.edges) or prior != 0.0
        is_filler = not is_found and self.anchors.prior is not None and scored.prior > 0.0
        is_popular = prior > raised or is_filler
        is_fitting = fit > max(prior, 0.0) and fit > _raised(scored.edges)
        return say_why(
            self.request.lang,
            None if lead is None else paths[lead],
            self.run.predicted,
            is_popular=is_popular,
            is_disfavoured=lead is None and min(scored.values) < 0.0,
            is_fitting=is_fitting,
            fitting=self._fitting(scored.fit) if is_fitting else (),
        )

    def _fitting(self, fit: FactorFit | None) -> list[str]:
        """The items of the history that the factor model finds to fit best."""
        best = [] if fit is None else fit.best(NAMED)
        pieces = [self.anchors.pieces[via] for via in best]
        return [piece.title or piece.item for piece in pieces]


def _raised(edges: Sequence[EdgeTerms]) -> float:
    """What the terms above 0 add to the score."""
    return math.fsum([value for terms in edges for value in terms.values if value > 0.0])


def _bare(item: Item, rank: int, scored: Scored) -> Suggestion:
    """A suggestion without any reason."""
    return Suggestion(item.id, item.title, rank, scored.score, (), (), "", item.properties)


def _each(scored: Scored, shown: Sequence[Term]) -> list[Contribution]:
    """One contribution a term."""
    place = {term[:2]: index for index, term in enumerate(shown)}
    return [
        Contribution(SIGNAL_OF_RELATION[relation], value, via, place.get((relation, via)))
        for relation, via, _, value in [*scored.greatest_first(), *adjustment_terms(scored)]
    ]


def _summed(scored: Scored, shown: Sequence[Term]) -> list[Contribution]:
    """One contribution a path; all other terms are summed by signal, adjustments last."""
    place = {term: index for index, term in enumerate(shown)}
    single = [
        Contribution(term.signal, term.value, term.via, place[term])
        for term in sorted(shown, key=lambda term: term.place)
    ]
    rest = [_undrawn(terms, shown) for terms in scored.edges]
    if scored.prior_value != 0.0:
        rest.append(_sum_of(SIGNAL_OF_RELATION["PRIOR"], [scored.prior_value]))
    if scored.fit is not None:
        fitting = [value for value in scored.fit.values if value != 0.0]
        rest.append(_sum_of(SIGNAL_OF_RELATION[FACTORS], fitting))
    adjusted: dict[str, list[float]] = {}
    for term in adjustment_terms(scored):
        adjusted.setdefault(term.signal, []).append(term.value)
    sums = [_sum_of(signal, values) for signal, values in adjusted.items()]
    return [*single, *_greatest_first(rest), *_greatest_first(sums)]


def _undrawn(terms: EdgeTerms, shown: Sequence[Term]) -> Contribution:
    """The sum of those terms of a relation that have no path; exact, so that one may subtract."""
    drawn = [-term.value for term in shown if term.relation == terms.relation]
    number = len(terms.values) - len(drawn)
    return Contribution(terms.signal, math.fsum([*terms.values, *drawn]), None, None, number)


def _sum_of(signal: str, values: Sequence[float]) -> Contribution:
    return Contribution(signal, math.fsum(values), None, None, len(values))


def _greatest_first(sums: Iterable[Contribution]) -> list[Contribution]:
    """Those that are of any term."""
    return sorted((one for one in sums if one.terms > 0), key=lambda one: (-one.value, one.signal))


def _pairs(shown: Sequence[tuple[Term, str]], *relations: str) -> list[tuple[str, str]]:
    """Both ends of the shown edges of these relations, ascending."""
    return sorted(
        (term.via, item)
        for term, item in shown
        if term.relation in relations and term.via is not None
    )
