"""Errors for unknown users and items, with what may have been meant where that is cheap to find."""

import difflib
from collections.abc import Sequence

from graph.errors import NotFoundError
from graph.store import Store

CHEAP = 20_000
"""Nodes up to which all names are read to look for similar ones."""


def no_such_user(store: Store, user: str) -> NotFoundError:
    """The error for a user who is not in the graph."""
    ids: list[str] = []
    if store.counts().get("User", 0) <= CHEAP:
        ids = store.read_users()["id"].to_pylist()
    return NotFoundError(f"no user {user!r} is in the graph{_hint(user, ids)}")


def no_such_item(store: Store, item: str) -> NotFoundError:
    """The error for an item that is not in the graph; titles are looked at, too."""
    if store.counts().get("Item", 0) > CHEAP:
        return NotFoundError(f"no item {item!r} is in the graph")
    items = store.read_items()
    ids: list[str] = items["id"].to_pylist()
    titled = [
        (known, title)
        for known, title in zip(ids, items["title"].to_pylist(), strict=True)
        if title
    ]
    wanted = item.strip().casefold() or item
    # A title typed instead of an id is the usual case: parts of titles first.
    found = [f"{known} ({title})" for known, title in titled if wanted in title.casefold()][:3]
    if found:
        return NotFoundError(f"no item {item!r} is in the graph; with such a title: {_list(found)}")
    return NotFoundError(f"no item {item!r} is in the graph{_hint(item, ids)}")


def _hint(wanted: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=3)
    return f"; near are {_list(near)}" if near else ""


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
