"""An evaluation as a table of models by metrics, and the differences with their intervals."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.evaluation.report import EvaluationReport


def show_evaluation(console: Console, report: EvaluationReport) -> None:
    """What was held out, one row a model, then ours against each baseline."""
    details = [f"{name} {value}" for name, value in report.split.items() if name != "name"]
    split = ", ".join([f"split {report.split['name']}", *details])
    head = f"{split}: {report.n_users:,} users, {report.n_tests:,} held-out pieces of feedback"
    console.print(Text(head, style="bold"))
    console.print()
    rows = report.rows()
    for k in report.ks:
        columns = [name for name in rows[0][1] if name.endswith(f"@{k}")]
        table = Table(box=None, pad_edge=False)
        table.add_column(f"top {k}")
        for column in columns:
            table.add_column(column.removesuffix(f"@{k}"), justify="right")
        table.add_column("seconds", justify="right")
        for model, (name, values) in zip(report.models, rows, strict=True):
            style = "bold" if model is report.models[0] else ""
            cells = [f"{values[column]:.4f}" for column in columns]
            table.add_row(Text(name), *cells, f"{model.seconds:.1f}", style=style)
        console.print(table)
        console.print()
    for entry in report.comparisons:
        interval = entry.interval
        bounds = f"{interval.low:+.4f} to {interval.high:+.4f}"
        sure = "" if interval.is_significant else "  (may be chance)"
        console.print(
            f"nDCG@{entry.k} of ours minus {entry.baseline}: {interval.difference:+.4f} "
            f"({interval.confidence:.0%} interval {bounds}){sure}"
        )
    for note in report.notes:
        console.print(Text(note, style="yellow"))
