"""Opens a store by its URL: the scheme chooses the adapter."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from graph.errors import UsageError
from graph.ladybug_engine import BUFFER_MB
from graph.ladybug_store import LadybugStore
from graph.store import Store

NEO4J_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
SCHEMES = ("ladybug", *NEO4J_SCHEMES)


def open_store(
    url: str,
    *,
    username: str | None = None,
    password: str | None = None,
    database: str | None = None,
    read_only: bool = False,
) -> Store:
    """Open the graph at this URL, and create an embedded one that is not there unless `read_only`.

    `ladybug:///path/graph.lbug?buffer_mb=512` is a file (`ladybug:graph.lbug` a relative one),
    `neo4j://host:7687?database=neo4j&timeout_s=5` and `bolt://...` are a server; `timeout_s` is how
    long a call waits for one that is gone. Raises UsageError for a URL that cannot be
    read, StoreLockedError, StoreUnavailableError, GraphVersionError, ResourceError.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "ladybug":
        return _open_ladybug(url, parts.netloc, parts.path, options, read_only)
    if parts.scheme in NEO4J_SCHEMES:
        return _open_neo4j(parts, options, username, password, database, read_only)
    raise UsageError(
        f"the store URL {url!r} has the unknown scheme {parts.scheme!r}; "
        f"known: {', '.join(scheme + '://' for scheme in SCHEMES)}"
    )


def _open_ladybug(
    url: str, host: str, path: str, options: dict[str, str], read_only: bool
) -> LadybugStore:
    _check_options(url, options, ("buffer_mb",))
    if host or not path:
        raise UsageError(
            f"the store URL {url!r} names no file; write ladybug:///absolute/path/graph.lbug "
            "or ladybug:relative/graph.lbug"
        )
    size = options.get("buffer_mb", str(BUFFER_MB))
    if not size.isdecimal() or not 64 <= int(size) <= 1 << 20:
        raise UsageError(f"buffer_mb must be a number of at least 64, not {size!r}")
    return LadybugStore(Path(unquote(path)), read_only=read_only, buffer_mb=int(size))


def _open_neo4j(
    parts: SplitResult,
    options: dict[str, str],
    username: str | None,
    password: str | None,
    database: str | None,
    read_only: bool,
) -> Store:
    # The driver takes a third of a second to import; the embedded graph does not need it.
    from graph.neo4j_engine import TIMEOUT_S
    from graph.neo4j_store import Neo4jStore

    host = parts.netloc.rpartition("@")[2]
    url = f"{parts.scheme}://{host}"
    _check_options(url, options, ("database", "timeout_s"))
    if not host:
        raise UsageError(f"the store URL {url!r} names no host; write {parts.scheme}://host:7687")
    try:
        parts.port  # noqa: B018 (it is read for its check)
    except ValueError as error:
        raise UsageError(f"the store URL {url!r} names no port: {error}") from error
    if parts.path not in ("", "/"):
        raise UsageError(
            f"the store URL {url}{parts.path} has a path; name a database as {url}?database=NAME"
        )
    timeout = options.get("timeout_s", str(TIMEOUT_S))
    try:
        timeout_s = float(timeout)
    except ValueError:
        timeout_s = 0.0
    if not 0.1 <= timeout_s <= 600.0:
        raise UsageError(f"timeout_s must be a number of seconds from 0.1 to 600, not {timeout!r}")
    username = username or unquote(parts.username or "") or "neo4j"
    password = password or unquote(parts.password or "")
    return Neo4jStore(
        url,
        auth=(username, password) if password else None,
        database=database or options.get("database"),
        read_only=read_only,
        timeout_s=timeout_s,
    )


def _check_options(url: str, options: dict[str, str], known: tuple[str, ...]) -> None:
    for name in options:
        if name not in known:
            raise UsageError(
                f"the store URL {url!r} has the unknown option {name!r}; known: {', '.join(known)}"
            )
