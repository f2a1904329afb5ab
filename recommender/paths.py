"""Turns the terms of a score into walks through the graph, edge by edge as the store holds them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import not_

from graph.model import Entity, FactEdge, HistoryEntry
from recommender.scored import Scored
from recommender.suggestion import CommonFact, Path, PathEdge, PathNode
from recommender.terms import EdgeTerms, Term

SHOWN = 3
"""Paths of a suggestion."""

UNWELCOME = frozenset({"DISLIKED", "RATED_LOW"})
"""Types of feedback on what a user chose and did not like. Training may find that it speaks for
more of its kind all the same."""


@dataclass(frozen=True, slots=True)
class SharedFact:
    """`(first)-[relation {first_weight}]->(entity)<-[relation {second_weight}]-(second)`."""

    relation: str
    entity: Entity
    first_weight: float
    second_weight: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the store says about the nodes around a user's terms.

    `pieces`, `traits`: the user's feedback by item and facts by entity; `shared`: what an item of
    the history shares with a suggested one, and `similarity` in what parts of their content two
    items are alike, by (history item, suggested item).
    """

    user: str | None
    pieces: Mapping[str, HistoryEntry]
    traits: Mapping[str, FactEdge]
    shared: Mapping[tuple[str, str], SharedFact]
    similarity: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)


def choose_terms(edges: Sequence[EdgeTerms], limit: int = SHOWN) -> list[Term]:
    """The terms to show as paths, the strongest first: of each signal one before a second.

    Only terms that raise the score; the prior and the factor model have no path. A signal that
    speaks against the item on the whole comes after those that speak for it.
    """
    speaks_for = [math.fsum(terms.values) > 0.0 for terms in edges]
    chosen = _in_turn(list(compress(edges, speaks_for)), limit)
    if len(chosen) < limit:
        others = compress(edges, map(not_, speaks_for))
        chosen += _in_turn(list(others), limit - len(chosen))
    return sorted(chosen, key=lambda term: -term.value)


def _in_turn(edges: Sequence[EdgeTerms], limit: int) -> list[Term]:
    """Up to `limit` terms, the strongest of each signal, then each one's second, and so on."""
    chosen: list[Term] = []
    for before in range(limit):
        if len(chosen) < limit:
            each = [term for terms in edges for term in terms.raising(before + 1)[before:]]
            chosen += sorted(each, key=lambda term: term.place)
    return chosen[:limit]


def shares(scored: Scored, terms: Sequence[Term]) -> list[float]:
    """Each term's part of all that raises the score; of all terms, where nothing raises it."""
    total = math.fsum([value for value in scored.values if value > 0.0])
    if total == 0.0:
        total = math.fsum(map(abs, scored.values))
    return [term.value / total for term in terms]


def draw_path(term: Term, item: str, title: str | None, share: float, around: Surroundings) -> Path:
    """The walk that one term stands for; it ends at the item."""
    end = _item_node(item, title)
    if term.via is None:
        raise ValueError("the prior has no path")
    if term.relation == "FAVOURS":
        fact = around.traits[term.via]
        nodes = [_user_node(fact.source), _entity_node(fact.entity), end]
        edges = [PathEdge(fact.relation, fact.weight), PathEdge(term.relation, term.weight)]
        return Path(tuple(nodes), tuple(edges), share, term.signal)
    piece = around.pieces[term.via]
    nodes = [_item_node(piece.item, piece.title)]
    edges = []
    if around.user is not None:
        nodes.insert(0, _user_node(around.user))
        edges.append(PathEdge(piece.type, piece.value))
    pair = (term.via, item)
    if term.relation == "RESEMBLES":
        edges.append(PathEdge(term.relation, term.weight))
        both = around.shared.get(pair)
        return Path(
            (*nodes, end),
            tuple(edges),
            share,
            term.signal,
            similarity=around.similarity.get(pair, {}),
            both=None if both is None else CommonFact(both.relation, _entity_node(both.entity)),
        )
    fact_shared = around.shared.get(pair) if term.relation == "SHARES" else None
    if fact_shared is None:
        edges.append(PathEdge(term.relation, term.weight))
    else:
        nodes.append(_entity_node(fact_shared.entity))
        edges.append(PathEdge(fact_shared.relation, fact_shared.first_weight))
        edges.append(PathEdge(fact_shared.relation, fact_shared.second_weight, forward=False))
    return Path((*nodes, end), tuple(edges), share, term.signal)


def leading(terms: Sequence[Term], paths: Sequence[Path]) -> int | None:
    """The place of the path that a reader is told first; None where none raises the score.

    It is the strongest that begins with feedback which was welcome, else the strongest.
    """
    raising = [place for place, term in enumerate(terms) if term.value > 0.0]
    welcome = (place for place in raising if paths[place].edges[0].type not in UNWELCOME)
    return next(welcome, raising[0] if raising else None)


def path_line(path: Path) -> str:
    """A path as one line of text.

    `42 -LIKED-> Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- Serpico (1973)`
    """
    parts = [path.nodes[0].name]
    for edge, node in zip(path.edges, path.nodes[1:], strict=True):
        parts.append(f"-{edge.type}->" if edge.forward else f"<-{edge.type}-")
        parts.append(node.name)
    return " ".join(parts)


def _user_node(user: str) -> PathNode:
    return PathNode(user, "User", user)


def _item_node(item: str, title: str | None) -> PathNode:
    return PathNode(item, "Item", title or item)


def _entity_node(entity: Entity) -> PathNode:
    return PathNode(entity.id, entity.kind, entity.name)
