"""Lays paths over each other: every node and edge once, as a picture needs them."""

from collections.abc import Iterable
from typing import Any

from recommender.suggestion import Path, PathNode


def subgraph_json(paths: Iterable[Path]) -> dict[str, Any]:
    """`nodes`, and `edges` whose `source` and `target` are places in them; in order of appearance.

    An edge points as it does in the store.
    """
    place: dict[tuple[str, str], int] = {}
    nodes: list[PathNode] = []
    edges: dict[tuple[int, int, str], float] = {}
    for path in paths:
        places = []
        for node in path.nodes:
            key = (node.label, node.id)
            if key not in place:
                place[key] = len(nodes)
                nodes.append(node)
            places.append(place[key])
        for edge, left, right in zip(path.edges, places, places[1:], strict=False):
            source, target = (left, right) if edge.forward else (right, left)
            edges.setdefault((source, target, edge.type), edge.weight)
    return {
        "nodes": [{"id": node.id, "label": node.label, "name": node.name} for node in nodes],
        "edges": [
            {"source": source, "target": target, "type": relation, "weight": weight}
            for (source, target, relation), weight in edges.items()
        ],
    }
