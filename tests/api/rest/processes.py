"""Real `whypath serve` processes for the tests: started, called, and ended by their own pid."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_S = 40
_WHYPATH = str(Path(sysconfig.get_path("scripts")) / "whypath")


@dataclass
class Served:
    """A process that serves; `lines` is what it has logged."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        """The port that it printed."""
        return int(self.url.rpartition(":")[2])

    def records(self) -> list[dict[str, Any]]:
        """The log as JSON."""
        return [json.loads(line) for line in self.lines]

    def said(self, text: str) -> str:
        """Wait for a line of the log with this text."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for line in list(self.lines):
                if text in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{text!r} was not logged: {self.lines[-20:]}")


def start(project: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    """`whypath serve` on a free port."""
    return subprocess.Popen(
        [_WHYPATH, "--project", str(project), "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
        start_new_session=True,  # so that its workers can be ended with it
    )


@contextlib.contextmanager
def served(project: Path, *options: str, **environ: str) -> Iterator[Served]:
    """A server that answers; killed at the end where it still runs."""
    process = start(project, *options, **environ)
    assert process.stdout is not None
    urls: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: urls.put(process.stdout.readline()), daemon=True).start()
    found = Served("", process)
    reader = threading.Thread(target=_keep, args=(process, found.lines), daemon=True)
    reader.start()
    try:
        found.url = urls.get(timeout=START_S).strip()
        assert found.url, found.lines
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # workers that outlive it would hold its pipes
        process.wait(30)
        reader.join(30)
        process.stdout.close()
        assert process.stderr is not None
        process.stderr.close()


def _keep(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stderr is not None
    lines.extend(line.rstrip("\n") for line in process.stderr)
