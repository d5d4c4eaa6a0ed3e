"""Trees keep their paths right, without cycles, whoever moves what at the same time."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from core import tree
from core.actions import removing, reparenting, saving, upserting
from core.actions.removing import Removal
from core.actions.reparenting import Move
from core.actions.saving import Edit
from core.actions.upserting import By
from core.errors import NotFound, Refused
from core.identity import IMPORT
from core.store.database.connections import Database
from core.store.trees import tree_nodes
from core.store.trees.tree_nodes import Wish
from core.store.writing.transactions import Transaction, writing
from tests.core.a_store import (
    World,
    a_slow_writer,
    a_world,
    an_object,
    problems_of,
    refers_to,
    waiting,
)

COUNT = {"type": "integer", "x-rollup": {"object": "account", "via": "parent", "op": "count"}}
ACCOUNT = an_object(
    "account",
    {"parent": {**refers_to("account", inverse="children"), "x-tree": True}, "daughters": COUNT},
)
NOTE = an_object("note", {})


def a_tree(key: str, on_delete: str) -> dict[str, Any]:
    parent = {**refers_to(key, on_delete, inverse="children"), "x-tree": True}
    return an_object(key, {"parent": parent, "code": {"type": "string", "x-unique": True}})


KEYED = a_tree("keyed", "restrict")
RULED = {
    **a_tree("ruled", "restrict"),
    "x-rules": [
        {"key": "open", "check": "parent.code != 'shut'", "message": "Shut."},
        {"key": "top", "check": "parent != null", "message": "A root.", "severity": "warn"},
    ],
}
LOOSE, TIGHT = a_tree("loose", "set_null"), a_tree("tight", "cascade")


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT, NOTE, KEYED, RULED, LOOSE, TIGHT)


async def nodes(world: World, object: str = "account") -> dict[UUID, dict[str, Any]]:
    sql = "select * from read.tree_node where tenant_id = $1 and object = $2"
    rows = await world.rows(sql, object)
    return {row["id"]: row for row in rows}


async def reparent(world: World, id: UUID, parent: UUID | None, version: int | None = None) -> None:
    move = Move(id, parent, version)
    await reparenting.reparent(world.actor, world.store, "account", move)


async def check(world: World, object: str = "account") -> None:
    """Every live record has the path that its parents make, and none comes back to itself."""
    sql = "select id, data from read.record where tenant_id = $1 and object = $2 and deleted_at is null"
    parents = {row["id"]: row["data"].get("parent") for row in await world.rows(sql, object)}
    found = await nodes(world, object)
    assert found.keys() == parents.keys()
    for one, node in found.items():
        numbers, here, root = [], one, one
        while here is not None:
            assert len(numbers) < 30
            numbers.append(found[here]["number"])
            root, here = here, UUID(parents[here]) if parents[here] else None
        path = "".join(tree.element(number) for number in reversed(numbers))
        assert (node["path"], node["depth"], node["root"]) == (path, len(numbers) - 1, root)


async def a_chain(world: World, length: int, object: str = "account") -> list[UUID]:
    ids: list[UUID] = []
    for _ in range(length):
        ids.append(await world.create(object, parent=ids[-1] if ids else None))
    return ids


async def test_a_new_record_stands_below_its_parent(world: World) -> None:
    top, middle, low = await a_chain(world, 3)

    found = await nodes(world)
    assert found[low]["path"].startswith(found[middle]["path"])
    assert [found[one]["depth"] for one in (top, middle, low)] == [0, 1, 2]
    assert {node["root"] for node in found.values()} == {top}
    assert (await world.row(top))["data"]["daughters"] == 1
    await check(world)


async def test_a_move_takes_everything_below_along(world: World) -> None:
    one = await a_chain(world, 4)
    other = await a_chain(world, 2)

    await reparent(world, one[1], other[1], version=1)

    found = await nodes(world)
    assert [found[it]["depth"] for it in one] == [0, 2, 3, 4]
    assert found[one[3]]["root"] == other[0]
    row = await world.row(one[1])
    assert (row["version"], row["data"]["parent"]) == (2, str(other[1]))
    assert [(await world.row(it))["version"] for it in (one[2], one[3])] == [1, 1]
    assert (await world.row(one[0]))["data"]["daughters"] == 0
    (_, change) = await world.rows(
        "select * from read.change where tenant_id = $1 and record_id = $2 order by version", one[1]
    )
    assert change["kind"] == "reparent"
    await check(world)
    await reparent(world, one[1], None)
    assert (await nodes(world))[one[3]]["root"] == one[1]
    await check(world)


async def test_a_move_to_where_it_stands_changes_nothing(world: World) -> None:
    top, low = await a_chain(world, 2)

    await reparent(world, low, top)

    assert (await world.row(low))["version"] == 1


async def test_refuses_cycles_depth_and_what_is_not_there(world: World) -> None:
    chain = await a_chain(world, 12)
    other = await a_chain(world, 10)
    note = await world.create("note")

    assert await problems_of(reparent(world, chain[0], chain[3])) == [((0, "parent"), "CYCLE")]
    assert await problems_of(reparent(world, chain[2], chain[2])) == [((0, "parent"), "CYCLE")]
    assert await problems_of(reparent(world, other[0], chain[11])) == [((0, "parent"), "TOO_DEEP")]
    assert await problems_of(reparent(world, other[0], note)) == [((0, "parent"), "NOT_FOUND")]
    assert await problems_of(reparent(world, uuid4(), None)) == [((0, "id"), "NOT_FOUND")]
    assert await problems_of(reparent(world, other[1], None, 7)) == [
        ((0, "if_version"), "CONFLICT")
    ]
    with pytest.raises(NotFound):
        await reparenting.reparent(world.actor, world.store, "note", Move(note, None))
    await reparent(world, other[0], chain[9])
    too_low = saving.create(world.actor, world.store, "account", [{"parent": other[9]}])
    assert await problems_of(too_low) == [((0, "parent"), "TOO_DEEP")]
    await check(world)


async def test_a_preview_tells_what_a_move_would_do(world: World) -> None:
    chain, other = await a_chain(world, 5), await a_chain(world, 2)

    async def preview(id: UUID, parent: UUID | None) -> reparenting.Preview:
        return await reparenting.preview(world.actor, world.store, "account", id, parent)

    found = await preview(chain[1], other[1])
    assert (found.nodes, found.depth, found.root, found.problems) == (4, 2, other[0], ())
    found = await preview(chain[1], None)
    assert (found.nodes, found.depth, found.root) == (4, 0, chain[1])
    found = await preview(chain[1], chain[4])
    assert [problem.code for problem in found.problems] == ["CYCLE"]
    assert await problems_of(preview(uuid4(), None)) == [((0, "id"), "NOT_FOUND")]
    await check(world)


async def test_a_move_and_its_preview_tell_what_rules_say(world: World) -> None:
    top, low = await a_chain(world, 2, "ruled")
    shut = await world.create("ruled", code="shut")

    async def told(parent: UUID | None) -> tuple[list[str], list[str]]:
        found = await reparenting.preview(world.actor, world.store, "ruled", low, parent)
        return [it.code for it in found.problems], [it.code for it in found.warnings]

    assert await told(shut) == (["RULE_OPEN"], [])
    assert await told(None) == ([], ["RULE_TOP"])
    assert await told(top) == ([], [])
    assert (await world.row(low))["version"] == 1
    refused = reparenting.reparent(world.actor, world.store, "ruled", Move(low, shut))
    assert await problems_of(refused) == [((0, "parent"), "RULE_OPEN")]
    moved = await reparenting.reparent(world.actor, world.store, "ruled", Move(low, None))
    assert [it.code for it in moved.warnings] == ["RULE_TOP"]


async def test_an_update_does_not_move_but_an_admins_import_does(world: World) -> None:
    top, low = await a_chain(world, 2)
    other = await world.create("account")
    edit = [Edit(low, {"parent": other})]

    write = saving.update(world.actor, world.store, "account", edit)
    assert await problems_of(write) == [((0, "parent"), "USE_REPARENT")]
    write = saving.update(world.actor, world.store, "account", [Edit(top, {"parent": low})])
    assert await problems_of(write) == [((0, "parent"), "USE_REPARENT")]
    same = [Edit(low, {"parent": top, "name": "n"})]
    await saving.update(world.actor, world.store, "account", same)

    await saving.update(world.actor, world.store, "account", edit, origin=IMPORT)
    await check(world)
    edits = [Edit(other, {"parent": top}), Edit(top, {"parent": low})]
    write = saving.update(world.actor, world.store, "account", edits, origin=IMPORT)
    assert await problems_of(write) == [((1, "parent"), "CYCLE")]
    await check(world)


async def test_an_import_brings_parents_and_children_in_one_batch(world: World) -> None:
    ids = [uuid4() for _ in range(4)]
    inputs = [
        {"id": ids[0], "parent": ids[1]},
        {"id": ids[1], "parent": ids[2]},
        {"id": ids[2]},
        {"id": ids[3], "parent": ids[0]},
    ]
    await saving.create(world.actor, world.store, "account", inputs, origin=IMPORT)
    await check(world)
    circle = [uuid4(), uuid4()]
    inputs = [{"id": circle[0], "parent": circle[1]}, {"id": circle[1], "parent": circle[0]}]
    write = saving.create(world.actor, world.store, "account", inputs, origin=IMPORT)
    assert {code for _, code in await problems_of(write)} == {"CYCLE"}


async def test_an_import_moves_in_whatever_order_its_rows_are(world: World) -> None:
    top, middle, low, lowest = await a_chain(world, 4)
    edits = [
        Edit(top, {"parent": middle}),
        Edit(middle, {"parent": lowest}),
        Edit(lowest, {"parent": None}),
    ]

    await saving.update(world.actor, world.store, "account", edits, origin=IMPORT)

    await check(world)
    found = await nodes(world)
    assert [found[it]["depth"] for it in (lowest, middle, top, low)] == [0, 1, 2, 2]


async def test_an_import_puts_records_under_ones_that_come_with_them(world: World) -> None:
    top, low = await a_chain(world, 2, "keyed")
    inputs = [
        {"code": "below", "id": uuid4(), "parent": top},
        {"code": "top", "parent": (new := uuid4())},
        {"code": "new", "id": new},
    ]
    edit = Edit(top, {"code": "top"})
    await saving.update(world.actor, world.store, "keyed", [edit], origin=IMPORT)
    by = By("keyed", "code")

    await upserting.upsert(world.actor, world.store, by, inputs, origin=IMPORT)

    await check(world, "keyed")
    found = await nodes(world, "keyed")
    assert {found[it]["root"] for it in (top, low)} == {new}
    circle = [
        {"code": "new", "parent": (other := uuid4())},
        {"code": "o", "id": other, "parent": low},
    ]
    write = upserting.upsert(world.actor, world.store, by, circle, origin=IMPORT)
    assert await problems_of(write) == [((0, "parent"), "CYCLE")]
    await check(world, "keyed")


async def test_a_parent_stays_while_it_has_children(world: World) -> None:
    top, low = await a_chain(world, 2)

    async def delete(*ids: UUID) -> None:
        removals = [Removal(one) for one in ids]
        await removing.delete(world.actor, world.store, "account", removals)

    assert await problems_of(delete(top)) == [((0, "id"), "IN_USE")]
    await delete(low)
    await check(world)
    await removing.restore(world.actor, world.store, "account", low)
    await check(world)
    await delete(top, low)
    await removing.restore(world.actor, world.store, "account", low)
    await check(world)
    assert (await world.row(top))["data"]["daughters"] == 1


async def test_children_become_roots_where_a_deletion_clears_their_parent(world: World) -> None:
    top, middle, low, lowest = await a_chain(world, 4, "loose")

    await removing.delete(world.actor, world.store, "loose", [Removal(top), Removal(middle)])

    await check(world, "loose")
    found = await nodes(world, "loose")
    assert found.keys() == {low, lowest}
    assert (found[low]["depth"], found[lowest]["root"]) == (0, low)
    await removing.restore(world.actor, world.store, "loose", top)
    await check(world, "loose")


@pytest.mark.parametrize("object", ["account", "loose", "tight"])
async def test_who_waits_for_a_tree_has_no_record_in_hand(world: World, object: str) -> None:
    top, low = await a_chain(world, 2, object)
    await removing.delete(world.actor, world.store, object, [Removal(low)])

    async def takes(tx: Transaction) -> None:
        await tree_nodes.hold_all(tx, object, [top])

    async def goes_on(tx: Transaction) -> None:
        held = "select from record where tenant_id = $1 and id = $2 for update nowait"
        await tx.connection.execute(held, tx.tenant, top)

    async with a_slow_writer(world, takes, goes_on, until=2):
        created = asyncio.create_task(world.create(object, parent=top))
        restored = asyncio.create_task(removing.restore(world.actor, world.store, object, low))
    await asyncio.gather(created, restored)

    await check(world, object)


async def test_a_move_looks_again_once_it_holds_the_trees(world: World) -> None:
    top, low = await a_chain(world, 2)
    far, beyond, one = [await world.create("account") for _ in range(3)]
    first, last = [await Held.by_somebody(world, record) for record in (top, one)]
    moves = [asyncio.create_task(reparent(world, top, far))]
    await first.is_waited_for()
    moves.append(asyncio.create_task(reparent(world, far, beyond)))
    moves.append(asyncio.create_task(reparent(world, one, low)))
    while await waiting(world) < 2:
        pass

    await first.let_go()
    await moves[0]
    while not moves[1].done() and await waiting(world) < 1:
        pass
    await last.let_go()
    await asyncio.gather(*moves)

    await check(world)


class Held:
    """A record that somebody holds until they are told to let go."""

    def __init__(self, world: World, record: UUID) -> None:
        self._world = world
        self._record = record
        self._holds, self._may_go_on = asyncio.Event(), asyncio.Event()
        self._writer = asyncio.create_task(writing(world.tenant, world.store, self._hold))

    @classmethod
    async def by_somebody(cls, world: World, record: UUID) -> Held:
        made = cls(world, record)
        await made._holds.wait()
        return made

    async def _hold(self, tx: Transaction) -> None:
        held = "select from record where tenant_id = $1 and id = $2 for update"
        await tx.connection.execute(held, tx.tenant, self._record)
        self._holds.set()
        await self._may_go_on.wait()

    async def is_waited_for(self) -> None:
        while await waiting(self._world, "transactionid") < 1:
            pass

    async def let_go(self) -> None:
        self._may_go_on.set()
        await self._writer


async def test_a_new_node_looks_again_when_its_parent_moves_on_while_it_waits(world: World) -> None:
    roots = [await world.create("keyed", name=name) for name in "abc"]
    parent = await world.create("keyed", name="p", parent=roots[0])
    holds, may_go_on = asyncio.Event(), asyncio.Event()

    async def moves(tx: Transaction, to: UUID) -> None:
        found = await tree_nodes.hold(tx, Wish("keyed", parent, to))
        assert found is not None
        await tree_nodes.move(tx, "keyed", found)

    async def first(tx: Transaction) -> None:
        await tree_nodes.hold_all(tx, "keyed", roots[:2])
        holds.set()
        await may_go_on.wait()
        await moves(tx, roots[1])

    async def second(tx: Transaction) -> None:
        await tree_nodes.hold_all(tx, "keyed", roots[1:])
        while await waiting(world) < 1:
            pass
        await moves(tx, roots[2])

    moving = [asyncio.create_task(writing(world.tenant, world.store, first))]
    await holds.wait()
    moving.append(asyncio.create_task(writing(world.tenant, world.store, second)))
    while await waiting(world) < 1:
        pass
    created = asyncio.create_task(world.create("keyed", name="n", parent=parent))
    while await waiting(world) < 2:
        pass
    may_go_on.set()
    await asyncio.gather(*moving)
    child = await created

    found = await nodes(world, "keyed")
    above, below = found[parent], found[child]
    assert below["root"] == above["root"] == roots[2]
    assert below["path"].startswith(above["path"])


async def test_what_moves_away_in_time_is_not_deleted_with_its_parent(world: World) -> None:
    for _ in range(15):
        top = await world.create("tight")
        low = [await world.create("tight", parent=top) for _ in range(4)]
        moves = [
            reparenting.reparent(world.actor, world.store, "tight", Move(it, None)) for it in low
        ]
        deletion = removing.delete(world.actor, world.store, "tight", [Removal(top)])
        results = await asyncio.gather(*moves, deletion, return_exceptions=True)
        there = await nodes(world, "tight")
        moved = [not isinstance(one, Refused) for one in results[:-1]]
        assert [it in there for it in low] == moved
    await check(world, "tight")


async def test_no_race_of_moves_inserts_and_deletions_makes_a_cycle(world: World) -> None:
    ids = [await world.create("account") for _ in range(8)]

    async def works(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(12):
            try:
                if chance.random() < 0.6:
                    await reparent(world, chance.choice(ids), chance.choice([*ids, None]))
                elif chance.random() < 0.7:
                    ids.append(await world.create("account", parent=chance.choice(ids)))
                else:
                    removal = [Removal(chance.choice(ids))]
                    await removing.delete(world.actor, world.store, "account", removal)
            except Refused as refused:
                codes = {problem.code for problem in refused.problems}
                assert codes <= {"CYCLE", "TOO_DEEP", "IN_USE", "NOT_FOUND"}

    await asyncio.gather(*(works(seed) for seed in range(8)))
    await check(world)
