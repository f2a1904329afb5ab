"""Paths: which terms become one, how they are drawn, and their one line of text."""

import json
import math
from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Entity, FactEdge, HistoryEntry
from recommender.paths import (
    SHOWN,
    SharedFact,
    Surroundings,
    choose_terms,
    draw_path,
    path_line,
    shares,
)
from recommender.scored import Scored
from recommender.suggestion import CommonFact, PathEdge, PathNode, Suggestion
from recommender.terms import EdgeTerms, Term

PACINO = Entity("p1", "Person", "Al Pacino")
STUDENT = Entity("o1", "Occupation", "student")
AROUND = Surroundings(
    user="42",
    pieces={"1": HistoryEntry("1", "LIKED", 5.0, 10, "Heat (1995)")},
    traits={"o1": FactEdge("42", "WORKS_AS", STUDENT, 1.0)},
    shared={("1", "9"): SharedFact("HAS_CAST", PACINO, 1.0, 0.5)},
)
SESSION = Surroundings(None, AROUND.pieces, {}, AROUND.shared)


def line(relation: str, via: str = "1", around: Surroundings = AROUND) -> str:
    return path_line(draw_path(Term(relation, via, 0.2, 0.1), "9", "Serpico (1973)", 1.0, around))


def test_evidence_between_items() -> None:
    assert line("CO_LIKED") == "42 -LIKED-> Heat (1995) -CO_LIKED-> Serpico (1973)"
    assert line("FOLLOWED_BY") == "42 -LIKED-> Heat (1995) -FOLLOWED_BY-> Serpico (1973)"


def test_shared_facts_go_through_the_entity() -> None:
    assert line("SHARES") == (
        "42 -LIKED-> Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- Serpico (1973)"
    )
    path = draw_path(Term("SHARES", "1", 0.2, 0.1), "9", None, 1.0, AROUND)
    assert [(edge.type, edge.weight, edge.forward) for edge in path.edges] == [
        ("LIKED", 5.0, True),
        ("HAS_CAST", 1.0, True),
        ("HAS_CAST", 0.5, False),
    ]
    assert [node.label for node in path.nodes] == ["User", "Item", "Person", "Item"]


def test_shares_without_a_shared_entity_shows_the_evidence_itself() -> None:
    nothing = Surroundings("42", AROUND.pieces, {}, {})
    assert line("SHARES", around=nothing) == "42 -LIKED-> Heat (1995) -SHARES-> Serpico (1973)"


def test_profile() -> None:
    assert line("FAVOURS", "o1") == "42 -WORKS_AS-> student -FAVOURS-> Serpico (1973)"


def test_a_session_starts_at_its_item() -> None:
    assert line("CO_LIKED", around=SESSION) == "Heat (1995) -CO_LIKED-> Serpico (1973)"
    assert line("SHARES", around=SESSION) == (
        "Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- Serpico (1973)"
    )


def test_the_prior_has_no_path() -> None:
    with pytest.raises(ValueError, match="prior"):
        draw_path(Term("PRIOR", None, 0.2, 0.1), "9", None, 1.0, AROUND)


def test_similar_content_is_one_edge_with_what_is_known_of_both() -> None:
    around = replace(AROUND, similarity={("1", "9"): {"text": 0.7}})
    assert line("RESEMBLES", around=around) == (
        "42 -LIKED-> Heat (1995) -RESEMBLES-> Serpico (1973)"
    )
    path = draw_path(Term("RESEMBLES", "1", 0.2, 0.1), "9", None, 0.25, around)
    assert path.edges[-1] == PathEdge("RESEMBLES", 0.2)
    assert path.similarity == {"text": 0.7}
    assert path.both == CommonFact("HAS_CAST", PathNode("p1", "Person", "Al Pacino"))
    suggestion = Suggestion("9", None, 1, 0.1, (), (path,), "")
    (told,) = json.loads(json.dumps(suggestion.to_json()))["paths"]
    assert told["similarity"] == {"text": 0.7}
    assert told["both"] == {
        "relation": "HAS_CAST",
        "id": "p1",
        "label": "Person",
        "name": "Al Pacino",
    }


