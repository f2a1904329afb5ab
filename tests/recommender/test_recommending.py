"""Recommending on a graph so small that every answer is obvious."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.errors import FilterError, NotFoundError, NotReadyError, UsageError
from graph.store import Store
from recommender.paths import path_line
from recommender.recipe import Recipe, SignalRecipe
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.suggestion import Recommendation, Suggestion

Retrain = Callable[[Store, Recipe], int]

HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN, QUIET = "1", "2", "3", "4", "5", "6"


def recommend(store: Store, user: str | None = "42", **options: object) -> Recommendation:
    return Recommender(store).recommend(Request(user=user, **options))


def scores(answer: Recommendation) -> dict[str, float]:
    return {suggestion.item: suggestion.score for suggestion in answer.suggestions}


def lines(suggestion: Suggestion) -> list[str]:
    return [path_line(path) for path in suggestion.paths]


def test_scores_are_the_sums_of_the_evidence(films: Store) -> None:
    answer = recommend(films, n=3)
    assert scores(answer) == {SERPICO: 0.5, INSIDER: 0.4375, ALIEN: 0.25}
    assert [suggestion.rank for suggestion in answer.suggestions] == [1, 2, 3]
    assert (answer.user, answer.served_by, answer.note) == ("42", "history", "")


def test_contributions_name_signal_and_piece(films: Store) -> None:
    insider = recommend(films).suggestions[1]
    assert [(term.signal, term.via, term.value, term.path) for term in insider.contributions] == [
        ("collaborative", HEAT, 0.5, 0),
        ("knowledge", HEAT, 0.0625, 1),
        ("collaborative", TOY_STORY, -0.125, None),
    ]
    assert [path.share for path in insider.paths] == pytest.approx([0.5 / 0.5625, 0.0625 / 0.5625])


def test_the_sentence_names_what_was_liked_before_what_was_not(
    write_films: Callable[..., int], store: Store
) -> None:
    write_films(
        store,
        feedback={"LIKED": [("42", HEAT, 5.0, 1)], "RATED_LOW": [("42", TOY_STORY, 1.0, 2)]},
        evidence={
            "CO_LIKED": [(HEAT, INSIDER, 0.25), (TOY_STORY, INSIDER, 0.75)],
            "FOLLOWED_BY": [(TOY_STORY, ALIEN, 0.25)],
        },
        recipe=Recipe(
            (SignalRecipe("CO_LIKED", 1.0), SignalRecipe("FOLLOWED_BY", 1.0)),
            {"LIKED": 1.0, "RATED_LOW": 0.5},
        ),
    )
    insider, alien = recommend(store, n=2).suggestions
    assert [(path.edges[0].type, path.share) for path in insider.paths] == [
        ("RATED_LOW", 0.6),
        ("LIKED", 0.4),
    ]
    assert insider.sentence == (
        "Because you liked Heat (1995), and people who like it also like this."
    )
    assert alien.sentence == (
        "Because Toy Story (1995) is in your history, though you rated it low, and people often "
        "go on from it to this."
    )
    assert recommend(store, n=2, lang="zh").suggestions[1].sentence == (
        "因为您的历史记录中有“Toy Story (1995)”（尽管您给它的评分不高），"
        "而且人们在它之后常常接着选择这一个。"
    )


def test_paths(films: Store) -> None:
    serpico, insider, alien = recommend(films, n=3).suggestions
    assert lines(serpico) == [
        "42 -LIKED-> Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- Serpico (1973)"
    ]
    assert lines(insider) == [
        "42 -LIKED-> Heat (1995) -CO_LIKED-> The Insider (1999)",
        "42 -LIKED-> Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- The Insider (1999)",
    ]
    assert lines(alien) == ["42 -LIKED-> Toy Story (1995) -FOLLOWED_BY-> 5"]
    assert serpico.sentence == (
        "Because you liked Heat (1995), and Al Pacino is in the cast of both."
    )
    assert alien.title is None


def test_the_rest_is_filled_with_what_is_popular(films: Store) -> None:
    answer = recommend(films, n=4)
    last = answer.suggestions[-1]
    assert (last.item, last.score, last.contributions, last.paths) == (QUIET, 0.0, (), ())
    assert last.sentence == "Because it is popular with everyone."
    assert answer.note == "Items that the evidence reaches: 3. The rest are the most popular ones."


def test_nothing_comes_twice_or_from_the_history(films: Store) -> None:
    answer = recommend(films, n=100)
    assert len(scores(answer)) == len(answer.suggestions) == 4
    assert not {HEAT, TOY_STORY} & scores(answer).keys()


def test_include_seen(films: Store) -> None:
    answer = recommend(films, n=1, include_seen=True)
    assert scores(answer) == {TOY_STORY: 0.75}


def test_exclude_holds_even_where_seen_items_may_come(films: Store) -> None:
    answer = recommend(films, exclude=frozenset({SERPICO, TOY_STORY}), include_seen=True)
    assert not {SERPICO, TOY_STORY} & scores(answer).keys()


def test_signals(films: Store) -> None:
    answer = recommend(films, signals=("knowledge",))
    assert scores(answer) == {SERPICO: 0.5, INSIDER: 0.0625}
    assert answer.note == ""


def test_without_a_piece_the_scores_fall_by_its_contribution(films: Store) -> None:
    assert scores(recommend(films, n=3, without=frozenset({TOY_STORY}))) == {
        INSIDER: 0.5625,
        SERPICO: 0.5,
        ALIEN: 0.0,
    }


def test_without_something_that_is_not_there(films: Store) -> None:
    with pytest.raises(UsageError, match="'2': this item is not in the history"):
        recommend(films, without=frozenset({SERPICO}))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("year >= 1990", [INSIDER]),
        ("'Crime' in HAS_GENRE", [SERPICO, INSIDER]),
        ("year < 1990 and not 'Crime' in HAS_GENRE", [ALIEN]),
        ("title == None", [ALIEN]),
        ("year == 1800", []),
    ],
)
def test_filter(films: Store, text: str, items: list[str]) -> None:
    answer = recommend(films, filter=text, n=5)
    assert [suggestion.item for suggestion in answer.suggestions] == items
    assert "filter" in answer.note


def test_filter_on_an_unknown_name(films: Store) -> None:
    with pytest.raises(FilterError, match="year"):
        recommend(films, filter="yeer >= 1990")


def test_user_without_history_is_served_through_attributes(films: Store) -> None:
    answer = recommend(films, "new", n=2)
    assert answer.served_by == "profile"
    assert scores(answer) == pytest.approx({HEAT: 1.05, TOY_STORY: 0.9})
    assert lines(answer.suggestions[0]) == ["new -WORKS_AS-> student -FAVOURS-> Heat (1995)"]
    assert "no history" in answer.note
    assert answer.suggestions[0].sentence == (
        "Because it is popular, and people of your occupation (student) often like this."
    )


def test_user_with_nothing_gets_what_is_popular(films: Store) -> None:
    answer = recommend(films, "blank", n=2)
    assert (answer.served_by, scores(answer)) == ("prior", {TOY_STORY: 0.9, HEAT: 0.8})
    assert "neither a history" in answer.note


def test_unknown_user_gets_what_is_popular(films: Store) -> None:
    answer = recommend(films, "nobody", n=1)
    assert (answer.served_by, scores(answer)) == ("prior", {TOY_STORY: 0.9})
    assert answer.note == "User nobody is not in the graph: these are the most popular items."


def test_history_that_leads_nowhere(films: Store) -> None:
    answer = recommend(films, "odd", n=10)
    assert answer.served_by == "prior"
    assert next(iter(scores(answer).items())) == (TOY_STORY, 0.9)
    assert QUIET not in scores(answer)
    assert "No evidence starts at the history" in answer.note


def test_session(films: Store) -> None:
    answer = recommend(films, None, history=(TOY_STORY, HEAT), n=3)
    assert scores(answer) == {SERPICO: 0.5, INSIDER: 0.4375, ALIEN: 0.25}
    assert answer.user is None
    assert lines(answer.suggestions[1])[0] == "Heat (1995) -CO_LIKED-> The Insider (1999)"
    assert answer.suggestions[1].sentence.startswith("Because Heat (1995) is in this session")


def test_session_with_an_unknown_item(films: Store) -> None:
    with pytest.raises(NotFoundError, match=r"no item 'insider' .* 3 \(The Insider \(1999\)\)"):
        recommend(films, None, history=("insider",))


def test_chinese(films: Store) -> None:
    assert recommend(films, lang="zh").suggestions[0].sentence == (
        "因为您喜欢“Heat (1995)”，而且两者的演员中都有Al Pacino。"
    )


def test_diversity_moves_other_kinds_up(films: Store) -> None:
    assert scores(recommend(films, n=2)) == {SERPICO: 0.5, INSIDER: 0.4375}
    assert scores(recommend(films, n=2, diversity=0.9)) == {SERPICO: 0.5, ALIEN: 0.25}


def test_latest_counts_most_where_the_recipe_says_so(films: Store, retrain: Retrain) -> None:
    fading = Recipe(
        signals=(SignalRecipe("CO_LIKED", 2.0, decay=1.0),), type_weights={"LIKED": 1.0}
    )
    retrain(films, fading)
    insider = next(s for s in recommend(films).suggestions if s.item == INSIDER)
    assert insider.score == pytest.approx(2.0 * (-0.125 + 0.5 * 0.36787944117144233))


def test_two_types_of_feedback_are_two_pieces(films: Store, retrain: Retrain) -> None:
    both = Recipe(
        signals=(SignalRecipe("CO_LIKED", 1.0),), type_weights={"LIKED": 1.0, "VIEWED": 0.5}
    )
    retrain(films, both)
    insider = next(s for s in recommend(films).suggestions if s.item == INSIDER)
    assert [(term.via, term.value) for term in insider.contributions] == [
        (HEAT, 0.75),
        (TOY_STORY, -0.125),
    ]
    assert lines(insider) == ["42 -LIKED-> Heat (1995) -CO_LIKED-> The Insider (1999)"]


def test_the_prior_counts_beside_a_history(films: Store, retrain: Retrain) -> None:
    retrain(films, Recipe((SignalRecipe("CO_LIKED", 1.0),), {"LIKED": 1.0}, prior=2.0))
    insider = recommend(films, n=1).suggestions[0]
    assert insider.score == pytest.approx(0.375 + 1.4)
    assert insider.contributions[0].signal == "prior"
    assert insider.sentence.startswith("Because it is popular, you liked Heat")


def test_the_profile_counts_beside_a_history(films: Store, retrain: Retrain) -> None:
    retrain(films, Recipe((SignalRecipe("CO_LIKED", 1.0),), {"LIKED": 1.0}, profile=2.0))
    alien = recommend(films, n=1).suggestions[0]
    assert (alien.item, alien.score) == (ALIEN, 1.0)
    assert recommend(films, n=1).served_by == "profile"


def test_a_new_run_is_noticed(films: Store, retrain: Retrain) -> None:
    recommender = Recommender(films)
    first = recommender.recommend(Request("42", n=1))
    run = retrain(films, Recipe((SignalRecipe("CO_LIKED", 10.0),), {"LIKED": 1.0}))
    second = recommender.recommend(Request("42", n=1))
    assert (second.run, second.suggestions[0].score) == (run, 3.75)
    assert first.run < run


def test_requests_see_the_old_run_or_the_new_one_while_runs_come_and_go(
    films: Store, retrain: Retrain
) -> None:
    recommender = Recommender(films)
    thetas = {recommend(films).run: 1.0}
    answers: list[Recommendation] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            answers.append(recommender.recommend(Request("42", n=3, signals=("collaborative",))))

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            for theta in (2.0, 4.0, 8.0, 16.0, 32.0):
                old = max(thetas)
                recipe = Recipe((SignalRecipe("CO_LIKED", theta),), {"LIKED": 1.0})
                thetas[retrain(films, recipe)] = theta
                films.delete_run(old)
        finally:
            is_over.set()
        for done in asking:
            done.result()
    assert len(answers) > 5
    for answer in answers:
        assert scores(answer) == {INSIDER: 0.375 * thetas[answer.run]}


def test_before_the_first_training(store: Store) -> None:
    with pytest.raises(NotReadyError, match="whypath train"):
        recommend(store)


def test_json_has_the_public_form(films: Store) -> None:
    answer = recommend(films, n=1).to_json()
    [item] = answer.pop("items")
    assert answer == {"user": "42", "run": answer["run"], "served_by": "history", "note": ""}
    assert item == {
        "item": SERPICO,
        "title": "Serpico (1973)",
        "rank": 1,
        "score": 0.5,
        "contributions": [{"signal": "knowledge", "via": HEAT, "value": 0.5, "path": 0}],
        "paths": [
            {
                "nodes": [
                    {"id": "42", "label": "User", "name": "42"},
                    {"id": HEAT, "label": "Item", "name": "Heat (1995)"},
                    {"id": "p:pacino", "label": "Person", "name": "Al Pacino"},
                    {"id": SERPICO, "label": "Item", "name": "Serpico (1973)"},
                ],
                "edges": [
                    {"type": "LIKED", "weight": 5.0, "forward": True},
                    {"type": "HAS_CAST", "weight": 1.0, "forward": True},
                    {"type": "HAS_CAST", "weight": 1.0, "forward": False},
                ],
                "share": 1.0,
                "signal": "knowledge",
            }
        ],
        "sentence": "Because you liked Heat (1995), and Al Pacino is in the cast of both.",
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either a user or"),
        ({"user": "1", "history": ("2",)}, "either a user or"),
        ({"history": ()}, "at least one"),
        ({"user": "1", "n": 0}, "from 1 to"),
        ({"user": "1", "diversity": 1.5}, "from 0 to 1"),
        ({"user": "1", "diversity": float("nan")}, "from 0 to 1"),
        ({"user": "1", "signals": ("magic",)}, "'magic'; there are collaborative, sequential"),
        ({"user": "1", "signals": ()}, "at least one signal"),
        ({"user": "1", "lang": "fr"}, "en, zh"),
        ({"user": "1", "filter": "year >"}, "column 7"),
    ],
)
def test_a_wrong_request_cannot_be_made(options: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Request(**options)


def test_an_item_deleted_since_the_training_is_not_suggested(films: Store) -> None:
    recommender = Recommender(films)
    known, stranger = Request(user="42", n=9), Request(user="blank", n=9)

    def suggested(request: Request) -> list[str]:
        return [suggestion.item for suggestion in recommender.recommend(request).suggestions]

    before = {request: suggested(request) for request in (known, stranger)}
    assert SERPICO in before[known]
    assert TOY_STORY in before[stranger]
    films.delete_nodes("Item", [SERPICO, TOY_STORY])
    for request in (known, stranger):
        left = suggested(request)
        assert left
        assert not {SERPICO, TOY_STORY} & set(left)
    with pytest.raises(NotFoundError, match=SERPICO):
        recommender.explain(known, SERPICO)
