"""What an import did, as a person reads it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from graph.import_report import ImportReport

SHOWN_LINES = 3


def show_import(console: Console, report: ImportReport) -> None:
    """Rows by file, then what became of them in the graph."""
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    for column in ("rows", "kept", "left out", "rejected", "seconds"):
        table.add_column(column, justify="right")
    for file in report.files:
        rejected = sum(rows.count for rows in file.rejected)
        numbers = (file.read, file.kept, file.left_out, rejected)
        table.add_row(Text(file.file), *(f"{n:,}" for n in numbers), f"{file.seconds:.1f}")
    console.print(table)
    for file in report.files:
        for rows in file.rejected:
            lines = ", ".join(map(str, rows.lines[:SHOWN_LINES]))
            where = f" (line {lines}{', ...' if rows.count > SHOWN_LINES else ''})"
            text = f"  {file.file}: {rows.count:,} rejected: {rows.reason}{where}"
            console.print(Text(text, style="yellow"))
        for change in file.cleaned:
            example = f", e.g. {change.example!r}" if change.example else ""
            console.print(Text(f"  {file.file}: {change.count:,} {change.what}{example}", "dim"))
        if file.rejects is not None:
            console.print(Text(f"  rejected rows with their reasons: {file.rejects}"))
    console.print()
    table = Table(box=None, pad_edge=False)
    table.add_column("in the graph")
    for column in ("added", "changed", "unchanged"):
        table.add_column(column, justify="right")
    for name, written in report.written.items():
        done = (written.added, written.changed, written.unchanged)
        table.add_row(Text(name), *(f"{n:,}" for n in done))
    console.print(table)
    for name, count in report.repeated.items():
        if count:
            console.print(f"{name}: {count:,} repeated pieces of feedback were merged")
    for name, count in report.outside_core.items():
        if count:
            console.print(f"{name}: {count:,} pieces of feedback are outside the k-core")
    for name, count in report.not_in_files.items():
        if count:
            text = f"{name}: {count:,} in the graph from earlier imports are not in these files"
            console.print(Text(text, style="yellow"))
    console.print(f"imported in {report.seconds:.1f} s")


def show_placed(console: Console, placing: Mapping[str, Any]) -> None:
    """What an append brought to the run that serves: `placed`, `texts_waiting`, `not_placed`."""
    placed, wait, reason = placing["placed"], placing["texts_waiting"], placing["not_placed"]
    if placed:
        sentence = f"{len(placed):,} new item(s) can be recommended from now on, by what they share"
        console.print(f"{sentence}.")
    if wait:
        why = reason or "their encoder takes seconds to load, and --encode-texts does it now"
        sentence = f"The texts of {wait:,} item(s) count from the next training on: {why}."
        console.print(Text(sentence.replace("..", "."), style="yellow"))
    elif reason:
        console.print(Text(f"New items wait for the next training: {reason}", style="yellow"))
