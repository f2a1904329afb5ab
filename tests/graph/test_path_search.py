"""Paths by circles around both ends are as short as those by a plain search from one end."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graph.errors import UsageError
from graph.links import Link, Way
from graph.model import NodeKey
from graph.path_search import Step, shortest_walk

NODES = [NodeKey("Item", str(number)) for number in range(9)]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)
ALONG = Way(Link("facts", "Item", "LIKE", "Entity"), is_along=True)
AGAINST = Way(ALONG.link, is_along=False)


def distances(edges: Sequence[tuple[NodeKey, NodeKey]], first: NodeKey) -> dict[NodeKey, int]:
    found, circle = {first: 0}, [first]
    for node in circle:
        for pair in edges:
            for before, after in (pair, pair[::-1]):
                if before == node and after not in found:
                    found[after] = found[node] + 1
                    circle.append(after)
    return found


@given(EDGES, st.sampled_from(NODES), st.sampled_from(NODES), st.integers(0, 6))
def test_a_search_that_leaves_nodes_out_claims_no_more_than_it_knows(
    edges: list[tuple[NodeKey, NodeKey]], first: NodeKey, second: NodeKey, max_edges: int
) -> None:
    distance = distances(edges, first).get(second)
    try:
        walk = shortest_walk(first, second, max_edges, hop_along(edges), breadth=1)
    except UsageError:
        return  # There may be one, or not.
    if walk is None:
        assert distance is None or distance > max_edges
    else:
        assert distance is not None
        assert len(walk.ways) >= distance
        assert not walk.is_shortest or len(walk.ways) == distance


def hop_along(
    edges: Sequence[tuple[NodeKey, NodeKey]],
) -> Callable[[Sequence[NodeKey]], dict[NodeKey, Step]]:
    def hop(circle: Sequence[NodeKey]) -> dict[NodeKey, Step]:
        found: dict[NodeKey, Step] = {}
        for before, after in edges:
            if before in circle:
                found.setdefault(after, Step(before, ALONG))
            if after in circle:
                found.setdefault(before, Step(after, AGAINST))
        return found

    return hop


@given(EDGES, st.sampled_from(NODES), st.sampled_from(NODES), st.integers(0, 6))
def test_it_is_a_shortest_path(
    edges: list[tuple[NodeKey, NodeKey]], first: NodeKey, second: NodeKey, max_edges: int
) -> None:
    hop = hop_along(edges)
    walk = shortest_walk(first, second, max_edges, hop)
    distance = distances(edges, first).get(second)
    assert (walk is None) == (distance is None or distance > max_edges)
    if walk is None:
        return
    assert walk.is_shortest
    assert len(walk.ways) == distance
    assert (walk.nodes[0], walk.nodes[-1]) == (first, second)
    for (before, after), way in zip(pairwise(walk.nodes), walk.ways, strict=True):
        assert ((before, after) if way.is_along else (after, before)) in edges
    assert shortest_walk(first, second, max_edges, hop) == walk
