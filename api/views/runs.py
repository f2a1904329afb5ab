"""Runs and the contents of the graph as tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from graph.model import Run


def show_run(console: Console, run: Run) -> None:
    """What a training or an activation left: the run that serves now."""
    console.print(Text(f"run {run.id} serves now", style="bold"))
    for name, value in _settings_lines(run):
        console.print(Text(f"  {name}: {value}"))


def show_status(console: Console, url: str, counts: Mapping[str, int], runs: Sequence[Run]) -> None:
    """The graph's counts and its runs."""
    console.print(Text(url, style="bold"))
    table = Table(box=None, pad_edge=False)
    table.add_column("in the graph")
    table.add_column("count", justify="right")
    for name, count in counts.items():
        table.add_row(Text(name), f"{count:,}")
    console.print(table)
    console.print()
    if not runs:
        console.print("no run yet: `whypath train` learns evidence from the graph")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("run", "trained (UTC)", "state", "signals", "validation nDCG@10"):
        table.add_column(column)
    for run in runs:
        state = "serves" if run.is_current else "ready" if run.is_ready else "unfinished"
        at = datetime.fromtimestamp(run.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(str(run.id), at, state, _signals(run), _ndcg(run))
    console.print(table)
    console.print(
        Text("`whypath train --activate RUN` goes back to another ready run", style="dim")
    )


def _signals(run: Run) -> str:
    signals = run.settings.get("signals", ())
    return ", ".join(map(str, signals)) if isinstance(signals, list | tuple) else str(signals)


def _ndcg(run: Run) -> str:
    value = run.metrics.get("ndcg@10")
    return f"{value:.4f}" if isinstance(value, float) else ""


def _settings_lines(run: Run) -> list[tuple[str, str]]:
    lines = [(name, str(value)) for name, value in run.settings.items() if name != "recipe"]
    return [*lines, *((name, str(value)) for name, value in run.metrics.items())]
