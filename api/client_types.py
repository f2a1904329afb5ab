"""What the client sends and gets, as types: written by tools/client_types.py, not by hand.

At run time they are plain dictionaries. A field marked NotRequired may be missing.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AnswerData(TypedDict):
    """The columns and rows of an answer."""

    fields: list[str]
    """Names of the columns."""
    values: list[list[Any]]
    """One list a row, in the order of `fields`."""


class AskedBody(TypedDict):
    """The parameters of a request for suggestions, in a body."""

    n: NotRequired[int | None]
    """How many, 10 by default."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    exclude: NotRequired[list[str] | None]
    """Items that must not be suggested."""
    include_seen: NotRequired[bool | None]
    """Suggest items of the history, too."""
    signals: NotRequired[
        list[
            Literal[
                "collaborative",
                "sequential",
                "knowledge",
                "semantic",
                "factors",
                "profile",
                "prior",
            ]
        ]
        | None
    ]
    """Only these signals; all where left out."""
    diversity: NotRequired[float | None]
    """0: by score alone; 1: as varied as possible."""
    boost: NotRequired[str | None]
    """Factors, from 0 to 100, of the scores of items that pass a test."""
    rotation: NotRequired[float | None]
    """The share of its score that an item loses when the user was shown it just now (POST /api/impressions); less and less over [serve] rotation_hours. 0: none."""
    lang: NotRequired[Literal["en", "zh"] | None]
    """Language of the sentences."""
    explain: NotRequired[Literal["none", "paths", "full"] | None]
    """How much is said of each item. none: its score; paths (the default): its paths with their contributions, and the other contributions summed by signal; full: every contribution. They add up to the score in either case."""
    return_properties: NotRequired[bool | None]
    """Give the properties of the items."""
    offset: NotRequired[int | None]
    """Places of the list to leave out."""
    scenario: NotRequired[str | None]
    """A named set of parameters of the settings; those given here win."""
    context: NotRequired[dict[str, str] | None]
    """The caller's words for the occasion. They change no suggestion: they come back in the answer, and can be kept with the impressions."""


class AskedInSession(TypedDict):
    """What a visitor without an account did, and the same parameters."""

    n: NotRequired[int | None]
    """How many, 10 by default."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    exclude: NotRequired[list[str] | None]
    """Items that must not be suggested."""
    include_seen: NotRequired[bool | None]
    """Suggest items of the history, too."""
    signals: NotRequired[
        list[
            Literal[
                "collaborative",
                "sequential",
                "knowledge",
                "semantic",
                "factors",
                "profile",
                "prior",
            ]
        ]
        | None
    ]
    """Only these signals; all where left out."""
    diversity: NotRequired[float | None]
    """0: by score alone; 1: as varied as possible."""
    boost: NotRequired[str | None]
    """Factors, from 0 to 100, of the scores of items that pass a test."""
    rotation: NotRequired[float | None]
    """The share of its score that an item loses when the user was shown it just now (POST /api/impressions); less and less over [serve] rotation_hours. 0: none."""
    lang: NotRequired[Literal["en", "zh"] | None]
    """Language of the sentences."""
    explain: NotRequired[Literal["none", "paths", "full"] | None]
    """How much is said of each item. none: its score; paths (the default): its paths with their contributions, and the other contributions summed by signal; full: every contribution. They add up to the score in either case."""
    return_properties: NotRequired[bool | None]
    """Give the properties of the items."""
    offset: NotRequired[int | None]
    """Places of the list to leave out."""
    scenario: NotRequired[str | None]
    """A named set of parameters of the settings; those given here win."""
    context: NotRequired[dict[str, str] | None]
    """The caller's words for the occasion. They change no suggestion: they come back in the answer, and can be kept with the impressions."""
    history: list[str]
    """Item ids, the latest last."""


