"""Sentences: natural in both languages, and never more than the path holds."""

import re
import string
from dataclasses import replace
from typing import Any

import pytest

from graph.model import ITEM_EVIDENCE
from recommender.request import LANGUAGES, Language
from recommender.sentences import phrases, say_headline, say_note, say_why
from recommender.suggestion import CommonFact, Path, PathEdge, PathNode

USER = PathNode("42", "User", "42")
HEAT = PathNode("1", "Item", "Heat")
SERPICO = PathNode("9", "Item", "Serpico")


def evidence(relation: str, feedback: str = "LIKED", weight: float = 0.2) -> Path:
    return Path(
        (USER, HEAT, SERPICO), (PathEdge(feedback, 1.0), PathEdge(relation, weight)), 1.0, "x"
    )


def shared(relation: str, kind: str, name: str) -> Path:
    entity = PathNode("e", kind, name)
    edges = (PathEdge("LIKED", 1.0), PathEdge(relation, 1.0), PathEdge(relation, 1.0, False))
    return Path((USER, HEAT, entity, SERPICO), edges, 1.0, "knowledge")


def resembles(
    similarity: dict[str, float], both: CommonFact | None = None, weight: float = 0.2
) -> Path:
    return replace(evidence("RESEMBLES", weight=weight), similarity=similarity, both=both)


PACINO = CommonFact("HAS_CAST", PathNode("p", "Person", "Al Pacino"))


def why(path: Path | None, lang: Language = "en", predicted: str = "LIKED", **given: Any) -> str:
    return say_why(lang, path, predicted, **{"is_popular": False, "is_disfavoured": False, **given})


def test_english() -> None:
    assert why(evidence("CO_LIKED")) == (
        "Because you liked Heat, and people who like it also like this."
    )
    assert why(evidence("FOLLOWED_BY")) == (
        "Because you liked Heat, and people often go on from it to this."
    )
    assert why(shared("HAS_CAST", "Person", "Al Pacino")) == (
        "Because you liked Heat, and Al Pacino is in the cast of both."
    )
    assert why(shared("PLAYED_ON", "Console", "NES")) == (
        "Because you liked Heat, and both have NES (played on)."
    )


def test_chinese() -> None:
    assert why(evidence("CO_LIKED"), "zh") == ("因为您喜欢“Heat”，而且喜欢它的人往往也喜欢这一个。")
    assert why(shared("HAS_CAST", "Person", "Al Pacino"), "zh") == (
        "因为您喜欢“Heat”，而且两者的演员中都有Al Pacino。"
    )


def test_similar_content_says_in_what_and_what_both_have() -> None:
    path = resembles({"text": 0.712, "knowledge": 0.64}, PACINO)
    assert why(path) == (
        "Because you liked Heat, and this is similar in content (text 0.71, knowledge 0.64); "
        "Al Pacino is in the cast of both."
    )
    assert why(path, "zh") == (
        "因为您喜欢“Heat”，而且两者的内容相近（文本 0.71，知识 0.64）；两者的演员中都有Al Pacino。"
    )
    other = CommonFact("PLAYED_ON", PathNode("n", "Console", "NES"))
    assert why(resembles({}, other)).endswith("similar in content; both have NES (played on).")


def test_a_part_in_which_the_two_are_hardly_alike_is_not_called_similar() -> None:
    assert why(resembles({"text": 0.04, "knowledge": -0.3, "gnn": 0.88})) == (
        "Because you liked Heat, and this is similar in content (graph network 0.88)."
    )
    assert why(resembles({"text": 0.04})) == (
        "Because you liked Heat, and this is similar in content."
    )


def test_unlike_content_is_not_said_to_be_alike() -> None:
    sentence = why(resembles({"text": 0.1}, PACINO, weight=-0.2))
    assert sentence == "Because you liked Heat, and this is unlike it in content."


def test_a_part_without_a_name_of_its_own_is_named_as_it_is() -> None:
    assert "(sound 0.50)" in why(resembles({"sound": 0.5}))


