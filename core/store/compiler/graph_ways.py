"""The shortest way through a graph, from somebody who is covered to one who holds a role."""

from __future__ import annotations

from core import query
from core.store.compiler import columns, forms, graph_members
from core.store.compiler.graph_members import EDGES, MEMBERS, Members
from core.store.compiler.graph_nodes import nodes_of
from core.store.compiler.json_text import EMPTY_ARRAY, Text, array, joined, literal, sure
from core.store.compiler.kinds import Kind
from core.store.compiler.work import Row
from metadata.model import Graph

LONGEST = 20
CONFLICT = "conflict"
"""The kind of edge that leads to nobody: who is at odds with someone opens no door."""


def path_to(row: Row, graph: Graph, part: query.PathTo) -> Text:
    """The members on the way, first to last, each once; none where no edges lead there.

    Levels are counted outwards from all covered members at once, then the way is gone back from
    the nearest holder of the role.
    """
    members = graph_members.members(row, graph)
    covered, holds = members.is_covered(), _holds(members, part)
    if covered is None or holds is None:
        return EMPTY_ARRAY
    members.values.update(covered=covered, holds=holds)
    shown = graph_members.members(row, graph)
    node, link = shown.node.column("id"), shown.link.column("id")
    member, source, _ = nodes_of(shown, part.outputs, None)
    listed = array(joined(member, order=f"way.level, {link}"))
    return sure(
        f"(with recursive {MEMBERS} as ({members.table()}),"
        f" {EDGES} as (select * from ({graph_members.edges(members)}) as e"
        f" where kind is distinct from {literal(CONFLICT)}), {_REACHED}, {_LEVELS}, {_WAY}"
        f" select {listed.sql} {source} join way on way.id = {node} {shown.once()})"
    )


_REACHED = (
    f"reached (id, level) as (select id, 0 from {MEMBERS} where covered"
    f" union select {EDGES}.target, reached.level + 1 from reached"
    f" join {EDGES} on {EDGES}.source = reached.id where reached.level < {LONGEST})"
)
_LEVELS = "levels as (select id, min(level) as level from reached group by id)"
_WAY = (
    "way (id, level) as ("
    "(select levels.id, levels.level from levels"
    f" where levels.id in (select id from {MEMBERS} where holds)"
    " order by levels.level, levels.id limit 1)"
    " union all select before.id, before.level from way cross join lateral ("
    f"select levels.id, levels.level from {EDGES} join levels on levels.id = {EDGES}.source"
    f" where {EDGES}.target = way.id and levels.level = way.level - 1"
    " order by levels.id limit 1) as before where way.level > 0)"
)


def _holds(members: Members, part: query.PathTo) -> str | None:
    """SQL for whether a member has the role."""
    found = members.place("roles")
    if found is None:
        return None
    typed = columns.value(*found)
    role = members.work.parameters.value(part.role, forms.TEXT)
    operator = "?" if typed.kind is Kind.LIST else "="
    return f"coalesce({typed.sql} {operator} {role}, false)"
