"""What is asked of the recommender: one frozen value that cannot be made wrong."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from graph.errors import UsageError
from recommender.filter_syntax import Expression, parse_filter
from recommender.recipe import RELATION_OF_SIGNAL

Language = Literal["en", "zh"]
"""The languages that sentences come in."""

LANGUAGES: tuple[Language, ...] = get_args(Language)
SIGNALS = tuple(RELATION_OF_SIGNAL)
MAX_N = 1000
"""The longest list that is served; beyond it a full export is the right tool."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request for suggestions, or for the explanation of one.

    Give either `user` or `history`: a session without a user, as item ids with the latest last.
    `exclude` holds items that must not come, `include_seen` lets items of the history come again.
    `filter` is an expression over item properties and facts (docs/explanations.md). `diversity`
    goes from 0, the plain ranking, to 1. `signals` keeps only those signals. `without` is the
    counterfactual: these items of the history weigh nothing, all others what they weighed before.

    Raises UsageError, or FilterError where the filter cannot be read.
    """

    user: str | None = None
    history: tuple[str, ...] | None = None
    n: int = 10
    exclude: frozenset[str] = frozenset()
    include_seen: bool = False
    filter: str | None = None
    diversity: float = 0.0
    signals: tuple[str, ...] = SIGNALS
    without: frozenset[str] = frozenset()
    lang: Language = "en"
    expression: Expression | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if (self.user is None) == (self.history is None):
            raise UsageError("give either a user or the items of a session, not both or neither")
        if self.history is not None and not self.history:
            raise UsageError("a session needs at least one item")
        if not 1 <= self.n <= MAX_N:
            raise UsageError(f"n is {self.n}; it goes from 1 to {MAX_N}")
        if not (math.isfinite(self.diversity) and 0.0 <= self.diversity <= 1.0):
            raise UsageError(f"diversity is {self.diversity}; it goes from 0 to 1")
        if not self.signals:
            raise UsageError(f"name at least one signal of {', '.join(SIGNALS)}")
        unknown = [name for name in self.signals if name not in SIGNALS]
        if unknown:
            raise UsageError(f"no signal is called {unknown[0]!r}; there are {', '.join(SIGNALS)}")
        if self.lang not in LANGUAGES:
            raise UsageError(f"no sentences in {self.lang!r}; there are {', '.join(LANGUAGES)}")
        if self.filter is not None:
            object.__setattr__(self, "expression", parse_filter(self.filter))
