"""The members of a graph in SQL, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.query import Column
from core.store.compiler import columns, kinds
from core.store.compiler.json_text import literal
from core.store.compiler.references import reference_id
from core.store.compiler.work import Row, Work, live_elsewhere, of_tenant
from metadata.graphs import UNCOVERED
from metadata.model import Edge, Graph

MEMBERS, EDGES = "members", "edges"
"""Names of the tables that a part of a graph reads."""


@dataclass(frozen=True, slots=True)
class Members:
    """The links of one anchor record with the nodes that they make members."""

    anchor: Row
    graph: Graph
    link: Row
    node: Row
    values: dict[str, str] = field(default_factory=dict)
    """What is read of each member, by name."""

    @property
    def work(self) -> Work:
        return self.anchor.work

    def measure(self, meaning: str) -> str | None:
        """SQL for what the graph calls by this word; None where it names no field."""
        found = self.place(meaning)
        return columns.value(*found).sql if found is not None else None

    def place(self, meaning: str) -> tuple[Row, Column] | None:
        """The row and the field that the graph calls by this word."""
        path = self.graph.measures.get(meaning)
        if path is None:
            return None
        owner, _, key = path.rpartition(".")
        return (self.node if owner else self.link), Column(key)

    def is_covered(self) -> str | None:
        """SQL for whether somebody of ours knows the member; unknown counts as not."""
        held = self.measure("coverage")
        return f"coalesce({held} <> {literal(UNCOVERED)}, false)" if held is not None else None

    @property
    def linked_once(self) -> bool:
        """Whether a unique key sees to it that no node has two links to the anchor."""
        ends = {self.graph.anchor_reference, self.graph.node_reference}
        return any(ends.issuperset(unique.fields) for unique in self.link.object.uniques)

    def once(self) -> str:
        """WHERE that leaves the oldest of several links of a node to the anchor."""
        if self.linked_once:
            return ""
        other = self.work.row("l", self.graph.through)
        ends = (reference_id(row, self.graph.node_reference) for row in (other, self.link))
        older = f"{other.alias}.id < {self.link.column('id')}"
        conditions = (self.is_of_anchor(other), " = ".join(ends), older, *live_elsewhere(other))
        where = of_tenant(other.alias, *conditions)
        return f"where not exists (select from read.record as {other.alias} where {where})"

    def table(self) -> str:
        """The members as a table of `id`, the node's, and of the values read."""
        selected = [f"{self.node.column('id')} as id"]
        selected += [f"{sql} as {name}" for name, sql in self.values.items()]
        return f"select {', '.join(selected)} {self.source()}"

    def source(self) -> str:
        """FROM and WHERE of the live links of the anchor, with their live nodes."""
        link, node = self.link, self.node
        held = f"{node.alias}.id = {reference_id(link, self.graph.node_reference)}"
        on = of_tenant(node.alias, held, *live_elsewhere(node))
        return (
            f"from read.record as {link.alias} join read.record as {node.alias} on {on}"
            f" where {of_tenant(link.alias, self.is_of_anchor(link), *live_elsewhere(link))}"
        )

    def is_of_anchor(self, link: Row) -> str:
        return f"{reference_id(link, self.graph.anchor_reference)} = {self.anchor.column('id')}"


def members(anchor: Row, graph: Graph) -> Members:
    """The members of the graph around a record, under new aliases."""
    work = anchor.work
    return Members(anchor, graph, work.row("l", graph.through), work.row("n", graph.node))


def edges(members: Members) -> str:
    """A table of (place, kind, source, target, strength) over the table of members.

    There is one edge of a kind from one member to another: of several, one within the anchor
    wins, then one that has a strength.
    """
    found = [
        _of_reference(members, place, edge)
        if edge.reference is not None
        else _of_links(members, place, edge)
        for place, edge in enumerate(members.graph.edges)
    ]
    none = "select 0 as place, '' as kind, null::uuid as source, null::uuid as target"
    more = "null::text as strength, false as own, null::uuid as link"
    every = " union all ".join((f"{none}, {more} where false", *found))
    table = members.work.alias("e")
    return (
        f"select distinct on (source, target, kind) * from ({every}) as {table}"
        " order by source, target, kind, own desc, strength is null, place, link"
    )


def _of_reference(members: Members, place: int, edge: Edge) -> str:
    work = members.work
    node, low, high = work.row("n", members.graph.node), work.alias("m"), work.alias("m")
    assert edge.reference is not None
    return (
        f"select {place}, {literal(edge.kind)}, {low}.id, {high}.id, null::text, false, null::uuid"
        f" from {MEMBERS} as {low}"
        f" join read.record as {node.alias} on {of_tenant(node.alias, f'{node.alias}.id = {low}.id')}"
        f" join {MEMBERS} as {high} on {high}.id = {reference_id(node, edge.reference)}"
    )


def _of_links(members: Members, place: int, edge: Edge) -> str:
    assert edge.object is not None
    assert edge.source is not None
    assert edge.target is not None
    link = members.work.row("e", edge.object)
    source, target = reference_id(link, edge.source), reference_id(link, edge.target)
    kind = columns.value(link, Column(edge.kind)).sql
    strength = "null::text"
    if edge.strength is not None:
        typed = columns.value(link, Column(edge.strength))
        strength = kinds.spelled(typed.kind, typed.sql)
    conditions = [f"{end} in (select id from {MEMBERS})" for end in (source, target)]
    own = "false"
    if edge.within is not None:
        within = reference_id(link, edge.within)
        conditions.append(f"({within} is null or {within} = {members.anchor.column('id')})")
        own = f"{within} is not null"
    return (
        f"select {place}, {kind}, {source}, {target}, {strength}, {own}, {link.alias}.id"
        f" from read.record as {link.alias} where {of_tenant(link.alias, *live_elsewhere(link), *conditions)}"
    )
