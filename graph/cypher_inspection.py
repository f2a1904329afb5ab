"""The reading verbs to look around in a graph: a node's surroundings, search, and paths."""

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

from graph.cypher_pages import CypherPages
from graph.cypher_reads import present
from graph.engine import Names, Row
from graph.errors import UsageError
from graph.links import Link, Way, ways
from graph.model import HELD_OUT, Edge, Node, NodeKey, NodeLabel, Subgraph, Trail
from graph.path_search import Step, Walk, shortest_walk

MAX_TEXT = 200
"""Characters of a text to search for."""

MAX_EDGES = 6
"""Edges of the longest path that is searched for."""


class CypherInspection(CypherPages):
    """Shows nodes and edges of all kinds as values of one shape."""

    def nodes(self, keys: Sequence[NodeKey]) -> list[Node]:
        """The nodes with these labels and ids that exist, in the order asked for."""
        found: dict[NodeKey, Node] = {}
        for label in ("User", "Item", "Entity"):
            ids = list(dict.fromkeys(key.id for key in keys if key.label == label))
            if ids:
                found.update((node.key, node) for node in self._shown(label, ids))
        return [found[key] for key in keys if key in found]

    def _shown(self, label: NodeLabel, ids: Sequence[str]) -> list[Node]:
        schema = self._known_schema()
        if label == "User":
            names = tuple(schema.user_properties)
            rows = self._nodes(label, names, ids)
            return [Node("User", key, properties=present(names, rest)) for key, *rest in rows]
        if label == "Item":
            names = tuple(schema.item_properties)
            rows = self._nodes(label, ("title", *names), ids)
            return [
                Node("Item", key, title, properties=present(names, rest))
                for key, title, *rest in rows
            ]
        rows = self._nodes(label, ("name", "kind"), ids)
        return [Node("Entity", key, name, kind) for key, name, kind in rows]

    def search(self, text: str, labels: Sequence[NodeLabel], limit: int) -> list[Node]:
        """The nodes whose id, title or name holds a text, in any case, the best matches first."""
        if not text.strip() or len(text) > MAX_TEXT:
            raise UsageError(
                f"the text to search for must have 1 to {MAX_TEXT} characters, not {len(text)}"
            )
        if limit < 1:
            return []
        found: list[tuple[int, int, str, NodeLabel]] = []
        for place, label in enumerate(dict.fromkeys(labels)):
            name = {"User": "id", "Item": "title", "Entity": "name"}[label]
            rows = self._engine.rows(
                self.statement(
                    "search", {"label": label, "name": name}, text=text.strip(), limit=limit
                )
            )
            found += [(rank, place, key, label) for key, rank in rows]
        return self.nodes([NodeKey(label, key) for _, _, key, label in sorted(found)[:limit]])

    def neighborhood(
        self, label: NodeLabel, id: str, limit: int, relations: Sequence[str] | None = None
    ) -> Subgraph | None:
        """A node with its nearest edges, taken from each relation in turn."""
        center = NodeKey(label, id)
        schema = self._known_schema()
        around = [
            way
            for way in ways(schema, relations, ("evidence", "feedback", "facts"))
            if way.begins == label
        ]
        here = self.nodes([center])
        if not here:
            return None
        run = self._run_of(around)
        nearest = [self._nearest(center, way, limit, run) for way in around]
        in_turn = chain.from_iterable(zip_longest(*nearest))
        edges = [edge for edge in in_turn if edge is not None][: max(limit, 0)]
        others = dict.fromkeys(key for edge in edges for key in (edge.source, edge.target))
        others.pop(center, None)
        return Subgraph((*here, *self.nodes(list(others))), tuple(dict.fromkeys(edges)))

    def _nearest(
        self, center: NodeKey, way: Way, limit: int, run: int | None, other: NodeKey | None = None
    ) -> list[Edge]:
        """The nearest edges of a node on one way, or only those to one other node."""
        others = {"is_any": other is None, "others": ["" if other is None else other.id]}
        rows = self._walked("nearest", way, run, id=center.id, limit=limit, **others)
        return [
            Edge(way.link.relation, *_in_order(center, NodeKey(way.ends, key), way), weight, at)
            for key, weight, at, *_ in rows
        ]

    def _run_of(self, around: Sequence[Way]) -> int | None:
        """The run whose evidence is walked, if any is."""
        if not any(way.link.kind == "evidence" for way in around):
            return None
        run = self.current_run()
        return None if run is None else run.id

    def _walked(self, verb: str, way: Way, run: int | None, **parameters: Any) -> list[Row]:
        """The rows of a query over the edges of one way; none where no run serves its evidence."""
        link = way.link
        if parameters.get("limit", 1) < 1 or (link.kind == "evidence" and run is None):
            return []
        if link.kind == "evidence":
            parameters["run"] = run
        elif link.kind == "feedback":
            parameters["held_out"] = HELD_OUT
        names = _names(link, is_along=way.is_along)
        return self._engine.rows(self.statement(f"{verb}_{link.kind}", names, **parameters))

    def shortest_path(
        self,
        first: NodeKey,
        second: NodeKey,
        max_edges: int = MAX_EDGES,
        relations: Sequence[str] | None = None,
    ) -> Trail | None:
        """A shortest path between two nodes."""
        if not 0 <= max_edges <= MAX_EDGES:
            raise UsageError(f"a path may have 0 to {MAX_EDGES} edges, not {max_edges}")
        open_ways = ways(self._known_schema(), relations, ("feedback", "facts"))
        if len(self.nodes([first, second])) < 2:
            return None
        run = self._run_of(open_ways)
        walk = shortest_walk(
            first, second, max_edges, lambda circle: self._neighbours(circle, open_ways, run)
        )
        return None if walk is None else self._path(walk, run)

    def _neighbours(
        self, circle: Sequence[NodeKey], open_ways: Sequence[Way], run: int | None
    ) -> dict[NodeKey, Step]:
        found: dict[NodeKey, Step] = {}
        for way in open_ways:
            ids = [node.id for node in circle if node.label == way.begins]
            for key, via in self._walked("hop", way, run, ids=ids) if ids else ():
                found.setdefault(NodeKey(way.ends, key), Step(NodeKey(way.begins, via), way))
        return found

    def _path(self, walk: Walk, run: int | None) -> Trail | None:
        """The path with what stands on its edges; None where one went since it was found."""
        edges: list[Edge] = []
        for before, way, after in zip(walk.nodes, walk.ways, walk.nodes[1:], strict=False):
            edges += self._nearest(before, way, 1, run, after)
        nodes = self.nodes(walk.nodes)
        if len(edges) < len(walk.ways) or len(nodes) < len(walk.nodes):
            return None
        return Trail(tuple(nodes), tuple(edges), walk.is_shortest)


def _in_order(center: NodeKey, other: NodeKey, way: Way) -> tuple[NodeKey, NodeKey]:
    return (center, other) if way.is_along else (other, center)


def _names(link: Link, *, is_along: bool) -> dict[str, Names]:
    return {
        "source_label": link.source,
        "relation": link.relation,
        "target_label": link.target,
        "end": "source" if is_along else "target",
        "other": "target" if is_along else "source",
    }
