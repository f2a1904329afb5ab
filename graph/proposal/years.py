"""Finds years in a column: whole numbers, dates, or in parentheses at the end of a title."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from graph.files.cleaning import first_group

YearForm = Literal["number", "date", "title"]

_YEAR = r"(1[89]\d\d|20\d\d)"
_NUMBER = rf"^{_YEAR}(?:\.0+)?$"
_TITLE = rf"\({_YEAR}\)\s*$"
_DATES = {
    rf"^{_YEAR}[-/.]\d\d?(?:[-/.]\d\d?)?(?:[T ].*)?$": r"^(\d{4})",  # 1995-11-22, with a time
    rf"^\d\d?[-/. ](?:\d\d?|[A-Za-z]+)[-/. ]{_YEAR}$": r"(\d{4})$",  # 22.11.1995, 22-Nov-1995
    rf"^[A-Za-z]+\.? \d\d?,? {_YEAR}$": r"(\d{4})$",  # November 22, 1995
}
"""How dates are recognised, and how the mapping takes the year out of them."""

_MOST = 0.8
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Years:
    """The years in a column. `pattern` takes them out of the cells; None where these are years."""

    form: YearForm
    pattern: str | None
    n_present: int
    n_distinct: int
    n_decades: int

    @property
    def are_shared(self) -> bool:
        """Whether there are two rows to a year on average, and more than one year."""
        return 2 <= self.n_distinct <= self.n_present // 2


def find_years(text: pa.Array, *, is_number: bool, is_named_year: bool) -> Years | None:
    """The years in clean text without missing cells, or None.

    A column of numbers has only years, unless its name speaks of years: then a 0 is an unknown one.
    """
    if len(text) == 0:
        return None
    if is_number or is_named_year:
        plain = pc.all(pc.match_substring_regex(text, f"^{_YEAR}$")).as_py()
        years = _years(text, "number", _NUMBER, None if plain else rf"^{_YEAR}")
        if years.n_present >= (_MOST if is_named_year else 1.0) * len(text):
            return years
    if is_number:
        return None
    for pattern, taken in _DATES.items():
        years = _years(text, "date", pattern, taken)
        if years.n_present >= _MOST * len(text):
            return years
    years = _years(text, "title", _TITLE, r"\((\d{4})\)\s*$")
    return years if years.n_present > _HALF * len(text) else None


def _years(text: pa.Array, form: YearForm, pattern: str, taken: str | None) -> Years:
    found = first_group(text, pattern).drop_null()
    distinct = found.unique()
    return Years(
        form=form,
        pattern=taken,
        n_present=len(found),
        n_distinct=len(distinct),
        n_decades=len(pc.utf8_slice_codeunits(distinct, 0, 3).unique()),
    )
