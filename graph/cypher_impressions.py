"""The verbs of impressions: what was shown of recommendations, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from typing import get_args

from graph.cypher_reads import CypherReads
from graph.engine import Reader
from graph.errors import NotFoundError, UsageError
from graph.model import Impression, Outcome, ShownList

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class CypherImpressions(CypherReads):
    """Writes `(:User)-[:GOT]->(:Recommendation)-[:SHOWED]->(:Item)`, and reads it."""

    def record_shown(self, shown: ShownList, items: Mapping[str, int], at: int) -> set[str]:
        """Note that these items were shown; answers unknown ones."""

        def record(reader: Reader) -> set[str]:
            [[owner]] = reader.rows(
                self.statement(
                    "record_recommendation",
                    id=shown.id,
                    at=shown.at,
                    run=shown.run,
                    session=shown.session,
                    scenario=shown.scenario,
                    context=json.dumps(dict(shown.context), ensure_ascii=False),
                )
            )
            if shown.user is not None and owner is None:
                reader.rows(self.statement("give_recommendation", id=shown.id, user=shown.user))
            elif shown.user is not None and owner != shown.user:
                raise UsageError(f"recommendation {shown.id!r} was noted for another user")
            if not items:
                return set()
            rows = [{"item": item, "position": place} for item, place in items.items()]
            known = reader.rows(
                self.statement("record_shown", id=shown.id, rows=rows, at=at, outcome="shown")
            )
            return set(items) - {row[0] for row in known}

        if shown.user is not None and not self._has_user(shown.user):
            raise NotFoundError(f"no user {shown.user!r} is in the graph")
        return self._engine.write(record, is_event=True)

    def _has_user(self, user: str) -> bool:
        return bool(self._engine.rows(self.statement("user", {"properties": ()}, id=user)))

    def record_outcome(
        self, recommendation: str, items: Sequence[str], outcome: Outcome, at: int
    ) -> set[str]:
        """Note what came of items that were shown; answers those that were not."""
        found = self.shown_list(recommendation)
        if found is None:
            raise NotFoundError(f"nothing was noted as shown of recommendation {recommendation!r}")
        wanted = set(items)
        known = wanted & {impression.item for impression in found[1]}
        lesser = list(_OUTCOMES[: _OUTCOMES.index(outcome)])
        if known and lesser:
            statement = self.statement(
                "record_outcome",
                id=recommendation,
                items=sorted(known),
                lesser=lesser,
                outcome=outcome,
                at=at,
            )
            self._engine.write(lambda reader: reader.rows(statement), is_event=True)
        return wanted - known

    def shown_list(self, recommendation: str) -> tuple[ShownList, list[Impression]] | None:
        """What was noted of a recommendation, by place."""
        rows = self._engine.rows(self.statement("recommendation", id=recommendation))
        if not rows:
            return None
        user, at, run, session, scenario, context = rows[0]
        shown = ShownList(
            recommendation, at, run, user, session, scenario, json.loads(context or "{}")
        )
        found = self._engine.rows(self.statement("impressions", id=recommendation))
        return shown, [Impression(*row) for row in found]

    def shown_items(self, user: str, since: int) -> Mapping[str, int]:
        """The items that a user was shown since then, and when last."""
        rows = self._engine.rows(self.statement("shown_items", user=user, since=since))
        return dict(sorted((item, at) for item, at in rows))

    def join_session(self, session: str, user: str) -> int:
        """Make what was shown in a session a user's, where it is nobody's."""
        statement = self.statement("join_session", session=session, user=user)
        [[joined]] = self._engine.write(lambda reader: reader.rows(statement), is_event=True)
        return int(joined)

    def sweep_shown(self, before: int, limit: int) -> int:
        """Delete the oldest recommendations made before then."""
        rows = self._engine.rows(self.statement("old_recommendations", before=before, limit=limit))
        if rows:
            statement = self.statement(
                "delete_nodes", {"label": "Recommendation"}, ids=[row[0] for row in rows]
            )
            self._engine.write(lambda reader: reader.rows(statement))
        return len(rows)
