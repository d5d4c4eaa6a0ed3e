"""Which records a connection is over, and how they are scanned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core import query
from core.query import Column, Operator, Order
from core.store.compiler import forms, orders, predicates, subtrees
from core.store.compiler.json_text import literal
from core.store.compiler.kinds import Kind
from core.store.compiler.orders import Key, Ordering
from core.store.compiler.pages import Scan
from core.store.compiler.references import reference_column, reference_id, target
from core.store.compiler.subtrees import Apart, Below, Nodes
from core.store.compiler.work import Row, Work, live, live_elsewhere, of_tenant
from metadata.model import ObjectType

_PRESENT = frozenset(Operator) - {Operator.NE, Operator.NOT_IN, Operator.IS_NULL}
"""Operators that no null satisfies."""


@dataclass(frozen=True, slots=True)
class Population:
    """The records of a connection; below a record, those that are its own."""

    work: Work
    connection: query.Connection
    parent: Row | None = None
    below: Below | None = None

    @property
    def object(self) -> ObjectType:
        return self.work.published.metadata.objects[self.connection.object]

    @property
    def order(self) -> tuple[Order, ...]:
        return self.connection.order


def row(population: Population) -> Row:
    """The records under a new alias, ready to be scanned."""
    found = population.work.row("r", population.connection.object)
    found.bound = _bound(population)
    found.is_deleted = population.connection.deleted
    return found


def whole(population: Population, row: Row) -> str:
    """FROM and WHERE of the whole population, for figures; ask for it when all hops are known.

    Of a subtree the records are found by a list of ids, in one pass over an index. In a join the
    planner takes any subtree for a ninth of the tree, and looks up one record after the other: the
    two figures of `bench` over 20,000 nodes took 78 ms then, and take 38 now.
    """
    inside = _in_subtree(population, row)
    if inside is None:
        if population.parent is None:
            return predicates.scan(row, *_staged(row), *_conditions(population, row))
        return _source(population, row)
    conditions = [predicates.condition(row, it) for it in inside.rest]
    nodes = inside.nodes
    ids = subtrees.node_ids(row.work, nodes.object, nodes.top, nodes.below)
    if population.below is not None and not (conditions or row.uses or row.joins):
        return f"from ({ids}) as {row.alias}"  # the records of the nodes are live
    held = f"{row.alias}.{inside.column} = any(array({ids}))"
    where = of_tenant(row.alias, *live_elsewhere(row), held)
    selected = ", ".join(opened(row, row.alias, name) for name in row.uses)  # `*` took 15 % longer
    inner = f"select {selected} from read.record as {row.alias} where {where} offset 0"
    outside = f" where {' and '.join(conditions)}" if conditions else ""
    return f"from ({inner}) as {row.alias}{row.joined()}{outside}"


def _staged(row: Row) -> Iterator[str]:
    """What holds for all records of a staged object, and lets figures come from an index alone."""
    if row.work.published.metadata.pipeline_of(row.object.key) and row.staging is None:
        yield f"{row.alias}.stage is not null"


@dataclass(frozen=True, slots=True)
class _Inside:
    """That records are of a subtree: by which indexed column, of which nodes, and what else."""

    column: str
    nodes: Nodes
    rest: tuple[query.Predicate, ...]


def _in_subtree(population: Population, row: Row) -> _Inside | None:
    """By what the records belong to the parent's subtree, or to one that is asked for."""
    parent, asked = population.parent, predicates.parts(population.connection.where)
    if parent is None:
        return next(_asked_for(row, asked), None)
    via, column = population.connection.via, None
    if population.below is not None:
        column = "id"
    elif via is not None and population.connection.scope is query.Scope.SUBTREE:
        column = reference_column(row, via)
    if column is None:
        return None
    below = population.below or subtrees.EVERYTHING
    return _Inside(column, Nodes(parent.object.key, parent.column("id"), below), asked)


def _asked_for(row: Row, asked: tuple[query.Predicate, ...]) -> Iterator[_Inside]:
    """The subtrees that all records are in, or refer into by an indexed column."""
    for part in asked:
        inner = part.part if isinstance(part, query.Through) else part
        for one in predicates.parts(inner):
            if isinstance(one, query.Under):
                key, column = _referring(row, part)
                if column is not None:
                    top = row.work.parameters.value(one.value, forms.ID)
                    rest = tuple(it for it in asked if it is not part or inner is not one)
                    yield _Inside(column, Nodes(key, top), rest)


def _referring(row: Row, part: query.Predicate) -> tuple[str, str | None]:
    """The object that a condition is on, and the column with its record's id."""
    if isinstance(part, query.Through):
        return target(row, part.reference), reference_column(row, part.reference)
    return row.object.key, "id"


def _conditions(population: Population, row: Row) -> list[str]:
    return [predicates.condition(row, it) for it in predicates.parts(population.connection.where)]


