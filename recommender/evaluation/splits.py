"""Ways to hold out feedback: each is a frozen config that, called on a dataset, yields folds.

What every split keeps:

- Only feedback of the first type counts as a positive in `Fold.test`.
- Feedback of another type is context. It is trained on, except where it was held out itself or
  tells of a pair (user, item) that is in the test; then it is neither trained on nor counted.
- The rows of a fold carry no `split` mark any more: what is in `Fold.train` is to be trained on.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graph.dataset import NO_TIME, Dataset, Feedback
from graph.errors import DataError, UsageError
from graph.model import HELD_OUT
from recommender.evaluation.settings import SplitName

Mask = NDArray[np.bool_]

_VALID = "valid"


@dataclass(frozen=True, slots=True)
class Fold:
    """One partition of the feedback of `n_users`; `candidates` (n_items,) are the items ranked."""

    name: str
    train: Feedback
    valid: Feedback | None
    test: Feedback
    candidates: Mask
    n_users: int


class Split(Protocol):
    """A way to hold out feedback."""

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """The folds; raises UsageError where this data cannot be split so."""


@dataclass(frozen=True, slots=True)
class FileSplit:
    """What the data itself marks: `split` is "test", "valid" or, for training, anything else."""

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """One fold."""
        marks = dataset.feedback.split
        is_test, is_valid = marks == HELD_OUT, marks == _VALID
        if not (is_test & _is_target(dataset)).any():
            raise UsageError(
                f'no feedback of type {_target_name(dataset)} is marked split = "test"; mark it in '
                "the mapping, or choose another split: random, chronological, kfold or cold_items"
            )
        yield _fold("files", dataset, is_test, is_valid if is_valid.any() else None)


@dataclass(frozen=True, slots=True)
class RandomSplit:
    """A random share of each user's positives; a user with one positive keeps it for training."""

    test_share: float = 0.2

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """One fold."""
        order = rng.permutation(len(dataset.feedback))
        yield _fold("random", dataset, _last_of_each_user(dataset, order, self.test_share), None)


@dataclass(frozen=True, slots=True)
class ChronologicalSplit:
    """The last share of each user's positives by time, rows of one time in the order of the items.

    Rows without a time count as the earliest. Feedback of another type is trained on where it came
    before the user's first held-out positive. The cut is in each user's own time: what other users
    did later than that may be in the training data, as in the published protocol of ml-1m.
    """

    test_share: float = 0.2

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """One fold."""
        feedback = dataset.feedback
        if not (feedback.at[_is_target(dataset)] != NO_TIME).any():
            raise UsageError(
                f"a chronological split needs times and the feedback of type "
                f"{_target_name(dataset)} has none; map a column to `at`, or choose --split random"
            )
        order = np.lexsort((feedback.type, feedback.item, feedback.at))
        is_test = _last_of_each_user(dataset, order, self.test_share)
        first_test = np.full(len(dataset.users), np.iinfo(np.int64).max)
        np.minimum.at(first_test, feedback.user[is_test], feedback.at[is_test])
        is_later = ~_is_target(dataset) & (feedback.at >= first_test[feedback.user])
        yield _fold("chronological", dataset, is_test | is_later, None)


@dataclass(frozen=True, slots=True)
class KFoldSplit:
    """Each fold's rows are the test once: the numbers in `split`, or `folds` random parts.

    Random parts are even within each user (within one row). `only` names the folds to yield.
    """

    folds: int = 5
    only: tuple[str, ...] | None = None

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """One fold for each number, in ascending order."""
        number = _marked_folds(dataset)
        if number is None:
            number = np.full(len(dataset.feedback), -1)
            rows = np.flatnonzero(_is_target(dataset))
            rows = rng.permutation(rows)
            rows = rows[np.argsort(dataset.feedback.user[rows], kind="stable")]
            user = dataset.feedback.user[rows]
            first = rng.integers(self.folds, size=len(dataset.users))
            number[rows] = (first[user] + _place_in_user(user)) % self.folds
        names = {str(k): k for k in np.unique(number[number >= 0]).tolist()}
        unknown = [name for name in self.only or () if name not in names]
        if unknown:
            raise UsageError(f"there is no fold {unknown[0]!r}; there are {', '.join(names)}")
        for name, k in names.items():
            if self.only is None or name in self.only:
                yield _fold(name, dataset, number == k, None)


