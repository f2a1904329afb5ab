"""Explaining one pair: every term, every path, and why it is not suggested."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import ladybug
import pytest

from graph.connect import open_store
from graph.errors import NotFoundError
from graph.store import Store
from recommender.explaining import Explanation
from recommender.paths import path_line
from recommender.recommending import Recommender
from recommender.request import Request

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "explanations.md"
HEAT, SERPICO, INSIDER, TOY_STORY, ALIEN, QUIET = "1", "2", "3", "4", "5", "6"


def explain(store: Store, item: str, **options: object) -> Explanation:
    return Recommender(store).explain(Request(**{"user": "42", **options}), item)


def test_every_term_has_a_path_also_those_against(films: Store) -> None:
    explanation = explain(films, INSIDER)
    assert explanation.verdict == "suggested"
    assert (explanation.rank, explanation.score, explanation.last) == (2, 0.4375, 0.0)
    assert [(path_line(path), round(path.share, 4)) for path in explanation.paths] == [
        ("42 -LIKED-> Heat (1995) -CO_LIKED-> The Insider (1999)", 0.8889),
        ("42 -LIKED-> Heat (1995) -HAS_CAST-> Al Pacino <-HAS_CAST- The Insider (1999)", 0.1111),
        ("42 -LIKED-> Toy Story (1995) -CO_LIKED-> The Insider (1999)", -0.2222),
    ]
    assert [term.path for term in explanation.contributions] == [0, 1, 2]
    assert explanation.names == {HEAT: "Heat (1995)", TOY_STORY: "Toy Story (1995)"}
    assert explanation.headline == "The Insider (1999) is suggested to user 42 at rank 2 of 4."
    assert explanation.sentence.startswith("Because you liked Heat")


def test_seen(films: Store) -> None:
    explanation = explain(films, TOY_STORY)
    assert (explanation.verdict, explanation.score) == ("seen", 0.75)
    assert explanation.rank == 1
    assert "already in the history" in explanation.headline
    assert explain(films, TOY_STORY, include_seen=True).verdict == "suggested"


def test_excluded(films: Store) -> None:
    explanation = explain(films, INSIDER, exclude=frozenset({INSIDER}))
    assert (explanation.verdict, explanation.score) == ("excluded", 0.4375)


def test_filtered(films: Store) -> None:
    explanation = explain(films, SERPICO, filter="year >= 1990")
    assert (explanation.verdict, explanation.score) == ("filtered", 0.5)
    assert "does not pass the filter" in explanation.headline


def test_outranked(films: Store) -> None:
    explanation = explain(films, ALIEN, n=2)
    assert (explanation.verdict, explanation.rank, explanation.candidates) == ("outranked", 3, 4)
    assert explanation.last == 0.4375
    assert "its score 0.25 is rank 3 of 4, and the last of the 2 suggested has 0.4375" in (
        explanation.headline
    )


def test_diversified(films: Store) -> None:
    assert explain(films, INSIDER, n=2, diversity=0.9).verdict == "diversified"
    assert explain(films, ALIEN, n=2, diversity=0.9).rank == 2


def test_unreached(films: Store) -> None:
    explanation = explain(films, QUIET, signals=("knowledge",))
    assert (explanation.verdict, explanation.contributions) == ("unreached", ())
    assert explanation.headline.endswith("Only the strongest edges of each item are kept.")
    assert explanation.sentence == "Nothing in the graph speaks for this."


def test_only_evidence_against(films: Store) -> None:
    explanation = explain(films, INSIDER, without=frozenset({HEAT}))
    assert explanation.score == -0.125
    assert explanation.sentence == (
        "Nothing in the graph speaks for this, but something speaks against it."
    )
    assert explanation.paths[0].share == -1.0


def test_profile_and_session(films: Store) -> None:
    newcomer = explain(films, ALIEN, user="new")
    assert [term.signal for term in newcomer.contributions] == ["profile", "prior"]
    assert newcomer.names == {"o:student": "student"}
    session = explain(films, SERPICO, user=None, history=(HEAT,))
    assert session.headline == "Serpico (1973) is suggested to this session at rank 3 of 5."
    assert session.to_json()["user"] is None


def test_chinese(films: Store) -> None:
    assert explain(films, INSIDER, lang="zh").headline == (
        "“The Insider (1999)”推荐给用户 42 ，在 4 个候选中排第 2。"
    )


def test_json_is_a_suggestion_with_a_verdict(films: Store) -> None:
    answer = explain(films, SERPICO).to_json()
    suggestion = Recommender(films).recommend(Request("42", n=1)).to_json()["items"][0]
    assert {key: answer[key] for key in suggestion} == suggestion
    assert answer["verdict"] == "suggested"
    assert math.fsum(term["value"] for term in answer["contributions"]) == answer["score"]


@pytest.mark.parametrize(
    ("user", "item", "says"),
    [
        ("4", HEAT, "no user '4' is in the graph; near are 42"),
        ("42", "serpico", "no item 'serpico' is in the graph; with such a title: 2 (Serpico"),
        ("42", "zzz", "no item 'zzz' is in the graph"),
    ],
)
def test_unknown(films: Store, user: str, item: str, says: str) -> None:
    with pytest.raises(NotFoundError, match=re.escape(says)):
        explain(films, item, user=user)


def test_the_documented_query_gives_the_terms(
    tmp_path: Path, write_films: Callable[[Store], int]
) -> None:
    path = tmp_path / "films.lbug"
    with open_store(f"ladybug://{path}") as store:
        run = write_films(store)
        terms = {
            term.via: term.value
            for term in explain(store, INSIDER).contributions
            if term.signal == "collaborative"
        }
    [query] = re.findall(r"```cypher\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    with ladybug.Database(str(path), read_only=True) as database:
        connection = ladybug.Connection(database)
        rows = connection.execute(query, {"user": "42", "item": INSIDER, "run": run}).get_all()
        connection.close()
    assert dict(rows) == terms
