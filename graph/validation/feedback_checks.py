"""Checks of feedback as a whole: times, repetitions, splits, users that no person can be."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from graph.files.spool import NO_TIME, Records, Spool
from graph.validation.findings import EXAMPLES, Finding

MOST_PER_SECOND = 100
"""More pieces of feedback of one user in one second are no person's."""

_MANY = 1_000
_FAR = 5.0
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_DAY_S = 86_400


class FeedbackChecks:
    """Goes through spooled feedback part by part; all feedback of a user is in one part."""

    def __init__(self, users: pa.Array, items: pa.Array, now_s: float) -> None:
        self._users = users
        self._items = items
        self._now_s = now_s
        self._n = 0
        self._future: list[str] = []
        self._old: list[str] = []
        self._bursts: list[tuple[int, str]] = []
        self._split_twice: list[str] = []
        self._repeated: list[str] = []
        self._counts = {"future": 0, "old": 0, "split": 0, "repeated": 0, "timed": 0}
        self._per_user = np.zeros(len(users), dtype=np.int64)

    def look_through(self, spool: Spool) -> None:
        """Look at all feedback."""
        for rows in spool.parts():
            self._n += len(rows)
            self._per_user += np.bincount(rows["source"], minlength=len(self._per_user))
            self._look_at_times(rows)
            self._look_at_pairs(rows)

    def findings(self, where: str) -> list[Finding]:
        """What is to be said of the feedback."""
        found = []
        timed = self._counts["timed"]
        for name, what, examples, advice in (
            (
                "old",
                "before 1990",
                self._old,
                'set time_unit = "s", "ms", "us", "ns" or "iso" in the [[feedback]] table',
            ),
            (
                "future",
                "in the future",
                self._future,
                "check `time_unit`, and the clock of what wrote the file",
            ),
        ):
            count = self._counts[name]
            if not count:
                continue
            most = 2 * count > timed
            found.append(
                Finding(
                    "error" if most else "warning",
                    "time-unit" if most else f"{name}-times",
                    f"{count:,} of {timed:,} times are {what}"
                    + (": the unit looks wrong" if most else ""),
                    where,
                    count,
                    tuple(examples),
                    advice,
                )
            )
        if self._counts["split"]:
            found.append(
                Finding(
                    "warning",
                    "in-several-splits",
                    f"{self._counts['split']:,} pairs of user and item are in more than one split",
                    where,
                    self._counts["split"],
                    tuple(self._split_twice),
                    "what is tested must not be trained on; the duplicates policy decides for one",
                )
            )
        if self._counts["repeated"]:
            found.append(
                Finding(
                    "info",
                    "repeated-feedback",
                    f"{self._counts['repeated']:,} pieces of feedback repeat user, item and type",
                    where,
                    self._counts["repeated"],
                    tuple(self._repeated),
                    "the policy `duplicates` under [cleaning] says which one counts",
                )
            )
        return found + self._outliers(where)

    def _look_at_times(self, rows: Records) -> None:
        timed = rows[rows["at"] != NO_TIME]
        self._counts["timed"] += len(timed)
        future = timed[timed["at"] > self._now_s + _DAY_S]
        old = timed[timed["at"] < _OLDEST]
        for name, bad, examples in (("future", future, self._future), ("old", old, self._old)):
            self._counts[name] += len(bad)
            examples += [self._name(row) for row in bad[: EXAMPLES - len(examples)]]
        if len(timed) == 0:
            return
        order = np.lexsort((timed["at"], timed["source"]))
        keys = np.stack([timed["source"][order], timed["at"][order]], axis=1)
        _, starts, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
        for burst in np.flatnonzero(counts > MOST_PER_SECOND).tolist():
            row = timed[order[starts[burst]]]
            text = f"user {self._users[int(row['source'])]}: {counts[burst]} at {_time(row['at'])}"
            self._bursts.append((int(counts[burst]), text))

    def _look_at_pairs(self, rows: Records) -> None:
        order = np.lexsort((rows["type"], rows["target"], rows["source"]))
        ordered = rows[order]
        same_pair = (ordered["source"][1:] == ordered["source"][:-1]) & (
            ordered["target"][1:] == ordered["target"][:-1]
        )
        repeated = same_pair & (ordered["type"][1:] == ordered["type"][:-1])
        split = same_pair & (ordered["split"][1:] != ordered["split"][:-1])
        for name, where, examples in (
            ("repeated", repeated, self._repeated),
            ("split", split, self._split_twice),
        ):
            self._counts[name] += int(where.sum())
            bad = ordered[1:][where][: EXAMPLES - len(examples)]
            examples += [self._name(row) for row in bad]

    def _outliers(self, where: str) -> list[Finding]:
        found = []
        if self._bursts:
            self._bursts.sort(key=lambda burst: -burst[0])
            found.append(
                Finding(
                    "warning",
                    "impossible-activity",
                    f"{len(self._bursts):,} times a user gave more than {MOST_PER_SECOND} pieces "
                    "of feedback in one second",
                    where,
                    len(self._bursts),
                    tuple(text for _, text in self._bursts[:EXAMPLES]),
                    "these are bots, imports or tests; leave them out if they are not people",
                )
            )
        outlying = _far_above(self._per_user)
        if len(outlying):
            found.append(
                Finding(
                    "warning",
                    "outlying-users",
                    f"{len(outlying):,} users gave far more feedback than all others",
                    where,
                    len(outlying),
                    tuple(
                        f"user {self._users[at]}: {self._per_user[at]:,} pieces of feedback"
                        for at in outlying[:EXAMPLES].tolist()
                    ),
                    "these may be bots or shared accounts; leave them out if they are not people",
                )
            )
        return found

    def _name(self, row: np.void) -> str:
        name = f"user {self._users[int(row['source'])]}, item {self._items[int(row['target'])]}"
        return name if row["at"] == NO_TIME else f"{name}: {_time(row['at'])}"


def _far_above(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counts of a thousand or more that are far above the middle on a log scale, most first."""
    logs = np.log(counts[counts > 0])
    if len(logs) == 0:
        return np.empty(0, dtype=np.int64)
    middle = np.median(logs)
    spread = max(1.4826 * float(np.median(np.abs(logs - middle))), 0.5)
    far = np.flatnonzero(
        (counts >= _MANY) & (np.log(np.maximum(counts, 1)) > middle + _FAR * spread)
    )
    most_first: NDArray[np.int64] = far[np.argsort(-counts[far], kind="stable")]
    return most_first


def _time(at: int) -> str:
    try:
        return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return f"{at} s"
