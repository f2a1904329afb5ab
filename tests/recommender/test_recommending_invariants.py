"""What holds for every suggestion on every graph, checked against the formula worked out by hand.

Each example is a graph of its own, with ids of its own, so all of them fit into one store.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.model import HELD_OUT, Entity
from graph.store import Store
from recommender.item_factors import ItemFactors
from recommender.recipe import Recipe, SignalRecipe
from recommender.recommending import Recommender
from recommender.request import SIGNALS, Request
from recommender.run_evidence import Retrieval
from recommender.suggestion import Contribution, Path, Suggestion

NUMBER = count()
CASES = 6
WEIGHT = st.integers(-20, 100).map(lambda value: value / 64).filter(bool)
RELATIONS = ("CO_LIKED", "FOLLOWED_BY", "SHARES", "RESEMBLES")
FACTORS = "FACTORS"
BOOST = "year >= 1991: 1.5; year >= 1993: .25"
SIZE = 3
TYPES = ("LIKED", "VIEWED", "DISLIKED")

property_test = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(params=["cypher", "memory"])
def retrieval(request: pytest.FixtureRequest) -> str:
    """Both places to read evidence from."""
    return str(request.param)


@dataclass(frozen=True)
class Case:
    """A graph, and in it a user with a history and the items around; nothing else touches those."""

    graph: Any
    user: str
    items: tuple[str, ...]
    history: tuple[tuple[str, str], ...]  # (item, type), latest first


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    part = st.integers(0, 8).map(lambda value: value / 4)
    signals = tuple(
        SignalRecipe(
            relation,
            draw(part),
            draw(st.sampled_from([None, 1.0, 7.5])),
            draw(st.sampled_from([0.0, 0.5, 1.0])),
        )
        for relation in (*RELATIONS, FACTORS)
    )
    return Recipe(
        signals,
        {"LIKED": 1.0, "VIEWED": draw(part), "DISLIKED": draw(st.sampled_from([-0.5, 0.0, 0.5]))},
        prior=draw(part),
        prior_without_history=draw(part),
        profile=draw(part),
        profile_without_history=draw(part),
        history_limit=draw(st.sampled_from([2, 500])),
    )


@st.composite
def one_case(draw: st.DrawFn, small_graph: Callable[..., Any], head: str, recipe: Recipe) -> Case:
    user = head + "u"
    items = tuple(f"{head}{index}" for index in range(draw(st.integers(3, 7))))
    entities = [Entity(f"{head}e{index}", "Thing", f"thing {index}") for index in range(3)]
    item, entity = st.sampled_from(items), st.sampled_from(entities)
    pieces = draw(st.lists(st.tuples(item, st.sampled_from(TYPES)), max_size=5, unique=True))
    facts = {
        ("Item", draw(st.sampled_from(["HAS_PART", "LIKE_A"])), draw(item), draw(entity))
        for _ in range(draw(st.integers(0, 10)))
    } | {("User", "IS_A", user, draw(entity)) for _ in range(draw(st.integers(0, 2)))}
    pair = st.tuples(item, item).filter(lambda ends: ends[0] != ends[1])
    evidence: dict[str, list[tuple[Any, ...]]] = {
        relation: [(*ends, draw(WEIGHT)) for ends in draw(st.lists(pair, max_size=12, unique=True))]
        for relation in RELATIONS
    }
    evidence["FAVOURS"] = [
        (source.id, target, draw(WEIGHT))
        for source, target in draw(st.lists(st.tuples(entity, item), max_size=5, unique=True))
    ]
    evidence["PRIOR"] = [
        (target, draw(WEIGHT)) for target in draw(st.lists(item, max_size=7, unique=True))
    ]
    ids = draw(st.lists(item, unique=True))
    times = draw(st.permutations(range(len(pieces))))
    feedback: dict[str, list[tuple[str, str, float, int | None]]] = {name: [] for name in TYPES}
    for (piece, kind), at in zip(pieces, times, strict=True):
        feedback[kind].append((user, piece, 1.0 + at, at))
    graph = small_graph(
        items={name: f"Title {name}" for name in items},
        years={name: 1990 + index for index, name in enumerate(items)},
        users=(user,),
        entities=entities,
        feedback=feedback,
        facts=sorted(facts, key=str),
        evidence=evidence,
        recipe=recipe,
        factors=draw(factors_of(ids)),
    )
    latest_first = sorted(zip(times, pieces, strict=True), reverse=True)
    return Case(graph, user, items, tuple(piece for _, piece in latest_first))


@st.composite
def factors_of(draw: st.DrawFn, ids: list[str]) -> ItemFactors:
    """Vectors of some items, with all their digits; a part may be unknown."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))

    def rows() -> np.ndarray:
        return rng.uniform(-1.0, 1.0, (len(ids), SIZE)).astype(np.float32)

    unit = {}
    for name in ("text", "knowledge"):
        part = rows()
        known = rng.random((len(ids), 1)) < 0.7
        unit[name] = known * part / np.linalg.norm(part, axis=1, keepdims=True)
    return ItemFactors(np.array(ids, dtype=object), rows(), rows(), unit)


