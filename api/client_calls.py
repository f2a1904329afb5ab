"""The calls of the REST API as values, one function a route; `api.client` sends them.

Names and parameters are those of the OpenAPI document, which a test compares. Rows and answers are
plain dictionaries, whose types `api.client_types` tells a type checker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Unpack
from urllib.parse import quote

from api import client_types as types

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. `may_repeat`: sent twice, it does no more than once."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    may_repeat: bool = True
    is_text: bool = False


def _path(*parts: str) -> str:
    """A path of parts that may hold anything, slashes and dots among it."""
    return "/" + "/".join(quote(part, safe="").replace(".", "%2E") for part in parts)


def _given(**values: Any) -> dict[str, Any]:
    """The parameters that were given."""
    return {name: value for name, value in values.items() if value is not None}


# Suggestions


def recommend(
    user: str, **parameters: Unpack[types.RecommendForUserQuery]
) -> Call[types.Suggestions]:
    """Suggestions for a user; parameters are those of `GET /api/recommend/{user}`."""
    return Call("GET", _path("api", "recommend", user), _given(**parameters))


def recommend_with(user: str, parameters: types.AskedBody) -> Call[types.Suggestions]:
    """The same with the parameters in a body, which also takes a context."""
    return Call("POST", _path("api", "recommend", user), body=parameters)


def recommend_for_session(
    history: Sequence[str], **parameters: Unpack[types.AskedBody]
) -> Call[types.Suggestions]:
    """Suggestions for a visitor without a name, by the items of the session, the latest last."""
    body = {"history": list(history), **_given(**parameters)}
    return Call("POST", "/api/session/recommend", body=body)


def explain(
    user: str, item: str, **parameters: Unpack[types.ExplainItemForUserQuery]
) -> Call[types.ExplainedItem]:
    """Everything that speaks for or against an item, and why it is suggested or not."""
    return Call("GET", _path("api", "explain", user, item), _given(**parameters))


def get_item_neighbors(
    id: str, **parameters: Unpack[types.GetItemNeighborsQuery]
) -> Call[types.ItemNeighbours]:
    """The items most like one, with reasons."""
    return Call("GET", _path("api", "item", id, "neighbors"), _given(**parameters))


def get_user_neighbors(
    id: str, **parameters: Unpack[types.GetUserNeighborsQuery]
) -> Call[types.UserNeighbours]:
    """The users most like one, with reasons."""
    return Call("GET", _path("api", "user", id, "neighbors"), _given(**parameters))


def get_popular_items(**parameters: Unpack[types.GetPopularItemsQuery]) -> Call[types.BrowsedItems]:
    """The items that most people like."""
    return Call("GET", "/api/popular", _given(**parameters))


def get_latest_items(**parameters: Unpack[types.GetLatestItemsQuery]) -> Call[types.BrowsedItems]:
    """The newest items."""
    return Call("GET", "/api/latest", _given(**parameters))


def write_impressions(impressions: Sequence[types.NewImpressions]) -> Call[types.Recorded]:
    """Tell which items of recommendations were shown."""
    return Call("POST", "/api/impressions", body=list(impressions))


def write_outcomes(outcomes: Sequence[types.NewOutcome]) -> Call[types.Recorded]:
    """Tell what became of items that were shown."""
    return Call("POST", "/api/outcome", body=list(outcomes))


def merge_session(
    id: str, session: str, history: types.SessionHistory, *, create: bool | None = None
) -> Call[types.Merged]:
    """Make what a visitor did in a session the history of a user."""
    path = _path("api", "user", id, "merge", session)
    return Call("POST", path, _given(create=create), body=history)


# Users and items


def write_users(users: Sequence[types.NewUser]) -> Call[types.WrittenNodes]:
    """Add users, or change them."""
    return Call("POST", "/api/users", body=list(users))


def list_users(**parameters: Unpack[types.ListUsersQuery]) -> Call[types.UserPage]:
    """A page of users."""
    return Call("GET", "/api/users", _given(**parameters))


def get_user(id: str) -> Call[types.UserEntry]:
    """One user."""
    return Call("GET", _path("api", "user", id))


def patch_user(id: str, changes: types.UserPatch) -> Call[types.UserEntry]:
    """Change some properties of a user."""
    return Call("PATCH", _path("api", "user", id), body=changes)


def delete_user(id: str) -> Call[types.Deleted]:
    """Delete a user with all feedback."""
    return Call("DELETE", _path("api", "user", id))


def get_user_facts(id: str) -> Call[types.Facts]:
    """The attributes of a user."""
    return Call("GET", _path("api", "user", id, "facts"))


def put_user_facts(id: str, relation: str, facts: Sequence[types.EntityFact]) -> Call[types.Facts]:
    """Make these the user's entities by one relation."""
    return Call("PUT", _path("api", "user", id, "facts", relation), body=list(facts))


def delete_user_fact(id: str, relation: str, entity: str) -> Call[types.Deleted]:
    """Delete one attribute of a user."""
    return Call("DELETE", _path("api", "user", id, "facts", relation, entity))


def write_items(items: Sequence[types.NewItem]) -> Call[types.WrittenItems]:
    """Add items, or change them."""
    return Call("POST", "/api/items", body=list(items))


