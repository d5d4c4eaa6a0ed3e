"""New records enter their stage, with the first rows of their history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.actions import saving
from core.actions.saving import Edit
from core.identity import IMPORT
from core.store.database.connections import Database
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, problems_of

DEAL = an_object(
    "deal",
    {
        "amount": MONEY,
        "close_date": {"type": "string", "format": "date"},
        "probability": {"type": "number", "x-type": "percent"},
        "weighted": {**MONEY, "x-formula": "amount * probability"},
        "is_open": {"type": "boolean", "x-formula": "stage_kind == 'open'"},
    },
)
STAGES = [
    {"key": "initial", "title": "Initial", "kind": "open", "probability": 0.1},
    {"key": "qualified", "title": "Qualified", "kind": "open", "probability": 0.3},
    {"key": "won", "title": "Won", "kind": "won", "probability": 1},
    {"key": "lost", "title": "Lost", "kind": "lost", "probability": 0},
]
SALES = {
    "$schema": PIPELINE,
    "$id": "sales",
    "title": "Sales",
    "object": "deal",
    "amount": "amount",
    "date": "close_date",
    "probability": "probability",
    "stages": STAGES,
    "reasons": [{"key": "price", "kinds": ["won", "lost"]}],
}


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, DEAL, SALES)


async def history(world: World, id: UUID) -> list[dict[str, Any]]:
    sql = "select * from read.stage_history where tenant_id = $1 and record_id = $2 order by seq_no"
    return await world.rows(sql, id)


async def test_a_new_record_enters_the_first_stage_with_its_probability(world: World) -> None:
    deal = await world.create("deal", amount=1000, close_date="2027-01-31")

    row = await world.row(deal)
    assert (row["stage"], row["stage_amount"]) == ("initial", Decimal(1000))
    assert str(row["stage_date"]) == "2027-01-31"
    assert row["data"]["probability"] == "0.1000"
    assert (row["data"]["weighted"], row["data"]["is_open"]) == ("100.00", True)
    (stay,) = await history(world, deal)
    assert (stay["kind"], stay["from_stage"], stay["to_stage"]) == ("create", None, "initial")
    assert stay["entered_at"] == row["stage_entered_at"]
    assert (stay["amount"], stay["amount_corporate"], stay["probability"]) == (
        Decimal(1000),
        Decimal(1000),
        Decimal("0.1"),
    )
    (change,) = await world.rows(
        "select after from read.change where tenant_id = $1 and record_id = $2", deal
    )
    assert change["after"]["$stage"] == "initial"


async def test_a_new_record_may_enter_any_stage_and_say_its_probability(world: World) -> None:
    deal = await world.create("deal", stage="qualified", probability="0.75")
    won = await world.create("deal", stage="won", probability=1)

    row = await world.row(deal)
    assert (row["stage"], row["data"]["probability"]) == ("qualified", "0.7500")
    assert (await world.row(won))["data"]["is_open"] is False
    inputs = [{"stage": "nowhere"}]
    write = saving.create(world.actor, world.store, "deal", inputs)
    assert await problems_of(write) == [((0, "stage"), "UNKNOWN_STAGE")]


async def test_in_a_closed_stage_the_probability_is_the_stages(world: World) -> None:
    actor, store = world.actor, world.store
    inputs = [{"stage": "won", "probability": "0.75"}, {"stage": "lost", "probability": "0.1"}]
    assert await problems_of(saving.create(actor, store, "deal", inputs)) == [
        ((0, "probability"), "CLOSED_PROBABILITY"),
        ((1, "probability"), "CLOSED_PROBABILITY"),
    ]

    won = await world.create("deal", stage="won", probability=None, amount=100)
    edit = [Edit(won, {"probability": "0.5"})]
    assert await problems_of(saving.update(actor, store, "deal", edit)) == [
        ((0, "probability"), "CLOSED_PROBABILITY")
    ]
    await saving.update(actor, store, "deal", [Edit(won, {"probability": None})])
    assert (await world.row(won))["data"]["weighted"] == "100.00"
    lost = await world.create("deal", IMPORT, stage="lost", probability="0.6", amount=100)
    data = (await world.row(lost))["data"]
    assert (data["probability"], data["weighted"]) == ("0.0000", "0.00")


async def test_a_probability_that_is_cleared_is_the_stages_again(world: World) -> None:
    deal = await world.create("deal", stage="qualified", probability="0.75", amount=100)
    new = await world.create("deal", stage="qualified", probability=None, amount=100)

    await saving.update(world.actor, world.store, "deal", [Edit(deal, {"probability": None})])

    for found in (deal, new):
        data = (await world.row(found))["data"]
        assert (data["probability"], data["weighted"]) == ("0.3000", "30.00")


async def test_no_record_enters_a_stage_that_is_deprecated(database: Database) -> None:
    stages = [{**STAGES[0], "deprecated": True}, *STAGES[1:]]
    world = await a_world(database, DEAL, {**SALES, "stages": stages})

    first = await world.create("deal")
    imported = await world.create("deal", IMPORT, stage="initial")

    assert (await world.row(first))["stage"] == "qualified"
    assert (await world.row(imported))["stage"] == "initial"
    refused = await problems_of(
        saving.create(world.actor, world.store, "deal", [{"stage": "initial"}])
    )
    assert refused == [((0, "stage"), "RETIRED_STAGE")]


async def test_an_update_does_not_change_the_stage(world: World) -> None:
    deal = await world.create("deal", amount=5)

    write = saving.update(world.actor, world.store, "deal", [Edit(deal, {"stage": "won"})])
    assert await problems_of(write) == [((0, "stage"), "USE_MOVE")]
    same = {"stage": "initial", "amount": 7}
    await saving.update(world.actor, world.store, "deal", [Edit(deal, same)])
    assert (await world.row(deal))["stage_amount"] == Decimal(7)
    assert len(await history(world, deal)) == 1


async def test_an_import_tells_when_stages_were_entered(world: World) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    told = [
        {"stage": "initial", "entered_at": start},
        {"stage": "qualified", "entered_at": start + timedelta(days=3), "note": "met"},
        {"stage": "won", "entered_at": start + timedelta(days=10), "reason": "price"},
    ]
    deal = await world.create(
        "deal", origin=IMPORT, stage_history=told, amount=10, created_at=start
    )

    row = await world.row(deal)
    assert (row["stage"], row["stage_entered_at"]) == ("won", start + timedelta(days=10))
    assert row["data"]["probability"] == "1.0000"
    stays = await history(world, deal)
    assert [(stay["kind"], stay["to_stage"], stay["duration_s"]) for stay in stays] == [
        ("create", "initial", 3 * 86_400),
        ("advance", "qualified", 7 * 86_400),
        ("close_won", "won", None),
    ]
    assert (stays[1]["note"], stays[2]["reason"]) == ("met", "price")
    assert [stay["probability"] for stay in stays] == [Decimal("0.1"), Decimal("0.3"), Decimal(1)]
    later = await world.create("deal", origin=IMPORT, stage="qualified", stage_entered_at=start)
    assert (await history(world, later))[0]["entered_at"] == start


async def test_a_dated_history_is_checked(world: World) -> None:
    future = datetime.now(UTC) + timedelta(days=1)
    inputs = [
        {"stage_history": [{"stage": "nowhere", "entered_at": future}]},
        {
            "stage_history": [{"stage": "won", "entered_at": "2026-01-01T00:00:00Z"}],
            "stage": "lost",
        },
        {"stage_history": "won"},
        {
            "stage_history": [
                7,
                {"stage": "initial"},
                {"stage": "initial", "entered_at": "soon"},
                {"stage": "won", "entered_at": "2026-01-01T00:00:00Z", "reason": "weather"},
                {"stage": "lost", "entered_at": "2026-01-02T00:00:00Z", "reson": "price"},
            ]
        },
        {
            "stage_history": [
                {"stage": "initial", "entered_at": "2026-01-01T00:00:00Z", "reason": "price"}
            ]
        },
    ]
    write = saving.create(world.actor, world.store, "deal", inputs, origin=IMPORT)

    assert await problems_of(write) == [
        ((0, "stage_history", 0, "stage"), "UNKNOWN_STAGE"),
        ((0, "stage_history", 0, "entered_at"), "IN_FUTURE"),
        ((1, "stage"), "BAD_HISTORY"),
        ((2, "stage_history"), "BAD_HISTORY"),
        ((3, "stage_history", 0), "BAD_HISTORY"),
        ((3, "stage_history", 1, "entered_at"), "REQUIRED"),
        ((3, "stage_history", 2, "entered_at"), "BAD_DATE_TIME"),
        ((3, "stage_history", 4, "reson"), "UNKNOWN_FIELD"),
        ((3, "stage_history", 3, "reason"), "UNKNOWN_REASON"),
        ((4, "stage_history", 0, "reason"), "UNKNOWN_REASON"),
    ]


async def test_an_amount_is_converted_by_the_rate_of_the_day(world: World) -> None:
    async with world.store.database.transaction(world.tenant) as connection:
        for day, rate in (("2026-01-01", "7.0"), ("2026-02-01", "7.5")):
            await connection.execute(
                "insert into exchange_rate values ($1, 'USD', $2::text::date, $3)",
                world.tenant,
                day,
                Decimal(rate),
            )
    told = [
        {"stage": "initial", "entered_at": "2025-12-30T00:00:00Z"},
        {"stage": "qualified", "entered_at": "2026-01-31T12:00:00Z"},
        {"stage": "won", "entered_at": "2026-01-31T20:00:00Z"},
    ]
    deal = await world.create(
        "deal", origin=IMPORT, stage_history=told, amount="10.01", currency="USD"
    )

    amounts = [stay["amount_corporate"] for stay in await history(world, deal)]
    assert amounts == [None, Decimal("70.07"), Decimal("75.08")]


async def test_the_tenants_currency_is_frozen_once_there_is_an_amount(world: World) -> None:
    frozen = "select currency_frozen from tenant where id = $1"
    await world.create("deal")
    assert (await world.rows(frozen))[0]["currency_frozen"] is False

    await world.create("deal", amount=1)
    assert (await world.rows(frozen))[0]["currency_frozen"] is True
    assert (await world.store.head(world.tenant)).currency_frozen