@st.composite
def several_cases(draw: st.DrawFn, small_graph: Callable[..., Any], number: int) -> list[Case]:
    """Cases that share nothing but the recipe: writing them together is what makes this fast."""
    recipe = draw(recipes())
    cases = [draw(one_case(small_graph, f"x{number}-{index}-", recipe)) for index in range(CASES)]
    return join_cases(cases, small_graph)


def join_cases(cases: list[Case], small_graph: Callable[..., Any]) -> list[Case]:
    """The same cases in one graph, which each of them then stands for."""
    graphs = [case.graph for case in cases]
    graph = small_graph(
        items={item: title for graph in graphs for item, title in graph.items.items()},
        years={item: year for graph in graphs for item, year in graph.years.items()},
        users=[user for graph in graphs for user in graph.users],
        entities=[entity for graph in graphs for entity in graph.entities],
        facts=[fact for graph in graphs for fact in graph.facts],
        feedback=_joined([graph.feedback for graph in graphs]),
        evidence=_joined([graph.evidence for graph in graphs]),
        recipe=graphs[0].recipe,
        factors=ItemFactors(
            np.concatenate([graph.factors.ids for graph in graphs]),
            np.concatenate([graph.factors.sources for graph in graphs]),
            np.concatenate([graph.factors.targets for graph in graphs]),
            {
                name: np.concatenate([graph.factors.parts[name] for graph in graphs])
                for name in graphs[0].factors.parts
            },
        ),
    )
    return [replace(case, graph=graph) for case in cases]


def _joined(parts: list[dict[str, list[Any]]]) -> dict[str, list[Any]]:
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


def expected_scores(case: Case, *, edges_only: bool = False) -> dict[str, float]:
    """The formula of recommender/recipe.py, term by term, for every item."""
    recipe = case.graph.recipe
    pieces = case.history[: recipe.history_limit]
    strengths = [recipe.type_weights[kind] for _, kind in pieces]
    kernels = {relation: case.graph.evidence[relation] for relation in RELATIONS}
    kernels[FACTORS] = [] if edges_only else factor_products(case.graph.factors)
    reaching = {
        (edge[0], relation) for relation in RELATIONS for edge in case.graph.evidence[relation]
    }
    terms: dict[str, list[float]] = defaultdict(list)
    speaks = False
    for signal in recipe.signals:
        rank = 0
        faded = []
        for strength in strengths:
            fading = 1.0 if signal.decay is None else math.exp(-rank / signal.decay)
            faded.append(strength * fading)
            rank += strength != 0.0
        total = sum(map(abs, faded))
        for (item, _), weight in zip(pieces, faded, strict=True):
            anchor = weight * signal.theta * total**-signal.damping if total else 0.0
            speaks |= anchor != 0.0 and (item, signal.relation) in reaching
            for source, target, edge in kernels[signal.relation]:
                if source == item:
                    terms[target].append(anchor * edge)
    prior = recipe.prior if speaks else recipe.prior_without_history
    profile = recipe.profile if speaks else recipe.profile_without_history
    if not speaks:
        terms.clear()
    traits = {entity.id for _, _, source, entity in case.graph.facts if source == case.user}
    for source, target, edge in case.graph.evidence["FAVOURS"]:
        if source in traits:
            terms[target].append(profile * edge)
    for target, edge in case.graph.evidence["PRIOR"]:
        terms[target].append(prior * edge)
    return {item: math.fsum(terms[item]) for item in case.graph.items}


