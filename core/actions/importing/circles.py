"""Which of some rows go first, and which go together because they name each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import rustworkx

Ways = Sequence[Sequence[int]]


def in_order(ways: Ways) -> Iterator[list[int]]:
    """All places in groups, each group after those to which its ways lead.

    A group of several is a circle: from each of it ways lead to all others of it. Of the groups
    that may go next, the one with the first place goes.
    """
    graph: rustworkx.PyDiGraph[int, None] = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(len(ways)))
    graph.add_edges_from_no_data(
        [(before, place) for place, some in enumerate(ways) for before in some]
    )
    groups = rustworkx.digraph_condensation(graph)
    ordered = rustworkx.lexicographical_topological_sort(groups, key=_first)
    return map(sorted, ordered)


def _first(group: Sequence[int]) -> str:
    return f"{min(group):012}"
