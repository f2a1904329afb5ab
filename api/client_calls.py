"""The calls of the REST API as values, one function a route; `api.client` sends them.

Names and parameters are those of the OpenAPI document, which a test compares. Rows and answers are
plain JSON values, as docs/http-api.md describes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

T = TypeVar("T")
Json = dict[str, Any]
Row = Mapping[str, Any]


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


def _given(**values: Any) -> Json:
    """The parameters that were given."""
    return {name: value for name, value in values.items() if value is not None}


# Suggestions


def recommend(user: str, **parameters: Any) -> Call[Json]:
    """Suggestions for a user; parameters are those of `GET /api/recommend/{user}`."""
    return Call("GET", _path("api", "recommend", user), _given(**parameters))


def recommend_with(user: str, parameters: Row) -> Call[Json]:
    """The same with the parameters in a body, which also takes a context."""
    return Call("POST", _path("api", "recommend", user), body=parameters)


def recommend_for_session(history: Sequence[str], **parameters: Any) -> Call[Json]:
    """Suggestions for a visitor without a name, by the items of the session, the latest last."""
    body = {"history": list(history), **_given(**parameters)}
    return Call("POST", "/api/session/recommend", body=body)


def explain(user: str, item: str, **parameters: Any) -> Call[Json]:
    """Everything that speaks for or against an item, and why it is suggested or not."""
    return Call("GET", _path("api", "explain", user, item), _given(**parameters))


def get_item_neighbors(id: str, **parameters: Any) -> Call[Json]:
    """The items most like one, with reasons."""
    return Call("GET", _path("api", "item", id, "neighbors"), _given(**parameters))


def get_user_neighbors(id: str, **parameters: Any) -> Call[Json]:
    """The users most like one, with reasons."""
    return Call("GET", _path("api", "user", id, "neighbors"), _given(**parameters))


def get_popular_items(**parameters: Any) -> Call[Json]:
    """The items that most people like."""
    return Call("GET", "/api/popular", _given(**parameters))


def get_latest_items(**parameters: Any) -> Call[Json]:
    """The newest items."""
    return Call("GET", "/api/latest", _given(**parameters))


def write_impressions(impressions: Sequence[Row]) -> Call[Json]:
    """Tell which items of recommendations were shown."""
    return Call("POST", "/api/impressions", body=list(impressions))


def write_outcomes(outcomes: Sequence[Row]) -> Call[Json]:
    """Tell what became of items that were shown."""
    return Call("POST", "/api/outcome", body=list(outcomes))


def merge_session(id: str, session: str, history: Row, *, create: bool | None = None) -> Call[Json]:
    """Make what a visitor did in a session the history of a user."""
    path = _path("api", "user", id, "merge", session)
    return Call("POST", path, _given(create=create), body=history)


# Users and items


def write_users(users: Sequence[Row]) -> Call[Json]:
    """Add users, or change them."""
    return Call("POST", "/api/users", body=list(users))


def list_users(limit: int | None = None, cursor: str | None = None) -> Call[Json]:
    """A page of users."""
    return Call("GET", "/api/users", _given(limit=limit, cursor=cursor))


def get_user(id: str) -> Call[Json]:
    """One user."""
    return Call("GET", _path("api", "user", id))


def patch_user(id: str, changes: Row) -> Call[Json]:
    """Change some properties of a user."""
    return Call("PATCH", _path("api", "user", id), body=changes)


def delete_user(id: str) -> Call[Json]:
    """Delete a user with all feedback."""
    return Call("DELETE", _path("api", "user", id))


def get_user_facts(id: str) -> Call[Json]:
    """The attributes of a user."""
    return Call("GET", _path("api", "user", id, "facts"))


def put_user_facts(id: str, relation: str, facts: Sequence[Row]) -> Call[Json]:
    """Make these the user's entities by one relation."""
    return Call("PUT", _path("api", "user", id, "facts", relation), body=list(facts))


def delete_user_fact(id: str, relation: str, entity: str) -> Call[Json]:
    """Delete one attribute of a user."""
    return Call("DELETE", _path("api", "user", id, "facts", relation, entity))


def write_items(items: Sequence[Row]) -> Call[Json]:
    """Add items, or change them."""
    return Call("POST", "/api/items", body=list(items))


def list_items(limit: int | None = None, cursor: str | None = None) -> Call[Json]:
    """A page of items."""
    return Call("GET", "/api/items", _given(limit=limit, cursor=cursor))


def get_item(id: str) -> Call[Json]:
    """One item."""
    return Call("GET", _path("api", "item", id))


def patch_item(id: str, changes: Row) -> Call[Json]:
    """Change some properties of an item."""
    return Call("PATCH", _path("api", "item", id), body=changes)


