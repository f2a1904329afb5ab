"""The reading verbs that list what a graph holds, page by page.

A page is asked for by the key of the last row before it, so that rows which come or go between two
pages shift nothing, and a late page costs no more than the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from graph import tables
from graph.cypher_reads import CypherReads, present
from graph.engine import Row
from graph.errors import UsageError
from graph.model import HELD_OUT, Entity, FeedbackEdge, Item, NodeLabel, User


class CypherPages(CypherReads):
    """Lists nodes and feedback in the order of their keys."""

    def users(self, ids: Sequence[str]) -> list[User]:
        """The users with these ids that exist, in the order asked for."""
        names = tuple(self._known_schema().user_properties)
        return [User(key, present(names, rest)) for key, *rest in self._nodes("User", names, ids)]

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """The entities with these ids that exist, in the order asked for."""
        return [Entity(*row) for row in self._nodes("Entity", ("kind", "name"), ids)]

    def _nodes(
        self, label: NodeLabel, properties: tuple[str, ...], ids: Sequence[str]
    ) -> list[Row]:
        """Rows of id and properties in the order asked for; an id twice gives its row twice."""
        if not ids:
            return []
        names = {"label": label, "properties": properties}
        rows = self._engine.rows(self.statement("nodes", names, ids=list(dict.fromkeys(ids))))
        found = {row[0]: row for row in rows}
        return [found[key] for key in ids if key in found]

    def unknown(self, label: NodeLabel, ids: Iterable[str]) -> set[str]:
        """Those of these ids that no node of this label has."""
        wanted = list(ids)
        known = self._ids[label].look_up(
            self._engine.changes,
            wanted,
            lambda some: {row[0]: True for row in self._nodes(label, (), some)},
        )
        return set(wanted) - known.keys()

    def feedback_degrees(self, items: Sequence[str]) -> Mapping[str, int]:
        """How many pieces of feedback each of these items has."""
        if not items or not self._known_schema().feedback_types:
            return {}
        rows = self._engine.rows(self.statement("feedback_degrees", items=list(items)))
        return {item: int(pieces) for item, pieces in sorted(rows)}

    def users_of_items(self, items: Sequence[str], but: str) -> list[tuple[str, str]]:
        """Pairs of these items and the other users who have feedback on them, in order."""
        if not items or not self._known_schema().feedback_types:
            return []
        rows = self._engine.rows(
            self.statement("users_of_items", items=list(items), but=but, held_out=HELD_OUT)
        )
        return sorted((item, user) for item, user in rows)

    def list_users(self, after: str | None, limit: int) -> list[User]:
        """The first users after this id, by id."""
        names = tuple(self._known_schema().user_properties)
        rows = self._page("page_nodes", after, limit, label="User", properties=names)
        return [User(key, present(names, rest)) for key, *rest in rows]

    def list_items(self, after: str | None, limit: int) -> list[Item]:
        """The first items after this id, by id."""
        names = tuple(self._known_schema().item_properties)
        rows = self._page(
            "page_nodes", after, limit, label="Item", properties=("title", "text", *names)
        )
        return [Item(key, title, text, present(names, rest)) for key, title, text, *rest in rows]

    def feedback_of_user(
        self,
        user: str,
        types: Sequence[str] | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[FeedbackEdge]:
        """The first feedback of a user after this (type, item), by type, then item."""
        return self._feedback_of("user", user, types, after, limit)

    def feedback_of_item(
        self,
        item: str,
        types: Sequence[str] | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[FeedbackEdge]:
        """The first feedback on an item after this (type, user), by type, then user."""
        return self._feedback_of("item", item, types, after, limit)

    def _feedback_of(
        self,
        end: Literal["user", "item"],
        id: str,
        types: Sequence[str] | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[FeedbackEdge]:
        """One query for each type, until the page is full."""
        known = self._known_schema().feedback_types
        for wanted in types or ():
            tables.check_known(wanted, known, "feedback type")
        other = "item" if end == "user" else "user"
        found: list[FeedbackEdge] = []
        for relation in sorted(set(known if types is None else types)):
            if after is not None and relation < after[0]:
                continue
            last = after[1] if after is not None and relation == after[0] else None
            rows = self._page(
                "page_feedback",
                last,
                limit - len(found),
                {"id": id, "held_out": HELD_OUT},
                relation=relation,
                end=end,
                other=other,
            )
            for key, value, at in rows:
                user, item = (id, key) if end == "user" else (key, id)
                found.append(FeedbackEdge(relation, user, item, value, at))
        return found

    def _page(
        self,
        name: str,
        after: str | None,
        limit: int,
        parameters: dict[str, Any] | None = None,
        **names: str | tuple[str, ...],
    ) -> list[Row]:
        if limit < 1:
            return []
        return self._engine.rows(
            self.statement(
                name,
                names,
                after=after or "",
                is_first=after is None,
                limit=limit,
                **(parameters or {}),
            )
        )

    def latest_items(self, property: str, limit: int) -> list[Item]:
        """The items with the greatest value of a numeric property, greatest first, ties by id."""
        numeric = [
            name
            for name, kind in self.schema().item_properties.items()
            if kind in ("integer", "float")
        ]
        if property not in numeric:
            raise UsageError(
                f"items have no numeric property {property!r}; they have "
                f"{', '.join(numeric) or 'none'}"
            )
        if limit < 1:
            return []
        rows = self._engine.rows(
            self.statement("latest_items", {"property": property}, limit=limit)
        )
        return self.items([row[0] for row in rows])
