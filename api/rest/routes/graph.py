"""Looking at the graph: nodes, their surroundings, paths, the schema; all within limits."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from api.rest.access import needs
from api.rest.openapi import EVERYWHERE, problems
from api.rest.parameters import Line, PathId
from api.rest.problems import NOT_FOUND
from api.rest.rows import TypeName
from api.rest.service import Parts
from api.rest.shapes import Answer
from api.rest.strict import StrictRoute
from graph.errors import NotFoundError
from graph.model import (
    ENTITY_EVIDENCE,
    ITEM_EVIDENCE,
    Edge,
    Node,
    NodeKey,
    NodeLabel,
    Scalar,
    Subgraph,
    Trail,
)
from graph.store import Store

router = APIRouter(tags=["graph"], dependencies=[needs("read")], route_class=StrictRoute)

LOOKED_AT: tuple[NodeLabel, ...] = ("Item", "Entity", "User")
"""The labels in the order in which an id without a label is looked for."""

Label = Annotated[
    NodeLabel | None,
    Query(description="User, Item or Entity; without it the first of Item, Entity, User."),
]
Relations = Annotated[
    list[TypeName] | None,
    Query(max_length=50, description="Only these relationship types; may be given several times."),
]


class GraphNode(Answer):
    """A node."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "Item",
                    "id": "318",
                    "name": "Schindler's List",
                    "kind": "",
                    "properties": {"year": 1993},
                }
            ]
        }
    )

    label: NodeLabel
    """User, Item or Entity."""
    id: str
    """The caller's own id, or that of an entity."""
    name: str
    """Title of an item, name of an entity, id of a user."""
    kind: str
    """That of an entity, such as Person; else empty."""
    properties: dict[str, Scalar]
    """By name; those without a value are left out."""

    @classmethod
    def of(cls, node: Node) -> "GraphNode":
        """The node of the store as JSON has it."""
        return cls(
            label=node.label,
            id=node.id,
            name=node.name or node.id,
            kind=node.kind or "",
            properties=dict(node.properties),
        )


class GraphEnd(Answer):
    """One end of an edge."""

    label: NodeLabel
    """User, Item or Entity."""
    id: str
    """Id of the node."""


class GraphEdge(Answer):
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

    @classmethod
    def of(cls, edge: Edge) -> "GraphEdge":
        """The edge of the store as JSON has it."""
        return cls(
            type=edge.type, source=_end(edge.source), target=_end(edge.target), weight=edge.weight,
            at=edge.at,
        )  # fmt: skip


class GraphPart(Answer):
    """Some nodes and edges."""

    nodes: list[GraphNode]
    """Each once."""
    edges: list[GraphEdge]
    """Between these nodes."""

    @classmethod
    def of(cls, part: Subgraph) -> "GraphPart":
        """The part of the graph as JSON has it."""
        return cls(
            nodes=[GraphNode.of(node) for node in part.nodes],
            edges=[GraphEdge.of(edge) for edge in part.edges],
        )


class GraphPath(GraphPart):
    """A path: its nodes and edges in order."""

    is_shortest: bool
    """Whether no path is shorter. Where more than 5,000 nodes are at one distance of an end, some
    are left out, and a shorter path may be among them."""

    @classmethod
    def along(cls, trail: Trail) -> "GraphPath":
        """The path as JSON has it."""
        part = GraphPart.of(trail)
        return cls(nodes=part.nodes, edges=part.edges, is_shortest=trail.is_shortest)


class Found(Answer):
    """The nodes that a search found."""

    nodes: list[GraphNode]
    """Best first."""


class FactKind(Answer):
    """A relationship type of facts; it ends at an entity."""

    source: NodeLabel
    """Label that it starts from."""
    relation: str
    """Relationship type."""


class Schema(Answer):
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


@router.get("/api/graph/node/{id}", summary="One node", responses=problems(*EVERYWHERE, NOT_FOUND))
def get_node(service: Parts, id: PathId, label: Label = None) -> GraphNode:
    """A node with its properties."""
    return GraphNode.of(_find(service.store, id, label))


