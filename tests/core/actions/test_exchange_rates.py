from datetime import date
from decimal import Decimal

import pytest

from core.actions.exchange_rates import MOST, Rate, Setting, set_rates
from core.errors import Forbidden
from core.identity import Actor, Role
from core.store.database.connections import Database
from core.views import exchange_rates
from tests.core.a_store import World, a_world, an_object, problems_of

NEW_YEAR, SPRING = date(2026, 1, 1), date(2026, 4, 1)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, an_object("team", {}), currency="CNY")


def usd(rate: str | None, day: date = NEW_YEAR) -> Setting:
    return Setting("USD", day, None if rate is None else Decimal(rate))


async def known(world: World, currency: str | None = None) -> list[Rate]:
    return await exchange_rates.newest(world.actor, world.store, currency)


async def test_rates_are_told_the_newest_first(world: World) -> None:
    euro = Setting("EUR", SPRING, Decimal("7.9"))
    await set_rates(world.actor, world.store, [usd("7.123456789012"), usd("7.2", SPRING), euro])

    assert await known(world) == [
        Rate("EUR", SPRING, Decimal("7.9")),
        Rate("USD", SPRING, Decimal("7.2")),
        Rate("USD", NEW_YEAR, Decimal("7.123456789012")),
    ]
    assert {it.currency for it in await known(world, "USD")} == {"USD"}


async def test_a_rate_of_the_same_day_takes_the_place_of_the_other(world: World) -> None:
    await set_rates(world.actor, world.store, [usd("7")])
    await set_rates(world.actor, world.store, [usd("7.1"), usd("7.2", SPRING)])

    assert [it.rate for it in await known(world)] == [Decimal("7.2"), Decimal("7.1")]


async def test_null_takes_a_rate_out(world: World) -> None:
    await set_rates(world.actor, world.store, [usd("7"), usd("7.2", SPRING)])
    await set_rates(world.actor, world.store, [usd(None, SPRING), usd("7.1")])

    assert await known(world) == [Rate("USD", NEW_YEAR, Decimal("7.1"))]


async def test_tells_everything_that_is_wrong_and_sets_nothing(world: World) -> None:
    settings = [
        usd("7"),
        Setting("usd", NEW_YEAR, Decimal(7)),
        Setting("CNY", NEW_YEAR, Decimal(1)),
        usd("0", SPRING),
        usd("8"),
    ]

    assert await problems_of(set_rates(world.actor, world.store, settings)) == [
        (("rates", 1, "currency"), "UNKNOWN_CURRENCY"),
        (("rates", 2, "currency"), "OWN_CURRENCY"),
        (("rates", 3, "rate"), "OUT_OF_RANGE"),
        (("rates", 4, "valid_from"), "DUPLICATE"),
    ]
    assert await known(world) == []


async def test_refuses_more_than_it_takes_at_a_time(world: World) -> None:
    many = [usd("7")] * (MOST + 1)

    found = await problems_of(set_rates(world.actor, world.store, many))

    assert found == [(("rates",), "TOO_MANY")]


async def test_rates_are_an_administrators_business(world: World) -> None:
    member = Actor(world.tenant, Role.MEMBER)

    with pytest.raises(Forbidden):
        await set_rates(member, world.store, [usd("7")])


async def test_rates_are_a_tenants_own(world: World, database: Database) -> None:
    other = await a_world(database, an_object("team", {}), currency="CNY")
    await set_rates(world.actor, world.store, [usd("7")])
    await set_rates(other.actor, other.store, [usd(None)])

    assert await known(other) == []
    assert len(await known(world)) == 1
