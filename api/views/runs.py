"""Runs and the contents of the graph as tables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from graph.model import Run
from recommender.recipe import RELATION_OF_SIGNAL, SIGNAL_OF_RELATION, Recipe


def show_run(console: Console, run: Run) -> None:
    """What a training or an activation left: the run that serves now, and what it is made of."""
    console.print(Text(f"run {run.id} serves now", style="bold"))
    weights, edges, quality = _weights(run), _found(run.metrics, "edges"), _quality(run)
    intervals = _found(run.settings, "choices", "mixture", "intervals")
    columns = ["weight", *(["95 % interval"] if intervals else [])]
    columns += ["evidence edges", "validation nDCG@10 alone"]
    table = Table(box=None, pad_edge=False)
    table.add_column("signal")
    for column in columns:
        table.add_column(column, justify="right")
    for signal, weight in weights.items():
        count = edges.get(RELATION_OF_SIGNAL[signal])
        cells = [f"{weight:.3g}"]
        if intervals:
            between = intervals.get(signal)
            cells.append("" if between is None else "{:g} .. {:g}".format(*between))
        cells.append("" if count is None else f"{count:,.0f}")
        cells.append(f"{quality[signal]:.4f}" if signal in quality else "")
        table.add_row(signal, *cells)
    console.print(table)
    if "mixture" in quality:
        console.print(f"together they reach a validation nDCG@10 of {quality['mixture']:.4f}")


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
        table.add_row(str(run.id), at, state, ", ".join(_weights(run)), _mixture(run))
    console.print(table)
    console.print(
        Text("`whypath train --activate RUN` goes back to another ready run", style="dim")
    )


def _weights(run: Run) -> dict[str, float]:
    """The weight of each signal for a user with a history, whose scores have deviation 1."""
    recipe = run.settings.get("recipe")
    if not isinstance(recipe, Mapping):
        return {}
    read = Recipe.from_json(recipe)
    weights = {SIGNAL_OF_RELATION[signal.relation]: signal.theta for signal in read.signals}
    # The recipe has these two for scores as they are, of whatever deviation.
    thetas = _found(run.settings, "choices", "mixture", "thetas")
    others = {"profile": read.profile, "prior": read.prior}
    return {**weights, **{name: thetas.get(name, weight) for name, weight in others.items()}}


def _found(record: Mapping[str, object], *path: str) -> Mapping[str, Any]:
    """A mapping within settings or metrics; empty where there is none."""
    value: object = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _mixture(run: Run) -> str:
    value = _quality(run).get("mixture")
    return "" if value is None else f"{value:.4f}"


def _quality(run: Run) -> Mapping[str, float]:
    """nDCG@10 on the validation data, of each signal alone and of the mixture."""
    return _found(run.metrics, "validation", "ndcg@10")
