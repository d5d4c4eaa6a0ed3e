"""Numbers only go up, and nobody gets one twice."""

from __future__ import annotations

import asyncio

import pytest

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.tenancy.autonumbers import Blocks, numbered, spelled


async def test_everyone_gets_other_numbers(database: Database, tenant: TenantId) -> None:
    one, other = Blocks(database), Blocks(database)

    taken = await asyncio.gather(
        *(blocks.take(tenant, "n", count) for blocks in (one, other) for count in (1, 3, 20, 7))
    )

    numbers = [number for some in taken for number in some]
    assert len(set(numbers)) == len(numbers) == 62
    assert min(numbers) == 1


async def test_numbers_of_one_process_follow_each_other(
    database: Database, tenant: TenantId
) -> None:
    blocks = Blocks(database)

    assert await blocks.take(tenant, "n", 3) == [1, 2, 3]
    assert await blocks.take(tenant, "n", 0) == []
    assert await blocks.take(tenant, "n", 2) == [4, 5]
    blocks.give_back(tenant, "n", [4, 5])
    assert await blocks.take(tenant, "n", 3) == [4, 5, 6]


async def test_numbers_that_were_not_needed_are_the_next_ones_of_others(
    database: Database, tenant: TenantId
) -> None:
    one, other = Blocks(database), Blocks(database)
    assert await one.take(tenant, "n", 2) == [1, 2]
    taken = await one.take(tenant, "n", 30)

    one.give_back(tenant, "n", taken[10:])
    await one.put_back(tenant, "n")
    assert await other.take(tenant, "n", 2) == [13, 14]

    one.give_back(tenant, "n", taken[:10])
    await one.put_back(tenant, "n")
    assert await one.take(tenant, "n", 11) == [*range(3, 13), 25]


async def test_numbers_that_came_in_are_not_put_back(database: Database, tenant: TenantId) -> None:
    one, other = Blocks(database), Blocks(database)
    taken = await one.take(tenant, "n", 20)
    await other.pass_over(tenant, "n", 5)

    one.give_back(tenant, "n", taken)
    await one.put_back(tenant, "n")
    assert await other.take(tenant, "n", 1) == [6]
    assert await one.take(tenant, "n", 1) == [17]


async def test_counters_and_tenants_do_not_mix(
    database: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    blocks = Blocks(database)

    for place in ((tenant, "a"), (tenant, "b"), (other_tenant, "a")):
        assert await blocks.take(*place, 1) == [1]


async def test_numbers_that_came_in_are_given_to_nobody_else(
    database: Database, tenant: TenantId
) -> None:
    one, other = Blocks(database, looking=0), Blocks(database)
    assert await one.take(tenant, "n", 1) == [1]

    await other.pass_over(tenant, "n", 5)
    await other.pass_over(tenant, "n", 3)
    assert await one.take(tenant, "n", 2) == [6, 7]

    await other.pass_over(tenant, "n", 900)
    assert await one.take(tenant, "n", 1) == [901]
    assert await other.take(tenant, "m", 1) == [1]


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (42, "OPP-{0000}", "OPP-0042"),
        (12_345, "OPP-{0000}", "OPP-12345"),
        (7, "{0}/x", "7/x"),
        (7, None, "7"),
    ],
)
def test_a_number_is_spelled_by_its_format(number: int, form: str | None, text: str) -> None:
    assert spelled(number, form) == text
    assert numbered(text, form) == number


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("OPP-42", "OPP-{0000}"),
        ("opp-0042", "OPP-{0000}"),
        ("7", "{0}/x"),
        ("", None),
        (None, None),
    ],
)
def test_other_texts_have_no_number(text: str | None, form: str | None) -> None:
    assert numbered(text, form) is None
