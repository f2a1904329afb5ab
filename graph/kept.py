"""What was read from a graph by key, kept in memory until something in the graph changes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, and which keys have none. Safe for concurrent use."""

    def __init__(self, limit: int) -> None:
        """At `limit` keys it begins anew."""
        self._limit = limit
        self._known: tuple[int | None, dict[K, V | None]] = (None, {})

    def look_up(
        self, changes: int | None, keys: Iterable[K], read: Callable[[list[K]], Mapping[K, V]]
    ) -> dict[K, V]:
        """The values of those keys that have one; `read` is called for keys that are not kept.

        `changes` is `Store.changes()`, asked for before this is called: what is written meanwhile
        makes another number of it. Nothing is kept where it is None.
        """
        wanted = list(dict.fromkeys(keys))
        if changes is None:
            return dict(read(wanted)) if wanted else {}
        kept_at, known = self._known
        if kept_at != changes or len(known) > self._limit:
            known = {}
            self._known = (changes, known)
        missing = [key for key in wanted if key not in known]
        if missing:
            found = read(missing)
            known.update({key: found.get(key) for key in missing})
        return {key: value for key in wanted if (value := known[key]) is not None}
