"""Suggestions and explanations as a person reads them: the answer first, then its paths."""

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.explaining import Explanation
from recommender.paths import path_line
from recommender.suggestion import Contribution, Path, Recommendation

SERVED_BY = {
    "history": "from the history",
    "profile": "from the user's attributes: there is no history",
    "prior": "what is popular: nothing is known of this user",
}
SHOWN_TERMS = 15
"""Contributions of an explanation listed one by one; the rest are summed in a last line."""


def show_recommendation(console: Console, answer: Recommendation, paths: int = 1) -> None:
    """A table of suggestions, then the best `paths` paths of each."""
    who = f"user {answer.user}" if answer.user is not None else "this session"
    head = f"For {who}, {SERVED_BY[answer.served_by]} (run {answer.run})"
    console.print(Text(head, style="bold"))
    if answer.note:
        console.print(Text(answer.note, style="yellow"))
    if not answer.suggestions:
        console.print("nothing to suggest")
        return
    console.print()
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("item", no_wrap=True, max_width=44)
    table.add_column("id", style="dim")
    table.add_column("score", justify="right")
    table.add_column("why", ratio=1)
    for suggestion in answer.suggestions:
        table.add_row(
            str(suggestion.rank),
            Text(suggestion.title or suggestion.item, style="bold"),
            suggestion.item,
            f"{suggestion.score:.4f}",
            Text(suggestion.sentence),
        )
    console.print(table)
    console.print()
    for suggestion in answer.suggestions:
        head = f"{suggestion.rank:>3}"
        for path in _different_first(suggestion.paths)[:paths]:
            _print_path(console, head, path)
            head = "   "
        if any(term.signal == "factors" for term in suggestion.contributions):
            console.print(Text(f"{head}  = {_by_signal(suggestion.contributions)}", style="dim"))


def show_explanation(console: Console, explanation: Explanation) -> None:
    """The verdict, every contribution, and the paths of one pair of user and item."""
    console.print(Text(explanation.headline, style="bold"))
    console.print(Text(explanation.sentence))
    console.print()
    console.print(Text(f"score {explanation.score:.6f}, the sum of:", style="bold"))
    console.print(Text(f"  {_by_signal(explanation.contributions)}", style="dim"))
    table = Table(box=None, pad_edge=False)
    table.add_column("contribution", justify="right")
    table.add_column("signal")
    table.add_column("through")
    terms = sorted(explanation.contributions, key=lambda term: -abs(term.value))
    for term in terms[:SHOWN_TERMS]:
        table.add_row(f"{term.value:+.6f}", term.signal, Text(_via(explanation, term)))
    if rest := terms[SHOWN_TERMS:]:
        value = sum(term.value for term in rest)
        table.add_row(f"{value:+.6f}", "", Text(f"{len(rest)} smaller ones", style="dim"))
    console.print(table)
    console.print()
    for path in _different_first(explanation.paths)[:SHOWN_TERMS]:
        _print_path(console, "", path)


def _by_signal(terms: Sequence[Contribution]) -> str:
    """What each signal adds to the score, the greatest first: `2.1 factors - 0.3 profile`."""
    values: dict[str, list[float]] = {}
    for term in terms:
        values.setdefault(term.signal, []).append(term.value)
    sums = sorted(((math.fsum(parts), signal) for signal, parts in values.items()), reverse=True)
    said = " ".join(
        f"{'-' if value < 0.0 else '+'} {abs(value):.4f} {signal}" for value, signal in sums
    )
    return said.removeprefix("+ ")


def _different_first(paths: Sequence[Path]) -> list[Path]:
    """The strongest path of each signal before a second one of any."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(path.signal, path)
    return [*first.values(), *(path for path in paths if first[path.signal] is not path)]


def _via(explanation: Explanation, term: Contribution) -> str:
    if term.via is None:
        return "popularity"
    name = explanation.names.get(term.via)
    return f"{name} ({term.via})" if name and name != term.via else term.via


def _print_path(console: Console, head: str, path: Path) -> None:
    line = Text(f"{head}  " if head else "  ")
    line.append(path_line(path))
    line.append(f"   {_percent(path.share)} {path.signal}", style="dim")
    console.print(line)


def _percent(share: float) -> str:
    """A path's part of what speaks for the item; one too small to be told is not 0."""
    return f"{share:+.1%}" if abs(share) >= 0.0005 else f"{'-' if share < 0.0 else '+'}<0.1%"
