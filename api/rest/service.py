"""What the routes work with: store, recommender, keys and metrics of one process."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.opening import open_project_store, prepare_new_graph
from api.rest.arrivals import ArrivalPlacer
from api.rest.asking import Options, read_scenarios
from api.rest.jobs.training import TrainingJobs
from api.rest.keys import KeyRing
from api.rest.metrics import Metrics
from api.rest.stale import StaleAnswers
from api.rest.sweeping import Sweeper
from api.settings import Settings
from graph.errors import ArtifactError, NotReadyError, StoreUnavailableError
from graph.store import Store
from recommender.recommending import Recommender

log = logging.getLogger("whypath.rest")

_RETRY_S = 1.0
"""Between two attempts to reach a store that was gone when the server started."""


@dataclass(frozen=True, slots=True)
class _Open:
    store: Store
    recommender: Recommender
    arrivals: ArrivalPlacer


@dataclass
class Service:
    """One process's parts. A server that is gone at the start is opened when it comes."""

    settings: Settings
    keys: KeyRing = field(init=False)
    scenarios: Mapping[str, Options] = field(init=False)
    sweeper: Sweeper = field(init=False)
    stale: StaleAnswers | None = field(init=False)
    metrics: Metrics = field(default_factory=Metrics)
    jobs: TrainingJobs = field(init=False)
    _open: _Open | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tried: float = float("-inf")

    def __post_init__(self) -> None:
        """Raises a UsageError for a scenario that cannot be."""
        self.scenarios = read_scenarios(self.settings)
        self.sweeper = Sweeper(self.settings.serve.impressions_days)
        self.stale = StaleAnswers() if self.settings.serve.stale else None
        self.keys = KeyRing(self.settings.project / self.settings.serve.keys)
        self.jobs = TrainingJobs(self.settings, lambda: self.store, lambda: self.arrivals.notice())

    @property
    def store(self) -> Store:
        """The graph. Raises a StoreUnavailableError while it cannot be reached."""
        return self._opened().store

    @property
    def recommender(self) -> Recommender:
        """What suggests and explains."""
        return self._opened().recommender

    @property
    def arrivals(self) -> ArrivalPlacer:
        """What gives new items their evidence."""
        return self._opened().arrivals

    def open(self) -> None:
        """Open the store and read the run that serves; what is not there yet is left for later.

        Raises what says that the settings are wrong: a locked graph, a bad URL or password.
        """
        try:
            self._opened().recommender.prepare()
        except (StoreUnavailableError, ArtifactError, NotReadyError) as error:
            log.warning("%s", error)

    def close(self) -> None:
        """End a training that runs, and close the store."""
        self.jobs.close()
        with self._lock:
            if self._open is not None:
                self._open.arrivals.close()
                self._open.store.close()
                self._open = None

    def _recommender(self, store: Store) -> Recommender:
        """Where evidence is asked for in the graph each time, so is every answer."""
        retrieval = self.settings.recommend.retrieval
        kept = self.settings.serve.kept_suggestions if retrieval == "memory" else 0
        return Recommender(store, self.settings.artifacts, retrieval, kept)

    def _opened(self) -> _Open:
        if self._open is not None:
            return self._open
        with self._lock:
            if self._open is None:
                now = time.monotonic()
                if now - self._tried < _RETRY_S:
                    raise StoreUnavailableError("the graph store could not be reached a moment ago")
                try:
                    store = open_project_store(self.settings, must_exist=False)
                finally:  # after the attempt, which takes as long as the store's own time limit
                    self._tried = time.monotonic()
                try:
                    prepare_new_graph(store, self.settings)
                except BaseException:
                    store.close()
                    raise
                self._open = _Open(
                    store,
                    self._recommender(store),
                    ArrivalPlacer(store, self.settings),
                )
            return self._open


async def service_of(request: Request) -> Service:
    """The service of the app that a request came to."""
    service: Service = request.app.state.service
    return service


Parts = Annotated[Service, Depends(service_of)]
"""The parameter of a route that works with the service."""
