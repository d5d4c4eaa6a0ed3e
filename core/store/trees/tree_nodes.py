"""Where records stand in their object's tree, kept beside them.

A node's path is right only while nobody moves what is above it. So an insert shares the lock on
its tree, a move holds the locks on both trees alone, and both read paths after they have it. Trees
are locked before records: who waits for one has nothing in hand that its holder wants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from uuid import UUID

from asyncpg import Connection

from core import tree
from core.identity import TenantId
from core.store.plans.field_plans import FieldPlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.shapes import Insert
from core.store.plans.values import reference
from core.store.trees import chains
from core.store.writing import locks
from core.store.writing.drafts import Draft, Inputs
from core.store.writing.statements import Write
from core.store.writing.transactions import Again, Transaction
from core.tree import BEYOND, Place

_SHAPE = Insert("tree_node", ("object",), ("id", "root", "number", "path", "depth"))
_NODES = """
    select id, root, number, path, depth from tree_node
    where tenant_id = $1 and object = $2 and id = any($3::uuid[])
"""
_LEAVE = "delete from tree_node where tenant_id = $1 and object = $2 and id = any($3::uuid[])"
_SUBTREE = "tenant_id = $1 and object = $2 and path >= $3 and path < $4"
_HEIGHT = f"select count(*), max(depth) from tree_node where {_SUBTREE}"
_MOVE = f"""
    update tree_node set root = $5, path = $6 || substr(path, $7), depth = depth + $8
    where {_SUBTREE}
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A record's place in the tree."""

    id: UUID
    root: UUID
    number: int
    place: Place


async def read(
    tenant: TenantId, connection: Connection, object_key: str, wanted: Iterable[UUID]
) -> dict[UUID, Node]:
    """The nodes of these records; those that have none are left out."""
    ids = sorted(set(wanted))
    if not ids:
        return {}
    rows = await connection.fetch(_NODES, tenant, object_key, ids)
    return {
        row["id"]: Node(row["id"], row["root"], row["number"], Place(row["path"], row["depth"]))
        for row in rows
    }


async def place(
    tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft], held: Mapping[UUID, Move]
) -> list[Write]:
    """Give records their places: the nodes of new ones to be written, the others are moved.

    In whatever order they are given, each comes after its parent. Problems are noted where there
    is no place. `held` has moves in trees that are held already.
    """
    if plan.tree is None:
        return []
    new = [draft for draft in drafts if draft.before is None]
    moving = [draft for draft in drafts if draft.before is not None and _moves(draft, plan.tree)]
    if not moving or len(moving) == 1 and not new:
        await move_all(tx, plan, moving, held, {})
        return await enter(tx, plan, new)
    known: dict[UUID, Node] = {}
    for level in await _levels(tx, plan, plan.tree, [*moving, *new]):
        await _enter(tx, plan, [draft for draft in level if draft.before is None], known)
        there = [draft for draft in level if draft.before is not None]
        await move_all(tx, plan, there, held, known)
    return [write(plan.key, [known[draft.id] for draft in new if draft.id in known])]


def _moves(draft: Draft, tree: FieldPlan) -> bool:
    return draft.values.get(tree.key) != draft.old.get(tree.key)


