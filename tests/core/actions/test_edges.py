"""Nobody reports to themselves in the end, whoever writes at the same time."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from core.actions import metadata, publishing, removing, saving
from core.actions.publishing import Terms
from core.actions.removing import Removal
from core.actions.saving import Edit, Saved
from core.errors import Refused
from core.identity import IMPORT
from core.store.database.connections import Database
from core.store.writing import locks
from core.store.writing.transactions import Transaction
from metadata.changes import Consent
from tests.core.a_store import (
    GRAPH,
    World,
    a_slow_writer,
    a_world,
    an_object,
    problems_of,
    refers_to,
)

CHAIN = {
    "$schema": GRAPH,
    "$id": "decision_chain",
    "title": "Decision chain",
    "anchor": "deal",
    "nodes": {"object": "contact", "through": "member"},
    "edges": [
        {"kind": "reports_to", "reference": "contact.reports_to", "acyclic": True},
        {"object": "tie", "from": "source", "to": "target", "kind": "kind", "within": "deal"},
    ],
}
CONTACT = an_object("contact", {"reports_to": refers_to("contact", "set_null")})
DEAL = an_object("deal", {})
MEMBER = an_object(
    "member", {"deal": refers_to("deal", "cascade"), "contact": refers_to("contact")}
)
KINDS = [{"const": key, "title": key} for key in ("reports_to", "influences")]
TIE = an_object(
    "tie",
    {
        "source": refers_to("contact", "cascade"),
        "target": refers_to("contact", "cascade"),
        "kind": {"oneOf": KINDS},
        "deal": refers_to("deal", "cascade"),
    },
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, CONTACT, DEAL, MEMBER, TIE, CHAIN)


async def report(world: World, *pairs: tuple[UUID, UUID | None]) -> Saved:
    edits = [Edit(one, {"reports_to": boss}) for one, boss in pairs]
    return await saving.update(world.actor, world.store, "contact", edits)


async def tie(
    world: World, source: UUID, target: UUID, kind: str = "reports_to", **more: UUID
) -> UUID:
    return await world.create("tie", source=source, target=target, kind=kind, **more)


async def test_refuses_a_reference_that_leads_back(world: World) -> None:
    ann, bob, cat = [await world.create("contact") for _ in range(3)]
    await report(world, (ann, bob), (bob, cat))

    assert await problems_of(report(world, (cat, ann))) == [((0, "reports_to"), "CYCLE")]
    assert await problems_of(report(world, (cat, cat))) == [((0, "reports_to"), "CYCLE")]
    dan, eve = await world.create("contact"), await world.create("contact")
    assert await problems_of(report(world, (dan, eve), (eve, dan))) == [
        ((0, "reports_to"), "CYCLE"),
        ((1, "reports_to"), "CYCLE"),
    ]


async def test_a_batch_may_turn_a_chain_around(world: World) -> None:
    ann, bob = await world.create("contact"), await world.create("contact")
    await report(world, (ann, bob))

    await report(world, (bob, ann), (ann, None))


async def test_new_records_may_not_name_each_other_in_a_circle(world: World) -> None:
    ann, bob = uuid4(), uuid4()
    inputs = [{"id": ann, "reports_to": bob}, {"id": bob, "reports_to": ann}]
    write = saving.create(world.actor, world.store, "contact", inputs, origin=IMPORT)

    assert {code for _, code in await problems_of(write)} == {"CYCLE"}


async def test_ties_of_the_kind_count_with_the_reference(world: World) -> None:
    ann, bob, cat = [await world.create("contact") for _ in range(3)]
    await report(world, (ann, bob))
    await tie(world, bob, cat)

    assert await problems_of(report(world, (cat, ann))) == [((0, "reports_to"), "CYCLE")]
    assert await problems_of(tie(world, cat, ann)) == [((0, "target"), "CYCLE")]
    assert await problems_of(tie(world, cat, cat)) == [((0, "target"), "CYCLE")]
    other = await tie(world, cat, ann, kind="influences")
    turned = [Edit(other, {"kind": "reports_to"})]
    write = saving.update(world.actor, world.store, "tie", turned)
    assert await problems_of(write) == [((0, "target"), "CYCLE")]


async def test_ties_of_two_deals_make_no_cycle_together(world: World) -> None:
    ann, bob = await world.create("contact"), await world.create("contact")
    one, other = await world.create("deal"), await world.create("deal")

    await tie(world, ann, bob, deal=one)
    await tie(world, bob, ann, deal=other)

    assert await problems_of(tie(world, bob, ann, deal=one)) == [((0, "target"), "CYCLE")]
    assert await problems_of(tie(world, bob, ann)) == [((0, "target"), "CYCLE")]


async def test_links_without_a_reference_lead_back_by_none_of_their_kinds(
    database: Database,
) -> None:
    links = {"object": "tie", "from": "source", "to": "target", "kind": "kind", "acyclic": True}
    world = await a_world(database, CONTACT, DEAL, MEMBER, TIE, {**CHAIN, "edges": [links]})
    ann, bob = await world.create("contact"), await world.create("contact")

    await tie(world, ann, bob)
    await report(world, (bob, ann))

    assert await problems_of(tie(world, bob, ann, "influences")) == [((0, "target"), "CYCLE")]


async def test_a_circle_that_is_there_is_told_before_a_graph_forbids_it(database: Database) -> None:
    world = await a_world(database, CONTACT, DEAL, MEMBER, TIE)
    ann, bob, cat = [await world.create("contact") for _ in range(3)]
    await report(world, (ann, bob), (cat, ann))
    await tie(world, bob, ann)
    await metadata.save_draft(world.actor, world.store, [{**CHAIN, "$id": "chain__c"}])

    with pytest.raises(Refused) as refused:
        await publishing.publish(world.actor, world.store)
    (problem,) = refused.value.problems
    assert problem.code == "CIRCULAR"
    assert "2 stored records" in problem.message

    await publishing.publish(world.actor, world.store, Terms(frozenset({Consent.INVALID})))
    assert await problems_of(report(world, (bob, ann))) == [((0, "reports_to"), "CYCLE")]
    await report(world, (ann, None))


async def test_what_would_lead_back_meanwhile_does_not_come_back(world: World) -> None:
    ann, bob = await world.create("contact"), await world.create("contact")
    one = await tie(world, ann, bob)
    await removing.delete(world.actor, world.store, "tie", [Removal(one)])
    await report(world, (bob, ann))

    restoring = removing.restore(world.actor, world.store, "tie", one)
    assert await problems_of(restoring) == [((0, "target"), "CYCLE")]


async def test_no_race_makes_a_cycle(world: World) -> None:
    ids = [await world.create("contact") for _ in range(6)]

    async def works(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            with suppress(Refused):
                await report(world, (chance.choice(ids), chance.choice([*ids, None])))

    await asyncio.gather(*(works(seed) for seed in range(8)))

    rows = await world.rows(
        "select id, data from read.record where tenant_id = $1 and object = 'contact'"
    )
    bosses = {str(row["id"]): row["data"].get("reports_to") for row in rows}
    for start, boss in bosses.items():
        here, steps = boss, 0
        while here is not None:
            assert here != start
            here, steps = bosses[here], steps + 1
            assert steps < 10


async def test_who_waits_for_the_lines_that_a_roll_up_follows_has_no_record_in_hand(
    database: Database,
) -> None:
    count = {"object": "contact", "via": "reports_to", "op": "count"}
    fields = {**CONTACT["properties"], "reports": {"type": "integer", "x-rollup": count}}
    contact = {**CONTACT, "properties": fields}
    world = await a_world(database, contact, DEAL, MEMBER, TIE, CHAIN)
    boss, one = [await world.create("contact") for _ in range(2)]

    async def takes(tx: Transaction) -> None:
        await tx.connection.execute(locks.alone(locks.edges(tx.tenant, "contact", "reports_to")))

    async def goes_on(tx: Transaction) -> None:
        held = "select from record where tenant_id = $1 and id = $2 for no key update nowait"
        await tx.connection.execute(held, tx.tenant, one)

    async with a_slow_writer(world, takes, goes_on):
        update = asyncio.create_task(report(world, (one, boss)))
    await update

    assert (await world.row(boss))["data"]["reports"] == 1
