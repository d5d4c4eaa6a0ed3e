"""Records are deleted with what hangs on them, and exactly those come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.actions import removing, saving
from core.actions.batches import setting_of
from core.actions.removing import Removal
from core.actions.saving import Edit
from core.errors import Refused
from core.store.database.connections import Database
from core.store.records import removing as store_removing
from core.store.records import restoring, taking
from core.store.records import saving as store_saving
from core.store.records.numbering import NodeNumbers
from core.store.records.saving import Writing
from core.store.writing import drafts, rows
from core.store.writing.transactions import Transaction, Work, writing
from tests.core.a_store import (
    MONEY,
    World,
    a_slow_writer,
    a_world,
    an_object,
    problems_of,
    refers_to,
)

COUNT = {"type": "integer", "x-rollup": {"object": "contact", "via": "account", "op": "count"}}
ACCOUNT = an_object("account", {"code": {"type": "string", "x-unique": True}, "contacts": COUNT})
CONTACT = an_object(
    "contact",
    {
        "account": refers_to("account", "cascade"),
        "email": {"type": "string", "x-unique": True},
        "reports_to": refers_to("contact", "set_null"),
    },
)
DEAL = an_object(
    "deal", {"account": refers_to("account"), "contact": refers_to("contact", "set_null")}
)
LINE = an_object("line", {"deal": refers_to("deal", "cascade"), "price": MONEY})


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT, CONTACT, DEAL, LINE)


async def delete(world: World, object: str, *ids: UUID) -> tuple[UUID, ...]:
    removals = [Removal(one) for one in ids]
    return (await removing.delete(world.actor, world.store, object, removals)).ids


async def restore(world: World, object: str, id: UUID) -> tuple[UUID, ...]:
    return (await removing.restore(world.actor, world.store, object, id)).ids


async def is_deleted(world: World, id: UUID) -> bool:
    return (await world.row(id))["deleted_at"] is not None


async def changes_of(world: World, id: UUID) -> list[dict[str, Any]]:
    sql = "select * from read.change where tenant_id = $1 and record_id = $2 order by version"
    return await world.rows(sql, id)


async def test_a_deleted_record_keeps_its_row_and_logs_when(world: World) -> None:
    deal = await world.create("deal", name="d")

    assert await delete(world, "deal", deal) == (deal,)

    row = await world.row(deal)
    assert (row["version"], row["data"]) == (2, {"name": "d"})
    assert row["deleted_at"] is not None
    change = (await changes_of(world, deal))[-1]
    assert (change["kind"], change["version"], change["before"]) == (
        "delete",
        2,
        {"$deleted_at": None},
    )


async def test_cascades_clears_and_brings_back_exactly_that(world: World) -> None:
    account = await world.create("account", code="A")
    boss = await world.create("contact", account=account, email="boss")
    other = await world.create("contact", email="other", reports_to=boss)
    gone = await world.create("contact", account=account)
    await delete(world, "contact", gone)
    deal = await world.create("deal", contact=boss)

    assert set(await delete(world, "account", account)) == {account, boss}
    assert (await world.row(other))["data"] == {"email": "other"}
    assert (await world.row(deal))["data"] == {}
    assert [change["kind"] for change in await changes_of(world, other)] == ["create", "update"]

    assert set(await restore(world, "account", account)) == {account, boss}
    assert not await is_deleted(world, boss)
    assert await is_deleted(world, gone)
    assert (await world.row(account))["data"]["contacts"] == 1
    assert (await world.row(other))["data"] == {"email": "other"}
    assert [change["kind"] for change in await changes_of(world, boss)] == [
        "create",
        "delete",
        "restore",
    ]


async def test_who_refers_to_it_stands_in_the_way(world: World) -> None:
    account = await world.create("account", code="A")
    deals = [await world.create("deal", account=account) for _ in range(2)]
    contact = await world.create("contact", account=account)

    with pytest.raises(Refused) as refused:
        await delete(world, "account", account)

    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ((0, "id"), "IN_USE")
    assert problem.message == (
        "2 records of 'Deal' refer to it by 'Account'. Delete what refers to it, or let it refer to"
        " another."
    )
    assert not await is_deleted(world, contact)
    await delete(world, "deal", *deals)
    await delete(world, "account", account)


async def test_what_goes_as_well_does_not_stand_in_the_way(world: World) -> None:
    deal = await world.create("deal")
    lines = [await world.create("line", deal=deal) for _ in range(3)]

    assert set(await delete(world, "deal", deal)) == {deal, *lines}


async def test_unique_values_are_free_until_the_record_is_restored(world: World) -> None:
    account = await world.create("account", code="A")
    await delete(world, "account", account)
    other = await world.create("account", code="A")

    assert await problems_of(restore(world, "account", account)) == [((0, "code"), "TAKEN")]
    assert await is_deleted(world, account)

    await saving.update(world.actor, world.store, "account", [Edit(other, {"code": "B"})])
    await restore(world, "account", account)
    again = saving.create(world.actor, world.store, "account", [{"code": "A"}])
    assert await problems_of(again) == [((0, "code"), "TAKEN")]


async def test_a_record_does_not_come_back_to_what_is_gone(world: World) -> None:
    account = await world.create("account", code="A")
    deal = await world.create("deal", account=account)
    await delete(world, "deal", deal)
    await delete(world, "account", account)

    assert await problems_of(restore(world, "deal", deal)) == [((0, "account"), "NOT_FOUND")]
    await restore(world, "account", account)
    await restore(world, "deal", deal)


async def test_two_may_bring_back_the_same_deletion_at_once(world: World) -> None:
    account = await world.create("account")
    contacts = [await world.create("contact", account=account) for _ in range(3)]
    for _ in range(5):
        await delete(world, "account", account)
        wanted = [("account", account), *(("contact", one) for one in contacts)]
        await asyncio.gather(*(restore(world, key, one) for key, one in wanted))
        for one in (account, *contacts):
            assert not await is_deleted(world, one)
    assert (await world.row(account))["data"]["contacts"] == 3


async def test_a_record_that_is_there_is_left_as_it_is(world: World) -> None:
    deal = await world.create("deal")

    assert await restore(world, "deal", deal) == (deal,)
    assert (await world.row(deal))["version"] == 1
    assert await problems_of(restore(world, "deal", uuid4())) == [((0, "id"), "NOT_FOUND")]


async def test_all_or_nothing_with_all_problems(world: World) -> None:
    deal = await world.create("deal")
    account = await world.create("account", code="A")
    await world.create("deal", account=account)
    removals = [Removal(deal, if_version=3), Removal(uuid4()), Removal(deal), Removal(account)]

    write = removing.delete(world.actor, world.store, "deal", removals)
    assert await problems_of(write) == [
        ((0, "if_version"), "CONFLICT"),
        ((1, "id"), "NOT_FOUND"),
        ((2, "id"), "DUPLICATE"),
        ((3, "id"), "NOT_FOUND"),
    ]
    assert not await is_deleted(world, deal)


async def test_nobody_refers_to_a_record_while_it_is_deleted(world: World) -> None:
    for _ in range(10):
        account = await world.create("account")
        results = await asyncio.gather(
            delete(world, "account", account),
            saving.create(world.actor, world.store, "deal", [{"account": account}]),
            return_exceptions=True,
        )
        assert sum(isinstance(one, Refused) for one in results) == 1
        live = "select 1 from read.record where tenant_id = $1 and id = $2 and deleted_at is null"
        deals = "select 1 from read.record where tenant_id = $1 and data->>'account' = $2"
        assert bool(await world.rows(live, account)) == bool(await world.rows(deals, str(account)))


async def test_a_deletion_waits_for_who_refers_to_a_record_before_it_locks_the_record(
    world: World,
) -> None:
    account = await world.create("account", name="a")
    contact = await world.create("contact", account=account)

    async def takes(tx: Transaction) -> None:
        await rows.hold(tx, [contact])

    async def goes_on(tx: Transaction) -> None:
        held = "select from record where tenant_id = $1 and id = $2 for no key update nowait"
        await tx.connection.execute(held, tx.tenant, account)  # as its roll-up would be locked

    async with a_slow_writer(world, takes, goes_on, what="transactionid"):
        deletion = asyncio.create_task(delete(world, "account", account))
    await deletion

    assert [await is_deleted(world, it) for it in (account, contact)] == [True, True]


async def test_a_user_who_owns_something_stays(world: World) -> None:
    user = await world.create("user", name="Ann", email="ann@example.com")
    deal = await world.create("deal", owner=user)

    assert await problems_of(delete(world, "user", user)) == [((0, "id"), "IN_USE")]
    await delete(world, "deal", deal)
    await delete(world, "user", user)


async def test_more_than_can_go_at_once_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = await world.create("deal")
    inputs = [{"deal": deal}] * 12
    await saving.create(world.actor, world.store, "line", inputs)
    monkeypatch.setattr(store_removing, "MOST_AT_ONCE", 10)

    assert await problems_of(delete(world, "deal", deal)) == [((), "TOO_MANY")]


async def test_what_comes_back_no_longer_refers_to_what_would_have_let_it_go(world: World) -> None:
    boss = await world.create("contact", email="boss")
    other = await world.create("contact", email="other", reports_to=boss)
    deal = await world.create("deal", contact=boss)
    await delete(world, "contact", other)
    await delete(world, "deal", deal)
    await delete(world, "contact", boss)

    await restore(world, "deal", deal)
    await restore(world, "contact", other)
    assert (await world.row(deal))["data"] == {}
    assert (await world.row(other))["data"] == {"email": "other"}
    change = (await changes_of(world, deal))[-1]
    assert str(boss) in change["before"].values()


async def test_what_a_deletion_clears_and_then_takes_along_comes_back_whole(
    database: Database,
) -> None:
    meeting = an_object("meeting", {"account": refers_to("account", "cascade")})
    note = an_object(
        "note",
        {
            "account": refers_to("account", "set_null"),
            "meeting": refers_to("meeting", "cascade"),
            "filed": {"type": "boolean", "readOnly": True, "x-formula": "account != null"},
        },
    )
    world = await a_world(database, ACCOUNT, CONTACT, meeting, note)
    account = await world.create("account")
    place = await world.create("meeting", account=account)
    gone = await world.create("note", account=account, meeting=place)
    written = (await world.row(gone))["data"]

    assert set(await delete(world, "account", account)) == {account, place, gone}
    assert (await world.row(gone))["data"] == written
    assert [it["kind"] for it in await changes_of(world, gone)] == ["create", "delete"]

    assert set(await restore(world, "note", gone)) == {account, place, gone}
    assert (await world.row(gone))["data"] == written
    assert (await world.row(gone))["version"] == 3


async def test_formulas_are_computed_anew_where_a_reference_is_cleared(database: Database) -> None:
    known = {"type": "string", "readOnly": True, "x-formula": "account == null ? 'no' : 'yes'"}
    note = an_object("note", {"account": refers_to("account", "set_null"), "known": known})
    world = await a_world(database, ACCOUNT, CONTACT, note)
    account = await world.create("account")
    stays = await world.create("note", account=account)

    await delete(world, "account", account)
    assert (await world.row(stays))["data"] == {"known": "no"}

    goes = await world.create("note", account=(other := await world.create("account")))
    await delete(world, "note", goes)
    await delete(world, "account", other)
    await restore(world, "note", goes)
    assert (await world.row(goes))["data"] == {"known": "no"}


@pytest.mark.parametrize("on_delete", ["cascade", "set_null"])
async def test_what_is_given_another_reference_while_it_is_waited_for_keeps_that(
    database: Database, on_delete: str
) -> None:
    """It has begun to refer to the record only after the deletion had locked what it found."""
    note = an_object("note", {"account": refers_to("account", on_delete)})
    world = await a_world(database, ACCOUNT, CONTACT, note)
    account, other = await world.create("account"), await world.create("account")
    stays = await world.create("note", account=account)

    async def takes(tx: Transaction) -> None:
        setting = setting_of(tx, world.actor)
        held = await rows.hold(tx, [stays])
        plan = tx.plan("note")
        moved = taking.changed(plan, held.rows[stays], setting, (0,), {"account": other})
        await store_saving.write(tx, Writing.of([moved], ()))

    async with a_slow_writer(world, takes, what="transactionid"):
        deletion = asyncio.create_task(
            writing(world.tenant, world.store, at_once(world, "account", account))
        )
    await deletion

    assert await is_deleted(world, account)
    assert not await is_deleted(world, stays)
    assert (await world.row(stays))["data"] == {"account": str(other)}


async def test_what_is_deleted_while_it_is_waited_for_is_deleted_once(database: Database) -> None:
    note = an_object("note", {"account": refers_to("account", "cascade")})
    world = await a_world(database, ACCOUNT, CONTACT, note)
    account = await world.create("account")
    gone = await world.create("note", account=account)

    async with a_slow_writer(world, at_once(world, "note", gone), what="transactionid"):
        deletion = asyncio.create_task(
            writing(world.tenant, world.store, at_once(world, "account", account))
        )
    await deletion

    deleted = [(await world.row(one))["deletion_id"] for one in (account, gone)]
    assert deleted[0] != deleted[1]
    assert [it["kind"] for it in await changes_of(world, gone)] == ["create", "delete"]


async def test_what_is_deleted_by_itself_while_others_wait_for_it_to_come_back_stays_so(
    world: World,
) -> None:
    account = await world.create("account")
    contact = await world.create("contact", account=account)
    await delete(world, "account", account)
    numbers = NodeNumbers(world.tenant, world.store, account)

    async def takes(tx: Transaction) -> None:
        await restoring.restore(tx, account, (0,), setting_of(tx, world.actor), numbers)
        await at_once(world, "contact", contact)(tx)

    async with a_slow_writer(world, takes, what="transactionid"):
        coming = asyncio.create_task(restore(world, "account", account))
    assert await coming == (account,)

    assert [await is_deleted(world, it) for it in (account, contact)] == [False, True]
    assert (await world.row(account))["data"]["contacts"] == 0


def at_once(world: World, object: str, id: UUID) -> Work[object]:
    """A deletion that has not looked beforehand for what it comes to."""

    async def work(tx: Transaction) -> None:
        row = (await rows.hold_for_removal(tx, [id]))[id]
        target = drafts.loaded(tx.plan(object), row, (0,))
        await store_removing.remove(tx, [target], setting_of(tx, world.actor))

    return work


async def the_problem(work: Awaitable[object]) -> tuple[tuple[str | int, ...], str, str]:
    with pytest.raises(Refused) as refused:
        await work
    (problem,) = refused.value.problems
    return problem.path, problem.code, problem.message


async def test_it_is_told_which_record_stands_in_the_way_of_what_goes_or_comes_with_it(
    database: Database,
) -> None:
    fields = {"account": refers_to("account", "set_null"), "code": {"type": "string"}}
    unique = {"x-unique": [{"key": "in_account", "fields": ["account", "code"]}]}
    world = await a_world(database, ACCOUNT, CONTACT, an_object("note", fields, **unique))
    account = await world.create("account")
    cleared = await world.create("note", account=account, code="1")
    await world.create("note", code="1")

    told = f"'Note' {cleared} would lose its 'Account'. Another 'Note' has the same 'Account' and 'Code'."
    assert await the_problem(delete(world, "account", account)) == ((0, "id"), "TAKEN", told)

    contact = await world.create("contact", account=account, email="e")
    await delete(world, "note", cleared)
    await delete(world, "account", account)
    await world.create("contact", email="e")
    told = f"'Contact' {contact} comes back with it. Another 'Contact' has the same 'Email'."
    assert await the_problem(restore(world, "account", account)) == ((0, "id"), "TAKEN", told)
    assert await problems_of(restore(world, "contact", contact)) == [((0, "email"), "TAKEN")]
