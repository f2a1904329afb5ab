"""Runs a training beside the server: reads the graph, lets a process train, publishes what it says.

The embedded graph belongs to this process, so it alone reads and writes it; on a server it is done
in the same way. One training at a time in a project, over all workers.
"""

import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedRWPair
from typing import TYPE_CHECKING, Any

from api.rest.jobs.freed_memory import give_back_freed_memory
from api.rest.jobs.messages import Failed, Message, Said, Step, Trained
from api.rest.jobs.record import Job, JobLock, JobRecords, new_job
from api.rest.problems import CONFLICT, Problem
from api.settings import Settings, StoreSettings
from graph.dataset import read_dataset
from graph.errors import NotReadyError, ResourceError, WhypathError
from graph.store import Store
from recommender.learning.settings import TrainingSettings

if TYPE_CHECKING:
    from recommender.evidence import Evidence

log = logging.getLogger("whypath.rest")

_LOOK_EVERY_S = 0.1
_CANCEL_WAIT_S = 5.0
_WRITE_EVERY_S = 0.25
"""Between two records of progress."""


class TrainingJobs:
    """The trainings of a project. Safe for concurrent use."""

    def __init__(
        self, settings: Settings, store: Callable[[], Store], published: Callable[[], None]
    ) -> None:
        """`store` answers the store, or raises why there is none; `published` hears of a run."""
        self._settings = settings
        self._store = store
        self._published = published
        self._records = JobRecords(settings.workspace / "jobs")
        self._runner: _Runner | None = None

    def all(self) -> list[Job]:
        """All jobs that are remembered, the latest first."""
        return self._records.all()

    def one(self, id: str) -> Job:
        """One job; raises a NotFoundError."""
        return self._records.one(id)

    def start(self, train: TrainingSettings) -> Job:
        """Begin a training; raises a Problem while another one runs."""
        lock = self._records.take_lock()
        if lock is None:
            raise Problem(CONFLICT, "a training is running; one at a time")
        try:
            self._records.settle()
            job = new_job(train.signals, train.embeddings, train.edges_per_item)
            self._records.write(job)
        except BaseException:
            lock.release()
            raise
        settings = replace(self._settings, train=train)
        self._runner = _Runner(settings, self._store, self._published, self._records, job, lock)
        self._runner.start()
        return job

    def cancel(self, id: str) -> Job:
        """End a job, and answer it when it has ended. A Problem for one that can be no more."""
        job = self._records.one(id)
        if job.can_be_cancelled:
            self._records.ask_to_cancel(id)
        until = time.monotonic() + _CANCEL_WAIT_S
        while job.can_be_cancelled and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S / 2)
            job = self._records.one(id)
        if job.state == "publishing":
            raise Problem(CONFLICT, "its run is being written and will serve in a moment")
        if job.state in ("done", "failed", "interrupted"):
            raise Problem(CONFLICT, f"this job has ended already: it is {job.state}")
        return job

    def close(self) -> None:
        """End a training that runs; a run that is being written is finished first."""
        if self._runner is not None:
            self._runner.is_stopping = True
            self._runner.join()


