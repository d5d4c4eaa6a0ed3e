"""The numbers that an import gives, brings, and leaves."""

from __future__ import annotations

import pytest

from core.actions.importing.producing import ROWS
from core.actions.importing.running import Options
from core.store.database.connections import Database
from tests.core.a_store import a_world, an_object
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import data, load_rows


async def test_new_records_go_on_behind_the_numbers_that_an_import_brings(
    database: Database,
) -> None:
    number = {"type": "string", "x-type": "autonumber", "x-format": "Q-{000}"}
    world = await a_world(database, an_object("quote", {"number": number}))
    await world.create("quote", name="before")
    mapping = a_mapping({"object": "quote", "fields": {"name": "name", "number": "number"}})
    rows = [{"name": "old", "number": "Q-900"}, {"name": "new", "number": ""}]
    low = [{"name": "old", "number": "Q-002"}, {"name": "new", "number": ""}]

    await load_rows(world, mapping, low)
    await load_rows(world, mapping, [{"name": "dry", "number": "Q-999"}], Options(dry_run=True))
    await load_rows(world, mapping, rows)
    await world.create("quote", name="after")

    numbers = [number for (number,) in await data(world, "quote", "number")]
    assert len(set(numbers)) == len(numbers) == 6
    assert numbers[-1] == "Q-901"


@pytest.mark.parametrize("options", [Options(dry_run=True), Options(whole=True)])
async def test_what_is_not_written_uses_up_no_numbers(database: Database, options: Options) -> None:
    number = {"type": "string", "x-type": "autonumber", "x-format": "Q-{0000}"}
    world = await a_world(database, an_object("quote", {"number": number}, required=["name"]))
    mapping = a_mapping({"object": "quote", "fields": {"name": "name"}})
    rows = [{"name": f"{place}"} for place in range(3 * ROWS)]
    bad = [*rows, {"name": ""}]

    for _ in range(2):
        report, _ = await load_rows(world, mapping, bad, options)
        assert not report.written
    await load_rows(world, mapping, rows)

    numbers = sorted(number for (number,) in await data(world, "quote", "number"))
    assert numbers == [f"Q-{place:04d}" for place in range(1, 3 * ROWS + 1)]
