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


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of an object's tree below the one whose id is given in SQL."""

    object: str
    top: str
    below: Below = EVERYTHING


FEW = 2_000
"""Records of a subtree that are looked up one by one; among more of them a page is soon full."""


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


def apart(work: Work, records: str, record: str, held: str, nodes: Nodes) -> Apart:
    """That a record is one of few in a subtree; and that it is one of many, by the node it holds.

    `records` selects the ids of those that there are.

    No statistics tell how many there are, so each has a plan of its own. Few are looked up by their
    ids: in the order asked for, the one below a leaf was looked for through 100,000. Many are read
    in that order and each is looked for in the tree: else all that is below a node of 50,000 was
    read and sorted to show the first 20.
    """
    name = work.alias("s")
    count = f"(select count(*) from {name})"
    node = work.alias("n")
    inside = " and ".join(_bounds(work, node, nodes))
    found = f"(select {inside} from read.tree_node as {node} where {at(node, nodes.object, held)})"
    return Apart(
        f"{name} (id) as materialized ({records} limit {FEW + 1})",
        f"{record} = any(array(select id from {name})) and {count} <= {FEW}",
        f"{found} and {count} > {FEW}",
    )


def along(work: Work, node: str, nodes: Nodes) -> str:
    """Conditions that make an alias a node of the subtree, read along the index of paths."""
    return of_tenant(node, _of_object(node, nodes.object), *_bounds(work, node, nodes))


def _bounds(work: Work, node: str, nodes: Nodes) -> list[str]:
    """That a node is in the subtree, whose top is looked up once."""
    below = nodes.below

    def of_top(expression: str) -> str:
        top = work.alias("y")
        where = at(top, nodes.object, nodes.top)
        return f"(select {expression.format(top)} from read.tree_node as {top} where {where})"

    last = literal(BEYOND)
    conditions = [
        f"{node}.path {'>=' if below.inclusive else '>'} {of_top('{}.path')}",
        f"{node}.path < {of_top(f'{{}}.path || {last}')}",
    ]
    if below.depth is not None:
        depth = work.parameters.value(below.depth, forms.SIZE)
        conditions.append(f"{node}.depth <= {of_top(f'{{}}.depth + {depth}')}")
    return conditions


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
