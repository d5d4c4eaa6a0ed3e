"""Records are matched by a unique key: made where there is none, changed where there is one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.actions import batches, saving, upserting
from core.actions.exchange_rates import Setting, set_rates
from core.actions.upserting import By
from core.errors import NotFound, Refused
from core.store.database.connections import Database
from core.store.records import removing, taking
from core.store.records import saving as store_saving
from core.store.records.saving import Saving
from core.store.writing import drafts, rows
from core.store.writing.transactions import Transaction
from tests.core.a_store import (
    LONGEST_WAIT,
    TEXT,
    World,
    a_slow_writer,
    a_world,
    an_object,
    problems_of,
)
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import load_rows

ACCOUNT = an_object(
    "account",
    {
        "code": {"type": "string", "x-unique": {"ignoreCase": True}},
        "region": TEXT,
        "branch": {"type": "integer"},
        "number": {"type": "string", "x-type": "autonumber", "x-format": "A{0}"},
        "email": {"type": "string", "x-unique": True},
    },
    **{"x-unique": [{"key": "place", "fields": ["region", "branch"]}]},
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT)


async def upsert(world: World, key: str, *inputs: dict[str, Any]) -> list[dict[str, Any]]:
    saved = await upserting.upsert(world.actor, world.store, By("account", key), inputs)
    return [await world.row(one) for one in saved.ids]


async def test_makes_what_is_missing_and_changes_what_is_there(world: World) -> None:
    (old,) = await upsert(world, "code", {"code": "a", "name": "old"})

    rows = await upsert(world, "code", {"code": "b"}, {"code": "A", "name": "new"}, {"code": "c"})

    assert [row["version"] for row in rows] == [1, 2, 1]
    assert rows[1]["id"] == old["id"]
    assert rows[1]["data"]["name"] == "new"
    assert [row["data"]["number"] for row in rows] == ["A2", "A1", "A3"]


async def test_what_is_new_belongs_to_the_user_and_what_is_there_keeps_its_owner(
    world: World,
) -> None:
    ann = await world.create("user", name="Ann")
    await upsert(world, "code", {"code": "a"})
    theirs = World(world.store, replace(world.actor, user=ann))

    rows = await upsert(theirs, "code", {"code": "a", "name": "n"}, {"code": "b"})
    by_nobody = await upsert(theirs, "code", {"code": "c", "owner": None})

    assert [row["owner"] for row in (*rows, *by_nobody)] == [None, ann, None]


async def test_matches_by_several_fields_with_nulls(world: World) -> None:
    (one,) = await upsert(world, "place", {"region": "north", "branch": 1})
    (other,) = await upsert(world, "place", {"region": "north"})
    assert one["id"] != other["id"]

    again = await upsert(
        world, "place", {"region": "north", "name": "n"}, {"region": "north", "branch": 1}
    )

    assert [row["id"] for row in again] == [other["id"], one["id"]]


async def test_the_same_input_again_changes_nothing(world: World) -> None:
    await upsert(world, "code", {"code": "a", "name": "n"})
    (row,) = await upsert(world, "code", {"code": "a", "name": "n"})

    assert row["version"] == 1


async def test_refuses_inputs_without_a_key_or_with_the_same_one(world: World) -> None:
    await world.create("account", code="z", email="e")
    inputs = [{"name": "n"}, {"code": "a"}, {"code": "A"}, {"code": "q", "email": "e"}]
    write = upserting.upsert(world.actor, world.store, By("account", "code"), inputs)

    assert await problems_of(write) == [
        ((0, "code"), "KEY_MISSING"),
        ((2, "code"), "DUPLICATE"),
        ((3, "email"), "TAKEN"),
    ]
    with pytest.raises(NotFound):
        await upsert(world, "nothing", {"code": "a"})


async def test_a_value_that_another_record_has_is_taken(world: World) -> None:
    await world.create("account", code="a", email="e")
    write = upserting.upsert(
        world.actor, world.store, By("account", "code"), [{"code": "b", "email": "e"}]
    )

    assert await problems_of(write) == [((0, "email"), "TAKEN")]


async def test_a_taken_key_is_told_by_the_titles_of_its_fields(world: World) -> None:
    await world.create("account", region="north", branch=1)

    with pytest.raises(Refused) as refused:
        await world.create("account", region="north", branch=1)

    (problem,) = refused.value.problems
    assert problem.message == "Another 'Account' has the same 'Region' and 'Branch'."


async def test_upserts_of_one_key_at_once_make_one_record(world: World) -> None:
    by = By("account", "code")
    writes = [
        upserting.upsert(world.actor, world.store, by, [{"code": "k", "branch": n}])
        for n in range(12)
    ]

    saved = await asyncio.gather(*writes)

    assert len({one.ids for one in saved}) == 1
    assert (await world.row(saved[0].ids[0]))["version"] == 12


async def test_creations_of_one_key_at_once_make_one_record(world: World) -> None:
    writes = [
        saving.create(world.actor, world.store, "account", [{"code": "k"}]) for _ in range(12)
    ]

    results = await asyncio.gather(*writes, return_exceptions=True)

    assert sum(isinstance(one, saving.Saved) for one in results) == 1


@pytest.mark.parametrize("way", ["upsert", "import"])
async def test_a_record_that_is_given_another_key_meanwhile_is_not_the_one_that_was_meant(
    world: World, way: str
) -> None:
    (old,) = await upsert(world, "code", {"code": "a", "name": "old"})

    async def renames(tx: Transaction) -> None:
        setting, held = batches.setting_of(tx, world.actor), await rows.hold(tx, [old["id"]])
        row, given = held.rows[old["id"]], {"code": "b"}
        draft = taking.changed(tx.plan("account"), row, setting, (0,), given)
        await store_saving.save(tx, [draft], Saving(setting, held))

    async with a_slow_writer(world, renames, what="transactionid"):
        written = asyncio.create_task(write(world, way))
    await written

    found = {row["id"]: row["data"] for row in await world.rows(_LIVE)}
    assert (found[old["id"]]["code"], found[old["id"]]["name"]) == ("b", "old")
    del found[old["id"]]
    assert [(data["code"], data["name"]) for data in found.values()] == [("a", "new")]


async def test_a_record_that_is_deleted_meanwhile_stays_so(world: World) -> None:
    (old,) = await upsert(world, "code", {"code": "a", "name": "old"})

    async def deletes(tx: Transaction) -> None:
        row = (await rows.hold_for_removal(tx, [old["id"]]))[old["id"]]
        target = drafts.loaded(tx.plan("account"), row, (0,))
        await removing.remove(tx, [target], batches.setting_of(tx, world.actor))

    async with a_slow_writer(world, deletes, what="transactionid"):
        written = asyncio.create_task(write(world, "upsert"))
    await written

    gone = await world.row(old["id"])
    assert (gone["version"], gone["data"]["name"]) == (2, "old")
    (found,) = await world.rows(_LIVE)
    assert (found["data"]["code"], found["data"]["name"]) == ("a", "new")


async def write(world: World, way: str) -> object:
    """A record of the code `a` that is called `new`, by an upsert or an import."""
    given = {"code": "a", "name": "new"}
    if way == "upsert":
        return await upsert(world, "code", given)
    fields = {"code": "code", "name": "name"}
    mapping = a_mapping({"object": "account", "key": "code", "fields": fields})
    return await load_rows(world, mapping, [given])


_LIVE = "select id, data from read.record where tenant_id = $1 and deleted_at is null"


async def test_nobody_waits_for_what_another_tenant_is_about_to_claim(
    world: World, database: Database
) -> None:
    """Who did would learn from the time that it takes which values are there."""
    other = await a_world(database, ACCOUNT)

    async def claims(tx: Transaction) -> None:
        setting = batches.setting_of(tx, world.actor)
        values = {"code": "a", "email": "a@x.de", "region": "N", "branch": 1}
        draft = taking.new(tx.plan("account"), setting, (0,), values)
        await store_saving.save(tx, [draft], Saving(setting, await rows.hold(tx, [])))

    async with a_slow_writer(world, claims, what="transactionid"):
        async with asyncio.timeout(LONGEST_WAIT):
            await other.create("account", code="a", email="a@x.de", region="N", branch=1)
            await upsert(other, "code", {"code": "A", "name": "mine"})
            await set_rates(
                other.actor, other.store, [Setting("USD", date(2026, 1, 1), Decimal(7))]
            )
        colleague = asyncio.create_task(write(world, "upsert"))
    await colleague

    assert len(await world.rows(_LIVE)) == 1
    assert len(await other.rows(_LIVE)) == 1
