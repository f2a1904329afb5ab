"""How suggestions look to a person: what carries the score is said, path or no path."""

import io
from dataclasses import replace

from rich.console import Console

from api.views.suggestions import show_explanation, show_recommendation
from recommender.explaining import Explanation
from recommender.suggestion import (
    Contribution,
    Path,
    PathEdge,
    PathNode,
    Recommendation,
    Suggestion,
)

PATH = Path(
    (PathNode("7", "User", "7"), PathNode("1", "Item", "Heat"), PathNode("9", "Item", "Ronin")),
    (PathEdge("LIKED", 1.0), PathEdge("CO_LIKED", 0.2)),
    0.25,
    "collaborative",
)
TERMS = (
    Contribution("factors", 2.0, "2"),
    Contribution("factors", 1.0, "1"),
    Contribution("collaborative", 1.0, "1", 0),
    Contribution("profile", -0.5, "M"),
)


def shown(terms: tuple[Contribution, ...], paths: tuple[Path, ...] = (PATH,)) -> list[str]:
    score = sum(term.value for term in terms)
    suggestion = Suggestion("9", "Ronin", 1, score, terms, paths, "Because.")
    stream = io.StringIO()
    console = Console(file=stream, width=100, color_system=None)
    show_recommendation(console, Recommendation("7", 1, "history", (suggestion,)), len(paths))
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_where_terms_have_no_path_the_sum_by_signal_stands_below_the_paths() -> None:
    assert shown(TERMS)[-2:] == [
        "  1  7 -LIKED-> Heat -CO_LIKED-> Ronin   +25.0% collaborative",
        "     = 3.0000 factors + 1.0000 collaborative - 0.5000 profile",
    ]


def test_where_paths_are_all_they_speak_for_themselves() -> None:
    assert shown(TERMS[2:])[-1].endswith("+25.0% collaborative")


def test_the_strongest_path_comes_first_then_one_of_each_other_signal() -> None:
    second = replace(PATH, share=0.2)
    other = replace(PATH, share=0.1, signal="knowledge")
    ends = [line.split()[-2:] for line in shown(TERMS[2:], (PATH, second, other))[-3:]]
    assert ends == [
        ["+25.0%", "collaborative"],
        ["+10.0%", "knowledge"],
        ["+20.0%", "collaborative"],
    ]


def test_an_explanation_begins_with_the_sum_by_signal() -> None:
    explanation = Explanation(
        user="7",
        item="9",
        title="Ronin",
        run=1,
        verdict="suggested",
        rank=1,
        candidates=1,
        score=3.5,
        last=3.5,
        contributions=TERMS,
        paths=(PATH,),
        names={"1": "Heat"},
        headline="Suggested.",
        sentence="Because.",
    )
    stream = io.StringIO()
    show_explanation(Console(file=stream, width=100, color_system=None), explanation)
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    assert "3.0000 factors + 1.0000 collaborative - 0.5000 profile" in lines
    assert any(line.startswith("+1.000000") and "Heat (1)" in line for line in lines)