def _source(population: Population, row: Row) -> str:
    """FROM and WHERE of the population as it is paged."""
    parent = population.parent
    conditions = _conditions(population, row)
    if population.below is not None:
        assert parent is not None
        nodes = Nodes(parent.object.key, parent.column("id"), population.below)
        return _from_nodes(row, nodes, f"{row.alias}.id", conditions)
    via = population.connection.via
    if parent is None:
        return predicates.scan(row, *conditions)
    assert via is not None
    held = reference_id(row, via)
    if population.connection.scope is query.Scope.SUBTREE:
        nodes = Nodes(parent.object.key, parent.column("id"))
        return _from_nodes(row, nodes, held, conditions)
    return predicates.scan(row, f"{held} = {parent.column('id')}", *conditions)


def _apart(population: Population, many: Row, inside: _Inside) -> tuple[str, Apart]:
    """FROM and WHERE but for the subtree, and conditions for that, of which each wants a plan."""
    few = row(population)
    conditions = [predicates.condition(few, it) for it in inside.rest]
    source = _from_nodes(few, inside.nodes, few.column(inside.column), conditions)
    ids = f"select {few.column('id')} {source}"
    record, held = many.column("id"), many.column(inside.column)
    apart = subtrees.apart(many.work, ids, record, held, inside.nodes)
    looked_up = population.parent is not None
    scan = predicates.scan_elsewhere if looked_up else predicates.scan
    return scan(many, *(predicates.condition(many, it) for it in inside.rest)), apart


def scan(population: Population) -> Scan:
    """The population in its order."""
    found = row(population)
    in_one_stage = _is_in_one_stage(population)
    if not in_one_stage:
        found.bound = {}
    if population.below is not None:
        path = Key(f"{_node(found)}.path", Kind.KEY, descending=False, nullable=False)
        return Scan(found, _source(population, found), Ordering((), path))
    ordering = orders.ordering(found, population.order, in_one_stage=in_one_stage)
    key = ordering.keys[0] if ordering.keys else None
    inside, apart = _in_subtree(population, found), None
    if inside is None:
        rows = _source(population, found)
    else:
        rows, apart = _apart(population, found, inside)
    splits = (
        key is not None
        and key.sorted_by
        and (population.parent is None or inside is not None)
        and not _excludes_nulls(population, population.order[0].column)
    )
    is_walked = not population.order and population.parent is None
    walked = _walked(rows, found) if is_walked else ""
    return Scan(found, rows, ordering, splits, walked, apart)


def _walked(rows: str, row: Row) -> str:
    """The same rows in the index of the object's records.

    With `=` the planner takes the index of all records as well as any, and steps over those of
    other objects: it might be all that were imported before.
    """
    of_object, _ = live(row)
    name = literal(row.object.key)
    between = f"{row.alias}.object >= {name} and {row.alias}.object <= {name}"
    return rows.replace(of_object, between, 1)


def opens_data(row: Row) -> bool:
    """Whether it pays to open `data` once, and read the open one."""
    return any(row.uses[name] > 1 for name in _OPENED)


def opened(row: Row, inner: str, name: str) -> str:
    """A column of an inner row; `data` open, where it is read more than once.

    Joined with nothing, a jsonb comes back unpacked: else each look into it unpacks it again.
    """
    if name in _OPENED and row.uses[name] > 1:
        return f"{inner}.{name} || '{{}}' as {name}"
    return f"{inner}.{name}"


_OPENED = ("data", "long")


def _from_nodes(row: Row, nodes: Nodes, id: str, conditions: list[str]) -> str:
    """The nodes in the order of their paths, and the records in which `id` is that of one.

    A join, since `in (select …)` sorts out doubled ids first, and a node has none.
    """
    node = _node(row)
    record = of_tenant(row.alias, f"{id} = {node}.id")
    where = " and ".join((subtrees.along(row.work, node, nodes), *live_elsewhere(row), *conditions))
    return (
        f"from read.tree_node as {node} join read.record as {row.alias} on {record}{row.joined()}"
        f" where {where}"
    )


def _node(row: Row) -> str:
    return f"{row.alias}_node"


def _excludes_nulls(population: Population, column: Column) -> bool:
    """Whether what is asked for leaves out records without a value in the column."""
    return any(
        isinstance(part, query.Compare) and part.column == column and part.operator in _PRESENT
        for part in predicates.parts(population.connection.where)
    )


def _is_in_one_stage(population: Population) -> bool:
    return any(
        isinstance(part, query.Compare)
        and part.column == Column("stage")
        and part.operator is Operator.EQ
        for part in predicates.parts(population.connection.where)
    )


def _bound(population: Population) -> dict[str, str]:
    """The fields that the pipeline's own columns hold too."""
    published = population.work.published
    pipeline = published.metadata.pipeline_of(population.connection.object)
    kept = published.storage.bound.get(population.connection.object, {})
    if pipeline is None:
        return {}
    fields = {"stage_amount": pipeline.amount, "stage_date": pipeline.date}
    return {
        key: column
        for column, key in fields.items()
        if key is not None and column in kept and kept[column].readable is not None
    }
