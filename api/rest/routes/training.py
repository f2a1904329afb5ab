"""Training as a job, and the runs that come of it."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from api.rest.access import needs
from api.rest.jobs.record import JOB_ID, KEPT_LINES, Job, State
from api.rest.openapi import EVERYWHERE, problems
from api.rest.problems import CONFLICT, NOT_FOUND, RESOURCE
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute
from graph.model import Run
from recommender.learning.settings import EmbeddingName

router = APIRouter(tags=["operation"], dependencies=[needs("admin")], route_class=StrictRoute)
Signal = Literal["collaborative", "sequential", "knowledge", "semantic", "factors", "profile"]
JobId = Annotated[str, Path(pattern=f"^{JOB_ID}$", description="The `id` of a job.")]
RunId = Annotated[int, Path(ge=1, le=2**53, description="The number of a run.")]

_JOB: JsonDict = {
    "id": "20260314-150926-2f1d0a5b3",
    "state": "training",
    "made_at": 1773500966,
    "ended_at": None,
    "signals": ["collaborative", "sequential", "knowledge"],
    "embeddings": [],
    "edges": 100,
    "step": "",
    "run": None,
    "left_out": 0,
    "error": "",
}


class Training(BaseModel):
    """What to train; what is left out is as in `[train]`."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"signals": ["collaborative"]}, {}]},
    )

    signals: list[Signal] | None = Field(None, min_length=1, max_length=6)
    """Learn only these signals."""
    embeddings: list[EmbeddingName] | None = Field(None, max_length=3)
    """What describes items beside their facts; [] is nothing."""
    edges: int | None = Field(None, ge=1, le=10_000)
    """Evidence edges kept for an item and signal."""


class JobSummary(Answer):
    """A training job."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB]})

    id: str
    """For the routes of one job."""
    state: State
    """`interrupted`: the server was ended during the job. Whatever ends a job but `done`, the run
    before serves on."""
    made_at: int
    """When it was asked for, in epoch seconds."""
    ended_at: int | None
    """In epoch seconds; null while it goes on."""
    signals: list[str]
    """What it learns."""
    embeddings: list[str]
    """What describes items beside their facts."""
    edges: int
    """Evidence edges kept for an item and signal."""
    step: str
    """What goes on now, where that takes long."""
    run: int | None
    """The run that came of it."""
    left_out: int
    """Items and entities that left the graph during the training, and so the run."""
    error: str
    """Why it failed, in a sentence."""


class JobDetail(JobSummary):
    """A training job with what it said."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_JOB, "progress": ["validation: 9,600 of 47,000 rows (chronological)"]}]
        }
    )

    progress: list[str] = Field(description=f"The latest {KEPT_LINES} lines, the last one last.")


class Jobs(Answer):
    """Training jobs."""

    jobs: list[JobSummary]
    """The latest first."""


class RunSummary(Answer):
    """A run: what one training left in the graph."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3,
                    "at": 1773500970,
                    "fingerprint": "9f2c41d07ab35e68",
                    "is_ready": True,
                    "is_current": True,
                    "metrics": {"validation": {"users": 600, "ndcg@10": {"mixture": 0.24}}},
                }
            ]
        }
    )

    id: int
    """Its number."""
    at: int
    """When it was trained, in epoch seconds."""
    fingerprint: str
    """A hash of the graph that it was trained on."""
    is_ready: bool
    """False while it is being written, or where that broke off."""
    is_current: bool
    """Whether it serves."""
    metrics: dict[str, Any]
    """What training measured on its validation data."""


class Runs(Answer):
    """Runs in the graph."""

    runs: list[RunSummary]
    """The latest first."""


@router.post(
    "/api/train",
    status_code=202,
    summary="Begin a training",
    responses=problems(*EVERYWHERE, CONFLICT, RESOURCE),
)
def start_training(service: Parts, training: Training, response: Response) -> JobDetail:
    """Learn from the graph as it is now, in a process of its own.

    The header `Location` names the job. The server goes on serving; when the training is done, the
    new run serves from the next request on. Only one training runs at a time.
    """
    usual = service.settings.train
    settings = replace(
        usual,
        signals=usual.signals if training.signals is None else tuple(training.signals),
        embeddings=usual.embeddings if training.embeddings is None else tuple(training.embeddings),
        edges_per_item=training.edges or usual.edges_per_item,
    )
    job = service.jobs.start(settings)
    root = service.settings.serve.root_path.rstrip("/")
    response.headers["location"] = f"{root}/api/jobs/{job.id}"
    return _detail(job)


@router.get("/api/jobs", summary="Training jobs", responses=problems(*EVERYWHERE))
def list_jobs(service: Parts) -> Jobs:
    """The training jobs of this project, the latest first; the records of old ones go."""
    return Jobs(jobs=[JobSummary(**_values(job)) for job in service.jobs.all()])


@router.get("/api/jobs/{id}", summary="A training job", responses=problems(*EVERYWHERE, NOT_FOUND))
def get_job(service: Parts, id: JobId) -> JobDetail:
    """How far a job is, and what came of it."""
    return _detail(service.jobs.one(id))


@router.delete(
    "/api/jobs/{id}",
    summary="Cancel a training job",
    responses=problems(*EVERYWHERE, NOT_FOUND, CONFLICT, RESOURCE),
)
def cancel_job(service: Parts, id: JobId) -> JobDetail:
    """End a job; the run before serves on. A job that is done already answers 409."""
    return _detail(service.jobs.cancel(id))


@router.get("/api/runs", summary="Runs", responses=problems(*EVERYWHERE))
def list_runs(service: Parts) -> Runs:
    """The runs in the graph, the latest first: the one that serves, and those to go back to."""
    return Runs(runs=[_run(run) for run in reversed(service.store.runs())])


@router.post(
    "/api/runs/{id}/activate",
    summary="Go back to a run",
    responses=problems(*EVERYWHERE, NOT_FOUND, CONFLICT),
)
def activate_run(service: Parts, id: RunId) -> RunSummary:
    """Let a finished run serve from the next request on; trains nothing."""
    # Not at the top: scipy comes with it, which a server needs only for this.
    from recommender.publishing import activate

    run = activate(service.store, id, service.settings.artifacts)
    service.arrivals.notice()  # items may have come while another run served
    return _run(run)


def _values(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in JobSummary.model_fields}


def _detail(job: Job) -> JobDetail:
    return JobDetail(**_values(job), progress=list(job.progress))


def _run(run: Run) -> RunSummary:
    return RunSummary(**{name: getattr(run, name) for name in RunSummary.model_fields})
