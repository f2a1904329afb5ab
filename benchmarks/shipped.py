"""The shipped command as the benchmarks run it: in a child process, in a project of its own."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.neo4j_server import free_port, running

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data"
WHYPATH = Path(sys.executable).with_name("whypath")


@dataclass(frozen=True)
class Finished:
    """What a command printed and took. `peak_bytes` is its greatest resident memory."""

    output: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Project:
    """A project folder and, where it is not the embedded graph in it, the URL of its store."""

    folder: Path
    store: str | None = None

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        place = ["--project", str(self.folder), *(["--store", self.store] if self.store else [])]
        return [str(WHYPATH), *place, *arguments]

    def run(self, *arguments: str, quiet: bool = True) -> Finished:
        """Run a command to its end; ends this program where it fails."""
        errors = self.folder / "stderr.txt"
        started = time.perf_counter()
        with errors.open("w") as sink:
            child = subprocess.Popen(
                self.command(*arguments),
                stdout=subprocess.PIPE,
                stderr=sink if quiet else None,
                env=one_thread(),
                text=True,
            )
            assert child.stdout is not None
            with child.stdout:
                output = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(
                f"whypath {' '.join(arguments)} ended with {child.returncode}\n{errors.read_text()}"
            )
        return Finished(
            output=output,
            seconds=time.perf_counter() - started,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_bytes=usage.ru_maxrss * 1024,  # Linux counts in KiB
        )


def one_thread() -> dict[str, str]:
    """The environment of a measured command."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def new_project(mapping: str, store: str | None = None) -> Iterator[Project]:
    """A project in a temporary folder with this text as its whypath.toml.

    `store` is a URL, `neo4j` for a new server of its own, or None for the embedded graph.
    """
    with TemporaryDirectory(prefix="whypath-benchmark-") as folder, new_store(store) as url:
        (Path(folder) / "whypath.toml").write_text(mapping, encoding="utf-8")
        yield Project(Path(folder), url)


@contextmanager
def new_store(store: str | None) -> Iterator[str | None]:
    """The URL itself, or that of a new Neo4j server with its password in the environment."""
    if store != "neo4j":
        yield store
        return
    password = secrets.token_urlsafe(9)
    before = {name: os.environ.get(name) for name in ("NEO4J_USERNAME", "NEO4J_PASSWORD")}
    os.environ.update(NEO4J_USERNAME="neo4j", NEO4J_PASSWORD=password)
    with TemporaryDirectory(prefix="whypath-neo4j-") as home:
        try:
            with running(Path(home), password, bolt_port=free_port()) as server:
                yield server.uri
                server.process.kill()  # its data go anyway, and an orderly stop takes seconds
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def mapping_of(name: str, data: Path = DATA) -> str:
    """The mapping of a benchmark data set, its paths made absolute."""
    if not data.is_dir():
        raise SystemExit(f"there is no data folder {data}")
    text = (HERE / name / "whypath.toml").read_text(encoding="utf-8")
    return text.replace("../../../shared/data", data.resolve().as_posix())
