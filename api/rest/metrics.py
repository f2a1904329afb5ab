"""What the server counts, for Prometheus; several workers count together.

Where `FOLDER_VARIABLE` is set when prometheus_client is first imported, each process keeps its
numbers in files of that folder, and a scrape of any of them adds all up.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@contextmanager
def counting_together() -> Iterator[None]:
    """Processes that are started meanwhile count together, from nothing."""
    with tempfile.TemporaryDirectory(prefix="whypath-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER_VARIABLE]


class Metrics:
    """The counters of one app. Safe for concurrent use."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._duration = Histogram(
            "whypath_request_duration_seconds",
            "Time to answer, by route.",
            ("method", "route", "status"),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.recommendations = Counter(
            "whypath_recommendations",
            "Recommendations, by what they rest on: history, profile or prior.",
            ("served_by",),
            registry=self.registry,
        )
        self.degraded = Counter(
            "whypath_degraded_answers",
            "Answers from the last good evidence while the store was gone.",
            registry=self.registry,
        )
        self.store_errors = Counter(
            "whypath_store_errors",
            "Requests that failed because of the graph store.",
            registry=self.registry,
        )
        self.feedback = Counter(
            "whypath_feedback_rows", "Rows of feedback taken in.", registry=self.registry
        )
        self.run = Gauge(
            "whypath_run",
            "Number of the run that serves.",
            registry=self.registry,
            multiprocess_mode="mostrecent",
        )
        self.run_age = Gauge(
            "whypath_run_age_seconds",
            "Time since the run that serves was trained.",
            registry=self.registry,
            multiprocess_mode="mostrecent",
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template of its path."""
        self._duration.labels(method, route or "none", str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        if FOLDER_VARIABLE not in os.environ:
            return generate_latest(self.registry)
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call] # it ships none
        return generate_latest(of_all)
