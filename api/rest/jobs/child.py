"""The process that trains: a dataset comes in, evidence goes out, and it touches no graph.

Both ends speak pickle over a socket pair that the server made, so nobody else can write into it,
what arrives is whole or not there, and a field that is added to the dataset or the evidence travels
with them (docs/decisions/training-job.md). It ends with the server, and yields to it until then.
"""

import os
import pickle
import socket
import sys
import threading
import time
from collections.abc import Callable
from io import BufferedRWPair

from api.cli import known_error
from api.embedding import make_embedder
from api.rest.jobs.messages import Failed, Message, Said, Step, Trained
from api.settings import Settings
from graph.dataset import Dataset
from recommender.training import train

NICENESS = 10
"""Requests come first."""

STEP_EVERY_S = 0.5


class StepTeller:
    """Tells how far a step is, not too often; a `Progress`."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._what = ""
        self._total: int | None = None
        self._at = 0
        self._told = float("-inf")

    def start(self, what: str, total: int | None = None) -> None:
        """A step begins."""
        self._what, self._total, self._at = what, total, 0
        self._say()

    def advance(self, n: int) -> None:
        """`n` more units are done."""
        self._at += n
        if time.monotonic() - self._told >= STEP_EVERY_S:
            self._say()

    def done(self) -> None:
        """The step has ended."""

    def _say(self) -> None:
        self._told = time.monotonic()
        of = f" of {self._total:,}" if self._total else ""
        self._tell(Step(f"{self._what}: {self._at:,}{of}" if self._at else self._what))


def main(descriptor: int) -> None:
    """Train what comes in over the socket with this descriptor."""
    os.nice(NICENESS)
    with socket.socket(fileno=descriptor) as server, server.makefile("rwb") as stream:
        received: tuple[Settings, Dataset] = pickle.load(stream)  # noqa: S301 (of our own parent)
        settings, dataset = received
        threading.Thread(target=_end_with, args=(stream,), daemon=True).start()
        tell = _teller(stream)
        try:
            evidence = train(
                dataset,
                settings.train,
                rng=settings.train.rng,
                embed=make_embedder(settings, lambda line: tell(Said(line)), StepTeller(tell)),
                report=lambda line: tell(Said(line)),
            )
        except Exception as error:
            known = known_error(error)
            if known is None:
                raise
            tell(Failed(str(known)))
        else:
            tell(Trained(evidence))


def _teller(stream: BufferedRWPair) -> Callable[[Message], None]:
    lock = threading.Lock()

    def tell(message: Message) -> None:
        with lock:
            pickle.dump(message, stream, protocol=pickle.HIGHEST_PROTOCOL)
            stream.flush()

    return tell


def _end_with(stream: BufferedRWPair) -> None:
    """End this process when the server's end of the socket is gone, whatever goes on."""
    stream.read(1)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
