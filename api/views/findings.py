"""What is wrong with files, as a person reads it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from graph.validation import Finding

STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
COUNTED = {"error": "error", "warning": "warning", "info": "remark"}
SHOWN_EXAMPLES = 3


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """The worst first; each with examples and what to do."""
    order = list(STYLES)
    for finding in sorted(findings, key=lambda finding: order.index(finding.severity)):
        head = Text(finding.severity, style=STYLES[finding.severity])
        head.append(f"  {finding.message}", style="default")
        console.print(head)
        for example in finding.examples[:SHOWN_EXAMPLES]:
            console.print(Text(f"         {example}", style="dim"))
        if finding.advice:
            console.print(Text(f"         -> {finding.advice}"))
    counts = [_count(findings, severity, name) for severity, name in COUNTED.items()]
    console.print(Text(", ".join(counts), style="bold"))


def _count(findings: Sequence[Finding], severity: str, name: str) -> str:
    count = sum(finding.severity == severity for finding in findings)
    return f"{count} {name}{'' if count == 1 else 's'}"
