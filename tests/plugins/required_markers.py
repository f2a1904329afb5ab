"""Fails the test session when tests that had to run did not: a skip must not pass for a pass.

`WHYPATH_REQUIRED_MARKERS=neo4j,data` names markers of which every test must have run.
"""

import os
from collections import Counter

import pytest

REQUIRED = [name for name in os.environ.get("WHYPATH_REQUIRED_MARKERS", "").split(",") if name]


class RequiredMarkers:
    """Counts, for each required marker, the tests that passed and those that were skipped."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A report's keywords hold the test's markers, also where another process ran the test.
        for name in REQUIRED:
            if name not in report.keywords:
                continue
            if report.skipped:
                self.skipped[name] += 1
            elif report.when == "call" and report.passed:
                self.passed[name] += 1

    def faults(self) -> list[str]:
        """One sentence for each marker whose tests did not all run."""
        return [
            f"required marker {name!r}: {self.passed[name]} passed, {self.skipped[name]} skipped"
            for name in REQUIRED
            if not self.passed[name] or self.skipped[name]
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.faults() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in REQUIRED:
            terminalreporter.write_line(f"{name}: {self.passed[name]} tests ran")
        for fault in self.faults():
            terminalreporter.write_line(f"FAILED {fault}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the process that hands tests out counts for all
        config.pluginmanager.register(RequiredMarkers(), "required-markers-counter")