class BrowsedItem(TypedDict):
    """An item of a list that is the same for everyone."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    value: float
    """What the list is ordered by."""
    sentence: NotRequired[str]
    """Why it is there, in words."""
    properties: NotRequired[dict[str, str | int | float | bool]]
    """Where asked for by `return_properties`."""


class BrowsedItems(TypedDict):
    """Items that are the same for everyone."""

    run: int | None
    """Number of the run that the order comes from; null where it comes from none."""
    by: str
    """What they are ordered by: PRIOR, or the name of a property."""
    items: list[BrowsedItem]
    """The greatest value first."""


class CommonFact(TypedDict):
    """What both ends of an edge have."""

    relation: str
    """Relationship type that leads from both ends to the entity."""
    id: str
    """Id of the entity."""
    label: str
    """Kind of the entity."""
    name: str
    """Name of the entity."""


class CommonItem(TypedDict):
    """An item that two users have feedback on."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    feedback: int
    """Pieces of feedback on it, of all users."""


class Contribution(TypedDict):
    """A term of the score, or the sum of several of one signal."""

    signal: str
    """collaborative, sequential, knowledge, semantic, factors, profile or prior."""
    value: float
    """What it adds to the score; below 0 it takes away."""
    via: NotRequired[str | None]
    """The item of the history, or the entity of the user, that it comes through."""
    path: NotRequired[int | None]
    """Position of its path in `paths`, from 0, where one is shown."""
    terms: NotRequired[int]
    """How many terms of the signal it sums up."""


class Counterfactual(TypedDict):
    """The same item as if pieces of the history weighed nothing."""

    without: list[str]
    """The pieces of history that are imagined away."""
    score: float
    """The item's score without them."""
    change: float
    """That score less the present one."""
    rank: int
    """The item's place without them, from 1."""
    verdict: str
    """What would become of the item, in the words of the verdict of now."""
    headline: str
    """The same as a sentence."""


class CypherAnswer(TypedDict):
    """An answer as Neo4j's Query API gives it, and whether it was cut."""

    data: AnswerData
    """What the statement returned."""
    cut_by: str | None
    """`rows` or `answer_bytes` where that limit left rows out, else null."""


class Deleted(TypedDict):
    """What was deleted. Deleting what is not there deletes nothing, and is no failure."""

    deleted: int
    """How many there were."""


class EntityFact(TypedDict):
    """What a fact says of its entity: its id, or the kind and name that its id is made of."""

    entity: NotRequired[str | None]
    """Id; else it is made of kind and name."""
    kind: NotRequired[str | None]
    """Such as Genre; with the name in place of the id."""
    name: NotRequired[str | None]
    """Such as Crime."""
    weight: NotRequired[float]
    """How much it counts beside other facts of the relation."""


class FactEntry(TypedDict):
    """A fact of the graph."""

    relation: str
    """Relationship type, such as HAS_GENRE."""
    entity: str
    """Id of the entity."""
    kind: str
    """Kind of the entity, such as Genre."""
    name: str
    """Name of the entity, such as Crime."""
    weight: float
    """How much it counts beside other facts of the relation."""


class FactKind(TypedDict):
    """A relationship type of facts; it ends at an entity."""

    source: Literal["User", "Item", "Entity"]
    """Label that it starts from."""
    relation: str
    """Relationship type."""


class Facts(TypedDict):
    """All facts of a node."""

    facts: list[FactEntry]
    """By relation, then by entity."""


class Failed(TypedDict):
    """A row that was not written, and why."""

    row: int
    """Position in the body, from 0."""
    field: str
    """The part of the row that is to blame."""
    message: str
    """Why, in a sentence."""


class FeedbackEntry(TypedDict):
    """A piece of feedback of the graph."""

    type: str
    """Type of feedback, such as LIKED."""
    user: str
    """Id of the user."""
    item: str
    """Id of the item."""
    value: float
    """Such as stars; 1 where none was given."""
    at: int | None
    """Seconds since 1970; null where unknown."""


class FeedbackPage(TypedDict):
    """A page of feedback."""

    feedback: list[FeedbackEntry]
    """By type, then by item or user."""
    cursor: str | None
    """Of the next page; null on the last one."""


