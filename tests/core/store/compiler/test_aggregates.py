import asyncio
from collections import Counter
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import pytest

from core import query
from core.actions.exchange_rates import Setting, set_rates
from core.query import Column, Connection, GroupBy, Operator, Output, Page, Statistic, Unit
from core.store.database.connections import Database
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import Values, ask, compare
from tests.core.store.compiler.populations import Population

EVERY = tuple(Output(part.value, part) for part in Statistic)
NUMBERS = EVERY[:4]
ENDS = EVERY[2:4]
EXACT = Context(prec=60)
COUNT = Output("count", query.Count())


def stats(field: str, outputs: tuple[Output, ...] = NUMBERS, hops: tuple[str, ...] = ()) -> Output:
    return Output(field, query.Stats(Column(field, hops), outputs))


async def aggregate(
    world: World,
    object: str,
    *outputs: Output,
    where: query.Predicate | None = None,
    values: Any = (),
) -> Any:
    part = Output("aggregate", query.Aggregate(outputs))
    asked = Connection(object, (part,), Page(query.Value(0)), where=where)
    return (await ask(world, asked, list(values)))["aggregate"]


def held(population: Population, field: str) -> list[Any]:
    items = population.records.of("item")
    return [item.get(field) for item in items if item.get(field) is not None]


def rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)


async def test_counts_and_adds_up_exactly(population: Population) -> None:
    fields = ("amount", "number", "large", "share")
    found = await aggregate(population.world, "item", COUNT, *map(stats, fields))
    assert found["count"] == len(population.records.of("item"))
    for field in fields:
        values = [Decimal(value) for value in held(population, field)]
        assert Decimal(found[field]["sum"]) == sum(values)
        assert Decimal(found[field]["min"]) == min(values)
        assert Decimal(found[field]["max"]) == max(values)
        average = rounded(EXACT.divide(sum(values), len(values)), 2 if field == "amount" else 12)
        assert Decimal(found[field]["avg"]) == average
    assert isinstance(found["number"]["min"], int)
    assert isinstance(found["large"]["min"], str)


async def test_floats_are_numbers(population: Population) -> None:
    found = await aggregate(population.world, "item", stats("ratio"))
    values = held(population, "ratio")
    assert found["ratio"]["max"] == max(values)
    assert found["ratio"]["sum"] == pytest.approx(sum(values))


async def test_days_and_moments_have_a_first_and_a_last(population: Population) -> None:
    found = await aggregate(
        population.world,
        "item",
        stats("day", ENDS),
        stats("moment", ENDS),
        stats("created_at", ENDS),
    )
    days = held(population, "day")
    assert found["day"] == {"min": min(days).isoformat(), "max": max(days).isoformat()}
    assert found["moment"]["min"].endswith("00:00.000000Z")
    assert found["created_at"]["min"] < found["created_at"]["max"]


async def test_nothing_adds_up_to_zero(population: Population) -> None:
    where = compare("name", Operator.IN, query.Value(0))
    found = await aggregate(
        population.world, "item", COUNT, stats("amount", EVERY), where=where, values=[[]]
    )
    figures = {"sum": "0.00", **dict.fromkeys(("avg", "min", "max"))}
    assert found == {"count": 0, "amount": {**figures, "currency": "CNY", "excluded": 0}}


async def test_aggregates_what_is_behind_a_reference_once_for_each_record(
    population: Population,
) -> None:
    inner = (Output("count", query.Count(("group",))), stats("created_at", ENDS, ("group",)))
    found = await aggregate(population.world, "item", COUNT, Output("group", query.Group(inner)))
    assert found["count"] == len(population.records.of("item"))
    assert found["group"]["count"] == len(held(population, "group"))


# Groups


async def groups(
    world: World, object: str, by: tuple[GroupBy, ...], *outputs: Output, limit: int = 1_000
) -> list[Any]:
    values = Values()
    key = Output(
        "key", query.GroupKey(tuple(Output(f"k{at}", query.KeyPart(at)) for at in range(len(by))))
    )
    figures = Output("aggregate", query.Aggregate((COUNT, *outputs)))
    part = query.Groups(by, (key, figures), values.of(limit))
    asked = Connection(object, (Output("groups", part),), Page(query.Value(0)))
    found: list[Any] = (await ask(world, asked, values))["groups"]
    return found


def counted(found: list[Any]) -> dict[Any, int]:
    return {tuple(one["key"].values()): one["aggregate"]["count"] for one in found}


async def test_groups_by_several_keys_the_largest_first(population: Population) -> None:
    by = (GroupBy(Column("kind")), GroupBy(Column("done")))
    found = await groups(population.world, "item", by, stats("amount", NUMBERS))
    items = population.records.of("item")
    wanted = Counter(
        (item.get("kind") and item.get("kind").upper(), item.get("done")) for item in items
    )
    assert counted(found) == wanted
    counts = [one["aggregate"]["count"] for one in found]
    assert counts == sorted(counts, reverse=True)
    assert counted(await groups(population.world, "item", by, limit=2)) == dict(
        list(counted(found).items())[:2]
    )