async def _levels(
    tx: Transaction, plan: ObjectPlan, fields: FieldPlan, drafts: Sequence[Draft]
) -> list[list[Draft]]:
    """The records by how many will stand above them, those in circles last; trees are held."""
    parents = [draft.values[fields.key] for draft in drafts if fields.key in draft.values]
    ids = [*(draft.id for draft in drafts), *parents]
    await hold_all(tx, plan.key, ids)
    above = await chains.read(tx, fields, ids)
    above.update((draft.id, draft.values.get(fields.key)) for draft in drafts)
    for parent in parents:
        above.setdefault(parent, None)  # one that is not there, which is told elsewhere
    levels = tree.levels(above)
    by_level: defaultdict[float, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_level[levels.get(draft.id, inf)].append(draft)
    return [by_level[level] for level in sorted(by_level)]


async def hold_all(tx: Transaction, object_key: str, ids: Iterable[UUID]) -> None:
    """Hold the trees of these nodes until the transaction ends."""
    wanted = set(ids)
    before = await read(tx.tenant, tx.connection, object_key, wanted)
    if not before:
        return
    await _lock(tx, locks.alone, {node.root for node in before.values()})
    after = await read(tx.tenant, tx.connection, object_key, wanted)
    if any(node.root not in tx.trees for node in after.values()):
        raise Again


async def share(tx: Transaction, plan: ObjectPlan, inputs: Iterable[Inputs]) -> None:
    """Keep the trees as they are in which new records are going to stand."""
    if plan.tree is None:
        return
    given = (reference(one) for it in inputs if (one := it.get(plan.tree.key)) is not None)
    parents = [one for one in given if isinstance(one, UUID)]
    if parents:
        await _share(tx, await read(tx.tenant, tx.connection, plan.key, parents))


async def hold_for(
    tx: Transaction, plan: ObjectPlan, changes: Mapping[UUID, Inputs], new: Sequence[Inputs]
) -> None:
    """Hold the trees in which records are going to move, and share those that new ones come into.

    `changes` are what records are to have that are there.
    """
    if plan.tree is None:
        return
    key = plan.tree.key
    wanted = {one: _parent(given, key) for one, given in changes.items() if key in given}
    ids = [one for one in (*wanted, *wanted.values()) if one is not None]
    nodes = await read(tx.tenant, tx.connection, plan.key, ids)
    moving = [one for one in wanted if one in nodes and not _is_below(wanted[one], one, nodes)]
    if moving:
        above = (*(wanted[one] for one in moving), *(_parent(given, key) for given in new))
        await hold_all(tx, plan.key, [*moving, *(one for one in above if one is not None)])
    await share(tx, plan, new)


def _parent(given: Inputs, key: str) -> UUID | None:
    taken = reference(given.get(key))
    return taken if isinstance(taken, UUID) else None


def _is_below(parent: UUID | None, one: UUID, nodes: Mapping[UUID, Node]) -> bool:
    place, number = nodes[one].place, nodes[one].number
    if parent is None:
        return place == tree.root(number)
    return parent in nodes and place == nodes[parent].place.below(number)


async def share_above(tx: Transaction, drafts: Iterable[Draft]) -> None:
    """The same for records that come back."""
    above: defaultdict[str, set[UUID]] = defaultdict(set)
    for draft in drafts:
        tree = draft.plan.tree
        if tree is not None and (parent := draft.values.get(tree.key)) is not None:
            above[draft.plan.key].add(parent)
    for object_key, parents in sorted(above.items()):
        await _share(tx, await read(tx.tenant, tx.connection, object_key, parents))


async def _share(tx: Transaction, nodes: Mapping[UUID, Node]) -> None:
    await _lock(tx, locks.shared, {node.root for node in nodes.values()} - tx.trees)


async def _lock(tx: Transaction, way: Callable[..., str], roots: set[UUID]) -> None:
    if roots:
        await tx.connection.execute(way(*(locks.tree(tx.tenant, root) for root in roots)))
        tx.trees |= roots


async def enter(tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft]) -> list[Write]:
    """The nodes of records that come into the tree, with problems noted where one can't."""
    if plan.tree is None or not drafts:
        return []
    known: dict[UUID, Node] = {}
    await _enter(tx, plan, drafts, known)
    return [write(plan.key, [known[draft.id] for draft in drafts if draft.id in known])]


async def _enter(
    tx: Transaction, plan: ObjectPlan, drafts: Sequence[Draft], known: dict[UUID, Node]
) -> None:
    """Add the nodes of new records, and those above them, to the known ones."""
    assert plan.tree is not None
    key = plan.tree.key
    own = {draft.id: draft for draft in drafts}
    parents = {draft.values.get(key) for draft in drafts} - own.keys() - known.keys() - {None}
    known |= await _shared(tx, plan.key, [one for one in parents if one is not None])
    for draft in drafts:
        _place(draft, key, own, known)


def write(object_key: str, nodes: Iterable[Node]) -> Write:
    """New nodes."""
    rows = [(one.id, one.root, one.number, one.place.path, one.place.depth) for one in nodes]
    return Write(_SHAPE, (object_key,), rows)


async def _shared(tx: Transaction, object_key: str, wanted: Sequence[UUID]) -> dict[UUID, Node]:
    """These nodes, in trees that stay as they are until the transaction ends."""
    if not wanted:
        return {}
    found = await read(tx.tenant, tx.connection, object_key, wanted)
    if any(node.root not in tx.trees for node in found.values()):
        await _share(tx, found)
        found = await read(tx.tenant, tx.connection, object_key, wanted)
        if any(node.root not in tx.trees for node in found.values()):
            raise Again
    return found


def _place(draft: Draft, key: str, own: Mapping[UUID, Draft], known: dict[UUID, Node]) -> None:
    """Give a record its node, those above it in the same batch first."""
    above: list[Draft] = []
    here: Draft | None = draft
    while here is not None and here.id not in known:
        if here in above:
            draft.wrong("CYCLE", "Its parents go in a circle: the tree has no place for it.", key)
            return
        above.append(here)
        here = own.get(here.values.get(key))  # type: ignore[arg-type]
    for one in reversed(above):
        _place_one(one, key, known)


