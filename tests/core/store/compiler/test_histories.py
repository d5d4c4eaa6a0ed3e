from typing import Any
from uuid import UUID

import pytest

from core import query
from core.actions import saving
from core.actions.saving import Edit
from core.identity import IMPORT, Actor, RecordId, Role
from core.query import ChangePart, DiffPart, Output
from core.store.database.connections import Database
from tests.core.a_store import MONEY, PIPELINE, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import ask, scalars

PARTS = ("kind", "from_stage", "to_stage", "skipped", "duration_s", "amount", "reason", "note")


@pytest.fixture
async def world(database: Database) -> World:
    pick = {"oneOf": [{"const": key, "title": key} for key in ("hot", "cold")]}
    sale = {
        "amount": MONEY,
        "body": {"type": "string", "x-type": "longtext"},
        "heat": pick,
        "secret": {"type": "string", "x-hidden": True},
        "vault": refers_to("vault"),
    }
    stages = [
        {"key": "open", "title": "Open", "kind": "open"},
        {"key": "offer", "title": "Offer", "kind": "open", "probability": 0.5},
        {"key": "won", "title": "Won", "kind": "won"},
        {"key": "lost", "title": "Lost", "kind": "lost"},
    ]
    pipeline = {"$schema": PIPELINE, "$id": "p", "object": "sale", "title": "P", "stages": stages}
    vault = {**an_object("vault", {}), "x-hidden": True}
    return await a_world(database, an_object("sale", sale), vault, {**pipeline, "amount": "amount"})


async def history(world: World, id: UUID, size: int, before: int | None = None) -> Any:
    difference = query.Changes(tuple(Output(part.value, part) for part in DiffPart))
    outputs = (
        *(Output(part.value, part) for part in ChangePart if part is not ChangePart.AT),
        Output("user", query.One("user", "user", scalars("name"))),
        Output("changes", difference),
    )
    last = query.Value(2) if before is not None else None
    part = query.History(outputs, query.Value(1), last)
    asked = query.Record("sale", query.Value(0), (Output("h", part),))
    return (await ask(world, asked, [id, size, before]))["h"]


async def test_a_choice_that_was_cleared_is_null_afterwards(world: World) -> None:
    made = await world.create("sale", name="x", heat="hot")
    actor = Actor(world.tenant, Role.ADMIN)
    await saving.update(actor, world.store, "sale", [Edit(made, {"heat": None})])
    await saving.update(actor, world.store, "sale", [Edit(made, {"heat": "cold"})])
    set_again, cleared, _ = await history(world, made, 10)
    assert cleared["changes"] == [{"field": "heat", "before": "HOT", "after": None}]
    assert set_again["changes"] == [{"field": "heat", "before": None, "after": "COLD"}]


async def test_changes_come_the_newest_first_with_what_differs(world: World) -> None:
    user = await world.create("user", name="Li", email="li@example.com")
    actor = Actor(world.tenant, Role.ADMIN, RecordId(user))
    vault = str(await world.create("vault", name="v"))
    made = await world.create(
        "sale", name="x", amount="1", heat="hot", body="long", secret="s", vault=vault
    )
    await saving.update(
        actor, world.store, "sale", [Edit(made, {"heat": "cold", "body": None, "amount": "2"})]
    )
    newest, oldest = await history(world, made, 10)
    assert newest == {
        "version": 2,
        "kind": "update",
        "source": "api",
        "user": {"name": "Li"},
        "changes": [
            {"field": "amount", "before": "1.00", "after": "2.00"},
            {"field": "body", "before": "long", "after": None},
            {"field": "heat", "before": "HOT", "after": "COLD"},
        ],
    }
    assert oldest["kind"] == "create"
    assert oldest["user"] is None
    assert {one["field"]: one["after"] for one in oldest["changes"]} == {
        "name": "x",
        "amount": "1.00",
        "body": "long",
        "heat": "HOT",
        "currency": "CNY",
        "stage": "OPEN",
    }
    assert {one["before"] for one in oldest["changes"]} == {None}


async def test_a_history_is_read_from_a_version_down(world: World) -> None:
    made = await world.create("sale", name="x")
    for name in "abc":
        await saving.update(world.actor, world.store, "sale", [Edit(made, {"name": name})])
    versions = [change["version"] for change in await history(world, made, 2)]
    assert versions == [4, 3]
    assert [change["version"] for change in await history(world, made, 2, 3)] == [2, 1]


async def test_stages_come_the_oldest_first(world: World) -> None:
    entered = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-05T12:00:00Z")
    stays = [
        {"stage": stage, "entered_at": at}
        for stage, at in zip(("open", "offer", "won"), entered, strict=True)
    ]
    made = await world.create(
        "sale", IMPORT, name="x", amount="5", stage="won", stage_history=stays
    )
    info = tuple(
        Output(name, query.StagePart(name))
        for name in ("key", "title", "kind", "probability", "forecast_category", "since")
    )
    outputs = tuple(Output(name, query.StageHistoryPart(name)) for name in PARTS)
    asked = query.Record(
        "sale",
        query.Value(0),
        (
            Output("stage", query.StageInfo(info)),
            Output("history", query.StageHistory(outputs, query.Value(1))),
        ),
    )
    shown = await ask(world, asked, [made, 2])
    assert shown["stage"] == {
        "key": "WON",
        "title": "Won",
        "kind": "WON",
        "probability": shown["stage"]["probability"],
        "forecast_category": shown["stage"]["forecast_category"],
        "since": "2026-01-05T12:00:00.000000Z",
    }
    first, second = shown["history"]
    assert (first["kind"], first["from_stage"], first["to_stage"]) == ("create", None, "OPEN")
    assert first["duration_s"] == 86_400
    assert (second["kind"], second["from_stage"], second["to_stage"]) == (
        "advance",
        "OPEN",
        "OFFER",
    )
    assert second["skipped"] == []
