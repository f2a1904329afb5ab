"""The port of what evaluation ranks with: ours and the baselines alike."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


class Ranker(Protocol):
    """A fitted model that scores every item for users it knows by their training data."""

    def scores(self, users: NDArray[np.integer]) -> Scores:
        """The score of every item for each of these users; shape (len(users), n_items)."""
