"""What a caller of an evaluation may choose; imports nothing that takes time to load."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from graph.errors import UsageError

SplitName = Literal["files", "random", "chronological", "kfold", "cold_items"]

BASELINES = ("popular", "itemknn", "ials", "ease", "facts", "random")
"""The names of the baselines."""

NEEDS_FEEDBACK = ("popular", "itemknn", "ials", "ease")
"""Those that know nothing of an item without feedback."""


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """What a caller may choose.

    `split` "auto" takes the marks of the data, else its times, else chance. `refit` says whether
    validation data that the split has are trained on once the settings are chosen; they are no
    candidates either way. `only_folds` names folds of `kfold`. `cold_items` is a CSV file with a
    column `item`; with `cold_fold`, only its rows with that `fold` count.
    """

    split: Literal["auto"] | SplitName = "auto"
    k: tuple[int, ...] = (10,)
    test_share: float = 0.2
    folds: int = 5
    only_folds: tuple[str, ...] = ()
    refit: bool = True
    baselines: tuple[str, ...] = ("popular", "itemknn", "ials", "ease")
    cold_items: Path | None = None
    cold_fold: str | None = None
    resamples: int = 2_000
    threads: int = 1
    rng: int = 0

    def __post_init__(self) -> None:
        splits = ("auto", *get_args(SplitName))
        if self.split not in splits:
            raise UsageError(f"unknown split {self.split!r}; known: {', '.join(splits)}")
        if not self.k or min(self.k) < 1 or len(set(self.k)) != len(self.k):
            raise UsageError(f"k is {list(self.k)}; it must be different numbers of at least 1")
        if not 0.0 < self.test_share < 1.0:
            raise UsageError(f"test_share is {self.test_share}; it must be between 0 and 1")
        if self.folds < 2:
            raise UsageError(f"folds is {self.folds}; it must be at least 2")
        unknown = [name for name in self.baselines if name not in BASELINES]
        if unknown:
            raise UsageError(f"unknown baseline {unknown[0]!r}; known: {', '.join(BASELINES)}")
        for name in ("resamples", "threads"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.only_folds and self.split not in ("auto", "kfold"):
            raise UsageError(f"only_folds goes with the split kfold, not with {self.split}")
        if self.cold_items is not None and self.split not in ("auto", "cold_items"):
            raise UsageError(f"cold_items goes with the split cold_items, not with {self.split}")
        if self.cold_fold is not None and self.cold_items is None:
            raise UsageError("cold_fold names rows of the file cold_items, which is not given")
