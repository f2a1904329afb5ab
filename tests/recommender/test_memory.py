"""A run in memory is seen to be old: another run, more evidence, new titles, facts, feedback."""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from graph.model import FactType
from graph.store import Store
from recommender.array_evidence import ArrayEvidence
from recommender.recipe import Recipe, SignalRecipe
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.run_evidence import Retrieval
from recommender.suggestion import Recommendation

HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN, QUIET = "1", "2", "3", "4", "5", "6"


@pytest.fixture(params=[0, 1000], ids=["", "kept"])
def recommender(films: Store, request: pytest.FixtureRequest) -> Recommender:
    """It has the run in memory, and the answers that it gave."""
    made = Recommender(films, retrieval="memory", kept_suggestions=request.param)
    made.recommend(Request("42"))
    return made


def items(recommender: Recommender, user: str = "42") -> list[str]:
    return [one.item for one in recommender.recommend(Request(user)).suggestions]


def test_another_run_is_noticed(
    films: Store, recommender: Recommender, retrain: Callable[[Store, Recipe], int]
) -> None:
    run = retrain(films, Recipe((SignalRecipe("CO_LIKED", 10.0),), {"LIKED": 1.0}))
    answer = recommender.recommend(Request("42", n=1))
    assert (answer.run, answer.suggestions[0].score) == (run, 3.75)


def test_nothing_of_the_run_before_stays_in_memory(
    films: Store, retrain: Callable[[Store, Recipe], int]
) -> None:
    recommender = Recommender(films, retrieval="memory", kept_suggestions=1000)
    recommender.recommend(Request("42"))
    recommender.explain(Request("42"), INSIDER)
    gc.collect()
    gc.disable()  # so only what is in no circle goes: a server freezes what it begins with
    try:
        before = arrays_in_memory()
        assert before > 0
        for _ in range(3):
            retrain(films, Recipe((SignalRecipe("CO_LIKED", 10.0),), {"LIKED": 1.0}))
            recommender.recommend(Request("42"))
            recommender.explain(Request("42"), INSIDER)
        assert arrays_in_memory() == before
    finally:
        gc.enable()


def arrays_in_memory() -> int:
    # The type alone: modules keep objects that warn when they are asked for their class.
    return sum(type(one) is ArrayEvidence for one in gc.get_objects())


def test_evidence_added_to_the_run_is_noticed(films: Store, recommender: Recommender) -> None:
    assert items(recommender)[0] != QUIET
    edges = {"source": [HEAT], "target": [QUIET], "weight": [8.0]}
    films.write_evidence(films.runs()[-1].id, "SHARES", pa.table(edges))
    assert items(recommender)[0] == QUIET


def test_new_feedback_counts_at_once(
    films: Store, recommender: Recommender, write_feedback: Callable[..., None]
) -> None:
    assert SERPICO in items(recommender)
    write_feedback(films, "LIKED", [("42", SERPICO, 5.0, 30)])
    assert SERPICO not in items(recommender)


def test_a_deleted_item_is_not_suggested(films: Store, recommender: Recommender) -> None:
    films.delete_nodes("Item", [SERPICO])
    assert SERPICO not in items(recommender)


@pytest.mark.parametrize(("retrieval", "kept"), [("cypher", 0), ("memory", 0), ("memory", 1000)])
def test_titles_and_facts_are_those_of_now(films: Store, retrieval: Retrieval, kept: int) -> None:
    recommender = Recommender(films, retrieval=retrieval, kept_suggestions=kept)
    [serpico] = [one for one in recommender.recommend(Request("42")).suggestions if one.item == "2"]
    assert "Al Pacino" in {node.name for path in serpico.paths for node in path.nodes}
    films.patch_node("Item", SERPICO, {"title": "Serpico!"})
    cast = pa.table({"source": [SERPICO], "entity": ["p:pacino"]})
    films.delete_facts(FactType("Item", "HAS_CAST"), cast)
    [serpico] = [one for one in recommender.recommend(Request("42")).suggestions if one.item == "2"]
    assert serpico.title == "Serpico!"
    assert "Al Pacino" not in {node.name for path in serpico.paths for node in path.nodes}


def test_requests_meanwhile_see_one_run_or_the_other(
    films: Store, recommender: Recommender, retrain: Callable[[Store, Recipe], int]
) -> None:
    thetas = {recommender.recommend(Request("42")).run: 1.0}
    answers: list[Recommendation] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            answers.append(recommender.recommend(Request("42", n=3, signals=("collaborative",))))

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for theta in (2.0, 4.0, 8.0):
                old = max(thetas)
                recipe = Recipe((SignalRecipe("CO_LIKED", theta),), {"LIKED": 1.0})
                thetas[retrain(films, recipe)] = theta
                films.delete_run(old)
        finally:
            is_over.set()
        for one in asking:
            one.result()
    for answer in answers:
        assert answer.suggestions[0].score == 0.375 * thetas[answer.run]
    assert recommender.recommend(Request("42")).run == max(thetas)


def test_a_run_without_some_kinds_of_evidence(
    store: Store, write_films: Callable[..., int]
) -> None:
    run = write_films(store, evidence={"PRIOR": [(ALIEN, 0.5)]})
    found = ArrayEvidence.read(store, run, None)
    assert found.prior([ALIEN, HEAT]) == {ALIEN: 0.5}
    assert found.size_bytes < 1000
    for user in ("42", "new", "blank", "nobody"):
        request = Request(user)
        remembered = Recommender(store, retrieval="memory").recommend(request)
        assert remembered == Recommender(store).recommend(request)