def test_other_paths_say_nothing_of_content() -> None:
    around = replace(AROUND, similarity={("1", "9"): {"text": 0.7}})
    for relation in ("CO_LIKED", "SHARES"):
        path = draw_path(Term(relation, "1", 0.2, 0.1), "9", None, 1.0, around)
        (told,) = Suggestion("9", None, 1, 0.1, (), (path,), "").to_json()["paths"]
        assert told.keys() == {"nodes", "edges", "share", "signal"}


def grouped(terms: list[Term]) -> list[EdgeTerms]:
    """The terms of each relation in columns, as evidence gives them."""
    ordered = sorted(terms, key=lambda term: (term.relation, term.via or ""))
    return [
        EdgeTerms(relation, *zip(*((via, w, value) for _, via, w, value in some), strict=True))
        for relation, some in groupby(ordered, key=lambda term: term.relation)
    ]


def test_terms_are_chosen_to_differ_in_kind() -> None:
    terms = [
        Term("CO_LIKED", "a", 1.0, 0.9),
        Term("CO_LIKED", "b", 1.0, 0.8),
        Term("CO_LIKED", "c", 1.0, 0.7),
        Term("SHARES", "a", 1.0, 0.1),
        Term("FOLLOWED_BY", "a", 1.0, -3.0),
    ]
    assert choose_terms(grouped(terms)) == [terms[0], terms[1], terms[3]]
    assert choose_terms(grouped(terms), 2) == [terms[0], terms[3]]
    assert choose_terms(grouped(terms[:2])) == terms[:2]
    assert choose_terms(grouped(terms[4:])) == []


def test_signals_that_speak_against_the_item_come_last() -> None:
    terms = [
        Term("FAVOURS", "age", 1.0, 0.9),
        Term("FAVOURS", "gender", 1.0, -1.0),
        Term("CO_LIKED", "a", 1.0, 0.3),
        Term("CO_LIKED", "b", 1.0, 0.2),
        Term("CO_LIKED", "c", 1.0, 0.1),
    ]
    assert choose_terms(grouped(terms)) == terms[2:]
    assert choose_terms(grouped(terms[:4])) == [terms[0], terms[2], terms[3]]


def test_ties_go_by_relation_and_id() -> None:
    terms = [Term(name, via, 1.0, 0.5) for name in ("CO_LIKED", "SHARES") for via in "ab"]
    assert choose_terms(grouped(terms)) == [terms[0], terms[2], terms[1]]


TERMS = st.lists(
    st.builds(
        Term,
        st.sampled_from(["CO_LIKED", "SHARES", "FOLLOWED_BY", "RESEMBLES", "FAVOURS"]),
        st.sampled_from(["a", "b", "c", "d"]),
        st.just(1.0),
        st.floats(-2, 2).filter(lambda value: abs(value) > 1e-6),
    ),
    unique_by=lambda term: (term.relation, term.via),
)


@given(TERMS)
def test_chosen_terms(terms: list[Term]) -> None:
    chosen = choose_terms(grouped(terms))
    edges = grouped(terms)
    positive = [term for term in terms if term.value > 0]
    speaking = {part.relation for part in edges if math.fsum(part.values) > 0.0}
    first = [term for term in positive if term.relation in speaking]
    assert len(chosen) == min(SHOWN, len(positive))
    assert set(chosen) <= set(positive)
    assert len(speaking & {term.relation for term in chosen}) == min(SHOWN, len(speaking))
    assert sum(term.relation in speaking for term in chosen) == min(SHOWN, len(first))
    assert chosen == sorted(chosen, key=lambda term: -term.value)


@given(TERMS)
def test_shares_of_all_positive_terms_add_up_to_one(terms: list[Term]) -> None:
    scored = Scored("x", 0.0, grouped(terms))
    assert sorted(scored.terms) == sorted(terms)
    assert scored.greatest_first() == sorted(terms, key=lambda term: term.place)
    positive = [term for term in terms if term.value > 0]
    assert sum(shares(scored, positive)) == pytest.approx(1.0 if positive else 0.0)
    assert all(share < 0 for share in shares(scored, [t for t in terms if t.value < 0]))
