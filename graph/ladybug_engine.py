"""Runs Cypher in an embedded Ladybug database: connections, transactions, errors.

Ladybug's habits that shape this module: a connection keeps every plan it made, with the Arrow
tables bound to it, so each write with a table gets a connection of its own; a writing transaction
is refused, not queued, while another runs, so writes wait for a lock here; a plan bound to an Arrow
table that is used a second time crashes the process, so a table is handed over as a new object each
time.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ladybug
import pyarrow as pa

from graph.asking.deadline import PLACES, Askers
from graph.asking.ladybug_asking import ask
from graph.asking.limits import Answer, AskLimits
from graph.engine import Reader, Row, Statement, T, statement
from graph.errors import (
    NotReadyError,
    ResourceError,
    StoreError,
    StoreLockedError,
    UsageError,
    WhypathError,
)
from graph.lock import GraphLock
from graph.queries import Dialect

_CORES = os.cpu_count() or 1
"""Threads of a writing query, or of one that reads much."""

BUFFER_MB = 512
"""Default limit of Ladybug's page cache. A million feedback rows are written within 256."""


class LadybugEngine:
    """One open database file; other processes are kept out until `close`."""

    dialect: Dialect = "ladybug"
    batch_rows = 100_000
    few_rows = 100
    one_by_one = 5
    has_one_writer = True

    def __init__(self, path: Path, *, read_only: bool = False, buffer_mb: int = BUFFER_MB) -> None:
        """Open the file, and create it unless `read_only`."""
        self._path = path
        self._write_lock = threading.Lock()
        self._readers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._askers = Askers()
        self._plans = 0
        self._writer: Any = None
        self._writer_plans = 0
        self._changes = 0
        if path.is_dir():
            raise UsageError(
                f"{path} is a directory; the graph is a file, such as {path}/graph.lbug"
            )
        if not path.parent.is_dir():
            raise UsageError(f"{path} cannot be opened: there is no directory {path.parent}")
        if read_only and not path.exists():
            raise NotReadyError(f"there is no graph at {path}; run `whypath import` first")
        self._lock = GraphLock(path, shared=read_only)
        try:
            self._database = ladybug.Database(
                str(path),
                buffer_pool_size=buffer_mb << 20,
                # A query waits until a thread is free, and a statement keeps its own for seconds.
                max_num_threads=_CORES + PLACES,
                read_only=read_only,
            )
        except RuntimeError as error:
            self._lock.release()
            raise _translated(path, error) from error

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a reading query."""
        with self._reader() as connection:
            return _Work(self._path, connection).rows(statement)

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a reading query as an Arrow table."""
        with self._fresh() as connection:
            return _Work(self._path, connection).table(statement, schema)

    def ask(self, statement: Statement, limits: AskLimits) -> Answer:
        """The answer to a caller's statement, in a transaction that refuses writes."""
        connections: list[Any] = []

        def work() -> Answer:
            # One thread, so that other requests are served beside it.
            connections.append(ladybug.Connection(self._database, num_threads=1))
            return ask(connections[0], statement, limits)

        def interrupt() -> None:
            with contextlib.suppress(RuntimeError):  # it may have ended just now
                for connection in connections:
                    connection.interrupt()

        return self._askers.run(work, limits.time_s, interrupt)

    @property
    def changes(self) -> int | None:
        """Counts the writes but for those of events: the lock file keeps other writers out."""
        return self._changes

    def write(
        self, work: Callable[[Reader], T], *, keeps_plans: bool = False, is_event: bool = False
    ) -> T:
        """Do the work in one transaction, after those of other threads."""
        with self._write_lock:
            try:
                return self._write(work, self._writer_kept() if keeps_plans else self._fresh())
            finally:
                # After the commit, so that nothing read before it is taken for what came after;
                # also where it failed, since it may have been done nevertheless.
                self._changes += not is_event

    def _write(
        self,
        work: Callable[[Reader], T],
        connections: contextlib.AbstractContextManager[Any],
    ) -> T:
        with connections as connection:
            transaction = _Work(self._path, connection)
            transaction.rows(Statement("BEGIN TRANSACTION"))
            try:
                done = work(transaction)
            except BaseException:
                # A failed statement may have ended the transaction already.
                with contextlib.suppress(RuntimeError):
                    connection.execute("ROLLBACK").close()
                raise
            transaction.rows(Statement("COMMIT"))
            return done

    @contextlib.contextmanager
    def _writer_kept(self) -> Iterator[Any]:
        """The writer's connection, kept with its plans until a failure or new tables."""
        connection, self._writer = self._writer, None
        if connection is not None and self._writer_plans != self._plans:
            connection.close()
            connection = None
        if connection is None:
            connection = ladybug.Connection(self._database, num_threads=_CORES)
            self._writer_plans = self._plans
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._writer = connection

    def ping(self) -> None:
        """Ask the database for nothing."""
        self.rows(statement(self.dialect, "ping"))

    def forget_plans(self) -> None:
        """Drop the readers' cached plans, which do not know tables made since."""
        self._plans += 1
        with contextlib.suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()

    def close(self) -> None:
        """Close the file and let other processes in."""
        if not self._askers.stop():
            return  # A statement that cannot be interrupted still reads; the process goes with it.
        with self._write_lock:
            self.forget_plans()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._database.close()
            self._lock.release()

    @contextlib.contextmanager
    def _fresh(self) -> Iterator[Any]:
        connection = ladybug.Connection(self._database, num_threads=_CORES)
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Any]:
        """A connection for one reading query at a time, used again for its cached plans."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            # Queries of a request are so short that starting threads costs a fifth of their time.
            connection = ladybug.Connection(self._database, num_threads=1)
        plans = self._plans
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if plans == self._plans:
            self._readers.put(connection)
        else:
            connection.close()


class _Work:
    """Runs queries on one connection."""

    def __init__(self, path: Path, connection: Any) -> None:
        self._path = path
        self._connection = connection

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a query."""
        with self._run(statement) as result:
            if not result.has_next():
                return []
            # Three times as fast as row by row; the default chunk of a million rows costs 0.7 ms.
            columns = result.get_as_arrow(2048).columns
            lists = (column.to_pylist() for column in columns)
            return [list(row) for row in zip(*lists, strict=True)]

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with self._run(statement) as result:
            if not result.has_next():
                return schema.empty_table()
            return result.get_as_arrow().rename_columns(schema.names).cast(schema)

    @contextlib.contextmanager
    def _run(self, statement: Statement) -> Iterator[Any]:
        parameters = {
            name: value.slice(0) if isinstance(value, pa.Table) else value
            for name, value in statement.parameters.items()
        }
        try:
            with self._connection.execute(statement.text, parameters) as result:
                yield result
        except RuntimeError as error:
            raise _translated(self._path, error) from error


def _translated(path: Path, error: RuntimeError) -> WhypathError:
    """What a Ladybug error means to the user; Ladybug has one class for all of them."""
    return _meaning(path, str(error).splitlines()[0] if str(error) else "unknown error")


def _meaning(path: Path, reason: str) -> WhypathError:
    if "Could not set lock" in reason:
        return StoreLockedError(
            f"{path} is in use by another program ({reason.partition('(')[2].partition(')')[0]}); "
            "close it first"
        )
    if "not a valid Lbug database" in reason:
        return StoreError(f"{path} is not a Ladybug database; name another file for the graph")
    if "Buffer manager" in reason:
        return ResourceError(
            f"the embedded graph needs more memory than it may take; allow it more, "
            f"e.g. 'ladybug:{path}?buffer_mb=2048' ({reason})"
        )
    if "No space left" in reason:
        return ResourceError(f"the disk of {path} is full; free some space and run it again")
    if "ermission denied" in reason:
        return ResourceError(f"this user may not open {path} ({reason})")
    if "IO exception" in reason:
        return ResourceError(f"cannot read or write {path} ({reason})")
    return StoreError(f"the embedded graph at {path} refused a query: {reason}")
