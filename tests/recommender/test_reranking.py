"""The factor model in serving: what it adds to what the graph finds, and how that is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graph.store import Store
from recommender.item_factors import ItemFactors
from recommender.recipe import FACTORS, Recipe, SignalRecipe
from recommender.recommending import Recommender
from recommender.request import SIGNALS, Request
from recommender.suggestion import Suggestion

HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN, QUIET = "1", "2", "3", "4", "5", "6"
EDGES = tuple(
    SignalRecipe(name, 1.0) for name in ("CO_LIKED", "FOLLOWED_BY", "SHARES", "RESEMBLES")
)
RECIPE = Recipe((*EDGES, SignalRecipe(FACTORS, 0.5)), {"LIKED": 1.0})
ROWS = {
    # item: its source, its target; powers of 2, so that sums are exact
    HEAT: ((1.0, 0.0), (0.0, 0.0)),
    TOY_STORY: ((0.0, 1.0), (0.0, 0.0)),
    SERPICO: ((0.0, 0.0), (-0.5, 0.25)),
    ALIEN: ((0.0, 0.0), (2.0, 1.0)),
    QUIET: ((0.0, 0.0), (8.0, 8.0)),
}
"""Not INSIDER, which came after the training; no edge leads from Heat or Toy Story to QUIET."""

WITHOUT_PRIOR = tuple(signal for signal in SIGNALS if signal != "prior")
"""So that lists end where the evidence does, and nothing popular fills them up."""

Write = Callable[..., int]


def vectors(scale: float = 1.0) -> ItemFactors:
    sources, targets = zip(*ROWS.values(), strict=True)
    parts = {
        "text": np.array([[0.6, 0.8], [1, 0], [1, 0], [0, 0], [0, 1]], dtype=np.float32),
        "knowledge": np.array([[1, 0], [1, 0], [0.6, 0.8], [1, 0], [0, 0]], dtype=np.float32),
    }
    return ItemFactors(
        np.array(list(ROWS), dtype=object),
        np.array(sources, dtype=np.float32),
        np.float32(scale) * np.array(targets, dtype=np.float32),
        parts,
    )


@pytest.fixture
def films_with_factors(store: Store, write_films: Write, tmp_path: Path) -> Store:
    """FILMS, reranked by the vectors above."""
    write_films(store, tmp_path, recipe=RECIPE, factors=vectors())
    return store


def suggestions(store: Store, folder: Path, **options: object) -> dict[str, Suggestion]:
    request = Request(user="42", **{"signals": WITHOUT_PRIOR, **options})
    answer = Recommender(store, folder).recommend(request)
    return {suggestion.item: suggestion for suggestion in answer.suggestions}


def test_the_factor_model_reranks_what_the_graph_finds(
    films_with_factors: Store, tmp_path: Path
) -> None:
    found = suggestions(films_with_factors, tmp_path, n=3)
    scores = {item: suggestion.score for item, suggestion in found.items()}
    # by edges alone .5, .4375 and .25
    assert scores == {ALIEN: 0.25 + 1.5, INSIDER: 0.4375, SERPICO: 0.5 - 0.25 + 0.125}
    assert list(found) == [ALIEN, INSIDER, SERPICO]
    terms = [(t.signal, t.via, t.value, t.path) for t in found[ALIEN].contributions]
    assert terms == [
        ("factors", HEAT, 1.0, None),
        ("factors", TOY_STORY, 0.5, None),
        ("sequential", TOY_STORY, 0.25, 0),
    ]
    assert [path.share for path in found[ALIEN].paths] == [0.25 / 1.75]


def test_an_item_without_a_vector_keeps_its_edges(
    films_with_factors: Store, tmp_path: Path
) -> None:
    terms = suggestions(films_with_factors, tmp_path)[INSIDER].contributions
    assert {term.signal for term in terms} == {"collaborative", "knowledge"}


def test_what_no_edge_reaches_is_no_candidate(films_with_factors: Store, tmp_path: Path) -> None:
    assert QUIET not in suggestions(films_with_factors, tmp_path)
    recommender = Recommender(films_with_factors, tmp_path)
    explanation = recommender.explain(Request("42", signals=WITHOUT_PRIOR), QUIET)
    assert explanation.verdict == "unreached"
    assert explanation.score == 8.0
    assert explanation.paths == ()
    assert explanation.names == {HEAT: "Heat (1995)", TOY_STORY: "Toy Story (1995)"}


def test_the_factor_model_alone_orders_what_the_left_out_edges_reach(
    films_with_factors: Store, tmp_path: Path
) -> None:
    found = suggestions(films_with_factors, tmp_path, signals=("factors",))
    scores = {item: suggestion.score for item, suggestion in found.items()}
    assert scores == {ALIEN: 1.5, INSIDER: 0.0, SERPICO: -0.125}
    masked = suggestions(
        films_with_factors, tmp_path, signals=("factors",), without=frozenset({HEAT})
    )
    assert {item: suggestion.score for item, suggestion in masked.items()} == {
        ALIEN: 0.5,
        INSIDER: 0.0,
    }


def test_sentences_say_when_the_whole_history_speaks_rather_than_a_path(
    films_with_factors: Store, tmp_path: Path
) -> None:
    found = suggestions(films_with_factors, tmp_path)
    assert found[ALIEN].sentence == (
        "Because it fits the history as a whole, above all Heat (1995) and Toy Story (1995); "
        "also, you liked Toy Story (1995), and people often go on from it to this."
    )
    assert found[INSIDER].sentence.startswith("Because you liked Heat")
    alone = suggestions(films_with_factors, tmp_path, signals=("factors",), lang="zh")
    assert (
        alone[ALIEN].sentence
        == "因为它与整个历史记录相符，尤其是“Heat (1995)”和“Toy Story (1995)”。"
    )
    assert alone[SERPICO].sentence == "图中没有支持它的依据，反而有不利于它的依据。"


def test_similar_content_says_in_what_and_what_both_have(
    store: Store, write_films: Write, tmp_path: Path
) -> None:
    evidence = {"RESEMBLES": [(HEAT, SERPICO, 0.5), (TOY_STORY, QUIET, 0.25)], "CO_LIKED": []}
    write_films(store, tmp_path, recipe=RECIPE, factors=vectors(0.0), evidence=evidence)
    answer = Recommender(store, tmp_path).recommend(Request("42")).to_json()
    serpico, quiet = answer["items"]
    assert serpico["sentence"] == (
        "Because you liked Heat (1995), and this is similar in content "
        "(text 0.60, knowledge 0.60); Al Pacino is in the cast of both."
    )
    [path] = serpico["paths"]
    assert [edge["type"] for edge in path["edges"]] == ["LIKED", "RESEMBLES"]
    assert path["similarity"] == pytest.approx({"text": 0.6, "knowledge": 0.6})
    assert path["both"] == {
        "relation": "HAS_CAST",
        "id": "p:pacino",
        "label": "Person",
        "name": "Al Pacino",
    }
    # one of them has no knowledge vector, their texts are not alike, and they share no fact
    assert quiet["paths"][0]["similarity"] == {"text": 0.0}
    assert quiet["sentence"].endswith("and this is similar in content.")
    assert "both" not in quiet["paths"][0]
    chinese = Recommender(store, tmp_path).recommend(Request("42", n=1, lang="zh")).suggestions[0]
    assert chinese.sentence == (
        "因为您喜欢“Heat (1995)”，而且两者的内容相近（文本 0.60，知识 0.60）；"
        "两者的演员中都有Al Pacino。"
    )


def test_similar_content_without_vectors_shows_the_edge_and_the_shared_fact(
    store: Store, write_films: Write
) -> None:
    write_films(store, recipe=RECIPE, evidence={"RESEMBLES": [(HEAT, SERPICO, 0.5)]})
    [suggestion] = Recommender(store).recommend(Request("42")).suggestions
    assert suggestion.sentence == (
        "Because you liked Heat (1995), and this is similar in content; "
        "Al Pacino is in the cast of both."
    )
    assert "similarity" not in suggestion.to_json()["paths"][0]


def test_vectors_are_read_once_and_switched_with_the_run(
    films_with_factors: Store, write_films: Write, tmp_path: Path
) -> None:
    recommender = Recommender(films_with_factors, tmp_path)
    request = Request("42", n=1, signals=WITHOUT_PRIOR)
    assert recommender.recommend(request).suggestions[0].score == 1.75
    for file in tmp_path.glob("run-*/*"):
        file.unlink()  # what is mapped stays readable
    assert recommender.recommend(request).suggestions[0].score == 1.75
    write_films(films_with_factors, tmp_path, recipe=RECIPE, factors=vectors(2.0))
    assert recommender.recommend(request).suggestions[0].score == 3.25
    write_films(films_with_factors, recipe=RECIPE)
    assert recommender.recommend(request).suggestions[0].score == 0.5