async def test_groups_by_text_as_it_is_written(population: Population) -> None:
    found = await groups(population.world, "item", (GroupBy(Column("name")),))
    assert counted(found) == Counter((item.get("name"),) for item in population.records.of("item"))


async def test_groups_by_something_behind_references(population: Population) -> None:
    by = (GroupBy(Column("kind", ("group",))),)
    records = population.records
    wanted: Counter[Any] = Counter()
    for item in records.of("item"):
        group = records.items.get(item.get("group"))
        kind = group.get("kind") if group else None
        wanted[(kind and kind.upper(),)] += 1
    assert counted(await groups(population.world, "item", by)) == wanted


@pytest.mark.parametrize(
    ("unit", "first"),
    [
        (Unit.DAY, "2026-02-07"),
        (Unit.WEEK, "2026-02-02"),
        (Unit.MONTH, "2026-02-01"),
        (Unit.QUARTER, "2026-01-01"),
        (Unit.YEAR, "2026-01-01"),
    ],
)
async def test_a_period_is_known_by_its_first_day(
    population: Population, unit: Unit, first: str
) -> None:
    found = counted(await groups(population.world, "item", (GroupBy(Column("day"), unit),)))
    day = date(2026, 2, 7)
    assert day in held(population, "day")
    assert (first,) in found
    assert sum(found.values()) == len(population.records.of("item"))


async def test_the_day_of_a_moment_is_the_tenants(population: Population) -> None:
    found = counted(await groups(population.world, "item", (GroupBy(Column("moment"), Unit.DAY),)))
    # 2026-03-01 21:00 in UTC is the next morning in Shanghai
    assert ("2026-03-02",) in found


@pytest.mark.parametrize(
    ("unit", "first"),
    [(Unit.DAY, "9999-12-31"), (Unit.MONTH, "9999-12-01"), (Unit.YEAR, "9999-01-01")],
)
async def test_periods_stay_within_the_years_of_a_date(
    database: Database, unit: Unit, first: str
) -> None:
    instant = {"type": "string", "format": "date-time"}
    world = await a_world(database, an_object("visit", {"at": instant}))
    await world.create("visit", at="9999-12-31T23:59:59Z")  # in Shanghai the year 10000
    await world.create("visit")

    found = await groups(world, "visit", (GroupBy(Column("at"), unit),))

    assert counted(found) == {(first,): 1, (None,): 1}


# Money


@pytest.fixture
async def sales(database: Database) -> World:
    stages = [
        {"key": "open", "title": "Open", "kind": "open"},
        {"key": "won", "title": "Won", "kind": "won"},
        {"key": "lost", "title": "Lost", "kind": "lost"},
    ]
    pipeline = {
        "$schema": PIPELINE,
        "$id": "sales",
        "object": "sale",
        "title": "Sales",
        "amount": "amount",
        "stages": stages,
    }
    sale = an_object("sale", {"amount": {**MONEY, "x-index": True}, "team": refers_to("team")})
    return await a_world(database, sale, pipeline, currency="CNY")


async def rate(world: World, currency: str, day: str, rate: str) -> None:
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(
            "insert into exchange_rate (tenant_id, currency, valid_from, rate)"
            " values ($1, $2, $3, $4)",
            world.tenant,
            currency,
            date.fromisoformat(day),
            Decimal(rate),
        )


async def test_money_is_counted_in_corporate_currency(sales: World) -> None:
    await rate(sales, "USD", "2020-01-01", "7.1234")
    await sales.create("sale", name="a", amount="100", currency="CNY")
    await sales.create("sale", name="b", amount="10.05", currency="USD")
    await sales.create("sale", name="c", amount="5", currency="EUR")
    await sales.create("sale", name="d", currency="EUR")
    found = await aggregate(sales, "sale", COUNT, stats("amount", EVERY))
    # 10.05 × 7.1234 = 71.59017
    assert found == {
        "count": 4,
        "amount": {
            "sum": "171.59",
            "avg": "85.80",
            "min": "71.59",
            "max": "100.00",
            "currency": "CNY",
            "excluded": 1,
        },
    }


