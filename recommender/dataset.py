"""A snapshot of the graph as numbered arrays: what training and evaluation compute on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.evidence import Ids

NO_TIME = np.iinfo(np.int64).min
"""Stands in `Feedback.at` for a missing time."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback of all types as columns of one length, sorted by (user, at, item, type).

    `user`, `item` and `type` are positions in the dataset's `users`, `items` and
    `feedback_types`; `at` is in epoch seconds or `NO_TIME`; `split` holds "" where none was given.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    type: NDArray[np.int16]
    value: NDArray[np.float64]
    at: NDArray[np.int64]
    split: Ids

    def __len__(self) -> int:
        return len(self.user)

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """The rows where `mask` (shape (len(self),)) holds, in the same order."""
        return replace(
            self,
            user=self.user[mask],
            item=self.item[mask],
            type=self.type[mask],
            value=self.value[mask],
            at=self.at[mask],
            split=self.split[mask],
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one relation as columns: positions of the source node and of the entity."""

    source: NDArray[np.int32]
    entity: NDArray[np.int32]
    weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Users, items, entities, feedback and facts of one graph.

    `users`, `items` and `entities` are ids in ascending order. `feedback_types[0]` is what is
    predicted. `item_facts` and `user_facts` map a relation to its facts. `years` or other scalars
    are not in here: what counts as knowledge is a fact.
    """

    users: Ids
    items: Ids
    entities: Ids
    feedback_types: tuple[str, ...]
    feedback: Feedback
    item_facts: Mapping[str, Facts]
    user_facts: Mapping[str, Facts]
    fingerprint: str = ""

    def with_feedback(self, feedback: Feedback) -> Self:
        """The same nodes and facts with other feedback."""
        return replace(self, feedback=feedback)
