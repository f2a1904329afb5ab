"""What validation found, as plain values and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst on: an error spoils the graph, a warning may, an info is good to know."""

EXAMPLES = 5
"""How many examples a finding has at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `where` is a file; `examples` start with file and line where they can."""

    severity: Severity
    code: str
    message: str
    where: str
    count: int = 1
    examples: tuple[str, ...] = ()
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "count": self.count,
            "examples": list(self.examples),
            "advice": self.advice,
        }


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings by severity, in their order otherwise."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
