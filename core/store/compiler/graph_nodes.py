"""Members of a graph as they are shown."""

from __future__ import annotations

from core import query
from core.query import Column
from core.store.compiler import columns
from core.store.compiler.graph_members import Members
from core.store.compiler.json_text import Text, obj, plain_sure, said
from core.store.compiler.records_by_id import table
from core.store.compiler.references import reference_id
from core.store.compiler.work import Row, live_elsewhere


def nodes_of(
    members: Members, outputs: tuple[query.Output, ...], rank: tuple[Row, Column] | None
) -> tuple[Text, str, str]:
    """A member's JSON, FROM that gives the members, and their order: by rank, nulls last."""
    link, node = members.link, members.node
    member = obj((output.name, _part(members, output.value)) for output in outputs)
    held = reference_id(link, members.graph.node_reference)
    order = f"{link.column('id')}"
    if rank is not None:
        order = f"{columns.value(*rank).sql} nulls last, {order}"
    links = table(link, lambda inner: (members.is_of_anchor(inner), *live_elsewhere(inner)))
    nodes = table(node, lambda inner: (f"{inner.alias}.id = {held}", *live_elsewhere(inner)))
    return member, f"from {links} cross join lateral {nodes}", order


def _part(members: Members, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if isinstance(part, query.NodeKey):
        return plain_sure(f"{members.node.column('id')}::text")
    assert isinstance(part, query.One)
    is_link = part.reference == "id"
    return members.work.outputs(members.link if is_link else members.node, part.outputs)
