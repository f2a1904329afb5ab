"""Answers are given again on the same grounds only, and no more of them are kept than said."""

from dataclasses import replace
from typing import Any

import pytest

from graph.model import FactType, HistoryEntry, Run
from graph.store import Store
from recommender.kept_answers import Grounds, KeptAnswers
from recommender.recommending import Recommender
from recommender.request import Request, Rotation
from recommender.suggestion import Recommendation, Suggestion

GROUNDS = Grounds(Run(1, 0, "by hand"), 7, [HistoryEntry("a", "LIKED", 5.0, 30, "A")])


def answer(n: int) -> Recommendation:
    suggestions = [Suggestion(str(rank), None, rank, 1.0, (), (), "") for rank in range(n)]
    return Recommendation("u", 1, "history", tuple(suggestions))


@pytest.mark.parametrize(
    "change",
    [
        {"run": Run(1, 0, "by hand")},  # the same run, read again: its evidence may be another
        {"changes": 8},
        {"history": []},
        {"history": [HistoryEntry("a", "LIKED", 4.0, 30, "A")]},
        {"history": [HistoryEntry("a", "LIKED", 5.0, 30, "Another title")]},
    ],
)
def test_other_grounds_find_nothing(change: dict[str, object]) -> None:
    kept = KeptAnswers(100)
    kept.keep(Request("u"), GROUNDS, answer(3))
    assert kept.find(Request("u"), replace(GROUNDS, history=[*GROUNDS.history])) == answer(3)
    assert kept.find(Request("u", n=9), GROUNDS) is None
    assert kept.find(Request("u"), replace(GROUNDS, **change)) is None  # type: ignore[arg-type]


def test_what_was_asked_for_least_lately_goes_first() -> None:
    kept = KeptAnswers(8)
    for user in ("first", "second"):
        kept.keep(Request(user), GROUNDS, answer(3))
    assert kept.find(Request("first"), GROUNDS) is not None
    kept.keep(Request("third"), GROUNDS, answer(2))
    there = [kept.find(Request(user), GROUNDS) for user in ("first", "second", "third")]
    assert there == [answer(3), None, answer(2)]


def test_an_answer_that_is_too_long_is_not_kept_and_one_kept_twice_counts_once() -> None:
    kept = KeptAnswers(8)
    kept.keep(Request("long"), GROUNDS, answer(8))
    assert kept.find(Request("long"), GROUNDS) is None
    for _ in range(9):
        kept.keep(Request("u"), GROUNDS, answer(3))
    kept.keep(Request("v"), GROUNDS, answer(3))
    assert kept.find(Request("u"), GROUNDS) == kept.find(Request("v"), GROUNDS) == answer(3)


def test_what_is_kept_is_given_again(films: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    recommender = Recommender(films, retrieval="memory", kept_suggestions=100)
    made: list[Request] = []
    make = Recommender._make

    def count(recommender: Recommender, serving: Any, request: Request, history: Any) -> Any:
        made.append(request)
        return make(recommender, serving, request, history)

    monkeypatch.setattr(Recommender, "_make", count)
    request = Request("42", n=3)
    assert recommender.recommend(request) == recommender.recommend(request)
    # A server that others write to does not tell of changes: there nothing is kept.
    assert len(made) == (2 if films.changes() is None else 1)
    rotated = replace(request, rotation=Rotation(0.5, 3600.0, 1_000.0))
    for _ in range(2):
        recommender.recommend(rotated)
    assert made[-2:] == [rotated, rotated]


def test_another_attribute_of_a_user_makes_another_answer(films: Store) -> None:
    recommender = Recommender(films, retrieval="memory", kept_suggestions=100)
    before = recommender.recommend(Request("new"))
    assert before.served_by == "profile"
    films.replace_facts(FactType("User", "WORKS_AS"), "new", {})
    assert recommender.recommend(Request("new")).served_by == "prior"