async def test_a_closed_record_keeps_the_rate_of_the_day_it_was_closed(sales: World) -> None:
    await rate(sales, "USD", "2000-01-01", "7")
    await rate(sales, "USD", "2020-01-01", "8")
    last, first = datetime(2019, 12, 31, 15, 59, tzinfo=UTC), datetime(2019, 12, 31, 16, tzinfo=UTC)
    await in_stage_since(sales, last, name="open", stage="open")
    await in_stage_since(sales, last, name="won", stage="won")
    await in_stage_since(sales, first, name="won on the day", stage="won")  # in Shanghai
    assert await worths(sales) == [("won", "7.00"), ("open", "8.00"), ("won on the day", "8.00")]
    where = query.Compare(Column("amount", corporate=True), Operator.GTE, query.Value(0))
    assert (await aggregate(sales, "sale", COUNT, where=where, values=[Decimal(8)]))["count"] == 2


async def test_new_rates_leave_what_is_closed_as_it_was(sales: World) -> None:
    early, late = datetime(2019, 7, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC)
    await in_stage_since(sales, early, name="lost without a rate", stage="lost", currency="EUR")
    await set_rates(sales.actor, sales.store, [usd("2000-01-01", "7"), usd("2020-01-01", "8")])
    await in_stage_since(sales, early, name="won", stage="won")
    await in_stage_since(sales, late, name="won later", stage="won")
    await in_stage_since(sales, late, name="open", stage="open")

    euro = Setting("EUR", date(2019, 1, 1), Decimal(9))
    changed = [usd("2000-01-01", "1"), usd("2010-01-01", "6.5"), usd("2020-01-01", None), euro]
    await set_rates(sales.actor, sales.store, changed)

    kept = [("won", "7.00"), ("won later", "8.00"), ("lost without a rate", "9.00")]
    assert await worths(sales) == [("open", "6.50"), *kept]
    whole = await aggregate(sales, "sale", stats("amount", EVERY))
    assert whole["amount"]["sum"] == "30.50"

    await in_stage_since(sales, early, name="won since", stage="won")
    await set_rates(sales.actor, sales.store, [usd("2010-01-01", "6"), usd("2020-01-01", "5")])
    assert await worths(sales) == [("open", "5.00"), ("won since", "6.50"), *kept]

    await set_rates(sales.actor, sales.store, [usd("2010-01-01", "4")], restate=True)
    again = [("won", "4.00"), ("won since", "4.00"), ("open", "5.00")]
    assert await worths(sales) == [*again, *kept[1:]]


async def test_who_closes_beside_new_rates_is_worth_what_its_history_says(sales: World) -> None:
    async def change(number: int) -> None:
        await set_rates(sales.actor, sales.store, [usd("2026-01-01", str(number))])

    async def close(number: int) -> None:
        await sales.create("sale", name=f"{number}", stage="won", amount="1", currency="USD")

    await change(7)
    await asyncio.gather(*(close(n) if n % 5 else change(n + 1) for n in range(50)))
    await change(100)

    told = await sales.rows("select amount_corporate from read.stage_history where tenant_id = $1")
    assert len(told) == 40
    assert Counter(Decimal(worth) for _, worth in await worths(sales)) == Counter(
        row["amount_corporate"] for row in told
    )


def usd(day: str, rate: str | None) -> Setting:
    return Setting("USD", date.fromisoformat(day), None if rate is None else Decimal(rate))


async def worths(world: World) -> list[tuple[str, str]]:
    """What each sale is worth in the tenant's currency, the least first."""
    corporate = Column("amount", corporate=True)
    outputs = Output("name", query.Scalar(Column("name"))), Output("c", query.Scalar(corporate))
    asked = Connection(
        "sale",
        (Output("nodes", query.Nodes(outputs)),),
        Page(query.Value(0)),
        order=(query.Order(corporate), query.Order(Column("name"))),
    )
    found = await ask(world, asked, [100])
    return [(node["name"], node["c"]) for node in found["nodes"]]


async def in_stage_since(world: World, since: datetime, **values: Any) -> None:
    made = await world.create("sale", **{"amount": "1", "currency": "USD", **values})
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(
            "update record set stage_entered_at = $3 where tenant_id = $1 and id = $2",
            world.tenant,
            made,
            since,
        )


async def test_groups_by_stage(sales: World) -> None:
    for stage in ("open", "open", "lost"):
        await sales.create("sale", name="x", stage=stage, amount="1")
    found = await groups(sales, "sale", (GroupBy(Column("stage")),))
    assert counted(found) == {("OPEN",): 2, ("LOST",): 1}


async def test_what_is_missing_behind_a_reference_has_no_currency(database: Database) -> None:
    world = await a_world(
        database,
        an_object("sale", {"amount": MONEY}),
        an_object("visit", {"sale": refers_to("sale", inverse="visits")}),
        currency="CNY",
    )
    sale = await world.create("sale", name="a", amount="1")
    for held in (sale, sale, None):
        await world.create("visit", name="v", sale=held)
    found = await groups(world, "visit", (GroupBy(Column("currency", ("sale",))),))
    assert counted(found) == {("CNY",): 2, (None,): 1}