class GraphEnd(TypedDict):
    """One end of an edge."""

    label: Literal["User", "Item", "Entity"]
    """User, Item or Entity."""
    id: str
    """Id of the node."""


class GraphNode(TypedDict):
    """A node."""

    label: Literal["User", "Item", "Entity"]
    """User, Item or Entity."""
    id: str
    """The caller's own id, or that of an entity."""
    name: str
    """Title of an item, name of an entity, id of a user."""
    kind: str
    """That of an entity, such as Person; else empty."""
    properties: dict[str, str | int | float | bool | None]
    """By name; those without a value are left out."""


class Health(TypedDict):
    """That all is well; what is not is a problem document."""

    status: str
    """`ok`."""


class ItemEntry(TypedDict):
    """An item of the graph."""

    id: str
    """The caller's own id."""
    title: str | None
    """Null where the item has none."""
    text: str | None
    """Its description; null where it has none."""
    properties: dict[str, str | int | float | bool]
    """By name; those without a value are left out."""


class ItemPage(TypedDict):
    """A page of items."""

    items: list[ItemEntry]
    """By id."""
    cursor: str | None
    """Of the next page; null on the last one."""


class ItemPatch(TypedDict):
    """What to set; null removes it, and what is not named stays."""

    title: NotRequired[str | None]
    """What people know it by."""
    text: NotRequired[str | None]
    """A description, which text embeddings read."""
    properties: NotRequired[dict[str, bool | int | float | str | None]]
    """By name; they must be in the graph's schema."""


class JobDetail(TypedDict):
    """A training job with what it said."""

    id: str
    """For the routes of one job."""
    state: Literal[
        "reading", "training", "publishing", "done", "failed", "cancelled", "interrupted"
    ]
    """
    `interrupted`: the server was ended during the job. Whatever ends a job but `done`, the run
    before serves on.
    """
    made_at: int
    """When it was asked for, in epoch seconds."""
    ended_at: int | None
    """In epoch seconds; null while it goes on."""
    signals: list[str]
    """What it learns."""
    embeddings: list[str]
    """What describes items beside their facts."""
    edges: int
    """Evidence edges kept for an item and signal."""
    step: str
    """What goes on now, where that takes long."""
    run: int | None
    """The run that came of it."""
    left_out: int
    """Items and entities that left the graph during the training, and so the run."""
    error: str
    """Why it failed, in a sentence."""
    progress: list[str]
    """The latest 200 lines, the last one last."""


class JobSummary(TypedDict):
    """A training job."""

    id: str
    """For the routes of one job."""
    state: Literal[
        "reading", "training", "publishing", "done", "failed", "cancelled", "interrupted"
    ]
    """
    `interrupted`: the server was ended during the job. Whatever ends a job but `done`, the run
    before serves on.
    """
    made_at: int
    """When it was asked for, in epoch seconds."""
    ended_at: int | None
    """In epoch seconds; null while it goes on."""
    signals: list[str]
    """What it learns."""
    embeddings: list[str]
    """What describes items beside their facts."""
    edges: int
    """Evidence edges kept for an item and signal."""
    step: str
    """What goes on now, where that takes long."""
    run: int | None
    """The run that came of it."""
    left_out: int
    """Items and entities that left the graph during the training, and so the run."""
    error: str
    """Why it failed, in a sentence."""


class Jobs(TypedDict):
    """Training jobs."""

    jobs: list[JobSummary]
    """The latest first."""


class Merged(TypedDict):
    """What became of the items of a session."""

    added: int
    """Rows that were new."""
    changed: int
    """Rows that were there with other values."""
    unchanged: int
    """Rows that were there just so."""
    repeated: int
    """Rows of which a later one with the same key was taken instead."""
    failed: list[Failed]
    """Rows that were not written."""
    recommendations: int
    """Recommendations of the session that are the user's now."""


