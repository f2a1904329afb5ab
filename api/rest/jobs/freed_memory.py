"""Gives memory that a training has freed back to the system.

Publishing a run frees what it took, but the C library and Arrow keep it for the next time, and a
server may wait days for that.
"""

import ctypes
import sys

import pyarrow as pa


def give_back_freed_memory() -> None:
    """Ask both to return what they hold in reserve; of the C libraries, glibc can be asked."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
