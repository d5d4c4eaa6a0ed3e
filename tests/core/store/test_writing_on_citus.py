"""The write path on a Citus cluster: every kind of write, unchanged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.actions import (
    exchange_rates,
    metadata,
    publishing,
    removing,
    reparenting,
    saving,
    upserting,
)
from core.actions.exchange_rates import Setting
from core.actions.publishing import Terms
from core.actions.removing import Removal
from core.actions.reparenting import Move
from core.actions.saving import Edit
from core.actions.upserting import By
from core.store.database.connections import Database
from core.views import exchange_rates as rates
from metadata.changes import Consent
from tests.core.a_store import (
    MONEY,
    PIPELINE,
    TEXT,
    World,
    a_world,
    an_object,
    problems_of,
    refers_to,
)
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import data, load_rows

ACCOUNT = an_object(
    "account",
    {
        "code": {"type": "string", "x-unique": True},
        "number": {"type": "string", "x-type": "autonumber", "x-format": "A-{000}"},
        "parent": {**refers_to("account", inverse="children"), "x-tree": True},
        "total": {
            **MONEY,
            "x-rollup": {"object": "deal", "via": "account", "op": "sum", "field": "amount"},
        },
        "largest": {
            **MONEY,
            "x-rollup": {"object": "deal", "via": "account", "op": "max", "field": "amount"},
        },
    },
)
DEAL = an_object(
    "deal",
    {
        "amount": MONEY,
        "account": refers_to("account", "cascade"),
        "tags": {"type": "array", "items": TEXT},
        "notes": {"type": "string", "x-search": True},
    },
)


@pytest.fixture
async def world(citus: Database) -> World:
    return await a_world(citus, ACCOUNT, DEAL)


async def test_creates_updates_and_upserts(world: World) -> None:
    account = await world.create("account", code="A")
    inputs = [{"amount": n, "account": account, "tags": ["x"], "notes": "Word"} for n in range(30)]
    saved = await saving.create(world.actor, world.store, "deal", inputs)
    assert (await world.row(account))["data"]["total"] == "435.00"

    edits = [Edit(one, {"amount": 5}) for one in saved.ids[-2:]]
    await saving.update(world.actor, world.store, "deal", edits)
    row = await world.row(account)
    assert (row["data"]["total"], row["data"]["largest"]) == ("388.00", "27.00")

    again = [{"code": "A", "name": "n"}, {"code": "B"}]
    await upserting.upsert(world.actor, world.store, By("account", "code"), again)
    assert (await world.row(account))["data"]["name"] == "n"
    write = saving.create(world.actor, world.store, "account", [{"code": "B"}])
    assert await problems_of(write) == [((0, "code"), "TAKEN")]


async def test_deletes_restores_and_moves(world: World) -> None:
    top = await world.create("account", code="T")
    low = await world.create("account", code="L", parent=top)
    deal = await world.create("deal", account=low, amount=7)

    await reparenting.reparent(world.actor, world.store, "account", Move(low, None))
    found = await world.rows("select depth from read.tree_node where tenant_id = $1")
    assert {row["depth"] for row in found} == {0}

    await removing.delete(world.actor, world.store, "account", [Removal(low)])
    assert (await world.row(deal))["deleted_at"] is not None
    await removing.restore(world.actor, world.store, "account", low)
    assert (await world.row(low))["data"]["total"] == "7.00"


async def test_records_become_a_staged_tree_and_do_so_again(citus: Database) -> None:
    world = await a_world(citus)
    site = {**an_object("site__c", {}), "x-plural": "sites__c", "x-title": "name__c"}
    site["properties"] = {"name__c": TEXT}
    stages = [{"key": key, "title": key, "kind": key} for key in ("open", "won", "lost")]
    head = {"$schema": PIPELINE, "$id": "works__c", "title": "Works", "object": "site__c"}
    parent = {**refers_to("site__c", "cascade", inverse="children"), "x-tree": True}
    tree = {**site, "properties": {**site["properties"], "parent": parent}}
    await metadata.save_draft(world.actor, world.store, [site])
    plain = (await publishing.publish(world.actor, world.store)).version
    one = await world.create("site__c", name__c="one")

    pipeline = {**head, "stages": stages}
    await metadata.save_draft(world.actor, world.store, [tree, pipeline])
    version = (await publishing.publish(world.actor, world.store)).version

    assert (await world.row(one))["stage"] == "open"
    low = await world.create("site__c", name__c="low", parent=one)
    terms = Terms(frozenset({Consent.DATA_LOSS}))
    sql = "select id, root, depth from read.tree_node where tenant_id = $1 order by depth"
    for without in (plain, 1):  # no tree, no object
        await publishing.rollback(world.actor, world.store, without, terms)
        assert await world.rows(sql) == []
        await publishing.rollback(world.actor, world.store, version)
        found = [tuple(row.values()) for row in await world.rows(sql)]
        assert found == [(one, one, 0), (low, one, 1)]


async def test_new_records_go_on_behind_the_numbers_that_an_import_brings(world: World) -> None:
    await world.create("account", code="A")
    fields = {"code": "code", "number": "number"}
    mapping = a_mapping({"object": "account", "fields": fields})
    await load_rows(world, mapping, [{"code": "B", "number": "A-007"}])
    await world.create("account", code="C")
    await load_rows(world, mapping, [{"code": "D", "number": "A-003"}])

    found = [number for (number,) in await data(world, "account", "number")]

    assert len(set(found)) == 4


async def test_sets_exchange_rates_and_takes_them_out(world: World) -> None:
    days = [date(2026, 1, 1), date(2026, 2, 1)]
    await exchange_rates.set_rates(
        world.actor, world.store, [Setting("USD", day, Decimal(7)) for day in days]
    )
    changed = [Setting("USD", days[0], Decimal("7.1")), Setting("USD", days[1], None)]
    for restate in (False, True):
        await exchange_rates.set_rates(world.actor, world.store, changed, restate=restate)
    assert [it.rate for it in await rates.newest(world.actor, world.store)] == [Decimal("7.1")]
