"""What a column's entities are called: `artist_name` names artists, `Book-Author` authors."""

import re
from collections.abc import Sequence

from graph.proposal.profiles import ColumnProfile
from graph.proposal.roles import ITEM_WORDS, USER_WORDS

_NOT_NAMED_AFTER = frozenset({"id", "ids", "name", "names"})


def entity_word(column: ColumnProfile, columns: Sequence[ColumnProfile]) -> str:
    """The column's name in the singular, without `id`, `name` and the node that it belongs to.

    The whole name, where another of the columns would be called the same.
    """
    short = _short(column)
    others = [_short(other) for other in columns if other is not column]
    return _singular(column.name.split(":")[0]) if short in others else short


def _short(column: ColumnProfile) -> str:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1_\2", column.name.split(":")[0])
    words = [word for word in re.split(r"[\W_]+", spaced) if word]
    while len(words) > 1 and words[-1].lower() in _NOT_NAMED_AFTER:
        words.pop()
    if len(words) > 1 and words[0].lower() in (*ITEM_WORDS, *USER_WORDS):
        words = words[1:]
    return _singular("_".join(words).lower())


def _singular(name: str) -> str:
    if re.search(r"[^aeiou]ies$", name):
        return f"{name[:-3]}y"
    return name[:-1] if re.search(r"[^s]s$", name) and len(name) > 3 else name
