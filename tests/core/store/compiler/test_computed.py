from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core import query
from core.actions import saving
from core.actions.exchange_rates import Setting, set_rates
from core.errors import Refused
from core.query import Column, Connection, GroupBy, Operator, Order, Output, Page, Statistic
from core.store.database.connections import Database
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import Values, ask, compare, listed, record, scalars

NUMBER = {"type": "number", "x-type": "decimal", "x-scale": 2}


def formula(text: str, **schema: object) -> dict[str, object]:
    return {**schema, "readOnly": True, "x-formula": text}


@pytest.fixture
async def world(database: Database) -> World:
    company = {
        "rate": {**NUMBER, "x-scale": 3},
        "industry": {"type": "string"},
        "boss": refers_to("company"),
    }
    sale = {
        "company": refers_to("company"),
        "amount": MONEY,
        "due": {"type": "string", "format": "date"},
        "worth": formula("amount * company.rate", **MONEY),
        "twice": formula("worth * 2", **NUMBER),
        "trade": formula("company.industry", type="string", **{"x-index": True}),
        "late": formula("due < today()", type="boolean"),
        "days": formula("days_between(today(), due)", type="integer"),
        "boss_rate": formula("company.boss.rate", **NUMBER),
        "kind": formula("stage_kind", type="string"),
        "stored": formula("amount * 2", **MONEY),
    }
    pipeline = {
        "$schema": PIPELINE,
        "$id": "sales",
        "object": "sale",
        "title": "Sales",
        "stages": [
            {"key": "open", "title": "Open", "kind": "open"},
            {"key": "won", "title": "Won", "kind": "won"},
            {"key": "lost", "title": "Lost", "kind": "lost"},
        ],
    }
    return await a_world(database, an_object("company", company), an_object("sale", sale), pipeline)


async def fill(world: World) -> None:
    boss = await world.create("company", name="boss", rate="3.333")
    rich = await world.create("company", name="rich", rate="1.5", industry="steel", boss=boss)
    poor = await world.create("company", name="poor", rate="0.1", industry="Art")
    today = datetime.now(UTC).date()
    early, late = (today + timedelta(days=days) for days in (-10, 10))
    await world.create("sale", name="a", amount="10.05", company=rich, due=early, stage="won")
    await world.create("sale", name="b", amount="20", company=poor, due=late)
    await world.create("sale", name="c", amount="30")


async def test_formulas_over_other_objects_are_computed_when_read(world: World) -> None:
    await fill(world)
    asked = Connection(
        "sale",
        (
            Output(
                "nodes",
                query.Nodes(
                    scalars("worth", "twice", "trade", "late", "boss_rate", "kind", "stored")
                ),
            ),
        ),
        Page(query.Value(0)),
    )
    first, second, third = (await ask(world, asked, [10]))["nodes"]
    assert first == {
        "worth": "15.08",
        "twice": "30.16",
        "trade": "steel",
        "late": True,
        "boss_rate": "3.33",
        "kind": "won",
        "stored": "20.10",
    }
    assert second["worth"] == "2.00"
    assert second["late"] is False
    assert second["boss_rate"] is None
    assert third["worth"] is None
    assert third["stored"] == "60.00"


async def test_they_are_filtered_and_sorted_by_and_added_up(world: World) -> None:
    await fill(world)

    async def found(field: str, operator: Operator, value: object) -> list[str]:
        values = Values()
        return await listed(world, "sale", values, compare(field, operator, values.of(value)))

    assert await found("worth", Operator.GTE, 2) == ["a", "b"]
    assert await found("trade", Operator.EQ, "Art") == ["b"]
    assert await found("trade", Operator.CONTAINS, "TEE") == ["a"]
    assert await found("late", Operator.NE, value=True) == ["b", "c"]
    assert await found("days", Operator.GT, 5) == ["b"]
    by_trade = (Order(Column("trade"), descending=True),)
    assert await listed(world, "sale", Values(), None, by_trade) == ["a", "b", "c"]
    total = Output("worth", query.Stats(Column("worth"), (Output("sum", Statistic.SUM),)))
    groups = query.Groups(
        (GroupBy(Column("late")),), (Output("n", query.Aggregate((total,))),), query.Value(1)
    )
    asked = Connection(
        "sale",
        (Output("all", query.Aggregate((total,))), Output("groups", groups)),
        Page(query.Value(0)),
    )
    shown = await ask(world, asked, [10, 10])
    assert shown["all"] == {"worth": {"sum": "17.08"}}
    assert [one["n"]["worth"]["sum"] for one in shown["groups"]] == ["0.00", "2.00", "15.08"]