class NeighbourUser(TypedDict):
    """A user like another, and the items in common that say so."""

    user: str
    """Id of the user."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum over the items in common of 1 / log(1 + pieces of feedback on the item)."""
    common: int
    """Number of items in common."""
    items: list[CommonItem]
    """Up to ten of them, those with the least feedback first."""


class NewFact(TypedDict):
    """A fact: a relation and the entity it leads to. A new entity needs its kind and name."""

    entity: NotRequired[str | None]
    """Id; else it is made of kind and name."""
    kind: NotRequired[str | None]
    """Such as Genre; with the name in place of the id."""
    name: NotRequired[str | None]
    """Such as Crime."""
    weight: NotRequired[float]
    """How much it counts beside other facts of the relation."""
    relation: str
    """Relationship type of the graph, such as HAS_GENRE."""


class NewFeedback(TypedDict):
    """What a user did to an item; one piece of each type for a pair, so sent again it is one."""

    type: str
    """A type of feedback of the graph."""
    user: str
    """Id of the user."""
    item: str
    """Id of the item."""
    value: NotRequired[float]
    """Such as stars, or seconds watched; 1 where left out."""
    at: NotRequired[int | None]
    """Seconds since 1970; now, where left out."""


class NewImpressions(TypedDict):
    """What was shown of one recommendation."""

    recommendation_id: str
    """`recommendation_id` of the answer."""
    items: list[str]
    """Ids of the items that were shown, in their order."""
    user: NotRequired[str | None]
    """The one it was made for."""
    session: NotRequired[str | None]
    """The caller's own id of a visitor without an account; a merge makes it the user's."""
    offset: NotRequired[int]
    """Places of the list to leave out."""
    at: NotRequired[int | None]
    """Seconds since 1970; now, where left out."""
    scenario: NotRequired[str | None]
    """The one that was asked with, for later reading."""
    context: NotRequired[dict[str, str] | None]
    """The caller's words for the occasion. They change no suggestion: they come back in the answer, and can be kept with the impressions."""


class NewItem(TypedDict):
    """An item: what is left out stays as it was, null removes a property, facts are added."""

    id: str
    """Your own id of the item."""
    title: NotRequired[str | None]
    """What people know it by."""
    text: NotRequired[str | None]
    """A description, which text embeddings read."""
    properties: NotRequired[dict[str, bool | int | float | str | None]]
    """By name; they must be in the graph's schema."""
    facts: NotRequired[list[NewFact]]
    """Attributes that are entities."""


class NewOutcome(TypedDict):
    """What came of items that were shown. It never goes back: what was consumed stays so."""

    recommendation_id: str
    """`recommendation_id` of the answer."""
    items: list[str]
    """Ids of the items that it came of."""
    outcome: Literal["shown", "clicked", "consumed"]
    """clicked, or consumed: bought, watched, read."""
    at: NotRequired[int | None]
    """Seconds since 1970; now, where left out."""


class NewUser(TypedDict):
    """A user: what is left out stays as it was, null removes a property, facts are added."""

    id: str
    """Your own id of the user."""
    properties: NotRequired[dict[str, bool | int | float | str | None]]
    """By name; they must be in the graph's schema."""
    facts: NotRequired[list[NewFact]]
    """Attributes that are entities."""


class Node(TypedDict):
    """A node on a path."""

    id: str
    """Among the nodes of its label."""
    label: str
    """User, Item, Entity or the entity's kind."""
    name: str
    """Title of an item, name of an entity, id of a user."""


class PathEdge(TypedDict):
    """An edge on a path."""

    type: str
    """Relationship type: feedback, a fact, or evidence such as CO_LIKED."""
    weight: float
    """As it stands in the graph: value of feedback, weight of a fact or of evidence."""
    forward: bool
    """Whether it points to the next node; else to the one before."""


class Recorded(TypedDict):
    """What became of the rows."""

    recorded: int
    """Items that were taken in, those known before included."""
    failed: list[Failed]
    """What was not taken in."""


