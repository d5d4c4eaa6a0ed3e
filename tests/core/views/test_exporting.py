"""What is exported can be imported again, and is then the same."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.actions import saving
from core.actions.importing.feeds import GivenFeed
from core.actions.importing.mapping import ImportMapping, identity, load
from core.actions.importing.planning import Job
from core.actions.removing import Removal, delete
from core.actions.saving import Edit
from core.errors import Refused
from core.identity import Actor, Role
from core.store.database.connections import Database
from core.views.export_files import Format, Target, Written, write
from core.views.exporting import exporting
from plugins.demo.sizes import Size
from plugins.demo.tables import KEY
from plugins.demo.tenant import tables
from tests.core.a_store import MONEY, World, a_world, an_object, refers_to
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import a_crm, load_files, load_jobs, load_rows

KINDS = [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]
THING = an_object(
    "thing",
    {
        "float": {"type": "number"},
        "tiny": {"type": "number"},
        "whole": {"type": "integer"},
        "big": {"x-type": "bigint"},
        "fine": {"type": "number", "x-type": "decimal", "x-scale": 12},
        "share": {"type": "number", "x-type": "percent"},
        "cash": MONEY,
        "number": {"x-type": "autonumber", "x-format": "T-{0000}"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "flag": {"type": "boolean", "default": True},
        "kind": {"default": "a", "oneOf": KINDS},
        "kinds": {"type": "array", "items": {"oneOf": KINDS}},
        "texts": {"type": "array", "items": {"type": "string"}},
        "long": {"type": "string", "x-type": "longtext"},
        "nested": {"type": "object", "properties": {"一": {"type": "array"}}},
        "next": refers_to("thing"),
        "secret": {"type": "string", "x-hidden": True},
    },
)
EVERYTHING: dict[str, Any] = {
    "name": '  =1+1,\t华为 \u2028 \r\n"x" \U0001f600',
    "float": 0.1 + 0.2,
    "tiny": -1.5e-300,
    "whole": -(2**31),
    "big": str(2**53 + 1),
    "fine": "-0.000000000001",
    "share": "0.3333",
    "cash": "-1234567890123.45",
    "day": "2024-02-29",
    "at": "2024-02-29T23:59:59.123456+08:00",
    "flag": False,
    "kind": "b",
    "kinds": ["b", "a"],
    "texts": ["a;b", "", "[x]", " "],
    "long": "长" * 3_000,
    "nested": {"一": [{"二": None}, 0.1, "三"]},
    "secret": "hidden from the API alone",
}


async def exported(world: World, target: Target, *objects: str) -> Written:
    async with exporting(world.actor, world.store, objects) as export:
        return await write(export, target, lambda key, count: None)


async def imported(world: World, folder: Path) -> None:
    """Load everything in a folder by the mapping that lies there."""
    mapping = load((folder / "import.json").read_bytes(), "import.json")
    assert isinstance(mapping, ImportMapping), mapping
    paths = [folder / name for name in sorted(os.listdir(folder)) if name != "import.json"]
    report, kept = await load_files(world, mapping, paths)
    assert kept.rejects == []
    assert report.rejected == 0


async def a_demo(database: Database, accounts: int = 40) -> World:
    """A tenant with a small demo in it."""
    world = await a_crm(database)
    as_of = datetime.now(UTC).date()
    for table in tables(Size(accounts), as_of):
        rows = list(table.rows)
        names = list(dict.fromkeys(name for row in rows for name in row))
        step = identity(table.object, names, dict.fromkeys(table.references, KEY), KEY)
        _, kept = await load_jobs(world, [Job(step, (GivenFeed(table.object, rows),))])
        assert kept.rejects == []
    return world


def texts(folder: Path) -> Mapping[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_export_and_import_leave_everything_as_it_was(
    database: Database, tmp_path: Path, form: Format
) -> None:
    world = await a_demo(database)
    before, after = Target(tmp_path / "before", form), Target(tmp_path / "after", form)
    written = await exported(world, before)
    assert written.counts["account"] == 40
    assert (
        written.counts.keys() == (await world.store.published(world.tenant)).metadata.objects.keys()
    )
    fresh = await a_crm(database)
    await imported(fresh, before.folder)
    await exported(fresh, after)
    assert texts(after.folder) == texts(before.folder)


async def test_again_into_the_same_tenant_nothing_changes(
    database: Database, tmp_path: Path
) -> None:
    world = await a_demo(database, 8)
    target = Target(tmp_path / "x", packed=True)
    await exported(world, target)
    versions = "select id, version from record where tenant_id = $1 order by id"
    before = await world.rows(versions)
    await imported(world, target.folder)
    assert await world.rows(versions) == before


async def test_values_of_every_kind_come_back(database: Database, tmp_path: Path) -> None:
    world = await a_crm(database)
    values: dict[str, Any] = {
        "name": ' "quoted", \n 华为; ',
        "interests": ["a; b", "[c]", "c"],
        "active": False,
        "description": "line\r\nline",
        "email": "a@b.example",
    }
    await world.create("contact", **values)
    await world.create("account", name="Null", type=None, annual_revenue="-0.10", placeholder=None)
    for form in ("jsonl", "csv"):
        target = Target(tmp_path / form, form)  # type: ignore[arg-type]
        await exported(world, target)
        fresh = await a_crm(database)
        await imported(fresh, target.folder)
        again = Target(tmp_path / f"{form}-again", form)  # type: ignore[arg-type]
        await exported(fresh, again)
        assert texts(again.folder) == texts(target.folder)
    lines = (tmp_path / "jsonl" / "contact.jsonl").read_text("utf-8").splitlines()
    told = json.loads(lines[0])
    assert {key: told[key] for key in values} == values
    account = json.loads((tmp_path / "jsonl" / "account.jsonl").read_text("utf-8"))
    assert "type" not in account
    assert account["annual_revenue"] == "-0.10"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_fields_of_every_type_come_back(
    database: Database, tmp_path: Path, form: Format
) -> None:
    world = await a_world(database, THING)
    whole = await world.create("thing", **EVERYTHING)
    await world.create("thing", flag=None, kind=None, nested={}, texts=[], next=str(whole))
    before, after = Target(tmp_path / "before", form), Target(tmp_path / "after", form)
    await exported(world, before)
    fresh = await a_world(database, THING)
    await imported(fresh, before.folder)
    await exported(fresh, after)
    assert texts(after.folder) == texts(before.folder)
    assert (await fresh.row(whole))["data"] == (await world.row(whole))["data"]


async def test_empty_texts_come_back_from_json_lines(database: Database, tmp_path: Path) -> None:
    code = {"type": "string", "x-unique": True}
    memo = an_object("memo", {"code": code, "long": {"type": "string", "x-type": "longtext"}})
    world = await a_world(database, memo)
    await world.create("memo", name="", code="", long="")
    before, after = Target(tmp_path / "before"), Target(tmp_path / "after")
    await exported(world, before)
    fresh = await a_world(database, memo)
    await imported(fresh, before.folder)
    await exported(fresh, after)
    assert texts(after.folder) == texts(before.folder)


async def test_owners_and_teams_that_refer_to_each_other_come_back(
    database: Database, tmp_path: Path
) -> None:
    world = await a_crm(database)
    team = await world.create("team", name="North")
    user = await world.create("user", name="Ann", team=team)
    mapping = a_mapping({"object": "team", "key": "id", "fields": {"id": "id", "owner": "owner"}})
    _, kept = await load_rows(world, mapping, [{"id": str(team), "owner": str(user)}])
    assert kept.told == []
    target = Target(tmp_path / "x")
    await exported(world, target)
    document = json.loads((target.folder / "import.json").read_text())
    assert document["steps"][-1]["fields"] == {"id": "id", "owner": "owner"}
    fresh = await a_crm(database)
    await imported(fresh, target.folder)
    await exported(fresh, Target(tmp_path / "y"))
    assert texts(tmp_path / "y") == texts(tmp_path / "x")


async def test_records_that_have_to_name_one_of_another_object_come_after_it(
    database: Database, tmp_path: Path
) -> None:
    contract = an_object("contract", {"holder": refers_to("holder")}, required=["holder"])
    world = await a_world(database, contract, an_object("holder", {"main": refers_to("contract")}))
    holder = await world.create("holder", name="Ann")
    main = await world.create("contract", name="C-1", holder=holder)
    await saving.update(
        world.actor, world.store, "holder", [Edit(str(holder), {"main": str(main)})]
    )
    target = Target(tmp_path / "x")
    await exported(world, target)
    fresh = await a_world(database, contract, an_object("holder", {"main": refers_to("contract")}))
    await imported(fresh, target.folder)
    await exported(fresh, Target(tmp_path / "y"))
    assert texts(tmp_path / "y") == texts(tmp_path / "x")


async def test_some_objects_alone(database: Database, tmp_path: Path) -> None:
    world = await a_crm(database)
    await world.create("account", name="Acme")
    written = await exported(world, Target(tmp_path / "x"), "contact", "account")
    assert written.counts == {"account": 1, "contact": 0}
    assert {path.name for path in (tmp_path / "x").iterdir()} == {
        "account.jsonl",
        "contact.jsonl",
        "import.json",
    }


async def test_deleted_records_and_computed_fields_are_left_out(
    database: Database, tmp_path: Path
) -> None:
    world = await a_crm(database)
    await world.create("opportunity", name="Deal", amount="10")
    gone = await world.create("opportunity", name="Gone")
    await delete(world.actor, world.store, "opportunity", [Removal(gone)])
    await exported(world, Target(tmp_path / "x"), "opportunity")
    row = json.loads((tmp_path / "x" / "opportunity.jsonl").read_text())
    assert row["name"] == "Deal"
    assert "weighted_amount" not in row
    assert row["stage"] == "initial"


async def test_nothing_is_written_over(database: Database, tmp_path: Path) -> None:
    world = await a_crm(database)
    (tmp_path / "account.jsonl").write_text("mine")
    with pytest.raises(Refused, match="export to another folder"):
        await exported(world, Target(tmp_path))
    assert (tmp_path / "account.jsonl").read_text() == "mine"
    assert os.listdir(tmp_path) == ["account.jsonl"]


async def test_unknown_objects_are_told(database: Database) -> None:
    world = await a_crm(database)
    with pytest.raises(Refused, match="Did you mean 'account'"):
        async with exporting(world.actor, world.store, ["acount"]):
            pass


async def test_a_reader_may_export(database: Database, tmp_path: Path) -> None:
    world = await a_crm(database)
    await world.create("account", name="Acme")
    reader = World(world.store, Actor(world.tenant, Role.READER))
    written = await exported(reader, Target(tmp_path / "x"), "account")
    assert written.counts == {"account": 1}
