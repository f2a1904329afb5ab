"""What a killed writer left behind, known by being unlocked: its writer would hold the lock.

Writers write under a name with `PARTIAL` in it, beside the place that the result is renamed to.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial-"
"""In the name of every file and folder that is not finished; all such names begin with a dot."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the system's lock on a folder, for the moment in which unfinished work comes and goes.

    Only so is there no moment in which it is there and its writer does not hold it yet.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def hold(descriptor: int) -> None:
    """Take the system's lock on a new file or folder, until it is closed or the process dies."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def sweep_unfinished(folder: Path, pattern: str) -> None:
    """Remove what matches and no living writer holds; the folder must be locked."""
    for partial in folder.glob(pattern):
        _remove_unheld(partial)


def _remove_unheld(partial: Path) -> None:
    try:
        descriptor = os.open(partial, os.O_RDONLY)
    except FileNotFoundError:  # Its writer has just renamed it.
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
