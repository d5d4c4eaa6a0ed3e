"""What a node of a tree gives: its ancestors, what is below it, its depth, its topmost node."""

from __future__ import annotations

from core import query
from core.store.compiler import aggregates, connections, subtrees
from core.store.compiler.json_text import Text, array, bare, joined, obj, said, sure
from core.store.compiler.records_by_id import by_id
from core.store.compiler.references import reference_id
from core.store.compiler.scans import Population
from core.store.compiler.subtrees import EVERYTHING, Below
from core.store.compiler.work import Row, live_elsewhere, of_tenant
from core.tree import MOST_LEVELS


def ancestors(row: Row, part: query.Ancestors) -> Text:
    """The nodes above, the topmost first: found one from the other, as their rows are read."""
    work = row.work
    shown = Row(work, work.alias("p"), row.object)
    member = work.outputs(shown, part.outputs)
    text = array(joined(member, order=f"{shown.alias}.level desc"))
    return sure(f"(select {text.sql} from ({_chain(row, shown)}) as {shown.alias})")


def descendants(row: Row, part: query.Descendants) -> Text:
    """The nodes below, each after its parent, as a connection."""
    below = Below(part.depth)
    return connections.connection(Population(row.work, part.connection, row, below))


def subtree(row: Row, part: query.Subtree) -> Text:
    """Figures over the node and all below it, and what belongs to any of them."""
    return obj((output.name, _subtree_part(row, output.value)) for output in part.outputs)


def depth(row: Row, part: query.TreeDepth) -> Text:
    """How many nodes stand above."""
    return bare(f"{_of_node(row, 'depth')}::text")


def root(row: Row, part: query.Root) -> Text:
    """The topmost node's record."""
    there = row.work.row("o", row.object.key)
    return by_id(there, part.outputs, _of_node(row, "root"))


def _of_node(row: Row, column: str) -> str:
    node = row.work.alias("n")
    where = subtrees.at(node, row.object.key, row.column("id"))
    return f"(select {node}.{column} from read.tree_node as {node} where {where})"


def _chain(row: Row, shown: Row) -> str:
    """The rows above. Each is looked up by itself: in a join, where most tenants have few records,
    a plan that is kept reads all that the tenant has for each level."""
    work, tree = row.work, row.object.tree
    assert tree is not None
    up, next_up, first = work.alias("z"), work.alias("z"), work.row("r", row.object.key)
    following = work.row("r", row.object.key)
    names = list(shown.uses)

    def selected(of: Row, level: str) -> str:
        above = reference_id(of, tree.key)
        return ", ".join((*(of.kept(name) for name in names), f"{above} as above, {level}"))

    start = _record(first, reference_id(row, tree.key))
    step = _record(following, f"{up}.above")
    return (
        f"with recursive {up} as ("
        f"select {selected(first, '1 as level')} from read.record as {first.alias} where {start}"
        f" union all select {next_up}.* from {up} cross join lateral ("
        f"select {selected(following, f'{up}.level + 1')} from read.record as {following.alias}"
        f" where {step} and {up}.level < {MOST_LEVELS} limit 1) as {next_up})"
        f" select * from {up}"
    )


def _record(row: Row, id: str) -> str:
    return of_tenant(row.alias, f"{row.alias}.id = {id}", *live_elsewhere(row))


def _subtree_part(row: Row, part: query.Part) -> Text:
    if isinstance(part, query.Constant):
        return said(part.json)
    if isinstance(part, query.Connection):
        return connections.connection(Population(row.work, part, row))
    assert isinstance(part, query.Aggregate)
    nodes = query.Connection(row.object.key, (), query.Page(query.Value(0)))
    return aggregates.aggregate(Population(row.work, nodes, row, EVERYTHING), part)
