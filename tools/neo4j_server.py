"""A Neo4j Community server without Docker: its Maven artifacts on the class path of a Java 17.

`make neo4j` (or `python tools/neo4j_server.py`) runs one for a person until Ctrl-C, with its data
under `.neo4j/`; the tests start one of their own in a temporary directory. The jars are fetched
once, by `mvn`, into `~/.cache/whypath/`. The Neo4j Browser page is not among them.
"""

import contextlib
import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import neo4j
from neo4j import exceptions

VERSION = "5.26.18"
"""The same version as in `docker-compose.yml`; a test compares them."""

_START_TIMEOUT_S = 120
_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>whypath</groupId>
  <artifactId>neo4j-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.neo4j</groupId>
      <artifactId>neo4j</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt_port}
server.http.enabled={http}
server.http.listen_address=127.0.0.1:{http_port}
server.https.enabled=false
server.memory.heap.initial_size=256m
server.memory.heap.max_size={heap_mb}m
server.memory.pagecache.size=256m
db.logs.query.enabled=OFF
db.tx_log.rotation.retention_policy=1 files
dbms.usage_report.enabled=false
"""

_SHORT_LIVED_CONFIGURATION = """\
dbms.cypher.min_replan_interval=1h
db.tx_log.preallocate=false
"""
"""Every test empties the graph, after which Neo4j would plan each query anew."""

_SHORT_LIVED_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Without the compiler and the collector that pay after minutes, on more processors."""


class ServerUnavailableError(Exception):
    """No server can be started here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `browser_port` is that of HTTP and the Query API, if it is on."""

    uri: str
    password: str
    process: subprocess.Popen[bytes]
    browser_port: int | None = None


def library() -> Path:
    """The directory with the server's jars, fetched on the first call."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "whypath" / f"neo4j-{VERSION}"
    jars = home / "lib"
    if jars.is_dir():
        return jars
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise ServerUnavailableError(f"`{program}` is not installed")
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        # Two of Maven at a time spoil its repository for each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return jars if jars.is_dir() else _fetch(home, jars)


def _fetch(home: Path, jars: Path) -> Path:
    """Let Maven bring the jars, whole or not at all."""
    (home / "pom.xml").write_text(_POM, encoding="utf-8")
    part = home / f"lib.{os.getpid()}.part"
    print(f"fetching Neo4j {VERSION} (116 MB) into {home}", file=sys.stderr)
    fetched = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={part}"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if fetched.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        last = fetched.stdout.strip().splitlines()[-1:] or ["no output"]
        raise ServerUnavailableError(f"`mvn` could not fetch Neo4j {VERSION}: {last[0]}")
    return part.rename(jars)


def free_port() -> int:
    """A port of the loopback interface that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    home: Path,
    password: str,
    *,
    bolt_port: int,
    browser_port: int | None = None,
    heap_mb: int = 768,
    is_short_lived: bool = False,
) -> Iterator[Server]:
    """A server with its data under `home`, stopped at the end of the block.

    A short-lived one, for tests, leaves out what pays after minutes: half the processor time.
    """
    jars = library()
    configuration = home / "conf"
    configuration.mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(
        bolt_port=bolt_port,
        http="false" if browser_port is None else "true",
        http_port=browser_port or 0,
        heap_mb=heap_mb,
    )
    if is_short_lived:
        text += _SHORT_LIVED_CONFIGURATION
    (configuration / "neo4j.conf").write_text(text, encoding="utf-8")
    log = home / "console.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                "java",
                f"-Xmx{heap_mb}m",
                *(_SHORT_LIVED_JVM if is_short_lived else ("-XX:+UseParallelGC",)),
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-cp",
                f"{jars}/*",
                "org.neo4j.server.CommunityEntryPoint",
                f"--home-dir={home}",
                f"--config-dir={configuration}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process, which then stops the server.
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        uri = f"bolt://127.0.0.1:{bolt_port}"
        _await_login(uri, password, process, log)
        yield Server(uri, password, process, browser_port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """Have the kernel stop the server when this process is killed, so that none is left behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _await_login(uri: str, password: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server takes the password; set it on the first start."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            text = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise ServerUnavailableError(
                f"Neo4j stopped at once (Java 17 is needed): {' '.join(text[-3:])[:500]}"
            )
        try:
            _log_in(uri, password)
            return
        except exceptions.ServiceUnavailable:
            time.sleep(0.3)
        except exceptions.AuthError:
            with neo4j.GraphDatabase.driver(uri, auth=("neo4j", "neo4j")) as driver:
                driver.execute_query(
                    "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password",
                    password=password,
                    database_="system",
                )
    raise ServerUnavailableError(f"Neo4j did not answer within {_START_TIMEOUT_S} s; see {log}")


def _log_in(uri: str, password: str) -> None:
    with neo4j.GraphDatabase.driver(uri, auth=("neo4j", password)) as driver:
        driver.verify_connectivity()


def main() -> int:
    """Run a server for a person until Ctrl-C."""
    home = Path(__file__).resolve().parent.parent / ".neo4j"
    home.mkdir(exist_ok=True)
    kept = home / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(os.environ.get("NEO4J_PASSWORD") or secrets.token_urlsafe(9))
    password = kept.read_text().strip()
    try:
        with running(home, password, bolt_port=7687, browser_port=7474) as server:
            print(f"Neo4j {VERSION} is up; its data are in {home / 'data'}\n")
            print(f"  export NEO4J_URI={server.uri}")
            print("  export NEO4J_USERNAME=neo4j")
            print(f"  export NEO4J_PASSWORD={password}\n")
            print("Stop it with Ctrl-C.", flush=True)
            server.process.wait()
    except ServerUnavailableError as error:
        print(f"cannot start Neo4j: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