@router.get(
    "/api/graph/neighborhood/{id}",
    summary="A node and what is next to it",
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_neighborhood(
    service: Parts,
    id: PathId,
    label: Label = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Edges at most.")] = 50,
    relations: Relations = None,
) -> GraphPart:
    """The node, first, and its nearest edges with their other ends.

    Edges are taken in turn from each relation: evidence and facts the strongest first, feedback
    the latest first.
    """
    node = _find(service.store, id, label)
    found = service.store.neighborhood(node.label, node.id, limit, relations)
    if found is None:
        raise _no_such(id, label)
    return GraphPart.of(found)


@router.get("/api/graph/search", summary="Nodes by name", responses=problems(*EVERYWHERE))
def search_nodes(
    service: Parts,
    q: Annotated[Line, Query(min_length=1, max_length=200, description="A part of the name.")],
    label: Annotated[
        list[NodeLabel] | None, Query(max_length=3, description="Only nodes of these labels.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Nodes at most.")] = 20,
) -> Found:
    """Nodes whose id, title or name holds the text, in any case.

    First come those whose id or name is the text, then those that begin with it.
    """
    nodes = service.store.search(q, label or LOOKED_AT, limit)
    return Found(nodes=[GraphNode.of(node) for node in nodes])


@router.get("/api/graph/schema", summary="What the graph holds", responses=problems(*EVERYWHERE))
def get_schema(service: Parts) -> Schema:
    """Labels, properties, relationship types, and how many there are of each."""
    schema = service.store.schema()
    return Schema(
        item_properties=dict(schema.item_properties),
        user_properties=dict(schema.user_properties),
        entity_kinds=list(schema.entity_kinds),
        facts=[FactKind(source=fact.source, relation=fact.relation) for fact in schema.fact_types],
        feedback=list(schema.feedback_types),
        evidence=[*ITEM_EVIDENCE, *ENTITY_EVIDENCE],
        counts=dict(service.store.counts()),
    )


@router.get(
    "/api/graph/path/{first}/{second}",
    summary="How two nodes are connected",
    responses=problems(*EVERYWHERE, NOT_FOUND),
)
def get_path(
    service: Parts,
    first: PathId,
    second: PathId,
    first_label: Label = None,
    second_label: Label = None,
    max_edges: Annotated[int, Query(ge=1, le=6, description="Edges at most.")] = 4,
    relations: Relations = None,
) -> GraphPath:
    """A shortest path between two nodes, its nodes and edges in order.

    It goes over facts and feedback in either direction, unless `relations` says otherwise. A
    problem `not-found` where there is none within `max_edges`. Where none was found, but nodes were
    left out because more than 5,000 are at one distance of an end, the problem is `usage`.
    """
    store = service.store
    ends = _find(store, first, first_label), _find(store, second, second_label)
    found = store.shortest_path(ends[0].key, ends[1].key, max_edges, relations)
    if found is None:
        raise NotFoundError(
            f"no path of up to {max_edges} edges leads from {first!r} to {second!r}"
        )
    return GraphPath.along(found)


def _find(store: Store, id: str, label: NodeLabel | None) -> Node:
    """The node with this id; a NotFoundError where there is none."""
    for one in LOOKED_AT if label is None else (label,):
        if one == "Item":
            for item in store.items([id]):
                return Node("Item", item.id, item.title or item.id, properties=item.properties)
        elif one == "Entity":
            for entity in store.entities([id]):
                return Node("Entity", entity.id, entity.name, kind=entity.kind)
        else:
            for user in store.users([id]):
                return Node("User", user.id, user.id, properties=user.properties)
    raise _no_such(id, label)


def _no_such(id: str, label: NodeLabel | None) -> NotFoundError:
    where = "node" if label is None else label.lower()
    return NotFoundError(f"there is no {where} {id!r} in the graph; /api/graph/search finds names")


def _end(key: NodeKey) -> GraphEnd:
    return GraphEnd(label=key.label, id=key.id)
