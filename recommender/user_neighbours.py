"""Users like a user: those who have feedback on the same items, the rare ones first.

The score is that of Adamic and Adar (Social Networks 25, 2003): the sum over the items in common
of `1 / log(1 + pieces of feedback on the item)`; what everybody likes says little. The work is
bounded: the user's rarest items are looked at until they have `MOST_PAIRS` pieces of feedback
together.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from graph.model import Item
from graph.store import Store
from recommender.near_matches import no_such_user

LATEST = 1_000
"""Pieces of the history that are looked at."""

MOST_PAIRS = 50_000
SHOWN = 10
"""Items in common that are given as reasons."""


@dataclass(frozen=True, slots=True)
class UserNeighbour:
    """A user, and the items in common with their pieces of feedback, the rarest first."""

    user: str
    score: float
    common: int
    items: tuple[tuple[Item, int], ...]


def user_neighbours(
    store: Store, user: str, n: int, offset: int = 0
) -> tuple[int, list[UserNeighbour]]:
    """The users most like a user, best first, ties by id; and how many items were compared by.

    Raises NotFoundError for an unknown user.
    """
    history = store.history(user, LATEST)
    if not history and store.user(user) is None:
        raise no_such_user(store, user)
    pieces = store.feedback_degrees(list(dict.fromkeys(piece.item for piece in history)))
    looked_at = _rarest(pieces)
    weight = {item: 1.0 / math.log1p(pieces[item]) for item in looked_at}
    common: dict[str, list[str]] = defaultdict(list)
    for item, other in store.users_of_items(looked_at, user):
        common[other].append(item)
    scores = {other: math.fsum(weight[item] for item in items) for other, items in common.items()}
    best = sorted(scores, key=lambda other: (-scores[other], other))[offset : offset + n]
    reasons = {
        other: sorted(common[other], key=lambda item: (pieces[item], item))[:SHOWN]
        for other in best
    }
    ids = sorted({item for items in reasons.values() for item in items})
    known = {item.id: item for item in store.items(ids)}
    return len(looked_at), [
        UserNeighbour(
            other,
            scores[other],
            len(common[other]),
            tuple((known[item], pieces[item]) for item in reasons[other] if item in known),
        )
        for other in best
    ]


def _rarest(pieces: Mapping[str, int]) -> list[str]:
    """The items with the least feedback, as many as stay within the bound; at least one."""
    found: list[str] = []
    total = 0
    for item in sorted(pieces, key=lambda item: (pieces[item], item)):
        total += pieces[item]
        if found and total > MOST_PAIRS:
            break
        found.append(item)
    return found
