"""Runs Cypher on a Neo4j server: managed transactions, which the driver retries, and its errors."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import neo4j
import pyarrow as pa
from neo4j import exceptions

from graph.asking.deadline import Askers
from graph.asking.limits import Answer, AskLimits
from graph.asking.neo4j_asking import ask
from graph.engine import Reader, Row, Statement, T, statement
from graph.errors import (
    ResourceError,
    StoreError,
    StoreUnavailableError,
    UsageError,
    WhypathError,
)
from graph.outage import Outage
from graph.queries import Dialect

TIMEOUT_S = 5.0
"""How long a call waits for a connection, and how long it is tried again where one was lost."""

_TRIAL_S = 1.0
"""How long a call waits, during an outage, for the server to be found back."""

_ROWS_AT_ONCE = 50_000

BATCH = 20_000
"""Rows in one transaction."""


class Neo4jEngine:
    """One driver with its pool of connections."""

    dialect: Dialect = "neo4j"
    batch_rows = BATCH
    few_rows = 0
    one_by_one = 0
    has_one_writer = False
    changes: int | None = None

    def __init__(
        self,
        url: str,
        auth: tuple[str, str] | None,
        database: str | None,
        *,
        read_only: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Connect, and fail at once where the server or the credentials are not right."""
        self._url = url
        self._database = database
        self._read_only = read_only
        self._timeout_s = timeout_s
        self._pinging = threading.Lock()
        self._outage = Outage()
        self._askers = Askers()
        with self._translated():
            self._driver = neo4j.GraphDatabase.driver(
                url,
                auth=auth,
                connection_timeout=timeout_s,
                connection_acquisition_timeout=timeout_s,
                max_transaction_retry_time=timeout_s,
                # Reading a type or property that a small graph does not have yet is no mistake.
                notifications_min_severity="OFF",
            )
        try:
            with self._translated():
                self._driver.verify_connectivity()
        except BaseException:
            self._driver.close()
            raise

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a reading query."""
        with self._managed() as session:
            return session.execute_read(lambda transaction: _Work(transaction).rows(statement))

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a reading query as an Arrow table."""
        with self._managed() as session:
            return session.execute_read(
                lambda transaction: _Work(transaction).table(statement, schema)
            )

    def ask(self, statement: Statement, limits: AskLimits) -> Answer:
        """The answer to a caller's statement, in a session that refuses writes."""

        def work() -> Answer:
            with (
                self._translated(),
                self._driver.session(
                    database=self._database, default_access_mode=neo4j.READ_ACCESS, fetch_size=100
                ) as session,
            ):
                return ask(session, statement, limits)

        self._outage.check(self._try)
        return self._askers.run(work, limits.time_s)

    def write(
        self, work: Callable[[Reader], T], *, keeps_plans: bool = False, is_event: bool = False
    ) -> T:
        """Do the work in a managed transaction, which the driver retries.

        The server keeps the plans of all work.
        """
        self._check_may_write()
        with self._managed() as session:
            return session.execute_write(lambda transaction: work(_Work(transaction)))

    def write_in_parts(self, statement: Statement) -> None:
        """Run a query that commits parts of its work by itself; a failure leaves a part done."""
        self._check_may_write()
        self._outage.check(self._try)
        with self._session() as session:
            session.run(statement.text, _parameters(statement)).consume()

    def _check_may_write(self) -> None:
        if self._read_only:
            raise StoreError(f"{self._url} was opened to be read only: the write is refused")

    def ping(self) -> None:
        """Ask the server for nothing, without a second try; an answer ends an outage."""
        self._ping(self._timeout_s)

    def _try(self) -> None:
        """Return where the server answers, be it with a refusal, which the call then gets."""
        try:
            self._ping(min(self._timeout_s, _TRIAL_S))
        except StoreUnavailableError:
            if self._outage.is_on:
                raise
        except WhypathError:
            pass

    def _ping(self, timeout_s: float) -> None:
        """Ask for nothing, and wait for the answer to a thread.

        The driver waits without end for a server that keeps its connections and says nothing; such
        a thread is left to itself, and no second one begins before it ends.
        """
        silence = StoreUnavailableError(
            f"Neo4j at {self._url} did not answer within {timeout_s:g} s"
        )
        if not self._pinging.acquire(timeout=timeout_s):
            raise silence
        failures: list[BaseException] = []
        answered = threading.Event()

        def ask() -> None:
            try:
                with self._session() as session:
                    session.run(statement(self.dialect, "ping").text).consume()
            except BaseException as error:  # it is raised again by the caller's thread
                failures.append(error)
            if not failures or not _is_gone(failures[0].__cause__):
                self._outage.end()
            self._pinging.release()
            answered.set()

        threading.Thread(target=ask, name="neo4j-ping", daemon=True).start()
        if not answered.wait(timeout_s):
            raise silence
        if failures:
            raise failures[0]

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    @contextlib.contextmanager
    def _managed(self) -> Iterator[neo4j.Session]:
        """A session for one managed transaction.

        An outage begins where the driver tried it again for as long as it may. What it tries once,
        such as a commit whose answer was lost, says little of the next call.
        """
        self._outage.check(self._try)
        with self._session() as session:
            try:
                yield session
            except (exceptions.Neo4jError, exceptions.DriverError) as error:
                if _is_gone(error) and error.is_retryable():
                    self._outage.begin()
                raise

    @contextlib.contextmanager
    def _session(self) -> Iterator[neo4j.Session]:
        with (
            self._translated(),
            self._driver.session(database=self._database) as session,
        ):
            yield session

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise _meaning(self._url, error) from error


