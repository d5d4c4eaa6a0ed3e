"""Edges that must not lead back to where they start, such as who reports to whom.

Two writers could each add half of a cycle, so whoever sets such an edge first takes the lock on
all of its kind, and then reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from asyncpg import Connection

from core import graph
from core.graph import Edge
from core.identity import TenantId
from core.store.plans.field_plans import FieldPlan
from core.store.plans.lines import Line, Links
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Value
from core.store.writing import locks
from core.store.writing.drafts import Draft, Inputs
from core.store.writing.transactions import Transaction

Drawn = Mapping[UUID, Edge[UUID] | None]
"""The edge that a record is or makes, by the record."""


async def hold(tx: Transaction, plan: ObjectPlan, inputs: Iterable[Inputs]) -> None:
    """Take the locks of references that are going to be set, and that roll-ups follow.

    Before the records: whoever has such a lock wants the records that the roll-ups are of.
    """
    followed = {rollup.via.key for rollup in plan.contributes.values()}
    keys = {line.begins[1] for line in plan.lines if line.begins[0] == plan.key} & followed
    wanted = {key for given in inputs for key in keys if given.get(key) is not None}
    if wanted and tx.expected is None:
        found = (locks.edges(tx.tenant, plan.key, key) for key in wanted)
        await tx.connection.execute(locks.alone(*found))


async def check(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Note a problem with each record by which edges of a kind would lead back."""
    lines = {(line.graph, *line.begins): line for draft in drafts for line in draft.plan.lines}
    for _, line in sorted(lines.items(), key=lambda item: item[0]):
        drawn = {draft.id: _edge(line, draft, draft.values) for draft in drafts}
        anew = [draft for draft in drafts if drawn[draft.id] and _is_new(line, draft, drawn)]
        if anew and not _only_lead_away(line, anew, drawn):
            await _check(tx, line, anew, drawn)


def _edge(line: Line, draft: Draft, values: Mapping[str, Value]) -> Edge[UUID] | None:
    if line.reference is not None and draft.plan.key == line.node:
        target = values.get(line.reference.key)
        return Edge(draft.id, target) if target is not None else None
    for links in line.links:
        kind = values.get(links.kind.key)
        if links.object == draft.plan.key and line.kind in (None, kind):
            within = values.get(links.within.key) if links.within is not None else None
            source, target = values.get(links.source.key), values.get(links.target.key)
            if source is not None and target is not None:
                return Edge(source, target, within)
    return None


def _is_new(line: Line, draft: Draft, drawn: Drawn) -> bool:
    if draft.before is None or draft.kind == "restore":
        return True
    return _edge(line, draft, draft.old) != drawn[draft.id]


def _only_lead_away(line: Line, drafts: Sequence[Draft], drawn: Drawn) -> bool:
    """Whether all are new nodes that do not name each other: nothing leads to them yet."""
    if any(draft.before is not None or draft.plan.key != line.node for draft in drafts):
        return False
    return all(edge is None or edge.target not in drawn for edge in drawn.values())


async def _check(tx: Transaction, line: Line, anew: Sequence[Draft], drawn: Drawn) -> None:
    lock = locks.edges(tx.tenant, *line.begins)
    await tx.connection.execute(locks.alone(lock))
    own = [edge for edge in drawn.values() if edge is not None]
    starts = sorted({edge.target for edge in own})
    rows = await tx.connection.fetch(_reached(line), tx.tenant, starts, *_places(line))
    others = [Edge(*edge) for record, *edge in rows if record not in drawn]
    back = graph.leading_back([*own, *others], own)
    for draft in anew:
        if drawn[draft.id] in back:
            _note(line, draft)


def _note(line: Line, draft: Draft) -> None:
    if line.reference is not None and draft.plan.key == line.node:
        text = f"By {line.reference.key!r} this record would come back to itself."
        draft.wrong_once("CYCLE", text, line.reference.key)  # of however many graphs the edge is
    else:
        target = next(one.target for one in line.links if one.object == draft.plan.key)
        text = f"With this, {line.name!r} would lead back to where it starts."
        draft.wrong_once("CYCLE", text, target.key)


def _reached(line: Line) -> str:
    """All edges that are reached from some nodes, with the records that they are of."""
    return f"""
        with recursive reached (record, source, target, within) as (
            select e.* from unnest($2::uuid[]) as s (id)
            cross join lateral ({_from(line, "s.id")}) as e
            union
            select e.* from reached cross join lateral ({_from(line, "reached.target")}) as e
        )
        select record, source, target, within from reached
    """


def _from(line: Line, node: str) -> str:
    """The edges of a line that start from one node."""
    found = []
    if line.reference is not None:
        found = [_references(line.reference, f"t.id = {node}")]
    for place, links in enumerate(line.links):
        found.append(_links(links, 3 + 2 * place, f"{links.source.target} = {node}"))
    return " union all ".join(found)


async def in_circles(tenant: TenantId, connection: Connection, line: Line) -> set[UUID]:
    """All live nodes from which the line leads back; they are read only."""
    found = []
    if line.reference is not None:
        found = [_references(line.reference, "t.object = $2", "read.")]
    for place, links in enumerate(line.links):
        found.append(_links(links, 3 + 2 * place, "$2::text is not null", "read."))
    rows = await connection.fetch(" union all ".join(found), tenant, line.node, *_places(line))
    return graph.in_circles(Edge(*edge) for _, *edge in rows)


def _places(line: Line) -> list[str | None]:
    """Which links there are: (object, kind) of each."""
    return [place for links in line.links for place in (links.object, line.kind)]


def _references(reference: FieldPlan, condition: str, schema: str = "") -> str:
    target = reference.target
    return (
        f"select t.id as record, t.id as source, {target} as target, null::uuid as within"
        f" from {schema}record as t where t.tenant_id = $1 and t.deleted_at is null"
        f" and {target} is not null and {condition}"
    )


def _links(links: Links, place: int, condition: str, schema: str = "") -> str:
    source, target = links.source.target, links.target.target
    within = links.within.target if links.within is not None else "null::uuid"
    return (
        f"select t.id as record, {source} as source, {target} as target, {within} as within"
        f" from {schema}record as t where t.tenant_id = $1 and t.object = ${place}"
        f" and t.deleted_at is null and {source} is not null and {target} is not null"
        f" and (${place + 1}::text is null or t.data->>'{links.kind.stored}' = ${place + 1})"
        f" and {condition}"
    )