class _Runner(threading.Thread):
    """Takes one job from its beginning to its end."""

    def __init__(
        self,
        settings: Settings,
        store: Callable[[], Store],
        published: Callable[[], None],
        records: JobRecords,
        job: Job,
        lock: JobLock,
    ) -> None:
        super().__init__(name=f"job {job.id}")
        self._settings = settings
        self._store = store
        self._published = published
        self._records = records
        self._job = job
        self._lock = lock
        self._written = 0.0
        self.is_stopping = False

    def run(self) -> None:
        """Do the job."""
        end = self._job.ended("failed", "this is a fault in whypath; its log has more")
        try:
            end = self._train()
        except _EarlyEndError:
            end = self._ended_early()
        except WhypathError as error:
            end = self._job.ended("failed", str(error))
        finally:
            log.info("training %s: %s %s", end.id, end.state, end.error)
            self._keep(end)
            give_back_freed_memory()
            self._lock.release()

    def _train(self) -> Job:
        log.info("training %s begins", self._job.id)
        store = self._store()
        dataset = read_dataset(store)
        if not len(dataset.feedback):
            raise NotReadyError("the graph holds no feedback to learn from")
        fingerprint = dataset.fingerprint
        self._enter("training")
        with self._child() as (process, stream):
            self._send(stream, dataset)
            del dataset
            evidence = self._listen(process, stream)
        self._enter("publishing")
        # Not at the top: scipy comes with it, and a server may never train.
        from recommender.publishing import publish_present

        run, left_out = publish_present(
            store, evidence, fingerprint=fingerprint, artifacts=self._settings.artifacts
        )
        self._published()
        return self._job.ended("done", run=run.id, left_out=left_out)

    def _enter(self, state: Any) -> None:
        """Go on to another state, unless it is to end here."""
        self._job = replace(self._job, state=state, step="")
        self._keep(self._job)
        if self._is_to_end():
            raise _EarlyEndError

    def _is_to_end(self) -> bool:
        return self.is_stopping or self._records.is_to_cancel(self._job.id)

    @contextmanager
    def _child(self) -> Iterator[tuple[subprocess.Popen[bytes], BufferedRWPair]]:
        """A process that trains, and a stream to and from it; it is gone at the end."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            # It needs no graph, so it gets no password; -P: the current folder is no place to
            # import from.
            environ = {name: v for name, v in os.environ.items() if name != "NEO4J_PASSWORD"}
            process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-P", "-m", "api.rest.jobs.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a library prints goes to the log
                env=environ,
            )
            theirs.close()
            log.info("training %s is process %d", self._job.id, process.pid)
            has_ended = threading.Event()
            watch = threading.Thread(target=self._watch, args=(process, has_ended))
            watch.start()
            try:
                stream = ours.makefile("rwb")
                try:
                    yield process, stream
                finally:
                    with suppress(ConnectionError):  # what a killed process did not take
                        stream.close()
            finally:
                has_ended.set()
                watch.join()
                process.kill()
                process.wait()

    def _watch(self, process: subprocess.Popen[bytes], has_ended: threading.Event) -> None:
        while not has_ended.wait(_LOOK_EVERY_S):
            if self._is_to_end():
                process.kill()

    def _send(self, stream: BufferedRWPair, dataset: Any) -> None:
        settings = replace(self._settings, store=StoreSettings())
        try:
            pickle.dump((settings, dataset), stream, protocol=pickle.HIGHEST_PROTOCOL)
            stream.flush()
        except ConnectionError:
            return  # it has ended; listening tells why

    def _listen(self, process: subprocess.Popen[bytes], stream: BufferedRWPair) -> "Evidence":
        """The evidence; until then what the process says goes into the record."""
        while True:
            try:
                message: Message = pickle.load(stream)  # noqa: S301 (of our own child)
            except (EOFError, pickle.UnpicklingError, ConnectionError) as error:
                if self._is_to_end():
                    raise _EarlyEndError from error
                raise ResourceError(_why_gone(process.wait())) from error
            match message:
                case Said(line):
                    self._job = self._job.with_line(line)
                case Step(text):
                    self._job = replace(self._job, step=text)
                case Failed(reason):
                    raise _TrainingFailedError(reason)
                case Trained(evidence):
                    return evidence
            if time.monotonic() - self._written >= _WRITE_EVERY_S:
                self._keep(self._job)

    def _ended_early(self) -> Job:
        if self._records.is_to_cancel(self._job.id):
            return self._job.ended("cancelled")
        return self._job.ended("interrupted", "the server was stopped during this job")

    def _keep(self, job: Job) -> None:
        """Write the record; a full disk must not end a training that needs none."""
        self._written = time.monotonic()
        try:
            self._records.write(job)
        except ResourceError as error:
            log.error("%s", error)


class _EarlyEndError(Exception):
    """The job was cancelled, or the server stops."""


class _TrainingFailedError(WhypathError):
    """What the training process said it failed of."""


def _why_gone(code: int) -> str:
    if code == -9:
        return "the training process was killed; perhaps the machine ran out of memory"
    if code < 0:
        return f"the training process was ended by signal {-code}"
    return "this is a fault in whypath: the training process ended without evidence; see the log"
