"""Numbers for ids while files are read: a node is a position, and knows the line it came from."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

UNKNOWN = -1
"""The position of an id that is missing or not registered."""

NO_LINE = 0


class Registry:
    """Ids in the order they were first seen. An open one takes in every id that it is asked for."""

    def __init__(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self._positions: dict[str, int] = {}
        self._lines: list[int] = []

    def __len__(self) -> int:
        return len(self._positions)

    def ids(self) -> pa.Array:
        """All ids by position."""
        return pa.array(self._positions, pa.string())

    def line(self, position: int) -> int:
        """The line that an id was first seen on, `NO_LINE` where it came from elsewhere."""
        return self._lines[position]

    def add(self, id: str) -> int:
        """Register an id that came from elsewhere, if it is not yet; its position."""
        position = self._positions.setdefault(id, len(self._lines))
        if position == len(self._lines):
            self._lines.append(NO_LINE)
        return position

    def claim(self, id: str, line: int) -> bool:
        """Register an id for a line; False where another line has it already."""
        position = self.add(id)
        if self._lines[position] != NO_LINE:
            return False
        self._lines[position] = line
        return True

    def without_line(self) -> NDArray[np.bool_]:
        """Which ids came from elsewhere than a line of the nodes' own file; shape (len(self),)."""
        mask: NDArray[np.bool_] = np.array(self._lines, dtype=np.int64) == NO_LINE
        return mask

    def position(self, id: str) -> int:
        """The position of an id, or `UNKNOWN`."""
        return self._positions.get(id, UNKNOWN)

    def find(self, ids: pa.Array) -> NDArray[np.int32]:
        """The position of each id of a string array; `UNKNOWN` where it is null or unknown."""
        encoded = ids.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        if self.is_open:
            for new in distinct:
                self.add(new)
        lookup = np.array([*map(self.position, distinct), UNKNOWN], dtype=np.int32)
        found: NDArray[np.int32] = lookup[
            encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
        ]
        return found
