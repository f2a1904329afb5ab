"""Reads a boost: tests of items, each with the factor of the scores of those that pass it.

    year >= 1990: 1.5; 'Comedy' in HAS_GENRE and not title == 'Heat': 0.5

    boost = rule {";" rule} [";"]
    rule  = test ":" NUMBER

A test is a filter expression (`recommender/filter_syntax.py`). The factors of all tests that an
item passes are multiplied. What that means for a score below 0 says `adjusting.below_zero`.
"""

import math
from dataclasses import dataclass

from graph.errors import FilterError
from recommender.filter_syntax import Expression, Reader

MAX_RULES = 50
MAX_FACTOR = 100.0


@dataclass(frozen=True, slots=True)
class BoostRule:
    """The scores of items that pass the test are multiplied by the factor, from 0 to 100."""

    test: Expression
    factor: float


@dataclass(frozen=True, slots=True)
class Boost:
    """The rules of a boost, and the text that they were read from."""

    text: str
    rules: tuple[BoostRule, ...]

    @property
    def least(self) -> float:
        """No product of factors is less."""
        return math.prod(min(1.0, rule.factor) for rule in self.rules)

    @property
    def greatest(self) -> float:
        """No product of factors is more."""
        return math.prod(max(1.0, rule.factor) for rule in self.rules)


def parse_boost(text: str) -> Boost:
    """The rules of a boost; raises FilterError that points at the column."""
    reader = Reader(text, "boost")
    if reader.is_at_end:
        raise FilterError("the boost is empty; write for example: year >= 1990: 1.5")
    rules: list[BoostRule] = []
    while not reader.is_at_end:
        if len(rules) == MAX_RULES:
            raise reader.error(f"more than {MAX_RULES} rules are not read")
        test = reader.test()
        if not reader.sign(":"):
            raise reader.error("a colon and a factor must follow the test, such as : 1.5")
        start = reader.error(f"a factor goes from 0 to {MAX_FACTOR:g}")
        factor = reader.number()
        if not 0.0 <= factor <= MAX_FACTOR:
            raise start
        rules.append(BoostRule(test, factor))
        if not reader.is_at_end and not reader.sign(";"):
            raise reader.error("rules are divided by ;")
    return Boost(text, tuple(rules))
