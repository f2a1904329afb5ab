"""Estimates what training will take, before it is taken."""

import os
from pathlib import Path

from graph.errors import ResourceError

DENSE_COPIES = 8
"""Square float32 matrices that fitting a dense kernel holds at its peak."""


def available_bytes() -> int | None:
    """Memory that can be taken without swapping, or None where the system does not say."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def require_dense(n_items: int, limit_bytes: int | None) -> None:
    """Raise a ResourceError where dense kernels over so many items will not fit."""
    needed = DENSE_COPIES * 4 * n_items * n_items
    limit = available_bytes() if limit_bytes is None else limit_bytes
    if limit is not None and needed > limit:
        fitting = int((limit / (DENSE_COPIES * 4)) ** 0.5)
        raise ResourceError(
            f"training on {n_items:,} items takes about {needed / 2**30:.1f} GB of memory and "
            f"{limit / 2**30:.1f} GB can be had; set max_dense_items to {fitting:,} or less to use "
            "the sparse method"
        )
