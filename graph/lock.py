"""A lock file beside the embedded graph: one process may write, or several may read.

The lock is the operating system's (`flock`): it goes with its process, also after `kill -9`, so a
leftover file never blocks. What the file holds only serves the message for the next process.
"""

import fcntl
import json
import os
import sys
import time
from pathlib import Path

from graph.errors import ResourceError, StoreError, StoreLockedError


class GraphLock:
    """Holds the lock of one graph file until `release`."""

    def __init__(self, graph: Path, *, shared: bool = False) -> None:
        """Take the lock without waiting: a StoreLockedError names the process that holds it."""
        self.path = graph.with_name(graph.name + ".lock")
        self._shared = shared
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ResourceError(
                f"cannot write {self.path}: {error.strerror}; "
                "the embedded graph needs a folder that this user may write to"
            ) from error
        try:
            fcntl.flock(
                self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
            )
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 4096, 0)
            os.close(self._descriptor)
            raise StoreLockedError(_explain(graph, holder)) from error
        except OSError as error:
            os.close(self._descriptor)
            raise StoreError(
                f"cannot lock {self.path}: {error.strerror}; keep the graph on a local disk"
            ) from error
        if not shared:
            self._write({"pid": os.getpid(), "command": _command(), "since": int(time.time())})

    def release(self) -> None:
        """Give the lock up; a second call does nothing."""
        if self._descriptor >= 0:
            if not self._shared:
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, holder: dict[str, object]) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(holder).encode(), 0)
        except OSError as error:
            os.close(self._descriptor)
            raise ResourceError(f"cannot write {self.path}: {error.strerror}") from error


def _command() -> str:
    """The command line, cut to what fits a message."""
    words = [Path(sys.argv[0]).name or "python", *sys.argv[1:]]
    return " ".join(words)[:200]


def _explain(graph: Path, holder: bytes) -> str:
    """Who holds the graph and what to do about it."""
    try:
        found = json.loads(holder)
        who = (
            f"process {found['pid']} ({found['command']}) since "
            f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(found['since']))}"
        )
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"{graph} is in use by {who}; an embedded graph serves one process at a time: "
        "wait for it or stop it, or use a Neo4j server"
    )
