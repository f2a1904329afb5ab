"""The vectors of items as callers of Cypher find them: one length, finite, none of zeros alone."""

import numpy as np
import pyarrow as pa

from graph import tables

VECTORS = pa.schema([("id", pa.string()), ("vector", pa.list_(pa.float32()))])


def conform_vectors(vectors: pa.Table) -> pa.Table:
    """The table as `key, value (float32[size])`, without the rows whose vector is 0.

    A vector of zeros has no direction, so nothing can be near it. Raises a ValueError for vectors
    of different lengths, for numbers that are missing or not finite, and for an id twice.
    """
    rows = tables.conform(vectors, VECTORS, ["id"], ["vector"])
    column = rows.column("vector").combine_chunks()
    lengths = np.unique(np.diff(column.offsets.to_numpy()))
    if len(lengths) > 1 or (len(lengths) and lengths[0] == 0):
        raise ValueError(f"vectors must have one length above 0, not {lengths.tolist()}")
    size = int(lengths[0]) if len(lengths) else 1
    values = column.flatten()
    numbers = values.to_numpy(zero_copy_only=False).reshape(-1, size)
    if values.null_count or not np.isfinite(numbers).all():
        raise ValueError("the column 'vector' has a number that is missing or not finite")
    known = np.flatnonzero(numbers.any(axis=1))
    return pa.table(
        {
            "key": rows.column("id").take(pa.array(known)),
            "value": pa.FixedSizeListArray.from_arrays(pa.array(numbers[known].ravel()), size),
        }
    )


def size_of(rows: pa.Table) -> int:
    """Numbers in each vector of what `conform_vectors` gives."""
    return int(rows.schema.field("value").type.list_size)
