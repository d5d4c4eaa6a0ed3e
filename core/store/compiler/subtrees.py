"""Subtrees in SQL: every path that begins with the top's lies in one range."""

from __future__ import annotations

from dataclasses import dataclass

from core.query import Value
from core.store.compiler import forms
from core.store.compiler.json_text import literal
from core.store.compiler.work import Work, of_tenant
from core.tree import BEYOND


@dataclass(frozen=True, slots=True)
class Below:
    """The nodes under a top, down to so many levels; or with it."""

    depth: Value | None = None
    inclusive: bool = False


EVERYTHING = Below(inclusive=True)
FEW = 1_000
"""Nodes of a subtree that are looked up one by one; in more of them a page is soon full."""


def is_under(work: Work, object_key: str, id: str, top: Value) -> str:
    """That a node, by its id, is in the subtree of the node whose id is given."""
    return f"{id} in ({node_ids(work, object_key, work.parameters.value(top, forms.ID))})"


def node_ids(work: Work, object_key: str, top: str, below: Below = EVERYTHING) -> str:
    """The ids of the nodes under a top."""
    high, node = work.alias("y"), work.alias("n")
    return (
        f"select {node}.id from read.tree_node as {high}"
        f" join read.tree_node as {node} on {within(work, node, high, object_key, below)}"
        f" where {at(high, object_key, top)}"
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """Two conditions, of which one holds, and the table that both read."""

    table: str
    few: str
    many: str


def apart(work: Work, id: str, ids: str) -> Apart:
    """Whether an id is in a subtree of few nodes; and whether it has many.

    No statistics tell how many there are. The planner takes any subtree for a ninth of the tree,
    and so looked for the one node below a leaf in the order asked for, through 100,000 records.
    """
    name = work.alias("s")
    table = f"{name} (id) as materialized ({ids} limit {FEW + 1})"
    count = f"(select count(*) from {name})"
    few = f"{id} = any(array(select id from {name})) and {count} <= {FEW}"
    return Apart(table, few, f"{count} > {FEW}")


def at(alias: str, object_key: str, id: str) -> str:
    """Conditions that make an alias the node of one record."""
    return of_tenant(alias, _of_object(alias, object_key), f"{alias}.id = {id}")


def within(work: Work, node: str, top: str, object_key: str, below: Below) -> str:
    """Conditions that make an alias a node under the other one."""
    conditions = [
        _of_object(node, object_key),
        f"{node}.path {'>=' if below.inclusive else '>'} {top}.path",
        f"{node}.path < {top}.path || {literal(BEYOND)}",
    ]
    if below.depth is not None:
        depth = work.parameters.value(below.depth, forms.SIZE)
        conditions.append(f"{node}.depth <= {top}.depth + {depth}")
    return of_tenant(node, *conditions)


def _of_object(node: str, object_key: str) -> str:
    """That a node is one of an object's tree, of which the planner is kept from guessing the size.

    Of a tree that is newer than its statistics it expects one node, and reads all of them for each
    pair of them: 180 nodes took 2 s.
    """
    return f"{node}.object = (select {literal(object_key)})"