def factor_products(factors: ItemFactors) -> list[tuple[str, str, float]]:
    products = factors.sources.astype(np.float64) @ factors.targets.astype(np.float64).T
    ids = factors.ids.tolist()
    return [
        (source, target, float(products[row, column]))
        for row, source in enumerate(ids)
        for column, target in enumerate(ids)
    ]


def all_scores(recommender: Recommender, request: Request) -> dict[str, float]:
    answer = recommender.recommend(replace(request, n=1000, include_seen=True))
    return {suggestion.item: suggestion.score for suggestion in answer.suggestions}


def own_edges(store: Store, case: Case, run: int) -> set[tuple[str, str, str, float]]:
    """Every edge around the case as the store's reads give them: (source, type, target, weight)."""
    edges = {
        (case.user, entry.type, entry.item, entry.value) for entry in store.history(case.user, 100)
    }
    for label, ids in (("Item", case.items), ("User", (case.user,))):
        for fact in store.facts(label, ids):
            edges.add((fact.source, fact.relation, fact.entity.id, fact.weight))
    entities = sorted({fact.entity.id for fact in store.facts("User", [case.user])})
    everything = sorted(case.graph.items)
    for edge in [
        *store.evidence(case.items, case.items, run),
        *store.entity_evidence(entities, everything, run),
    ]:
        edges.add((edge.source, edge.relation, edge.target, edge.weight))
    return edges


def check_path(path: Path, item: str, starts: set[str], edges: set[Any]) -> None:
    assert path.nodes[0].id in starts
    assert path.nodes[-1].id == item
    for edge, left, right in zip(path.edges, path.nodes, path.nodes[1:], strict=False):
        source, target = (left, right) if edge.forward else (right, left)
        assert (source.id, edge.type, target.id, edge.weight) in edges
    if path.both is not None:
        facts = {edge[:3] for edge in edges}
        for end in path.nodes[-2:]:
            assert (end.id, path.both.relation, path.both.entity.id) in facts
    assert all(-1.000001 <= value <= 1.000001 for value in path.similarity.values())


def check_sum(suggestion: Suggestion) -> None:
    assert math.fsum(term.value for term in suggestion.contributions) == suggestion.score
    for term in suggestion.contributions:
        if term.signal == "factors":
            assert term.path is None
            assert term.via is not None
        if term.path is not None:
            path = suggestion.paths[term.path]
            assert path.signal == term.signal
            assert term.via in {node.id for node in path.nodes}
            positive = sum(term.value for term in suggestion.contributions if term.value > 0)
            assert path.share == pytest.approx(term.value / positive)


def boost_factor(year: int, score: float) -> float:
    factor = (1.5 if year >= 1991 else 1.0) * (0.25 if year >= 1993 else 1.0)
    if score >= 0.0:
        return factor
    return 1.0 / factor if factor > 1.0 else 2.0 - factor


def by_origin(terms: Sequence[Contribution]) -> dict[tuple[str, str | None], float]:
    return {(term.signal, term.via): term.value for term in terms}


@pytest.mark.slow
@property_test
@given(data=st.data())
def test_scores_paths_masks_and_explanations(
    store: Store,
    write_graph: Callable[..., int],
    small_graph: Callable[..., Any],
    tmp_path: File,
    retrieval: Retrieval,
    data: st.DataObject,
) -> None:
    cases = data.draw(several_cases(small_graph, next(NUMBER)))
    run = write_graph(store, cases[0].graph, tmp_path)
    for case in cases:
        check_case(store, Recommender(store, tmp_path, retrieval), case, run)


