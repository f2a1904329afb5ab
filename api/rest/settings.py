"""The settings of `whypath serve`: table `[serve]`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graph.errors import UsageError


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where and how the API is served.

    `threads` answer requests at a time in each of `workers` processes; an embedded graph serves
    one process. `keys` is the file of API keys, from the project folder on. A request that takes
    longer than `timeout_s`, or comes while `max_in_flight` others are answered, gets a 503. A
    client has `read_timeout_s` to send the head of a request, else it is cut off, and as long for
    the body, else it gets a 408. `rate_per_minute` requests of one key (0: any number) are answered
    before a 429, an equal share of them by each worker. With `[recommend] retrieval` "memory" and
    an embedded graph, `kept_suggestions` of the last answers are kept (0: none): they are given
    again to who asks the same while the user's feedback, which is read each time, and all else in
    the graph are the same. `latest` is the numeric property of items that `GET /api/latest` goes
    by. Impressions go after `impressions_days` (0: they stay). `scenarios` are named sets of
    parameters of `/api/recommend`. `log_level` "warning" logs no request but those that failed on
    this side. `trace_url` takes traces by OTLP over HTTP.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 4
    keys: str = "keys.json"
    max_body_bytes: int = 4_194_304
    max_batch: int = 10_000
    timeout_s: float = 10.0
    read_timeout_s: float = 5.0
    max_in_flight: int = 256
    rate_per_minute: int = 0
    grace_s: int = 20
    root_path: str = ""
    cors_origins: tuple[str, ...] = ()
    kept_suggestions: int = 20_000
    latest: str = ""
    rotation_hours: float = 24.0
    impressions_days: int = 90
    stale: bool = False
    log: Literal["text", "json"] = "text"
    log_level: Literal["info", "warning", "error"] = "info"
    trace_url: str = ""
    scenarios: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises a UsageError for numbers that nothing could be served with."""
        least = {
            "workers": 1,
            "threads": 1,
            "max_body_bytes": 1_024,
            "max_batch": 1,
            "max_in_flight": 1,
            "rate_per_minute": 0,
            "kept_suggestions": 0,
            "grace_s": 0,
            "impressions_days": 0,
        }
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise UsageError(f"serve.{name} must be at least {bound}.")
        if 0 < self.rate_per_minute < self.workers:
            raise UsageError(
                f"serve.rate_per_minute is shared by the workers: give at least {self.workers}, "
                "or 0 for no limit."
            )
        if not 0 <= self.port <= 65_535:
            raise UsageError("serve.port goes from 0 to 65535.")
        for name in ("timeout_s", "read_timeout_s"):
            if not 0.0 < getattr(self, name) <= 3_600.0:
                raise UsageError(f"serve.{name} goes from above 0 to 3600.")
        if self.trace_url and not self.trace_url.startswith(("http://", "https://")):
            raise UsageError("serve.trace_url must begin with http:// or https://.")
        if self.rotation_hours <= 0.0:
            raise UsageError("serve.rotation_hours must be above 0.")
