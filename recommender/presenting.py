"""Makes suggestions of scored items: contributions, paths, shares and a sentence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.store import Store
from recommender.anchors import Anchors
from recommender.paths import Surroundings, choose_terms, draw_path, shares
from recommender.recipe import FACTORS
from recommender.request import Request
from recommender.sentences import say_why
from recommender.serving_run import ServingRun
from recommender.sharing import SharedFactFinder
from recommender.suggestion import Contribution, Path, Suggestion
from recommender.terms import Scored, Term

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
        return self.present([(scored, choose_terms(scored.greatest_first())) for scored in chosen])

    def present(self, chosen: Sequence[tuple[Scored, Sequence[Term]]]) -> tuple[Suggestion, ...]:
        """The same with the terms that become paths given for each item."""
        items = [scored.item for scored, _ in chosen]
        titles = {item.id: item.title for item in self.store.items(items)}
        pairs = sorted(
            (term.via, scored.item)
            for scored, terms in chosen
            for term in terms
            if term.relation in ("SHARES", "RESEMBLES") and term.via is not None
        )
        factors = self.run.factors
        around = Surroundings(
            self.request.user,
            self.anchors.pieces,
            self.anchors.traits,
            self.finder.find(pairs),
            {} if factors is None else {pair: factors.similarity(*pair) for pair in pairs},
        )
        return tuple(
            self._suggestion(rank, scored, terms, titles, around)
            for rank, (scored, terms) in enumerate(chosen, start=1)
        )

    def _suggestion(
        self,
        rank: int,
        scored: Scored,
        shown: Sequence[Term],
        titles: Mapping[str, str | None],
        around: Surroundings,
    ) -> Suggestion:
        title = titles.get(scored.item)
        paths = tuple(
            draw_path(term, scored.item, title, share, around)
            for term, share in zip(shown, shares(scored, shown), strict=True)
        )
        place = {term: index for index, term in enumerate(shown)}
        contributions = tuple(
            Contribution(term.signal, term.value, term.via, place.get(term))
            for term in scored.greatest_first()
        )
        sentence = self._sentence(scored, shown, paths)
        return Suggestion(scored.item, title, rank, scored.score, contributions, paths, sentence)

    def _sentence(self, scored: Scored, shown: Sequence[Term], paths: Sequence[Path]) -> str:
        """By the strongest path that raises the score; the first one, if there is any."""
        speaks = bool(shown) and shown[0].value > 0.0
        prior = next((term.value for term in scored.terms if term.via is None), 0.0)
        fit = math.fsum(term.value for term in scored.terms if term.relation == FACTORS)
        edges = [term for term in scored.terms if term.is_edge]
        others = math.fsum(term.value for term in edges if term.value > 0.0)
        # What fills a list up stands there for its prior, even where that adds nothing to a score.
        is_found = bool(edges) or prior != 0.0
        is_filler = not is_found and self.anchors.prior is not None and scored.prior > 0.0
        is_popular = prior > (shown[0].value if speaks else 0.0) or is_filler
        return say_why(
            self.request.lang,
            paths[0] if speaks else None,
            self.run.predicted,
            is_popular=is_popular,
            is_disfavoured=any(term.value < 0.0 for term in scored.terms),
            is_fitting=fit > max(others, prior, 0.0),
            fitting=self._fitting(scored),
        )

    def _fitting(self, scored: Scored) -> list[str]:
        """The items of the history that the factor model finds to fit best; none that counts
        against what is like it."""
        weights = self.anchors.factors
        best = [
            term.via
            for term in scored.greatest_first()
            if term.relation == FACTORS
            and term.via is not None
            and term.value > 0.0
            and weights[term.via] > 0.0
        ]
        pieces = [self.anchors.pieces[via] for via in best[:NAMED]]
        return [piece.title or piece.item for piece in pieces]
