"""Finds a shortest path by widening circles around both of its ends, one question for a circle.

The same on every database, since it needs of one only who the neighbours of some nodes are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graph.errors import UsageError
from graph.links import Way
from graph.model import NodeKey

BREADTH = 5_000
"""Nodes of one circle that are asked for their neighbours at most, the first ones by label and id.

In ml-100k no circle has more. Beyond it a path may be missed, or be longer than another; a search
says so.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """From which node another was reached, and on which way."""

    via: NodeKey
    way: Way


Hop = Callable[[Sequence[NodeKey]], Mapping[NodeKey, Step]]
"""The neighbours of nodes, each with the first step that leads to it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Nodes in the order of a path, and the way of each of its edges, as walked along the path.

    `is_shortest`: no shorter path can have been missed.
    """

    nodes: tuple[NodeKey, ...]
    ways: tuple[Way, ...]
    is_shortest: bool = True


def shortest_walk(
    first: NodeKey, second: NodeKey, max_edges: int, hop: Hop, breadth: int = BREADTH
) -> Walk | None:
    """A shortest path of at most `max_edges` edges; always the same one of several, None if none.

    Both ends must be in the graph. Raises a UsageError where none was found, but circles had more
    than `breadth` nodes: then there may be one.
    """
    if first == second:
        return Walk((first,), ())
    reached: tuple[dict[NodeKey, Step | None], ...] = ({first: None}, {second: None})
    circles = [[first], [second]]
    is_whole = True
    for _ in range(max_edges):
        side = 0 if len(circles[0]) <= len(circles[1]) else 1
        found = hop(circles[side][:breadth]) if circles[side] else {}
        new = {node: found[node] for node in sorted(found) if node not in reached[side]}
        reached[side].update(new)
        meeting = next((node for node in new if node in reached[1 - side]), None)
        if meeting is not None:
            # What this circle left out could only have led to a path as long as this one.
            return _join(meeting, *reached, is_shortest=is_whole)
        is_whole = is_whole and len(circles[side]) <= breadth
        if not new:
            break
        circles[side] = list(new)
    if is_whole:
        return None
    raise UsageError(
        f"no path from {first.id!r} to {second.id!r} was found, but not all were looked for: more "
        f"than {breadth:,} nodes are at the same distance of one of them; allow fewer edges, or "
        "name the relations"
    )


def _join(
    meeting: NodeKey,
    from_first: Mapping[NodeKey, Step | None],
    from_second: Mapping[NodeKey, Step | None],
    *,
    is_shortest: bool,
) -> Walk:
    nodes: list[NodeKey] = [meeting]
    ways: list[Way] = []
    while (step := from_first[nodes[0]]) is not None:
        nodes.insert(0, step.via)
        ways.insert(0, step.way)
    while (step := from_second[nodes[-1]]) is not None:
        nodes.append(step.via)
        ways.append(Way(step.way.link, not step.way.is_along))
    return Walk(tuple(nodes), tuple(ways), is_shortest)