class RunSummary(TypedDict):
    """A run: what one training left in the graph."""

    id: int
    """Its number."""
    at: int
    """When it was trained, in epoch seconds."""
    fingerprint: str
    """A hash of the graph that it was trained on."""
    is_ready: bool
    """False while it is being written, or where that broke off."""
    is_current: bool
    """Whether it serves."""
    metrics: dict[str, Any]
    """What training measured on its validation data."""


class Runs(TypedDict):
    """Runs in the graph."""

    runs: list[RunSummary]
    """The latest first."""


class Schema(TypedDict):
    """What the graph holds."""

    item_properties: dict[str, str]
    """Types by name: string, integer, float or boolean."""
    user_properties: dict[str, str]
    """Types by name, in the same words."""
    entity_kinds: list[str]
    """Such as Genre."""
    facts: list[FactKind]
    """Relationship types from users or items to entities."""
    feedback: list[str]
    """Relationship types from users to items; the first one is what is predicted."""
    evidence: list[str]
    """Relationship types of evidence."""
    counts: dict[str, int]
    """Nodes by label and edges by type."""


class SessionHistory(TypedDict):
    """
    What a visitor did. Sent again with the same `at`, it changes nothing.

    Each item counts as a second earlier than the one after it.
    """

    history: list[str]
    """Item ids, the latest last."""
    type: NotRequired[str | None]
    """A type of feedback of the graph; its first one where left out."""
    at: NotRequired[int | None]
    """When the latest item was looked at, in seconds since 1970; now, where left out."""


class Statement(TypedDict):
    """A statement in the Cypher of the store, and its parameters."""

    statement: str
    """One statement, with `$name` where a parameter stands."""
    parameters: NotRequired[dict[str, Any]]
    """Values by name, without the `$`."""


class SubgraphEdge(TypedDict):
    """An edge of the subgraph."""

    source: int
    """Position in `nodes`, from 0, of the node that it points from."""
    target: int
    """Position in `nodes`, from 0, of the node that it points to."""
    type: str
    """Relationship type."""
    weight: float
    """As it stands in the graph."""


class SubgraphNode(TypedDict):
    """A node of the subgraph."""

    id: str
    """Among the nodes of its label."""
    label: str
    """User, Item, Entity or the entity's kind."""
    name: str
    """Title of an item, name of an entity, id of a user."""


class Training(TypedDict):
    """What to train; what is left out is as in `[train]`."""

    signals: NotRequired[
        list[Literal["collaborative", "sequential", "knowledge", "semantic", "factors", "profile"]]
        | None
    ]
    """Learn only these signals."""
    embeddings: NotRequired[list[Literal["text", "kge", "gnn"]] | None]
    """What describes items beside their facts; [] is nothing."""
    edges: NotRequired[int | None]
    """Evidence edges kept for an item and signal."""


class UserEntry(TypedDict):
    """A user of the graph."""

    id: str
    """The caller's own id."""
    properties: dict[str, str | int | float | bool]
    """By name; those without a value are left out."""


class UserNeighbours(TypedDict):
    """The users most like a user."""

    user: str
    """Id of the user that was asked about."""
    looked_at: int
    """Items of the history that were compared by."""
    users: list[NeighbourUser]
    """The most alike first."""


class UserPage(TypedDict):
    """A page of users."""

    users: list[UserEntry]
    """By id."""
    cursor: str | None
    """Of the next page; null on the last one."""


class UserPatch(TypedDict):
    """Properties to set; null removes one, and those not named stay."""

    properties: NotRequired[dict[str, bool | int | float | str | None]]
    """By name; they must be in the graph's schema."""


class Version(TypedDict):
    """Which whypath this is and which run serves."""

    version: str
    """Of whypath."""
    run: int | None
    """Number of the run that serves; null before the first training."""


class Written(TypedDict):
    """What became of the rows of a batch; the counts add up to their number."""

    added: int
    """Rows that were new."""
    changed: int
    """Rows that were there with other values."""
    unchanged: int
    """Rows that were there just so."""
    repeated: int
    """Rows of which a later one with the same key was taken instead."""
    failed: list[Failed]
    """Rows that were not written."""


