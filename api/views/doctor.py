"""The doctor's findings as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.doctor import Check


def show_doctor(console: Console, checks: Sequence[Check]) -> None:
    """One line a check."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark, style = ("ok", "green") if check.is_ok else ("MISSING", "red")
        if not check.is_ok and check.is_optional:
            mark, style = "-", "yellow"
        table.add_row(Text(mark, style=style), check.name, Text(check.detail))
    console.print(table)