def test_what_fits_the_whole_history_names_the_pieces_that_count_most() -> None:
    assert why(None, is_fitting=True, fitting=["Ronin", "Alien"]) == (
        "Because it fits the history as a whole, above all Ronin and Alien."
    )
    assert why(evidence("CO_LIKED"), is_fitting=True, fitting=["Ronin"]) == (
        "Because it fits the history as a whole, above all Ronin; also, you liked Heat, and "
        "people who like it also like this."
    )
    assert why(evidence("CO_LIKED"), "zh", is_fitting=True, fitting=["Ronin", "Alien"]) == (
        "因为它与整个历史记录相符，尤其是“Ronin”和“Alien”；此外，您喜欢“Heat”，而且喜欢它的人往往也喜欢这一个。"
    )
    assert why(None, is_fitting=True) == "Because it fits the history as a whole."
    assert "fits" not in why(evidence("CO_LIKED"), fitting=["Ronin"])


def test_profile() -> None:
    path = Path(
        (USER, PathNode("o", "AgeGroup", "25-34"), SERPICO),
        (PathEdge("OF_AGE", 1.0), PathEdge("FAVOURS", 0.3)),
        1.0,
        "profile",
    )
    assert why(path) == ("Because people of your age group (25-34) often like this.")
    assert "25-34" in why(path, "zh")
    assert why(path, is_fitting=True, fitting=["Heat"]) == (
        "Because it fits the history as a whole, above all Heat; also, people of your age group "
        "(25-34) often like this."
    )


def test_session() -> None:
    path = Path((HEAT, SERPICO), (PathEdge("CO_LIKED", 0.2),), 1.0, "collaborative")
    assert why(path).startswith("Because Heat is in this session, and ")
    assert why(path, "zh").startswith("因为本次会话中有“Heat”，")


def test_people_do_what_evidence_was_learned_from() -> None:
    bought = why(evidence("CO_LIKED", "VIEWED"), predicted="BOUGHT")
    assert bought == "Because you viewed Heat, and people who buy it also buy this."
    assert "choose it also choose" in why(evidence("CO_LIKED"), predicted="ENROLLED_IN")


@pytest.mark.parametrize("feedback", ["DISLIKED", "VIEWED", "BOUGHT", "RATED_LOW", "SKIPPED"])
def test_only_what_was_liked_is_said_to_be_liked(feedback: str) -> None:
    for relation in ITEM_EVIDENCE:
        path = evidence(relation, feedback)
        assert "you liked" not in why(path)
        assert "您喜欢" not in why(path, "zh")


def test_unknown_feedback_is_named_as_it_is() -> None:
    assert why(evidence("CO_LIKED", "SKIPPED")).startswith(
        "Because Heat is in your history (skipped), and"
    )


def test_evidence_below_zero_is_not_turned_around() -> None:
    sentence = why(evidence("CO_LIKED", "DISLIKED", -0.2))
    assert "seldom like this" in sentence
    assert "also" not in sentence


def test_popularity() -> None:
    assert why(None, is_popular=True) == "Because it is popular with everyone."
    assert why(evidence("CO_LIKED"), is_popular=True).startswith("Because it is popular, you liked")
    assert "popular" not in why(evidence("CO_LIKED"))
    assert "against" in why(None, is_disfavoured=True)
    assert why(None) == "Nothing in the graph speaks for this."


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_the_languages_have_the_same_phrases_with_the_same_fields() -> None:
    english = phrases("en")
    for lang in LANGUAGES:
        other = phrases(lang)
        assert other.keys() == english.keys()
        for section, templates in english.items():
            assert other[section].keys() == templates.keys(), section
            for key, template in templates.items():
                assert fields(other[section][key]) == fields(template), (lang, section, key)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_evidence_relation_and_headline_has_a_phrase(lang: Language) -> None:
    book = phrases(lang)
    assert set(book["evidence"]) == set(book["evidence_below_zero"]) == set(ITEM_EVIDENCE)
    values = {"item": "A{}", "rank": 1, "candidates": 2, "n": 3, "score": 1, "last": 2, "run": 7}
    for key in book["headline"].keys() - {"user", "session"}:
        for user in ("42", None):
            assert "A{}" in say_headline(lang, key, user, **values)
    for key in book["note"]:
        assert not re.search(r"[{}]", say_note(lang, key, user="42", reached=1, found=2))
