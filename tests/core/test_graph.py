"""Edges lead back, or they do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.graph import Edge, in_circles, leading_back


def test_an_edge_leads_back_over_others_and_not_into_a_circle_beside_it() -> None:
    circle = [Edge("a", "b"), Edge("b", "c"), Edge("c", "a")]
    beside = Edge("d", "a")

    assert leading_back([*circle, beside], [*circle, beside]) == set(circle)
    assert leading_back([], [Edge("a", "a")]) == {Edge("a", "a")}


def test_edges_within_two_anchors_make_no_circle_together() -> None:
    there, back = Edge("a", "b", "one"), Edge("b", "a", "two")
    everywhere = Edge("b", "a")

    assert leading_back([there, back], [there, back]) == set()
    assert leading_back([there, everywhere], [there, everywhere]) == {there, everywhere}
    longer = [Edge("a", "b"), Edge("b", "c", "one"), Edge("c", "a", "two")]
    assert leading_back(longer, longer) == set()


NODES = st.integers(0, 6)
EDGES = st.lists(st.builds(Edge, NODES, NODES, st.sampled_from([None, 10, 11])), max_size=12)


@given(EDGES)
def test_nodes_in_circles_are_those_that_an_edge_leads_back_to(edges: list[Edge[int]]) -> None:
    assert in_circles(edges) == {edge.source for edge in leading_back(edges, edges)}


@given(EDGES)
def test_an_edge_leads_back_where_one_anchors_own_edges_and_those_of_all_do(
    edges: list[Edge[int]],
) -> None:
    expected = set()
    for anchor in (None, 10, 11):
        own = [edge for edge in edges if edge.within in (None, anchor)]
        expected |= {edge for edge in own if edge.source in _reached(own, edge.target)}

    assert leading_back(edges, edges) == expected


def _reached(edges: list[Edge[int]], start: int) -> set[int]:
    found = {start}
    for _ in edges:
        found |= {edge.target for edge in edges if edge.source in found}
    return found