class WrittenItems(TypedDict):
    """The same of items."""

    added: int
    """Rows that were new."""
    changed: int
    """Rows that were there with other values."""
    unchanged: int
    """Rows that were there just so."""
    repeated: int
    """Rows of which a later one with the same key was taken instead."""
    failed: list[Failed]
    """Rows that were not written."""
    facts: int
    """Facts that were added or changed."""
    placing: bool
    """Whether evidence for new items is being made, which takes a moment."""


class WrittenNodes(TypedDict):
    """The same of users or items."""

    added: int
    """Rows that were new."""
    changed: int
    """Rows that were there with other values."""
    unchanged: int
    """Rows that were there just so."""
    repeated: int
    """Rows of which a later one with the same key was taken instead."""
    failed: list[Failed]
    """Rows that were not written."""
    facts: int
    """Facts that were added or changed."""


class RecommendForUserQuery(TypedDict):
    """Parameters of `GET /api/recommend/{user}`."""

    n: NotRequired[int | None]
    """How many, 10 by default."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    exclude: NotRequired[list[str] | None]
    """Items that must not be suggested; longer lists go in the body of POST."""
    include_seen: NotRequired[bool | None]
    """Suggest items of the history, too."""
    signals: NotRequired[
        list[
            Literal[
                "collaborative",
                "sequential",
                "knowledge",
                "semantic",
                "factors",
                "profile",
                "prior",
            ]
        ]
        | None
    ]
    """Only these signals; all where left out."""
    diversity: NotRequired[float | None]
    """0: by score alone; 1: as varied as possible."""
    boost: NotRequired[str | None]
    """Factors, from 0 to 100, of the scores of items that pass a test."""
    rotation: NotRequired[float | None]
    """The share of its score that an item loses when the user was shown it just now (POST /api/impressions); less and less over [serve] rotation_hours. 0: none."""
    lang: NotRequired[Literal["en", "zh"] | None]
    """Language of the sentences."""
    explain: NotRequired[Literal["none", "paths", "full"] | None]
    """How much is said of each item. none: its score; paths (the default): its paths with their contributions, and the other contributions summed by signal; full: every contribution. They add up to the score in either case."""
    return_properties: NotRequired[bool | None]
    """Give the properties of the items."""
    offset: NotRequired[int | None]
    """Places of the list to leave out."""
    scenario: NotRequired[str | None]
    """A named set of parameters of the settings; those given here win."""


class ExplainItemForUserQuery(TypedDict):
    """Parameters of `GET /api/explain/{user}/{item}`."""

    n: NotRequired[int | None]
    """How many, 10 by default."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    exclude: NotRequired[list[str] | None]
    """Items that must not be suggested."""
    include_seen: NotRequired[bool | None]
    """Suggest items of the history, too."""
    signals: NotRequired[
        list[
            Literal[
                "collaborative",
                "sequential",
                "knowledge",
                "semantic",
                "factors",
                "profile",
                "prior",
            ]
        ]
        | None
    ]
    """Only these signals; all where left out."""
    diversity: NotRequired[float | None]
    """0: by score alone; 1: as varied as possible."""
    boost: NotRequired[str | None]
    """Factors, from 0 to 100, of the scores of items that pass a test."""
    rotation: NotRequired[float | None]
    """The share of its score that an item loses when the user was shown it just now (POST /api/impressions); less and less over [serve] rotation_hours. 0: none."""
    lang: NotRequired[Literal["en", "zh"] | None]
    """Language of the sentences."""
    scenario: NotRequired[str | None]
    """A named set of parameters of the settings; those given here win."""
    without: NotRequired[list[str] | None]
    """Items of the history: what if they weighed nothing?"""