def _place_one(draft: Draft, key: str, known: dict[UUID, Node]) -> None:
    parent, number = draft.values.get(key), draft.node_number
    assert number is not None
    if parent is None:
        known[draft.id] = Node(draft.id, draft.id, number, tree.root(number))
    elif parent in known:
        place = known[parent].place.below(number)
        known[draft.id] = Node(draft.id, known[parent].root, number, place)
        if tree.too_deep(place.depth, 0):
            text = f"A tree has at most {tree.MOST_LEVELS} levels."
            draft.wrong("TOO_DEEP", text, key)


async def leave(tx: Transaction, object_key: str, ids: Sequence[UUID]) -> None:
    """Take records out of the tree that have nothing below them any more."""
    await tx.connection.execute(_LEAVE, tx.tenant, object_key, ids)


@dataclass(frozen=True, slots=True)
class Move:
    """A node, with all below it, on its way to another parent (None: to be a root)."""

    node: Node
    parent: Node | None
    count: int  # nodes that move
    levels: int  # below the node

    @property
    def root(self) -> UUID:
        """The ultimate parent afterwards."""
        return self.parent.root if self.parent is not None else self.node.id

    @property
    def roots(self) -> set[UUID]:
        """Of the trees that it touches. (What it makes a root, others know only afterwards.)"""
        return {one.root for one in (self.node, self.parent) if one is not None}

    @property
    def place(self) -> Place:
        """Where the node stands afterwards."""
        number = self.node.number
        return self.parent.place.below(number) if self.parent is not None else tree.root(number)

    def problem(self) -> tuple[str, str] | None:
        """Why it can't be: code and message."""
        if self.parent is not None and self.node.place.holds(self.parent.place):
            return "CYCLE", "The new parent is the record itself or stands below it."
        if tree.too_deep(self.place.depth, self.levels):
            return "TOO_DEEP", f"A tree has at most {tree.MOST_LEVELS} levels."
        return None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which record is to have which parent (None: none)."""

    object: str
    moved: UUID
    parent: UUID | None
    above: Node | None = None  # the parent's node, where it is not written yet


async def foresee(tenant: TenantId, connection: Connection, wish: Wish) -> Move | None:
    """What a move would do as things stand, without a lock; None where a node is missing."""
    wanted = {wish.moved} if wish.parent is None else {wish.moved, wish.parent}
    nodes = await read(tenant, connection, wish.object, wanted)
    if wish.above is not None:
        nodes[wish.above.id] = wish.above
    if len(nodes) < len(wanted):
        return None
    node = nodes[wish.moved]
    path = node.place.path
    row = await connection.fetchrow(_HEIGHT, tenant, wish.object, path, path + BEYOND)
    if row["max"] is None:
        return None  # deleted meanwhile
    parent = nodes[wish.parent] if wish.parent is not None else None
    return Move(node, parent, row["count"], row["max"] - node.place.depth)


async def hold(tx: Transaction, wish: Wish) -> Move | None:
    """The same, in trees that stay as they are until the transaction ends."""
    before = await foresee(tx.tenant, tx.connection, wish)
    if before is None:
        return None
    await _lock(tx, locks.alone, before.roots)
    after = await foresee(tx.tenant, tx.connection, wish)
    if after is None or after.roots != before.roots:
        raise Again
    return after


async def move_all(
    tx: Transaction,
    plan: ObjectPlan,
    drafts: Sequence[Draft],
    held: Mapping[UUID, Move],
    known: Mapping[UUID, Node],
) -> None:
    """Move every record whose parent changes, with problems noted where one can't.

    `held` has moves in trees that are held already, `known` nodes that are not written yet.
    """
    assert plan.tree is not None
    key = plan.tree.key
    for draft in drafts:
        if not _moves(draft, plan.tree):
            continue
        parent = draft.values.get(key)
        wish = Wish(plan.key, draft.id, parent, known.get(parent) if parent else None)
        found = held.get(draft.id) or await hold(tx, wish)
        problem = found.problem() if found is not None else None
        if problem is not None:
            draft.wrong(*problem, key)
        elif found is not None:
            await move(tx, plan.key, found)


async def move(tx: Transaction, object_key: str, move: Move) -> None:
    """Give the node and all below it their new paths; the trees are held."""
    old, new = move.node.place, move.place
    if old != new:
        arguments = (tx.tenant, object_key, old.path, old.path + BEYOND)
        shift = (move.root, new.path, len(old.path) + 1, new.depth - old.depth)
        await tx.connection.execute(_MOVE, *arguments, *shift)