@dataclass(frozen=True, slots=True)
class ColdItemSplit:
    """All feedback on some items is held out, and only they are ranked.

    `items` are ids; without them a random `test_share` of the items with positives is taken.
    """

    items: tuple[str, ...] | None = None
    test_share: float = 0.2

    def __call__(self, dataset: Dataset, rng: np.random.Generator) -> Iterator[Fold]:
        """One fold; users are those with a positive on a cold item."""
        feedback = dataset.feedback
        liked = np.unique(feedback.item[_is_target(dataset)])
        is_cold = np.zeros(len(dataset.items), dtype=np.bool_)
        if self.items is None:
            size = max(1, round(self.test_share * len(liked)))
            is_cold[rng.permutation(liked)[:size]] = True
        else:
            is_cold |= np.isin(dataset.items.astype(str), np.array(self.items, dtype=str))
        if not is_cold[liked].any():
            raise UsageError("none of the cold items has feedback in the graph to be tested on")
        if is_cold[liked].all():
            raise UsageError("all items with feedback are cold; nothing is left to train on")
        fold = _fold("cold_items", dataset, is_cold[feedback.item], None)
        yield replace(fold, candidates=is_cold)


def read_cold_items(file: Path, fold: str | None = None) -> tuple[str, ...]:
    """The ids in column `item` of a CSV file; with `fold`, of the rows whose `fold` is that."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            columns = reader.fieldnames or []
            for wanted in ("item", *(("fold",) if fold is not None else ())):
                if wanted not in columns:
                    raise DataError(
                        f"{file} has no column {wanted!r}; it has: {', '.join(columns) or 'none'}"
                    )
            return tuple(row["item"] for row in reader if fold is None or row["fold"] == fold)
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} is not a CSV file in UTF-8: {error}") from error


def suit_split(dataset: Dataset) -> SplitName:
    """The split that a dataset asks for: its own marks, else its times, else random."""
    marks = dataset.feedback.split[_is_target(dataset)]
    if (marks == HELD_OUT).any():
        return "files"
    if _marked_folds(dataset) is not None:
        return "kfold"
    at = dataset.feedback.at[_is_target(dataset)]
    return "chronological" if len(at) and (at != NO_TIME).all() else "random"


def last_of_each_user(feedback: Feedback, order: NDArray[np.integer], share: float) -> Mask:
    """Marks each user's last rows in `order`, a `share` of them: at least one, never all."""
    ordered = order[np.argsort(feedback.user[order], kind="stable")]
    user = feedback.user[ordered]
    length = np.bincount(user, minlength=1)[user] if len(user) else np.zeros(0, dtype=np.int64)
    size = np.clip(np.rint(share * length), 1, length - 1)
    is_last = np.zeros(len(feedback), dtype=np.bool_)
    is_last[ordered] = _place_in_user(user) >= length - size
    return is_last


def _last_of_each_user(dataset: Dataset, order: NDArray[np.integer], share: float) -> Mask:
    """The same among the positives."""
    return last_of_each_user(dataset.feedback, order[_is_target(dataset)[order]], share)


def _place_in_user(user: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many rows of the same user stand before each row; `user` is sorted."""
    starts = np.searchsorted(user, user, side="left")
    return np.arange(len(user)) - starts


def _is_target(dataset: Dataset) -> Mask:
    is_target: Mask = dataset.feedback.type == 0
    return is_target


def _target_name(dataset: Dataset) -> str:
    return dataset.feedback_types[0] if dataset.feedback_types else "(none)"


def _marked_folds(dataset: Dataset) -> NDArray[np.int64] | None:
    """The fold number of each row, -1 where the mark is none; None where positives lack one."""
    marks = dataset.feedback.split
    is_number = np.array([mark.isdecimal() for mark in marks], dtype=np.bool_)
    is_target = _is_target(dataset)
    if not is_target.any() or not is_number[is_target].all():
        return None
    number = np.full(len(marks), -1)
    number[is_number] = marks[is_number].astype(np.int64)
    return number if len(np.unique(number[is_target])) > 1 else None


def _fold(name: str, dataset: Dataset, is_held_out: Mask, is_valid: Mask | None) -> Fold:
    """Split off the rows held out, with the rules of this module."""
    feedback = replace(dataset.feedback, split=np.full(len(dataset.feedback), "", dtype=object))
    pair = feedback.user.astype(np.int64) * max(len(dataset.items), 1) + feedback.item
    is_test = is_held_out & _is_target(dataset)
    if is_valid is None:
        is_valid = np.zeros(len(feedback), dtype=np.bool_)
    is_known = ~is_held_out & ~np.isin(pair, pair[is_test])
    if not is_test.any():
        raise UsageError(f"the split {name!r} leaves no feedback to test on")
    if not (is_known & ~is_valid & _is_target(dataset)).any():
        raise UsageError(f"the split {name!r} leaves no feedback to train on")
    return Fold(
        name=name,
        train=feedback.where(is_known & ~is_valid),
        valid=feedback.where(is_known & is_valid) if is_valid.any() else None,
        test=feedback.where(is_test),
        candidates=np.ones(len(dataset.items), dtype=np.bool_),
        n_users=len(dataset.users),
    )
