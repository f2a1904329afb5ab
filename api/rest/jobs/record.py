"""What is kept of a job: one small JSON file each, bounded in number, readable for the owner only.

The process that runs a job holds the system's lock on a file beside the records. So a record that
says "training" while nobody holds the lock is of a server that was ended, and is told as such; and
all workers of a server, which share the folder, see the same jobs.
"""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from graph.errors import NotFoundError, ResourceError

State = Literal["reading", "training", "publishing", "done", "failed", "cancelled", "interrupted"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")
JOB_ID = r"[0-9]{8}-[0-9]{6}-[0-9a-f]{9}"
KEPT_JOBS = 50
KEPT_LINES = 200
_ENDED_SERVER = "the server was ended during this job; the run before serves on"


@dataclass(frozen=True, slots=True)
class Job:
    """One training; times in epoch seconds.

    `step` is what goes on now and how far it is, `progress` the latest lines that training said,
    `run` the run that came of it. `left_out` counts items and entities that had left the graph.
    """

    id: str
    state: State
    made_at: int
    signals: tuple[str, ...]
    embeddings: tuple[str, ...]
    edges: int
    ended_at: int | None = None
    step: str = ""
    progress: tuple[str, ...] = ()
    run: int | None = None
    left_out: int = 0
    error: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it still may be ended: it has not, and its run is not being written."""
        return self.state in ("reading", "training")

    def with_line(self, line: str) -> Self:
        """The same with another line of progress, the oldest gone where there are too many."""
        return replace(self, progress=(*self.progress, line)[-KEPT_LINES:], step="")

    def ended(self, state: State, error: str = "", **changes: Any) -> Self:
        """The same at its end."""
        return replace(
            self, state=state, error=error, ended_at=int(time.time()), step="", **changes
        )


def new_job(signals: tuple[str, ...], embeddings: tuple[str, ...], edges: int) -> Job:
    """A job that begins now. Ids sort by time."""
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    part = int(now % 1.0 * 1_000_000)
    name = f"{stamp}-{part:05x}{secrets.token_hex(2)}"
    return Job(name, "reading", int(now), signals, embeddings, edges)


class JobLock:
    """The right to run a job, held until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it up."""
        os.close(self._descriptor)


class JobRecords:
    """The records of a project's jobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take_lock(self) -> JobLock | None:
        """The right to run a job, None while somebody runs one. Raises a ResourceError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            descriptor = os.open(
                self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        # A reader holds it shared for some microseconds to see whether it is free.
        for _ in range(10):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.01)
            else:
                return JobLock(descriptor)
        os.close(descriptor)
        return None

    def settle(self) -> None:
        """Close the records of jobs whose server was ended, and drop the oldest.

        For the holder of the lock.
        """
        for job in self.all()[KEPT_JOBS - 1 :]:
            self._file(job.id).unlink(missing_ok=True)
        for mark in self._folder.glob("*.cancel"):
            mark.unlink(missing_ok=True)
        for part in self._folder.glob("*.part"):
            part.unlink(missing_ok=True)
        for job in self._read_all():
            if not job.has_ended:
                self.write(job.ended("interrupted", _ENDED_SERVER))

    def write(self, job: Job) -> None:
        """Write a record, whole or not at all. Raises a ResourceError."""
        part = self._folder / f"{job.id}.part"
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                json.dump(asdict(job), out, ensure_ascii=False)
            part.replace(self._file(job.id))
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _unwritable(self._folder, error) from error

    def all(self) -> list[Job]:
        """All jobs, the latest first."""
        jobs = self._read_all()
        if any(not job.has_ended for job in jobs) and not self._is_locked():
            # Read again: a job may have ended and given the lock up since.
            jobs = [
                job if job.has_ended else job.ended("interrupted", _ENDED_SERVER)
                for job in self._read_all()
            ]
        return jobs

    def one(self, id: str) -> Job:
        """One job; raises a NotFoundError."""
        if re.fullmatch(JOB_ID, id):
            for job in self.all():
                if job.id == id:
                    return job
        raise NotFoundError(f"there is no job {id}; the latest {KEPT_JOBS} are kept")

    def ask_to_cancel(self, id: str) -> None:
        """Tell the process that runs the job to end it. Raises a ResourceError."""
        try:
            self._mark(id).touch(mode=0o600)
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def is_to_cancel(self, id: str) -> bool:
        """Whether `ask_to_cancel` was called."""
        return self._mark(id).exists()

    def _is_locked(self) -> bool:
        try:
            descriptor = os.open(self._folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _read_all(self) -> list[Job]:
        found = (_read(file) for file in sorted(self._folder.glob("*.json"), reverse=True))
        return [job for job in found if job is not None]

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"

    def _mark(self, id: str) -> Path:
        return self._folder / f"{id}.cancel"


def _read(file: Path) -> Job | None:
    """The record in a file; None for what is gone, or is none of ours."""
    try:
        entry: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        names = ("signals", "embeddings", "progress")
        job = Job(**{**entry, **{name: tuple(entry[name]) for name in names}})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return job if job.id == file.stem and job.state in get_args(State) else None


def _unwritable(folder: Path, error: OSError) -> ResourceError:
    return ResourceError(f"cannot keep records of jobs in {folder}: {error.strerror}")
