"""Ids of recommendations: they hold the run and the time, and cannot be guessed.

Nothing is kept when a suggestion is made; its id says all that impressions need to know of it.
"""

import re
import secrets
from dataclasses import dataclass

from graph.errors import UsageError

CLOCKS_S = 3_600
"""How far the clocks of two servers may be apart."""

PATTERN = r"[0-9]{1,15}-[0-9a-f]{1,12}-[A-Za-z0-9_-]{22}"


@dataclass(frozen=True, slots=True)
class RecommendationId:
    """When a recommendation was made, in epoch seconds, and by which run."""

    run: int
    at: int


def make_id(run: int, at: int) -> str:
    """A new id, with 128 random bits."""
    return f"{run}-{at:x}-{secrets.token_urlsafe(16)}"


def read_id(text: str, now: int) -> RecommendationId:
    """What an id says; a UsageError where it is none, or is of a time that has not come."""
    if not re.fullmatch(PATTERN, text):
        raise UsageError("recommendation_id is not one that an answer of this API held")
    run, at, _ = text.split("-", 2)
    if int(at, 16) > now + CLOCKS_S:
        raise UsageError("recommendation_id is of a time that has not come yet")
    return RecommendationId(int(run), int(at, 16))
