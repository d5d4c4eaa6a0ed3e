"""A declared graph around a record: its members, its edges, its measures and ways through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import query
from core.query import EdgePart
from core.store.compiler import graph_measures, graph_members, graph_ways, kinds
from core.store.compiler.graph_members import EDGES, MEMBERS
from core.store.compiler.graph_nodes import nodes_of
from core.store.compiler.json_text import (
    Text,
    array,
    bare,
    joined,
    obj,
    plain,
    plain_sure,
    said,
    sure,
)
from core.store.compiler.kinds import Kind
from core.store.compiler.work import Row
from metadata.model import FieldType, Graph

_AS_NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})


def graph(row: Row, part: query.GraphOf) -> Text:
    """The graph around a record."""
    found = row.work.published.metadata.graphs[part.graph]
    return obj((output.name, _part(row, found, output.value)) for output in part.outputs)


def _part(row: Row, graph: Graph, part: query.Part) -> Text:
    return _PARTS[type(part)](row, graph, part)


def _constant(row: Row, graph: Graph, part: query.Constant) -> Text:
    return said(part.json)


def _nodes(row: Row, graph: Graph, part: query.GraphNodes) -> Text:
    """The members by rank, those without one last."""
    members = graph_members.members(row, graph)
    rank = members.place("rank")
    member, source, order = nodes_of(members, part.outputs, rank)
    return sure(f"(select {array(joined(member, order=order)).sql} {source} {members.once()})")


def _edges(row: Row, graph: Graph, part: query.GraphEdges) -> Text:
    members = graph_members.members(row, graph)
    found = row.work.alias("e")
    member = obj((o.name, _edge_part(members, found, o.value)) for o in part.outputs)
    order = f"{found}.place, {found}.source, {found}.target, {found}.kind"
    return sure(
        f"(with {MEMBERS} as ({members.table()}), {EDGES} as ({graph_members.edges(members)})"
        f" select {array(joined(member, order=order)).sql} from {EDGES} as {found})"
    )


def _edge_part(members: graph_members.Members, edge: str, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if part is EdgePart.KIND:
        return kinds.shown(Kind.TEXT, f"{edge}.kind")
    if part is EdgePart.STRENGTH:
        metadata = members.work.published.metadata
        is_number = metadata.strength_of(members.graph) in _AS_NUMBERS
        return bare(f"{edge}.strength") if is_number else plain(f"{edge}.strength")
    return plain_sure(f"{edge}.{'source' if part is EdgePart.FROM else 'target'}::text")


_PARTS: Mapping[type, Callable[[Row, Graph, Any], Text]] = {
    query.Constant: _constant,
    query.GraphNodes: _nodes,
    query.GraphEdges: _edges,
    query.Measures: graph_measures.measures,
    query.PathTo: graph_ways.path_to,
}
