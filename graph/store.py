"""The store port: every verb that the product needs of a graph, in the domain's words.

Two adapters keep it: `graph/ladybug_store.py` (embedded) and `graph/neo4j_store.py`. Bulk data
goes in and out as Arrow tables, whose columns the docstrings give; a `?` marks a nullable one.
Node ids are the caller's strings. Every write verb is one or more committed transactions: when it
returns, its rows survive `kill -9`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa

from graph.asking.limits import Answer, AskLimits
from graph.model import (
    Entity,
    EvidenceEdge,
    FactEdge,
    FactType,
    FeedbackEdge,
    FeedbackOutcome,
    GraphSchema,
    HistoryEntry,
    Impression,
    Item,
    Node,
    NodeKey,
    NodeLabel,
    Outcome,
    Run,
    Scalar,
    ShownList,
    Subgraph,
    Trail,
    User,
    WriteCount,
)


class Store(Protocol):
    """A knowledge graph in a database. Safe for several threads, also where they write the same.

    Where the database is gone, a verb fails with a StoreUnavailableError within seconds.
    """

    @property
    def url(self) -> str:
        """The URL it was opened with, without credentials."""

    def ping(self) -> None:
        """Raise a StoreUnavailableError where the database does not answer within seconds."""

    def close(self) -> None:
        """Release the database; the store must not be used afterwards."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    # Schema

    def prepare(self, schema: GraphSchema) -> None:
        """Create what is missing for this schema: tables, constraints, indexes. Idempotent.

        What the graph already has beyond it stays.
        """

    def schema(self) -> GraphSchema:
        """What the graph holds now; empty for a new graph."""

    # Bulk writes: upserts by key; a key twice in one table is a ValueError

    def write_items(self, items: pa.Table) -> WriteCount:
        """Upsert items: `id, title?, text?` and any declared property columns."""

    def write_users(self, users: pa.Table) -> WriteCount:
        """Upsert users: `id` and any declared property columns."""

    def write_entities(self, entities: pa.Table) -> WriteCount:
        """Upsert entities: `id, kind, name`."""

    def write_facts(self, type: FactType, facts: pa.Table) -> WriteCount:
        """Upsert facts by (source, entity): `source, entity, weight`."""

    def write_feedback(self, type: str, feedback: pa.Table) -> WriteCount:
        """Upsert feedback by (user, item): `user, item, value, at? (epoch s), split?`."""

    def delete_feedback(self, type: str, feedback: pa.Table) -> int:
        """Delete feedback by key: `user, item`; answers how many there were."""

    # Edits: single nodes and small batches, each in one transaction

    def add_feedback(self, feedback: pa.Table, *, create: bool = False) -> list[FeedbackOutcome]:
        """Upsert feedback of any types: `type, user, item, value, at?, split?`.

        Answers what became of each row, in their order. Of rows with one key the last one counts.
        With `create`, users and items that are not there are added with nothing but their ids.
        """

    def delete_nodes(self, label: NodeLabel, ids: Sequence[str]) -> int:
        """Delete nodes with all their edges; answers how many there were.

        No run is touched: a deleted item is no longer a candidate, and another one with its id has
        no evidence before the next training.
        """

    def patch_node(self, label: NodeLabel, id: str, properties: Mapping[str, Scalar]) -> bool:
        """Set these properties of a user or an item (title and text too), and leave the others.

        None removes one. Answers whether there is such a node. A UsageError where a property is
        unknown or a value is not of its type.
        """

    def replace_facts(self, type: FactType, source: str, facts: Mapping[str, float]) -> None:
        """Make these (entity id to weight) the node's only facts of this relation.

        A NotFoundError where the node or an entity is not in the graph; nothing is changed then.
        """

    def delete_facts(self, type: FactType, facts: pa.Table) -> int:
        """Delete facts by key: `source, entity`; answers how many there were."""

    # Bulk reads, in the order of their keys

    def read_items(self) -> pa.Table:
        """All items: `id, title?, text?` and property columns, by id."""

    def read_users(self) -> pa.Table:
        """All users: `id` and property columns, by id."""

    def read_entities(self) -> pa.Table:
        """All entities: `id, kind, name`, by id."""

    def read_facts(self, type: FactType) -> pa.Table:
        """All facts of a type: `source, entity, weight`, by (source, entity)."""

    def read_feedback(self, type: str) -> pa.Table:
        """All feedback of a type: `user, item, value, at?, split?`, by (user, item)."""

    def changes(self) -> int | None:
        """A number that is another one after every write, but for feedback and impressions.

        None where other programs may write to the graph, too: then nothing that was read before
        can be taken for true. What comes all the time is left out, and is read each time.
        """

    def counts(self) -> Mapping[str, int]:
        """Number of nodes by label and of relationships by type."""

    # Runs and evidence

    def begin_run(self, run: Run) -> None:
        """Write the Run node, not ready; removes leftovers of an earlier run that died half-way."""

    def write_evidence(self, run: int, relation: str, edges: pa.Table) -> None:
        """Add evidence of a run that was begun: `source, target, weight`.

        Once the run is ready, this counts its `revision` up in the same transaction.

        `relation` is one of `ITEM_EVIDENCE` or `ENTITY_EVIDENCE`, or `PRIOR`, where there is no
        `source` column: the source is the run.
        """

    def read_evidence(self, run: int, relation: str) -> pa.Table:
        """All evidence of a run of one relation: `source, target, weight`, by (source, target).

        `relation` is one of `ITEM_EVIDENCE` or `ENTITY_EVIDENCE`.
        """

    def activate_run(self, run: int) -> None:
        """Mark the run ready and make it the current one, in one transaction."""

    def replace_run_settings(self, run: int, settings: Mapping[str, object]) -> None:
        """Put these in the place of the settings of a run, in one transaction.

        A NotFoundError where there is no such run.
        """

    def write_vectors(self, run: int, vectors: pa.Table) -> None:
        """Give items a property `vector` for callers' own Cypher: `id, vector (list<float32>)`.

        They replace those of the run before; no rows remove them all, and a vector of zeros counts
        as none. On Neo4j they are in the vector index `item_vectors` (cosine). Suggestions do not
        read them, so that they may switch a moment after the run. Refuses a run that does not
        serve with a UsageError; a ValueError where the vectors have different lengths.
        """

    def add_vectors(self, run: int, vectors: pa.Table) -> None:
        """Give more items vectors beside those that `write_vectors` gave, in its form.

        Refuses what it refuses, and with a ValueError vectors of another length than theirs. An
        item that has a vector gets the new one.
        """

    def delete_run(self, run: int) -> None:
        """Remove a run and its evidence; refuses the current one with a UsageError."""

    def runs(self) -> list[Run]:
        """All runs, oldest first, also those that are not ready."""

    def current_run(self) -> Run | None:
        """The run that serves, or None before the first training."""

    # Pages, in the order of their keys; `after` is the key of the last row before the page

    def list_users(self, after: str | None, limit: int) -> list[User]:
        """The first users after this id, by id."""

    def list_items(self, after: str | None, limit: int) -> list[Item]:
        """The first items after this id, by id."""

    def feedback_of_user(
        self, user: str, types: Sequence[str] | None, after: tuple[str, str] | None, limit: int
    ) -> list[FeedbackEdge]:
        """A user's first feedback after this (type, item), by (type, item), without held-out rows.

        `types` are those wanted, None all of them.
        """

    def feedback_of_item(
        self, item: str, types: Sequence[str] | None, after: tuple[str, str] | None, limit: int
    ) -> list[FeedbackEdge]:
        """The same of an item, after this (type, user) and by (type, user)."""

    def feedback_degrees(self, items: Sequence[str]) -> Mapping[str, int]:
        """How many pieces of feedback these items have, if any; held-out ones count, too."""

    def users_of_items(self, items: Sequence[str], but: str) -> list[tuple[str, str]]:
        """Pairs (item, user) of these items and all users but one with feedback on them, in order.

        Without held-out rows; a pair stands once, whatever the types.
        """

    def latest_items(self, property: str, limit: int) -> list[Item]:
        """The items with the greatest value of a numeric property, greatest first, ties by id.

        A UsageError where no such property is declared.
        """

    # Inspection

    def nodes(self, keys: Sequence[NodeKey]) -> list[Node]:
        """The nodes with these labels and ids that exist, in the order asked for."""

    def search(self, text: str, labels: Sequence[NodeLabel], limit: int) -> list[Node]:
        """The nodes of these labels whose id, title or name holds a text, in any case.

        First those whose id is the text, then whose name is, then those that begin with it; ties
        in the order of the labels, then by id. A UsageError for a text of no or over 200
        characters. Reads all nodes of the labels.
        """

    def neighborhood(
        self, label: NodeLabel, id: str, limit: int, relations: Sequence[str] | None = None
    ) -> Subgraph | None:
        """A node, first, and its `limit` nearest edges with their other ends; None without it.

        Taken in turn from each of the relations (None: all), in both directions: evidence of the
        current run and facts the strongest first, feedback the latest first, without held-out rows.
        """

    def shortest_path(
        self,
        first: NodeKey,
        second: NodeKey,
        max_edges: int = 6,
        relations: Sequence[str] | None = None,
    ) -> Trail | None:
        """A shortest path of at most 6 edges, walked in any direction; None where there is none.

        Over these relations, or over all facts and feedback (without held-out rows). The same one
        of several each time. Where circles around the ends grow beyond 5,000 nodes, the search
        leaves some out: the path says whether it is the shortest for certain, and where none was
        found a UsageError says that there may be one.
        """

    # Impressions: what was shown of recommendations, and what came of it. They are no feedback: no
    # history, training or fingerprint knows them.

    def record_shown(self, shown: ShownList, items: Mapping[str, int], at: int) -> set[str]:
        """Note that these items (each with its place, from 1) were shown; answers unknown ones.

        What was noted before stays. A NotFoundError where the user is not in the graph, a
        UsageError where the recommendation is another user's.
        """

    def record_outcome(
        self, recommendation: str, items: Sequence[str], outcome: Outcome, at: int
    ) -> set[str]:
        """Note what came of items that were shown; answers those that were not noted as shown.

        An outcome never goes back: what was consumed stays so. A NotFoundError where nothing was
        noted of the recommendation.
        """

    def shown_list(self, recommendation: str) -> tuple[ShownList, list[Impression]] | None:
        """What was noted of a recommendation, by place; None for nothing."""

    def shown_items(self, user: str, since: int) -> Mapping[str, int]:
        """The items that a user was shown since then (epoch s), and when last, by id."""

    def join_session(self, session: str, user: str) -> int:
        """Make what was shown in a session a user's, where it is nobody's; answers how much."""

    def sweep_shown(self, before: int, limit: int) -> int:
        """Delete the oldest recommendations made before then, at most `limit`; answers how many."""

    # Serving reads

    def user(self, id: str) -> User | None:
        """One user, or None."""

    def users(self, ids: Sequence[str]) -> list[User]:
        """The users with these ids that exist, in the order asked for."""

    def items(self, ids: Sequence[str]) -> list[Item]:
        """The items with these ids that exist, in the order asked for."""

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """The entities with these ids that exist, in the order asked for."""

    def unknown(self, label: NodeLabel, ids: Iterable[str]) -> set[str]:
        """Those of these ids that no node of this label has."""

    def history(self, user: str, limit: int) -> list[HistoryEntry]:
        """The user's latest feedback of every type, without held-out rows.

        Latest first: by `at` descending (missing times last), then item id, then type.
        """

    def facts(self, label: str, ids: Sequence[str]) -> list[FactEdge]:
        """All facts of these items or users (`label`), by (source, relation, entity id)."""

    def retrieve(
        self,
        anchors: Mapping[str, Mapping[str, float]],
        run: int,
        excluded: Iterable[str],
        limit: int,
    ) -> list[tuple[str, float]]:
        """Candidates by the sum over anchors and relations of anchor weight times edge weight.

        `anchors` holds for each relation of `ITEM_EVIDENCE` in use the weights of item ids.
        Best first, ties by item id.
        """

    def retrieve_by_entities(
        self, anchors: Mapping[str, float], run: int, excluded: Iterable[str], limit: int
    ) -> list[tuple[str, float]]:
        """The same over `FAVOURS` edges; `anchors` maps an entity id to its weight."""

    def retrieve_by_prior(
        self, run: int, excluded: Iterable[str], limit: int
    ) -> list[tuple[str, float]]:
        """The items with the greatest `PRIOR` weight, best first, ties by item id."""

    def evidence(
        self, sources: Sequence[str], targets: Sequence[str], run: int
    ) -> list[EvidenceEdge]:
        """All item-to-item evidence of a run between two sets of items, in key order."""

    def entity_evidence(
        self, sources: Sequence[str], targets: Sequence[str], run: int
    ) -> list[EvidenceEdge]:
        """All `FAVOURS` evidence of a run from entities to items, in key order."""

    def prior(self, targets: Sequence[str], run: int) -> Mapping[str, float]:
        """The `PRIOR` weight of those of the targets that have one."""

    def entity_degrees(self, entities: Sequence[str]) -> list[tuple[str, str, int]]:
        """How many items have each of these entities by each relation: the rarer, the more it says.

        Rows `(entity, relation, items)` in key order.
        """

    # Callers' own Cypher

    def ask(self, statement: str, parameters: Mapping[str, Any], limits: AskLimits) -> Answer:
        """Answer a caller's statement, in the Cypher of this database, if it can only read.

        Raises StatementError for one that is refused or wrong, TimeLimitError where it takes too
        long, ResourceError where it takes too much memory, StoreError where too many run already.
        """