async def test_behind_a_reference_that_names_nothing_there_is_no_formula(
    database: Database,
) -> None:
    sale = {"company": refers_to("company"), "rate": formula("coalesce(company.rate, 1)", **NUMBER)}
    world = await a_world(
        database,
        an_object("company", {"rate": NUMBER}),
        an_object("sale", sale),
        an_object("visit", {"sale": refers_to("sale")}),
    )
    await world.create("visit", name="nothing")
    for name, rate in (("little", "0.5"), ("much", "3"), ("plain", None)):
        company = await world.create("company", name=name, rate=rate) if rate else None
        sold = await world.create("sale", name=name, company=company)
        await world.create("visit", name=name, sale=sold)

    column = Column("rate", ("sale",))
    order = (Order(column),)
    assert await listed(world, "visit", Values(), None, order) == [
        *("nothing", "little", "plain", "much")
    ]
    figures = query.Stats(column, (Output("sum", Statistic.SUM), Output("avg", Statistic.AVG)))
    groups = query.Groups(
        (GroupBy(column),),
        (Output("key", query.GroupKey((Output("rate", query.KeyPart(0)),))),),
        query.Value(0),
        in_key_order=True,
    )
    asked = Connection(
        "visit",
        (
            Output("all", query.Aggregate((Output("rate", figures),))),
            Output("groups", groups),
        ),
        Page(query.Value(0)),
    )
    shown = await ask(world, asked, [10])
    assert shown["all"] == {"rate": {"sum": "4.50", "avg": "1.5"}}
    keys = [one["key"]["rate"] for one in shown["groups"]]
    assert keys == [None, "0.50", "1.00", "3.00"]


async def test_the_day_is_the_tenants_own(world: World) -> None:
    await fill(world)
    made = await world.create("sale", name="d", due=datetime.now(UTC).date())
    shown = await record(world, "sale", made, *scalars("days"))
    assert shown["days"] in (0, -1)


async def test_amounts_of_other_records_are_converted_into_the_records_currency(
    database: Database,
) -> None:
    company = {"revenue": MONEY, "boss": refers_to("company")}
    sale = {
        "company": refers_to("company"),
        "amount": MONEY,
        "rest": formula("company.revenue - amount", **MONEY),
        "above": formula("company.boss.revenue", **MONEY),
        "large": formula("company.revenue > 500", type="boolean"),
    }
    objects = (an_object("company", company), an_object("sale", sale))
    world = await a_world(database, *objects, currency="EUR")
    rates = [("USD", "0.9"), ("KWD", "3")]
    settings = [Setting(code, date(2026, 1, 1), Decimal(rate)) for code, rate in rates]
    await set_rates(world.actor, world.store, settings)
    boss = await world.create("company", revenue=1000, currency="KWD")
    euro = await world.create("company", revenue=1000, boss=boss)

    async def shown(currency: str) -> object:
        one = await world.create("sale", company=euro, amount=100, currency=currency)
        return await record(world, "sale", one, *scalars("rest", "above", "large"))

    assert await shown("EUR") == {"rest": "900.00", "above": "3000.00", "large": True}
    assert await shown("USD") == {"rest": "1011.11", "above": "3333.33", "large": True}
    assert await shown("KWD") == {"rest": "233.333", "above": "1000.000", "large": True}
    assert await shown("GBP") == {"rest": None, "above": None, "large": True}

    vast = await world.create("company", revenue="1000000000000000000000")
    one = await world.create("sale", company=vast, amount=100, currency="KWD")
    exact = "333333333333333333233.333"
    assert await record(world, "sale", one, *scalars("rest")) == {"rest": exact}


