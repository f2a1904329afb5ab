"""What the routes work with: store, recommender, keys and metrics of one process."""

import logging
import threading
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
from api.rest.places import Places
from api.rest.probing import Probe
from api.rest.stale import StaleAnswers
from api.rest.sweeping import Sweeper
from api.settings import Settings
from graph.errors import ArtifactError, NotReadyError, StoreUnavailableError
from graph.model import Run
from graph.outage import Outage
from graph.store import Store
from recommender.recommending import Recommender

log = logging.getLogger("whypath.rest")


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
    ping: Probe[None] = field(init=False)
    current_run: Probe[Run | None] = field(init=False)
    statements: Places = field(init=False)
    jobs: TrainingJobs = field(init=False)
    _open: _Open | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _outage: Outage = field(default_factory=lambda: Outage(is_on=True))

    def __post_init__(self) -> None:
        """Raises a UsageError for a scenario that cannot be."""
        self.scenarios = read_scenarios(self.settings)
        self.sweeper = Sweeper(self.settings.serve.impressions_days)
        self.stale = StaleAnswers() if self.settings.serve.stale else None
        self.ping = Probe(lambda: self.store.ping())
        self.current_run = Probe(lambda: self.store.current_run())
        self.statements = Places(max(1, self.settings.serve.threads // 2))
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
        if self._open is None:
            self._outage.check(self._attempt)
        opened = self._open
        if opened is None:
            raise StoreUnavailableError("the graph store was closed; the server is stopping")
        return opened

    def _attempt(self) -> None:
        store = open_project_store(self.settings, must_exist=False)
        try:
            prepare_new_graph(store, self.settings)
        except BaseException:
            store.close()
            raise
        with self._lock:
            self._open = _Open(store, self._recommender(store), ArrivalPlacer(store, self.settings))


async def service_of(request: Request) -> Service:
    """The service of the app that a request came to."""
    service: Service = request.app.state.service
    return service


Parts = Annotated[Service, Depends(service_of)]
"""The parameter of a route that works with the service."""
