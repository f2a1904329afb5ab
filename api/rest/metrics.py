"""What the server counts, for Prometheus; each worker counts for itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


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
        self.run = Gauge("whypath_run", "Number of the run that serves.", registry=self.registry)
        self.run_age = Gauge(
            "whypath_run_age_seconds",
            "Time since the run that serves was trained.",
            registry=self.registry,
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template of its path."""
        self._duration.labels(method, route or "none", str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return generate_latest(self.registry)