async def test_a_number_is_found_by_what_it_is_shown_as(database: Database) -> None:
    fields = {
        "amount": {**NUMBER, "x-scale": 6},
        "third": formula("amount / 3", type="number"),
        "third_today": formula("amount / 3 + 0 * (today() - today())", type="number"),
    }
    world = await a_world(database, an_object("part", fields))
    for amount in ("1", "-4", "0.000001", "999999999999999999999999999999"):
        made = await world.create("part", amount=amount, name=amount)
        shown = await record(world, "part", made, *scalars("third", "third_today"))
        values = Values()
        is_third = compare("third_today", Operator.EQ, values.of(shown["third"]))
        assert shown["third_today"] == shown["third"]
        assert await listed(world, "part", values, is_third) == [amount]


async def test_rules_read_it_rounded_as_it_is_shown(database: Database) -> None:
    fields = {
        "days": {"type": "integer"},
        "weeks": formula("days / 7 + 0 * (today() - today())", type="integer"),
    }
    rule = {"key": "long_enough", "check": "weeks >= 2", "message": "Too short."}
    world = await a_world(database, an_object("stay", fields, **{"x-rules": [rule]}))
    made = await world.create("stay", days=11)
    assert await record(world, "stay", made, *scalars("weeks")) == {"weeks": 2}
    with pytest.raises(Refused, match=r"Too short\."):
        await world.create("stay", days=10)


async def test_rules_read_what_closed_records_were_worth_when_they_were_closed(
    database: Database,
) -> None:
    sale = an_object("sale", {"amount": MONEY})
    stages = [{"key": "open", "kind": "open"}, {"key": "won", "kind": "won"}]
    pipeline = {"$schema": PIPELINE, "$id": "sales", "object": "sale", "stages": stages}
    share = {"sale": refers_to("sale"), "whole": formula("sale.amount", **MONEY)}
    rule = {"key": "as_then", "check": "whole == 70", "message": "Not as then."}
    objects = (sale, pipeline, an_object("share", share, **{"x-rules": [rule]}))
    world = await a_world(database, *objects, currency="CNY")
    since = date(2026, 1, 1)
    await set_rates(world.actor, world.store, [Setting("USD", since, Decimal(7))])
    won = await world.create("sale", amount=10, currency="USD", stage="won")
    await set_rates(world.actor, world.store, [Setting("USD", since, Decimal(9))])

    made = await world.create("share", sale=won)
    assert await record(world, "share", made, *scalars("whole")) == {"whole": "70.00"}


async def test_rules_read_amounts_converted_as_they_are_shown(database: Database) -> None:
    company = {"limit": MONEY, "boss": refers_to("company")}
    order = {
        "company": refers_to("company"),
        "amount": MONEY,
        "rest": formula("company.limit - amount", **MONEY),
        "above": formula("rest + company.boss.limit", **MONEY),
    }
    rules = [
        {"key": "within", "check": "rest >= 0", "message": "Over the limit."},
        {"key": "near", "check": "above > 50", "severity": "warn", "message": "Near."},
    ]
    objects = (an_object("company", company), an_object("order", order, **{"x-rules": rules}))
    world = await a_world(database, *objects, currency="EUR")
    settings = [Setting("USD", date(2026, 1, 1), Decimal("0.5"))]
    await set_rates(world.actor, world.store, settings)
    boss = await world.create("company", limit=10, currency="USD")
    company_id = await world.create("company", limit=100, currency="USD", boss=boss)

    async def made(
        amount: int, currency: str, whose: UUID = company_id
    ) -> tuple[object, list[str]]:
        inputs = {"company": whose, "amount": amount, "currency": currency}
        saved = await saving.create(world.actor, world.store, "order", [inputs])
        shown = await record(world, "order", saved.ids[0], *scalars("rest", "above"))
        return shown, [warning.message for warning in saved.warnings]

    assert await made(4, "EUR") == ({"rest": "46.00", "above": "51.00"}, [])
    assert await made(50, "EUR") == ({"rest": "0.00", "above": "5.00"}, ["Near."])
    assert await made(100, "USD") == ({"rest": "0.00", "above": "10.00"}, ["Near."])
    with pytest.raises(Refused, match=r"Over the limit\."):
        await made(51, "EUR")
    assert await made(999, "GBP") == ({"rest": None, "above": None}, [])
    euro = await world.create("company", limit=100)
    assert await made(200, "USD", euro) == ({"rest": "0.00", "above": None}, [])
    with pytest.raises(Refused, match=r"Over the limit\."):
        await made(201, "USD", euro)
