"""Checks of what items and users are like: titles, names, columns that tell nothing."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from graph.files.entities import fold_name
from graph.validation.findings import EXAMPLES, Finding

_MISREAD = re.compile("[ÃÂ][\u0080-\u00bf]|â€|\ufffd")
_FEW_NAMES = 2_000
_LEAST_ROWS = 20


def near_duplicates(
    titles: Sequence[str | None],
    years: Sequence[int | None],
    labels: Sequence[str],
    where: str,
) -> list[Finding]:
    """Items with the same title, up to case, punctuation and article, and the same year."""
    groups: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for at, (title, year) in enumerate(zip(titles, years, strict=True)):
        key = "" if title is None else _title_key(title)
        if key:
            groups[key, year].append(at)
    twins = [group for group in groups.values() if len(group) > 1]
    if not twins:
        return []
    examples = tuple(
        " = ".join(f"{labels[at]} {titles[at]!r}" for at in group) for group in twins[:EXAMPLES]
    )
    count = sum(len(group) - 1 for group in twins)
    return [
        Finding(
            "warning",
            "near-duplicates",
            f"{count:,} items have the title and year of another item",
            where,
            count,
            examples,
            "if they are the same, give their rows one id, in the feedback as well",
        )
    ]


def spelling_variants(
    spellings: Mapping[str, set[str]], where: str, *, fold_case: bool
) -> list[Finding]:
    """Names of one kind that differ only in case or spaces, or only in punctuation."""
    found = []
    for kind, names in spellings.items():
        folded: dict[str, list[str]] = defaultdict(list)
        for name in sorted(names):
            folded[fold_name(name, fold_case=True)].append(name)
        same = [group for group in folded.values() if len(group) > 1]
        if same:
            found.append(
                Finding(
                    "info" if fold_case else "warning",
                    "spelling",
                    f"{len(same):,} names of kind {kind} differ only in case or spaces",
                    where,
                    len(same),
                    tuple(" = ".join(group) for group in same[:EXAMPLES]),
                    "they become one entity, named as first seen"
                    if fold_case
                    else "set fold_case = true under [cleaning] to make them one entity",
                )
            )
        if len(folded) > _FEW_NAMES:
            continue
        bare: dict[str, list[str]] = defaultdict(list)
        for group in folded.values():
            bare["".join(re.findall(r"\w", group[0].casefold()))].append(group[0])
        alike = [group for key, group in bare.items() if key and len(group) > 1]
        if alike:
            first = alike[0]
            found.append(
                Finding(
                    "info",
                    "similar-names",
                    f"{len(alike):,} names of kind {kind} differ only in punctuation",
                    where,
                    len(alike),
                    tuple(" ~ ".join(group) for group in alike[:EXAMPLES]),
                    f'to make one of them: [cleaning.merge.{kind}] "{first[0]}" = ["{first[1]}"]',
                )
            )
    return found


def misread_text(texts: Sequence[str | None], labels: Sequence[str], where: str) -> list[Finding]:
    """Text that was UTF-8 once, was read as something else, and saved so: `PokÃ©mon`."""
    bad = [at for at, text in enumerate(texts) if text is not None and _MISREAD.search(text)]
    if not bad:
        return []
    return [
        Finding(
            "warning",
            "encoding",
            f"{len(bad):,} texts look like UTF-8 that was read in another encoding",
            where,
            len(bad),
            tuple(f"{labels[at]} {texts[at]!r}" for at in bad[:EXAMPLES]),
            "save the file again from its source as UTF-8",
        )
    ]


class Constants:
    """Finds columns that hold the same in every row."""

    def __init__(self) -> None:
        self._first: dict[str, object] = {}
        self._varies: set[str] = set()
        self._rows: dict[str, int] = {}

    def add(self, column: str, values: Sequence[object]) -> None:
        """Look at the distinct values of a batch and count it."""
        present = {value for value in values if value is not None}
        self._rows[column] = self._rows.get(column, 0) + len(values)
        if not present or column in self._varies:
            return
        first = self._first.setdefault(column, next(iter(present)))
        if present != {first}:
            self._varies.add(column)

    def findings(self, where: str) -> list[Finding]:
        """The columns that were constant, or empty, over at least twenty rows."""
        found = []
        for column, rows in self._rows.items():
            if column in self._varies or rows < _LEAST_ROWS:
                continue
            held = repr(self._first[column]) if column in self._first else "nothing"
            found.append(
                Finding(
                    "warning",
                    "constant-column",
                    f"the column {column!r} holds {held} in all rows",
                    where,
                    rows,
                    advice="it tells nothing; leave it out of the mapping, or name another column",
                )
            )
        return found


def _title_key(title: str) -> str:
    words = re.findall(r"\w+", title.casefold().replace("'", ""))
    if len(words) > 1 and words[-1] in ("the", "a", "an"):
        words.pop()
    if len(words) > 1 and words[0] in ("the", "a", "an"):
        del words[0]
    return " ".join(words)