def check_case(store: Store, recommender: Recommender, case: Case, run: int) -> None:
    request = Request(case.user)
    expected = expected_scores(case)
    seen = {item for item, _ in case.history}

    # The plain list: right scores, best first, nothing seen.
    answer = recommender.recommend(request)
    got = [(suggestion.item, suggestion.score) for suggestion in answer.suggestions]
    assert not seen & dict(got).keys()
    assert [score for _, score in got] == sorted((score for _, score in got), reverse=True)
    for item, score in got:
        assert score == pytest.approx(expected[item], abs=1e-12)
    # An item left out has no evidence at all: the factor model reranks, and finds nothing itself.
    everything = all_scores(recommender, request)
    by_edges = expected_scores(case, edges_only=True)
    for item in case.graph.items:
        if item in everything:
            assert everything[item] == pytest.approx(expected[item], abs=1e-12)
        else:
            assert by_edges[item] == 0.0

    # Sums and paths.
    edges = own_edges(store, case, run)
    for suggestion in answer.suggestions:
        check_sum(suggestion)
        for path in suggestion.paths:
            check_path(path, suggestion.item, {case.user}, edges)

    # Faithful: masking a piece changes each score by exactly its contributions.
    full = recommender.recommend(replace(request, n=1000, include_seen=True))
    for masked in sorted(seen):
        counterfactual = replace(request, without=frozenset({masked}))
        without = all_scores(recommender, counterfactual)
        for suggestion in full.suggestions:
            share = sum(t.value for t in suggestion.contributions if t.via == masked)
            left = without.get(suggestion.item)
            if left is None:  # no edge leads to it any more
                left = recommender.explain(counterfactual, suggestion.item).score
            assert left == pytest.approx(suggestion.score - share, abs=1e-12)

    # A boost multiplies each score, and each piece of the history by itself; with a piece masked,
    # by the factor of the whole score.
    boosted = replace(request, n=1000, include_seen=True, boost=BOOST)
    factors = {
        item: boost_factor(case.graph.years[item], expected[item]) for item in case.graph.items
    }
    left_without = {
        masked: all_scores(recommender, replace(boosted, without=frozenset({masked})))
        for masked in sorted(seen)
    }
    for suggestion in recommender.recommend(boosted).suggestions:
        factor = factors[suggestion.item]
        assert suggestion.score == pytest.approx(factor * expected[suggestion.item], abs=1e-12)
        total = math.fsum(term.value for term in suggestion.contributions)
        assert total == pytest.approx(suggestion.score, abs=1e-12)
        pieces: dict[str | None, float] = defaultdict(float)
        for term in suggestion.contributions:
            pieces[term.via] += term.value
        explanation = recommender.explain(boosted, suggestion.item)
        assert (explanation.score, explanation.rank) == (suggestion.score, suggestion.rank)
        for masked, without in left_without.items():
            left = without.get(suggestion.item)
            if left is None:
                counterfactual = replace(boosted, without=frozenset({masked}))
                left = recommender.explain(counterfactual, suggestion.item).score
            assert left == pytest.approx(suggestion.score - pieces[masked], abs=1e-12)

    # Explanations agree with the list, for every item.
    small = replace(request, n=2)
    chosen = [suggestion.item for suggestion in recommender.recommend(small).suggestions]
    for item in case.items:
        explanation = recommender.explain(small, item)
        assert explanation.score == pytest.approx(expected[item], abs=1e-12)
        assert math.fsum(term.value for term in explanation.contributions) == explanation.score
        assert (explanation.verdict == "suggested") == (item in chosen)
        assert (explanation.verdict == "seen") == (item in seen)
        if explanation.verdict == "unreached":
            assert by_edges[item] == 0.0
        if item in dict(got):
            assert explanation.rank == 1 + [name for name, _ in got].index(item)
        assert len(explanation.paths) == sum(
            term.via is not None and term.signal != "factors" for term in explanation.contributions
        )
        for path in explanation.paths:
            check_path(path, item, {case.user}, edges)


@property_test
@given(data=st.data())
def test_options_only_narrow_and_reorder(
    store: Store,
    write_graph: Callable[..., int],
    small_graph: Callable[..., Any],
    tmp_path: File,
    retrieval: Retrieval,
    data: st.DataObject,
) -> None:
    cases = data.draw(several_cases(small_graph, next(NUMBER)))
    write_graph(store, cases[0].graph, tmp_path)
    for case in cases:
        check_options(Recommender(store, tmp_path, retrieval), case, data)


def draw_request(case: Case, data: st.DataObject) -> Request:
    """A request for the user of a case, with any options."""
    seen = {item for item, _ in case.history}
    return Request(
        case.user,
        n=data.draw(st.integers(1, 8)),
        exclude=frozenset(data.draw(st.sets(st.sampled_from(case.items)))),
        include_seen=data.draw(st.booleans()),
        filter=data.draw(st.sampled_from([None, "year >= 1992", "not 'thing 1' in HAS_PART"])),
        diversity=data.draw(st.sampled_from([0.0, 0.3, 1.0])),
        signals=tuple(data.draw(st.sets(st.sampled_from(SIGNALS), min_size=1))),
        without=frozenset(data.draw(st.sets(st.sampled_from(sorted(seen)))) if seen else ()),
        lang=data.draw(st.sampled_from(["en", "zh"])),
    )