class GetPopularItemsQuery(TypedDict):
    """Parameters of `GET /api/popular`."""

    n: NotRequired[int]
    """How many, 10 by default."""
    offset: NotRequired[int]
    """Places of the list to leave out."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    lang: NotRequired[Literal["en", "zh"]]
    """Language of the sentences."""
    return_properties: NotRequired[bool]
    """Give the properties of the items."""


class GetLatestItemsQuery(TypedDict):
    """Parameters of `GET /api/latest`."""

    n: NotRequired[int]
    """How many, 10 by default."""
    offset: NotRequired[int]
    """Places of the list to leave out."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""
    return_properties: NotRequired[bool]
    """Give the properties of the items."""


class GetItemNeighborsQuery(TypedDict):
    """Parameters of `GET /api/item/{id}/neighbors`."""

    n: NotRequired[int]
    """How many, 10 by default."""
    offset: NotRequired[int]
    """Places of the list to leave out."""
    filter: NotRequired[str | None]
    """Only items for which it holds."""


class GetUserNeighborsQuery(TypedDict):
    """Parameters of `GET /api/user/{id}/neighbors`."""

    n: NotRequired[int]
    """How many, 10 by default."""
    offset: NotRequired[int]
    """Places of the list to leave out."""


class ListUsersQuery(TypedDict):
    """Parameters of `GET /api/users`."""

    limit: NotRequired[int]
    """Entries of a page."""
    cursor: NotRequired[str | None]
    """Where to go on: `cursor` of the page before."""


class ListItemsQuery(TypedDict):
    """Parameters of `GET /api/items`."""

    limit: NotRequired[int]
    """Entries of a page."""
    cursor: NotRequired[str | None]
    """Where to go on: `cursor` of the page before."""


class GetUserFeedbackQuery(TypedDict):
    """Parameters of `GET /api/user/{id}/feedback`."""

    type: NotRequired[list[str] | None]
    """Only these types; all where left out."""
    limit: NotRequired[int]
    """Entries of a page."""
    cursor: NotRequired[str | None]
    """Where to go on: `cursor` of the page before."""


class GetItemFeedbackQuery(TypedDict):
    """Parameters of `GET /api/item/{id}/feedback`."""

    type: NotRequired[list[str] | None]
    """Only these types; all where left out."""
    limit: NotRequired[int]
    """Entries of a page."""
    cursor: NotRequired[str | None]
    """Where to go on: `cursor` of the page before."""


class GetNeighborhoodQuery(TypedDict):
    """Parameters of `GET /api/graph/neighborhood/{id}`."""

    label: NotRequired[Literal["User", "Item", "Entity"] | None]
    """User, Item or Entity; without it the first of Item, Entity, User."""
    limit: NotRequired[int]
    """Edges at most."""
    relations: NotRequired[list[str] | None]
    """Only these relationship types; may be given several times."""


class GetPathQuery(TypedDict):
    """Parameters of `GET /api/graph/path/{first}/{second}`."""

    first_label: NotRequired[Literal["User", "Item", "Entity"] | None]
    """User, Item or Entity; without it the first of Item, Entity, User."""
    second_label: NotRequired[Literal["User", "Item", "Entity"] | None]
    """User, Item or Entity; without it the first of Item, Entity, User."""
    max_edges: NotRequired[int]
    """Edges at most."""
    relations: NotRequired[list[str] | None]
    """Only these relationship types; may be given several times."""


class Found(TypedDict):
    """The nodes that a search found."""

    nodes: list[GraphNode]
    """Best first."""


class GraphEdge(TypedDict):
    """An edge."""

    type: str
    """Relationship type: feedback, a fact, or evidence of the run that serves."""
    source: GraphEnd
    """The node that it points from."""
    target: GraphEnd
    """The node that it points to."""
    weight: float
    """Weight of a fact or of evidence, value of feedback."""
    at: int | None
    """When feedback came, in epoch seconds."""


class GraphPart(TypedDict):
    """Some nodes and edges."""

    nodes: list[GraphNode]
    """Each once."""
    edges: list[GraphEdge]
    """Between these nodes."""


