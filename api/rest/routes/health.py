"""Probes, version and metrics."""

import time
from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import Response

from api.rest.access import needs
from api.rest.openapi import EVERYWHERE, problems
from api.rest.problems import INTERNAL, STORE
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute
from graph.errors import StoreError

router = APIRouter(tags=["operation"], route_class=StrictRoute)


class Health(Answer):
    """That all is well; what is not is a problem document."""

    status: str
    """`ok`."""


class Version(Answer):
    """Which whypath this is and which run serves."""

    version: str
    """Of whypath."""
    run: int | None
    """Number of the run that serves; null before the first training."""


@router.get("/api/health/live", summary="Whether the process answers", responses=problems(INTERNAL))
async def live() -> Health:
    """Needs no key and touches no store: restart the process where this does not answer."""
    return Health(status="ok")


@router.get(
    "/api/health/ready",
    summary="Whether requests can be answered",
    responses=problems(STORE, INTERNAL),
)
async def ready(service: Parts) -> Health:
    """Needs no key. 503 while the graph store cannot be reached: send no traffic here.

    It answers within two seconds, however busy the server is.
    """
    await service.ping.answer()
    return Health(status="ok")


@router.get(
    "/api/version",
    summary="Version and serving run",
    dependencies=[needs("read")],
    responses=problems(*EVERYWHERE),
)
def get_version(service: Parts) -> Version:
    """The version of whypath, and the number of the run that serves."""
    run = service.store.current_run()
    return Version(version=version("whypath"), run=None if run is None else run.id)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    dependencies=[needs("read")],
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Metrics"},
        **problems(*EVERYWHERE),
    },
)
async def metrics(service: Parts) -> Response:
    """Latency by route, recommendations, store errors, age of the run; of all workers together."""
    try:
        run = await service.current_run.answer()
    except StoreError:
        run = None  # the other metrics matter most just then
    if run is not None:
        service.metrics.run.set(run.id)
        service.metrics.run_age.set(time.time() - run.at)
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
