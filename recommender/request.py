"""What is asked of the recommender: one frozen value that cannot be made wrong."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from graph.errors import UsageError
from recommender.boost_syntax import Boost, parse_boost
from recommender.filter_syntax import Expression, parse_filter
from recommender.recipe import RELATION_OF_SIGNAL
from recommender.suggestion import Explain

Language = Literal["en", "zh"]
"""The languages that sentences come in."""

EXPLAIN: tuple[Explain, ...] = get_args(Explain)
LANGUAGES: tuple[Language, ...] = get_args(Language)
SIGNALS = tuple(RELATION_OF_SIGNAL)
MAX_N = 1000
"""The longest list that is served; beyond it a full export is the right tool."""

MAX_OFFSET = 10_000


@dataclass(frozen=True, slots=True)
class Rotation:
    """Lets items sink that the user was shown in the last `within_s` seconds before `now`.

    One shown just now loses `share` of its score (from 0 to 1), and less and less as time passes.
    """

    share: float
    within_s: float
    now: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.share) and 0.0 <= self.share <= 1.0):
            raise UsageError(f"rotation is {self.share}; it goes from 0 to 1")
        if not (math.isfinite(self.within_s) and self.within_s > 0.0):
            raise UsageError(f"rotation over {self.within_s} s; it must be more than 0")


@dataclass(frozen=True, slots=True)
class Request:
    """A request for suggestions, or for the explanation of one.

    Give either `user` or `history`: a session without a user, as item ids with the latest last.
    `exclude` holds items that must not come, `include_seen` lets items of the history come again.
    `filter` is an expression over item properties and facts (docs/explanations.md). `diversity`
    goes from 0, the plain ranking, to 1. `signals` keeps only those signals. `without` is the
    counterfactual: these items of the history weigh nothing, all others what they weighed before.
    `offset` leaves out the first so many of the list: lists of one request join without overlap.
    `boost` multiplies scores (docs/explanations.md), `rotation` lets items sink that were shown.
    `explain` says how much is said of each suggestion; it changes neither items nor scores.

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
    offset: int = 0
    boost: str | None = None
    rotation: Rotation | None = None
    explain: Explain = "full"
    expression: Expression | None = field(init=False, repr=False, compare=False, default=None)
    boosting: Boost | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if (self.user is None) == (self.history is None):
            raise UsageError("give either a user or the items of a session, not both or neither")
        if self.history is not None and not self.history:
            raise UsageError("a session needs at least one item")
        if not 1 <= self.n <= MAX_N:
            raise UsageError(f"n is {self.n}; it goes from 1 to {MAX_N}")
        if not 0 <= self.offset <= MAX_OFFSET:
            raise UsageError(f"offset is {self.offset}; it goes from 0 to {MAX_OFFSET}")
        if not (math.isfinite(self.diversity) and 0.0 <= self.diversity <= 1.0):
            raise UsageError(f"diversity is {self.diversity}; it goes from 0 to 1")
        if not self.signals:
            raise UsageError(f"name at least one signal of {', '.join(SIGNALS)}")
        unknown = [name for name in self.signals if name not in SIGNALS]
        if unknown:
            raise UsageError(f"no signal is called {unknown[0]!r}; there are {', '.join(SIGNALS)}")
        if self.lang not in LANGUAGES:
            raise UsageError(f"no sentences in {self.lang!r}; there are {', '.join(LANGUAGES)}")
        if self.explain not in EXPLAIN:
            raise UsageError(f"explain is {self.explain!r}; there are {', '.join(EXPLAIN)}")
        if self.boost is not None:
            object.__setattr__(self, "boosting", parse_boost(self.boost))
        if self.filter is not None:
            object.__setattr__(self, "expression", parse_filter(self.filter))

    @property
    def depth(self) -> int:
        """Places of the list up to the last one that is asked for."""
        return self.offset + self.n