def delete_item(id: str) -> Call[Json]:
    """Delete an item; it is not suggested any more."""
    return Call("DELETE", _path("api", "item", id))


def get_item_facts(id: str) -> Call[Json]:
    """The facts of an item."""
    return Call("GET", _path("api", "item", id, "facts"))


def put_item_facts(id: str, relation: str, facts: Sequence[Row]) -> Call[Json]:
    """Make these the item's entities by one relation."""
    return Call("PUT", _path("api", "item", id, "facts", relation), body=list(facts))


def delete_item_fact(id: str, relation: str, entity: str) -> Call[Json]:
    """Delete one fact of an item."""
    return Call("DELETE", _path("api", "item", id, "facts", relation, entity))


# Feedback


def write_feedback(feedback: Sequence[Row], *, create: bool | None = None) -> Call[Json]:
    """Tell what users did; it counts in the next suggestion."""
    return Call("POST", "/api/feedback", _given(create=create), body=list(feedback))


def delete_feedback(type: str, user: str, item: str) -> Call[Json]:
    """Take one piece of feedback back."""
    return Call("DELETE", _path("api", "feedback", type, user, item))


def get_user_feedback(
    id: str,
    *,
    type: Sequence[str] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Json]:
    """A page of what a user did."""
    path = _path("api", "user", id, "feedback")
    return Call("GET", path, _given(type=type, limit=limit, cursor=cursor))


def get_item_feedback(
    id: str,
    *,
    type: Sequence[str] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Json]:
    """A page of what was done with an item."""
    path = _path("api", "item", id, "feedback")
    return Call("GET", path, _given(type=type, limit=limit, cursor=cursor))


# The graph


def get_node(id: str, label: str | None = None) -> Call[Json]:
    """A node of the graph."""
    return Call("GET", _path("api", "graph", "node", id), _given(label=label))


def get_neighborhood(
    id: str,
    label: str | None = None,
    *,
    limit: int | None = None,
    relations: Sequence[str] | None = None,
) -> Call[Json]:
    """A node and what is next to it."""
    query = _given(label=label, limit=limit, relations=relations)
    return Call("GET", _path("api", "graph", "neighborhood", id), query)


def search_nodes(
    q: str, *, label: Sequence[str] | None = None, limit: int | None = None
) -> Call[Json]:
    """Nodes by a part of their names."""
    return Call("GET", "/api/graph/search", _given(q=q, label=label, limit=limit))


def get_schema() -> Call[Json]:
    """What kinds of nodes and edges there are, and how many."""
    return Call("GET", "/api/graph/schema")


def get_path(
    first: str,
    second: str,
    *,
    first_label: str | None = None,
    second_label: str | None = None,
    max_edges: int | None = None,
    relations: Sequence[str] | None = None,
) -> Call[Json]:
    """How two nodes are connected."""
    query = _given(
        first_label=first_label,
        second_label=second_label,
        max_edges=max_edges,
        relations=relations,
    )
    return Call("GET", _path("api", "graph", "path", first, second), query)


def run_cypher(statement: str, parameters: Row | None = None) -> Call[Json]:
    """Ask the graph in Cypher, read-only."""
    body = {"statement": statement, "parameters": dict(parameters or {})}
    return Call("POST", "/api/cypher", body=body)


# Operation


def start_training(**settings: Any) -> Call[Json]:
    """Train as a job. Not repeated by itself: each call that is taken trains."""
    return Call("POST", "/api/train", body=_given(**settings), may_repeat=False)


def list_jobs() -> Call[Json]:
    """The training jobs."""
    return Call("GET", "/api/jobs")


def get_job(id: str) -> Call[Json]:
    """How far a training job is."""
    return Call("GET", _path("api", "jobs", id))


def cancel_job(id: str) -> Call[Json]:
    """Stop a training job."""
    return Call("DELETE", _path("api", "jobs", id))


def list_runs() -> Call[Json]:
    """The runs, and which one serves."""
    return Call("GET", "/api/runs")


def activate_run(id: int) -> Call[Json]:
    """Let another finished run serve."""
    return Call("POST", _path("api", "runs", str(id), "activate"))


def live() -> Call[Json]:
    """Whether the process answers."""
    return Call("GET", "/api/health/live")


def ready() -> Call[Json]:
    """Whether it can answer requests; an ApiError where not."""
    return Call("GET", "/api/health/ready", may_repeat=False)


def get_version() -> Call[Json]:
    """Version and serving run."""
    return Call("GET", "/api/version")


def metrics() -> Call[str]:
    """Metrics in the text format of Prometheus."""
    return Call("GET", "/metrics", is_text=True)