def check_options(recommender: Recommender, case: Case, data: st.DataObject) -> None:
    seen = {item for item, _ in case.history}
    request = draw_request(case, data)
    answer = recommender.recommend(request)
    items = [suggestion.item for suggestion in answer.suggestions]
    assert len(items) == len(set(items)) <= request.n
    assert not request.exclude & set(items)
    if not request.include_seen:
        assert not seen & set(items)
    years = case.graph.years
    things = {
        source
        for _, relation, source, entity in case.graph.facts
        if relation == "HAS_PART" and entity.name == "thing 1"
    }
    for item in items:
        if request.filter is not None:
            assert years[item] >= 1992 if "year" in request.filter else item not in things
    for suggestion in answer.suggestions:
        check_sum(suggestion)
        assert {term.signal for term in suggestion.contributions} <= set(request.signals)
        assert not {term.via for term in suggestion.contributions} & request.without
        assert suggestion.sentence
    whole = recommender.recommend(Request(case.user, n=1000, include_seen=True))
    terms = {one.item: one.contributions for one in whole.suggestions}
    for suggestion in answer.suggestions:
        assert by_origin(suggestion.contributions) == {
            term: value
            for term, value in by_origin(terms.get(suggestion.item, ())).items()
            if term[0] in request.signals and term[1] not in request.without
        }
    if request.diversity:
        plain = recommender.recommend(replace(request, diversity=0.0, n=1000))
        assert set(items) <= {suggestion.item for suggestion in plain.suggestions}
    if request.signals == SIGNALS and not request.without:
        expected = expected_scores(case)
        for suggestion in answer.suggestions:
            assert suggestion.score == pytest.approx(expected[suggestion.item], abs=1e-12)


@property_test
@given(data=st.data())
def test_sessions_are_scored_like_a_user_with_that_history(
    store: Store,
    write_graph: Callable[..., int],
    small_graph: Callable[..., Any],
    tmp_path: File,
    retrieval: Retrieval,
    data: st.DataObject,
) -> None:
    cases = data.draw(several_cases(small_graph, next(NUMBER)))
    run = write_graph(store, cases[0].graph, tmp_path)
    for case in cases:
        check_session(store, Recommender(store, tmp_path, retrieval), case, run)


def check_session(store: Store, recommender: Recommender, case: Case, run: int) -> None:
    liked = tuple(item for item, kind in reversed(case.history) if kind == "LIKED")
    if not liked:
        return
    answer = recommender.recommend(Request(history=liked, n=20))
    assert not set(liked) & {suggestion.item for suggestion in answer.suggestions}
    edges = own_edges(store, case, run)
    graph = replace(case.graph, facts=[f for f in case.graph.facts if f[0] == "Item"])
    twin = replace(
        case, user="", graph=graph, history=tuple((item, "LIKED") for item in reversed(liked))
    )
    expected = expected_scores(twin)
    for suggestion in answer.suggestions:
        assert suggestion.score == pytest.approx(expected[suggestion.item], abs=1e-12)
        check_sum(suggestion)
        for path in suggestion.paths:
            check_path(path, suggestion.item, set(liked), edges)


@property_test
@given(data=st.data())
def test_memory_answers_as_the_graph_does(
    store: Store,
    write_graph: Callable[..., int],
    small_graph: Callable[..., Any],
    tmp_path: File,
    data: st.DataObject,
) -> None:
    cases = data.draw(several_cases(small_graph, next(NUMBER)))
    write_graph(store, cases[0].graph, tmp_path)
    asking, remembering = Recommender(store, tmp_path), Recommender(store, tmp_path, "memory")
    for case in cases:
        requests = [draw_request(case, data), Request(case.user), Request("nobody", n=3)]
        requests.append(Request(history=case.items[:2], diversity=0.5, lang="zh"))
        for request in requests:
            assert asking.recommend(request) == remembering.recommend(request)
        for item in case.items:
            explained = asking.explain(requests[0], item)
            assert explained == remembering.explain(requests[0], item)


def test_held_out_feedback_is_neither_seen_nor_used(
    films: Store, write_feedback: Callable[..., None]
) -> None:
    before = Recommender(films).recommend(Request("42", n=3))
    write_feedback(films, "LIKED", [("42", "2", 5.0, 99)], split=HELD_OUT)
    assert Recommender(films).recommend(Request("42", n=3)) == before
