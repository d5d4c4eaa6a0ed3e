"""Stored roll-ups equal what counting anew gives, whatever was written."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.actions import removing, saving
from core.actions.removing import Removal
from core.actions.saving import Edit
from core.store.database.connections import Database
from metadata.decimals import canonical
from tests.core.a_store import MONEY, World, a_world, an_object, problems_of, refers_to

DECIMAL = {"type": "number", "x-type": "decimal", "x-scale": 4}
FLOAT = {"type": "number"}
DATE = {"type": "string", "format": "date"}


def rolls_up(
    kind: dict[str, Any], object: str, via: str, op: str, field: str | None = None, **more: str
) -> dict[str, Any]:
    rollup = {"object": object, "via": via, "op": op, **({"field": field} if field else {})}
    return {**kind, "x-rollup": {**rollup, **more}}


GROUP = an_object(
    "bunch",
    {
        "total": rolls_up(MONEY, "deal", "bunch", "sum", "line_total"),
        "biggest": rolls_up(MONEY, "deal", "bunch", "max", "with_tax"),
        "busy": rolls_up({"type": "integer"}, "deal", "bunch", "count", where="lines > 1"),
    },
)
DEAL = an_object(
    "deal",
    {
        "bunch": refers_to("bunch"),
        "lines": rolls_up({"type": "integer"}, "line", "deal", "count"),
        "line_total": rolls_up(MONEY, "line", "deal", "sum", "net"),
        "with_tax": {**MONEY, "x-formula": "line_total * 1.1 + 1"},
        "big_lines": rolls_up({"type": "integer"}, "line", "deal", "count", where="net > 50"),
        "average": rolls_up(DECIMAL, "line", "deal", "avg", "weight"),
        "least": rolls_up(DECIMAL, "line", "deal", "min", "weight"),
        "last": rolls_up(DATE, "line", "deal", "max", "due"),
        "sum_float": rolls_up(FLOAT, "line", "deal", "sum", "size"),
        "whole": rolls_up({"type": "integer"}, "line", "deal", "sum", "weight"),
        "loose": rolls_up(FLOAT, "line", "deal", "sum", "weight"),
        "lowest": rolls_up({"type": "integer"}, "line", "deal", "min", "weight"),
    },
)
LINE = an_object(
    "line",
    {
        "deal": refers_to("deal"),
        "price": MONEY,
        "quantity": {"type": "integer"},
        "net": {**MONEY, "x-formula": "price * quantity"},
        "weight": DECIMAL,
        "due": DATE,
        "size": FLOAT,
    },
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, GROUP, DEAL, LINE)


def a_line(chance: random.Random, deals: list[UUID]) -> dict[str, Any]:
    """Values for a line, some of them null."""
    values: dict[str, Any] = {
        "deal": chance.choice([*deals, None]),
        "price": Decimal(chance.randrange(-500, 2_000)) / 100,
        "quantity": chance.randrange(10),
        "weight": Decimal(chance.randrange(100)) / 4,
        "due": f"2026-0{chance.randrange(1, 9)}-15",
        "size": chance.random() * 100,
    }
    return {key: value if chance.random() > 0.15 else None for key, value in values.items()}


async def check(world: World) -> None:
    """Count everything anew from the lines and compare it with what is stored."""
    sql = "select id, data from read.record where tenant_id = $1 and object = $2 and deleted_at is null"
    lines = [row["data"] for row in await world.rows(sql, "line")]
    deals = {str(row["id"]): row["data"] for row in await world.rows(sql, "deal")}
    groups = {str(row["id"]): row["data"] for row in await world.rows(sql, "bunch")}
    for key, data in deals.items():
        own = [line for line in lines if line.get("deal") == key]
        held = {name: value for name, value in data.items() if name[0] != "~"}
        assert {"bunch": data.get("bunch"), **of_deal(own)} == {
            "bunch": None, **held
        }  # fmt: skip
    for key, data in groups.items():
        assert data == of_group([deal for deal in deals.values() if deal.get("bunch") == key])


def of_deal(lines: list[dict[str, Any]]) -> dict[str, Any]:
    nets = [Decimal(line["net"]) for line in lines if "net" in line]
    weights = [Decimal(line["weight"]) for line in lines if "weight" in line]
    total = sum(nets, Decimal(0))
    floats = sum((Decimal(repr(line["size"])) for line in lines if "size" in line), Decimal(0))
    found = {
        "lines": len(lines),
        "line_total": canonical(total, 2),
        "with_tax": canonical(total * Decimal("1.1") + 1, 2),
        "big_lines": sum(net > 50 for net in nets),
        "average": canonical(sum(weights) / len(weights), 4) if weights else None,
        "least": canonical(min(weights), 4) if weights else None,
        "last": max((line["due"] for line in lines if "due" in line), default=None),
        "sum_float": float(floats),
        "whole": int(canonical(sum(weights, Decimal(0)), 0)),
        "loose": float(sum(weights, Decimal(0))),
        "lowest": int(canonical(min(weights), 0)) if weights else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def of_group(deals: list[dict[str, Any]]) -> dict[str, Any]:
    totals = [Decimal(deal["line_total"]) for deal in deals]
    taxed = [Decimal(deal["with_tax"]) for deal in deals]
    found = {
        "total": canonical(sum(totals, Decimal(0)), 2),
        "busy": sum(deal["lines"] > 1 for deal in deals),
    }
    return {**found, "biggest": canonical(max(taxed), 2)} if taxed else found


@pytest.mark.parametrize("seed", range(4))
async def test_random_writes_leave_roll_ups_right(world: World, seed: int) -> None:
    chance = random.Random(seed)
    actor, store = world.actor, world.store
    groups = [await world.create("bunch") for _ in range(2)]
    deals = [await world.create("deal", bunch=chance.choice([*groups, None])) for _ in range(4)]
    lines: list[UUID] = []
    deleted: list[UUID] = []
    for _ in range(40):
        if chance.random() < 0.4 or len(lines) < 3:
            inputs = [a_line(chance, deals) for _ in range(chance.randrange(1, 6))]
            lines += (await saving.create(actor, store, "line", inputs)).ids
        elif chance.random() < 0.3:
            gone = chance.choice(lines)
            await removing.delete(actor, store, "line", [Removal(gone)])
            deleted.append(gone)
            lines.remove(gone)
        elif chance.random() < 0.3 and deleted:
            back = deleted.pop()
            await removing.restore(actor, store, "line", back)
            lines.append(back)
        elif chance.random() < 0.7:
            some = chance.sample(lines, chance.randrange(1, 4))
            edits = [Edit(one, random_part(chance, a_line(chance, deals))) for one in some]
            await saving.update(actor, store, "line", edits)
        else:
            moved = {"bunch": chance.choice([*groups, None])}
            await saving.update(actor, store, "deal", [Edit(chance.choice(deals), moved)])
    await check(world)


def random_part(chance: random.Random, values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if chance.random() < 0.5}


async def test_writers_at_once_leave_roll_ups_right(world: World) -> None:
    group = await world.create("bunch")
    deals = [await world.create("deal", bunch=group) for _ in range(3)]

    async def writes(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(6):
            inputs = [a_line(chance, deals) for _ in range(3)]
            saved = await saving.create(world.actor, world.store, "line", inputs)
            edits = [Edit(one, a_line(chance, deals)) for one in saved.ids[:2]]
            await saving.update(world.actor, world.store, "line", edits)

    await asyncio.gather(*(writes(seed) for seed in range(8)))
    await check(world)


async def test_a_roll_up_does_not_raise_the_version_nor_write_a_change(world: World) -> None:
    deal = await world.create("deal")
    before = await world.row(deal)
    await world.create("line", deal=deal, price=3, quantity=2)

    after = await world.row(deal)
    assert after["data"]["line_total"] == "6.00"
    assert (after["version"], after["updated_at"]) == (1, before["updated_at"])
    changes = "select 1 from read.change where tenant_id = $1 and record_id = $2"
    assert len(await world.rows(changes, deal)) == 1
    assert Decimal("6.00") in after.values()


async def test_a_new_record_has_its_counts_and_sums_at_nothing(world: World) -> None:
    deal = await world.create("deal")

    data = (await world.row(deal))["data"]
    assert {key: data.get(key) for key in ("lines", "line_total", "average", "with_tax")} == {
        "lines": 0,
        "line_total": "0.00",
        "average": None,
        "with_tax": "1.00",
    }


async def test_amounts_of_another_currency_do_not_go_into_a_roll_up(world: World) -> None:
    deal = await world.create("deal")
    inputs = [
        {"deal": deal, "price": 3, "quantity": 2, "currency": "USD"},
        {"deal": deal, "quantity": 2, "currency": "USD"},
    ]

    found = await problems_of(saving.create(world.actor, world.store, "line", inputs))
    assert found == [((0, "deal"), "CURRENCY_MISMATCH")]
    line = await world.create("line", deal=deal, price=3, quantity=1)
    for key, one in (("line", line), ("deal", deal)):
        edit = [Edit(one, {"currency": "USD"})]
        found = await problems_of(saving.update(world.actor, world.store, key, edit))
        assert [code for _, code in found] == ["CURRENCY_MISMATCH"]
    await saving.update(world.actor, world.store, "line", [Edit(line, {"deal": None})])
    await saving.update(world.actor, world.store, "deal", [Edit(deal, {"currency": "USD"})])
    assert (await world.row(deal))["data"]["line_total"] == "0.00"
    await saving.update(world.actor, world.store, "deal", [Edit(deal, {"currency": "JPY"})])
    assert (await world.row(deal))["data"]["line_total"] == "0"


async def test_what_goes_into_a_roll_up_by_way_of_another_is_in_its_currency(
    database: Database,
) -> None:
    largest = rolls_up(MONEY, "line", "deal", "max", "price")
    totals = {
        "total": rolls_up(MONEY, "deal", "bunch", "sum", "line_total"),
        "largest": rolls_up(MONEY, "deal", "bunch", "max", "largest"),
    }
    sums = {"line_total": rolls_up(MONEY, "line", "deal", "sum", "price"), "largest": largest}
    deal = an_object("deal", {"bunch": refers_to("bunch"), **sums})
    line = an_object("line", {"deal": refers_to("deal"), "price": MONEY})
    world = await a_world(database, an_object("bunch", totals), deal, line)
    bunch = await world.create("bunch", currency="EUR")
    one = await world.create("deal", bunch=bunch, currency="USD")  # without lines: nothing goes in
    inputs = [{"deal": one, "price": 60, "currency": "USD"}]

    found = await problems_of(saving.create(world.actor, world.store, "line", inputs))
    assert found == [((0, "deal"), "CURRENCY_MISMATCH")]
    assert (await world.row(bunch))["data"] == {"total": "0.00"}
    await saving.update(world.actor, world.store, "bunch", [Edit(bunch, {"currency": "USD"})])
    await saving.create(world.actor, world.store, "line", inputs)
    assert (await world.row(bunch))["data"] == {"total": "60.00", "largest": "60.00"}


async def test_another_currency_is_told_once_for_all_roll_ups_of_a_reference(world: World) -> None:
    bunch = await world.create("bunch")
    inputs = [{"bunch": bunch, "currency": "USD"}]

    found = await problems_of(saving.create(world.actor, world.store, "deal", inputs))
    assert found == [((0, "bunch"), "CURRENCY_MISMATCH")]