class _Work:
    """Runs queries in one transaction."""

    def __init__(self, transaction: neo4j.ManagedTransaction) -> None:
        self._transaction = transaction

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of a query; a query whose one column is `rows` holds them all in one record."""
        result = self._run(statement)
        if list(result.keys()) == ["rows"]:
            rows: list[Row] = result.single(strict=True)[0]
            return rows
        return result.values()

    def table(self, statement: Statement, schema: pa.Schema) -> pa.Table:
        """The rows of a query as an Arrow table, made piece by piece."""
        result = self._run(statement)
        batches = []
        while records := result.fetch(_ROWS_AT_ONCE):
            columns = zip(*(record.values() for record in records), strict=True)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            batches.append(pa.record_batch(arrays, schema=schema))
        return pa.Table.from_batches(batches, schema)

    def _run(self, statement: Statement) -> neo4j.Result:
        return self._transaction.run(statement.text, _parameters(statement))


def _parameters(statement: Statement) -> dict[str, Any]:
    """The parameters as the driver takes them: a table becomes a map of columns."""
    return {
        name: {column: value.column(column).to_pylist() for column in value.column_names}
        if isinstance(value, pa.Table)
        else value
        for name, value in statement.parameters.items()
    }


def _is_gone(error: BaseException | None) -> bool:
    """Whether the server, or its database, is not there; a wrong password is an answer."""
    if isinstance(error, exceptions.Neo4jError):
        return "DatabaseUnavailable" in (error.code or "")
    return isinstance(error, exceptions.ServiceUnavailable | exceptions.SessionExpired)


def _meaning(url: str, error: Any) -> WhypathError:
    code = getattr(error, "code", None) or ""
    reason = getattr(error, "message", None) or str(error)
    if isinstance(error, exceptions.AuthError):
        return StoreUnavailableError(
            f"{url} refuses the user name or password; set NEO4J_USERNAME and NEO4J_PASSWORD"
        )
    if "DatabaseNotFound" in code:
        return UsageError(f"{url} has no such database: {reason}")
    if isinstance(error, exceptions.ConfigurationError):
        return UsageError(f"{url} cannot be used: {reason}")
    if _is_gone(error):
        return StoreUnavailableError(
            f"cannot reach Neo4j at {url}; is it running, and is this its Bolt address? ({reason})"
        )
    if "MemoryPoolOutOfMemory" in code or "OutOfDisk" in code or "No space left" in reason:
        return ResourceError(f"Neo4j at {url} is out of memory or disk: {reason}")
    return StoreError(f"Neo4j at {url} refused a query: {reason}")