def list_items(**parameters: Unpack[types.ListItemsQuery]) -> Call[types.ItemPage]:
    """A page of items."""
    return Call("GET", "/api/items", _given(**parameters))


def get_item(id: str) -> Call[types.ItemEntry]:
    """One item."""
    return Call("GET", _path("api", "item", id))


def patch_item(id: str, changes: types.ItemPatch) -> Call[types.ItemEntry]:
    """Change some properties of an item."""
    return Call("PATCH", _path("api", "item", id), body=changes)


def delete_item(id: str) -> Call[types.Deleted]:
    """Delete an item; it is not suggested any more."""
    return Call("DELETE", _path("api", "item", id))


def get_item_facts(id: str) -> Call[types.Facts]:
    """The facts of an item."""
    return Call("GET", _path("api", "item", id, "facts"))


def put_item_facts(id: str, relation: str, facts: Sequence[types.EntityFact]) -> Call[types.Facts]:
    """Make these the item's entities by one relation."""
    return Call("PUT", _path("api", "item", id, "facts", relation), body=list(facts))


def delete_item_fact(id: str, relation: str, entity: str) -> Call[types.Deleted]:
    """Delete one fact of an item."""
    return Call("DELETE", _path("api", "item", id, "facts", relation, entity))


# Feedback


def write_feedback(
    feedback: Sequence[types.NewFeedback], *, create: bool | None = None
) -> Call[types.Written]:
    """Tell what users did; it counts in the next suggestion."""
    return Call("POST", "/api/feedback", _given(create=create), body=list(feedback))


def delete_feedback(type: str, user: str, item: str) -> Call[types.Deleted]:
    """Take one piece of feedback back."""
    return Call("DELETE", _path("api", "feedback", type, user, item))


def get_user_feedback(
    id: str, **parameters: Unpack[types.GetUserFeedbackQuery]
) -> Call[types.FeedbackPage]:
    """A page of what a user did."""
    return Call("GET", _path("api", "user", id, "feedback"), _given(**parameters))


def get_item_feedback(
    id: str, **parameters: Unpack[types.GetItemFeedbackQuery]
) -> Call[types.FeedbackPage]:
    """A page of what was done with an item."""
    return Call("GET", _path("api", "item", id, "feedback"), _given(**parameters))


# The graph


def get_node(id: str, label: str | None = None) -> Call[types.GraphNode]:
    """A node of the graph."""
    return Call("GET", _path("api", "graph", "node", id), _given(label=label))


def get_neighborhood(
    id: str, **parameters: Unpack[types.GetNeighborhoodQuery]
) -> Call[types.GraphPart]:
    """A node and what is next to it."""
    return Call("GET", _path("api", "graph", "neighborhood", id), _given(**parameters))


def search_nodes(
    q: str, *, label: Sequence[str] | None = None, limit: int | None = None
) -> Call[types.Found]:
    """Nodes by a part of their names."""
    return Call("GET", "/api/graph/search", _given(q=q, label=label, limit=limit))


def get_schema() -> Call[types.Schema]:
    """What kinds of nodes and edges there are, and how many."""
    return Call("GET", "/api/graph/schema")


def get_path(
    first: str, second: str, **parameters: Unpack[types.GetPathQuery]
) -> Call[types.GraphPart]:
    """How two nodes are connected."""
    return Call("GET", _path("api", "graph", "path", first, second), _given(**parameters))


def run_cypher(
    statement: str, parameters: Mapping[str, Any] | None = None
) -> Call[types.CypherAnswer]:
    """Ask the graph in Cypher, read-only."""
    body = {"statement": statement, "parameters": dict(parameters or {})}
    return Call("POST", "/api/cypher", body=body)


# Operation


def start_training(**settings: Unpack[types.Training]) -> Call[types.JobDetail]:
    """Train as a job. Not repeated by itself: each call that is taken trains."""
    return Call("POST", "/api/train", body=_given(**settings), may_repeat=False)


def list_jobs() -> Call[types.Jobs]:
    """The training jobs."""
    return Call("GET", "/api/jobs")


def get_job(id: str) -> Call[types.JobDetail]:
    """How far a training job is."""
    return Call("GET", _path("api", "jobs", id))


def cancel_job(id: str) -> Call[types.JobDetail]:
    """Stop a training job."""
    return Call("DELETE", _path("api", "jobs", id))


def list_runs() -> Call[types.Runs]:
    """The runs, and which one serves."""
    return Call("GET", "/api/runs")


def activate_run(id: int) -> Call[types.RunSummary]:
    """Let another finished run serve."""
    return Call("POST", _path("api", "runs", str(id), "activate"))


def live() -> Call[types.Health]:
    """Whether the process answers."""
    return Call("GET", "/api/health/live")


def ready() -> Call[types.Health]:
    """Whether it can answer requests; an ApiError where not."""
    return Call("GET", "/api/health/ready", may_repeat=False)


def get_version() -> Call[types.Version]:
    """Version and serving run."""
    return Call("GET", "/api/version")


def metrics() -> Call[str]:
    """Metrics in the text format of Prometheus."""
    return Call("GET", "/metrics", is_text=True)