class GraphPath(TypedDict):
    """A path: its nodes and edges in order."""

    nodes: list[GraphNode]
    """Each once."""
    edges: list[GraphEdge]
    """Between these nodes."""
    is_shortest: bool
    """
    Whether no path is shorter. Where more than 5,000 nodes are at one distance of an end, some
    are left out, and a shorter path may be among them.
    """


class Path(TypedDict):
    """A walk to the item."""

    nodes: list[Node]
    """From the user, or the session's item, to the item."""
    edges: list[PathEdge]
    """Between the nodes, one less than they are."""
    share: float
    """Its contribution divided by the sum of those above 0."""
    signal: str
    """The signal whose contribution it shows."""
    similarity: NotRequired[dict[str, float]]
    """Of two items with like content: cosine, from -1 to 1, of each part that both have."""
    both: NotRequired[CommonFact | None]
    """What two items with like content have in common."""


class Subgraph(TypedDict):
    """What all paths together make, each node and edge once."""

    nodes: list[SubgraphNode]
    """Each once, in order of appearance."""
    edges: list[SubgraphEdge]
    """Each once."""


class SuggestedItem(TypedDict):
    """An item, its score, and what the score is made of: the contributions add up to it."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: NotRequired[list[Contribution]]
    """What the score is made of."""
    paths: NotRequired[list[Path]]
    """The walks behind the contributions, those that add most first."""
    sentence: NotRequired[str]
    """The strongest reasons in words."""
    properties: NotRequired[dict[str, str | int | float | bool]]
    """Where asked for by `return_properties`."""


class Suggestions(TypedDict):
    """A list of suggestions."""

    recommendation_id: str
    """For POST /api/impressions and /api/outcome."""
    user: str | None
    """Null for a session."""
    run: int
    """Number of the run that serves."""
    served_by: Literal["history", "profile", "prior"]
    """What the list rests on: the history, the user's attributes alone, or popularity alone."""
    degraded: bool
    """Whether the graph could not be reached, and this is an older answer."""
    note: str
    """What is odd about the list, in a sentence; mostly empty."""
    items: list[SuggestedItem]
    """Best first."""
    context: NotRequired[dict[str, str]]
    """What the request gave."""


class ExplainedItem(TypedDict):
    """All that the graph says about an item for a user."""

    user: str
    """Id of the user."""
    run: int
    """Number of the run that serves."""
    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place among the candidates by score, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: list[Contribution]
    """Every term of the score."""
    paths: list[Path]
    """The walks behind the contributions."""
    sentence: str
    """The strongest reasons in words."""
    verdict: Literal[
        "suggested", "seen", "excluded", "filtered", "unreached", "outranked", "diversified"
    ]
    """Suggested, or what keeps it out of the list."""
    candidates: int
    """Number of items that were ranked."""
    last: float | None
    """Score of the last item of the list; null where the list is empty."""
    missing: float | None
    """What an outranked item lacks of `last`."""
    against: list[Contribution]
    """The contributions below 0, the worst first."""
    names: dict[str, str]
    """Titles and names, by id, of what contributions come through."""
    headline: str
    """The verdict as a sentence."""
    subgraph: Subgraph
    """All paths laid over each other, as a picture needs them."""
    counterfactual: NotRequired[Counterfactual | None]
    """Where the request has `without`."""


class NeighbourItem(TypedDict):
    """An item like another, and why: the paths lead from that one to it."""

    item: str
    """Id of the item."""
    title: str | None
    """Null where the item has none."""
    rank: int
    """Place in the whole list, from 1."""
    score: float
    """Sum of all its contributions."""
    contributions: list[Contribution]
    """What the score is made of."""
    paths: list[Path]
    """From the one item to the other."""


class ItemNeighbours(TypedDict):
    """The items most like an item."""

    item: str
    """Id of the item that was asked about."""
    run: int
    """Number of the run that serves."""
    items: list[NeighbourItem]
    """The most alike first."""
