"""Reads where the user or session of a request stands in the graph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.errors import UsageError
from graph.model import HistoryEntry
from graph.store import Store
from recommender.anchors import Anchors, weigh, weigh_without_history
from recommender.near_matches import no_such_item
from recommender.request import SIGNALS, Request
from recommender.run_evidence import Weights
from recommender.serving_run import ServingRun

WHOLE_HISTORY = 1_000_000
"""Pieces of feedback read of a user: all, since what was seen must not be suggested."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a user or session stands in the graph.

    `seen` are all items of the history. `full` holds all anchors, `asked` those that the request
    keeps: of its signals, without the masked pieces. `is_known`: the user is in the graph;
    `has_history`: there is a piece whose type counts; `is_mute`: no evidence starts at any.
    """

    seen: frozenset[str]
    full: Anchors
    asked: Anchors
    is_known: bool
    has_history: bool
    is_mute: bool = False

    def excluded(self, request: Request) -> frozenset[str]:
        """The items that must not be suggested."""
        return request.exclude if request.include_seen else request.exclude | self.seen

    def unmasked(self, request: Request) -> Anchors:
        """The anchors of the request's signals, with those of the masked pieces."""
        return self.full.select(request.signals)

    def silent(self, request: Request) -> Weights:
        """The weights of edges that lead to candidates, though the request leaves their signals
        out: it asks for the factor model, which has no edges to find anything by."""
        if not self.asked.factors or set(request.signals) == set(SIGNALS):
            return {}
        every = self.full.mask(request.without).edges
        return {name: found for name, found in every.items() if name not in self.asked.weights}


def take_standing(
    store: Store, run: ServingRun, request: Request, history: Sequence[HistoryEntry]
) -> Standing:
    """Weigh the history, as `read_history` gave it, and the attributes that are read here."""
    seen = frozenset(piece.item for piece in history)
    if absent := sorted(request.without - seen):
        raise UsageError(f"without {absent[0]!r}: this item is not in the history")
    is_known = request.user is None or bool(history) or store.user(request.user) is not None
    recipe = run.recipe
    has_history = any(recipe.type_weights.get(piece.type, 0.0) != 0.0 for piece in history)
    traits = []
    if request.user is not None and (recipe.profile != 0.0 or not has_history):
        traits = store.facts("User", [request.user])
    full = weigh(recipe, history, traits) if has_history else weigh_without_history(recipe, traits)
    return Standing(seen, full, _asked(full, request), is_known, has_history)


def fall_back_if_mute(
    store: Store, run: ServingRun, request: Request, standing: Standing
) -> Standing:
    """A standing without history, where no evidence at all starts at the history; else the same.

    This is a matter of the user and the run, not of the request's options: else masking a piece
    could change the weight of the others.
    """
    if not standing.has_history:
        return standing
    if run.evidence.starts_at(standing.full.edges):
        return standing
    traits = [] if request.user is None else store.facts("User", [request.user])
    full = weigh_without_history(run.recipe, traits)
    return replace(standing, full=full, asked=_asked(full, request), is_mute=True)


def _asked(full: Anchors, request: Request) -> Anchors:
    return full.select(request.signals).mask(request.without)


def read_history(store: Store, run: ServingRun, request: Request) -> Sequence[HistoryEntry]:
    """The history that a request is about, latest first.

    A session's items all count as the predicted type of feedback, one after the other in time.
    """
    if request.user is not None:
        return store.history(request.user, WHOLE_HISTORY)
    latest_first = list(dict.fromkeys(reversed(request.history or ())))
    items = store.items(latest_first)
    titles = {item.id: item.title for item in items}
    for item in latest_first:
        if item not in titles:
            raise no_such_item(store, item)
    weights = run.recipe.type_weights
    feedback = run.predicted
    if feedback not in weights and weights:
        feedback = max(weights, key=lambda name: (weights[name], name))
    return [
        HistoryEntry(item, feedback, 1.0, -back, titles[item])
        for back, item in enumerate(latest_first)
    ]
