"""What an admin's import may tell of the past."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.actions.importing.running import Options
from core.errors import Forbidden
from core.identity import Role
from core.store.database.connections import Database
from tests.core.a_store import World
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import (
    a_crm,
    data,
    load_rows,
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_crm(database)


DEAL_FIELDS = {
    "name": "name",
    "external_id": "key",
    "amount": "amount",
    "currency": {"constant": "USD"},
    "created_at": "engaged",
    "stage": "stage",
}


DEALS = a_mapping(
    {
        "object": "opportunity",
        "key": "external_id",
        "fields": DEAL_FIELDS,
        "entered": {"qualified": "engaged", "won": "closed", "lost": "closed"},
    }
)


DEAL = {"name": "Deal", "key": "d1", "amount": "10.50", "stage": "Won"} | {
    "engaged": "2026-02-01",
    "closed": "2026-03-01",
}


class TestHistory:
    """What an admin's import may tell of the past."""

    OPTIONS = Options(zone=ZoneInfo("UTC"))

    async def test_stages_are_dated_and_the_log_keeps_the_servers_clock(self, world: World) -> None:
        begun = datetime.now(UTC)
        _, kept = await load_rows(world, DEALS, [DEAL], self.OPTIONS)
        assert kept.told == []
        engaged, closed = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
        fields = ("stage", "currency", "created_at", "stage_entered_at", "probability")
        assert await data(world, "opportunity", *fields) == [
            ("won", "USD", engaged, closed, "1.0000")
        ]
        history = await world.rows(
            "select * from stage_history where tenant_id = $1 order by seq_no"
        )
        assert [(row["kind"], row["to_stage"], row["entered_at"]) for row in history] == [
            ("create", "qualified", engaged),
            ("close_won", "won", closed),
        ]
        assert history[0]["exited_at"] == closed
        [change] = await world.rows("select at from change where tenant_id = $1")
        assert change["at"] >= begun

    async def test_again_it_is_the_same(self, world: World) -> None:
        for _ in range(2):
            _, kept = await load_rows(world, DEALS, [DEAL], self.OPTIONS)
            assert kept.told == []
        assert await data(world, "opportunity", "version") == [(1,)]
        assert len(await world.rows("select * from stage_history where tenant_id = $1")) == 2

    async def test_a_record_that_is_there_is_not_moved(self, world: World) -> None:
        await load_rows(world, DEALS, [DEAL], self.OPTIONS)
        lost = DEAL | {"stage": "Lost"}
        _, kept = await load_rows(world, DEALS, [lost], self.OPTIONS)
        assert kept.told == [(1, "stage", "USE_MOVE")]
        assert "leave the stage and its dates blank" in kept.rejects[0].flaws[0].message
        rest = DEAL | {"stage": "", "engaged": "", "closed": "", "amount": "12"}
        _, kept = await load_rows(world, DEALS, [rest], self.OPTIONS)
        assert kept.told == []
        assert await data(world, "opportunity", "stage", "amount") == [("won", "12.00")]

    async def test_a_future_is_no_history(self, world: World) -> None:
        row = DEAL | {"closed": f"{datetime.now(UTC).year + 2}-01-01"}
        _, kept = await load_rows(world, DEALS, [row], self.OPTIONS)
        assert kept.told == [(1, "closed", "IN_FUTURE")]

    async def test_a_history_gives_the_pipelines_reasons(self, world: World) -> None:
        fields = {"name": "name", "stage_history": "history"}
        mapping = a_mapping({"object": "opportunity", "fields": fields})
        rows = [
            {
                "name": f"for {reason}",
                "history": f'[{{"stage":"lost","entered_at":"2026-02-01T00:00:00Z","reason":"{reason}"}}]',
            }
            for reason in ("price", "weather", "")
        ]
        report, kept = await load_rows(world, mapping, rows, self.OPTIONS)
        assert kept.told == [(2, "history", "UNKNOWN_REASON")]
        assert report.steps[0].created == 2
        given = await world.rows("select reason from stage_history where tenant_id = $1")
        assert {row["reason"] for row in given} == {"price", None}

    async def test_a_column_gives_the_reason_for_a_stage(self, world: World) -> None:
        why = {"column": "closed", "reason": {"column": "why", "values": {"Too dear": "price"}}}
        entered = {"qualified": "engaged", "won": "closed", "lost": why}
        fields = {"name": "name", "stage": "stage"}
        mapping = a_mapping({"object": "opportunity", "fields": fields, "entered": entered})
        lost = DEAL | {"stage": "Lost"}
        rows = [lost | {"why": why} for why in ("Too dear", "竞争对手", "", "Weather")]
        _, kept = await load_rows(world, mapping, [*rows, DEAL | {"why": "Weather"}], self.OPTIONS)
        assert kept.told == [(4, "why", "UNKNOWN_REASON")]
        given = await world.rows(
            "select to_stage, reason from stage_history where tenant_id = $1"
            " and kind like 'close%' order by record_id"
        )
        assert [tuple(row.values()) for row in given] == [
            ("lost", "price"),
            ("lost", "competitor"),
            ("lost", None),
            ("won", None),
        ]

    async def test_a_history_is_written_as_the_rest_of_the_file(self, world: World) -> None:
        source = {"column": "history", "values": {"Offer": "solution"}, "dates": "D.M.YYYY"}
        fields = {"name": "name", "stage_history": source}
        mapping = a_mapping({"object": "opportunity", "fields": fields}, time_zone="Asia/Shanghai")
        stays = [("Initial", "1.1.2026"), ("Offer", "3.2.2026"), ("won", "1.3.2026")]
        history = [{"stage": stage, "entered_at": day} for stage, day in stays]
        bad = [{"stage": "Offer", "entered_at": "soon"}]
        rows = [{"name": "a", "history": history}, {"name": "b", "history": bad}]
        _, kept = await load_rows(world, mapping, rows, Options(zone=mapping.zone))
        assert kept.told == [(2, "history", "BAD_DATE_TIME")]
        given = await world.rows(
            "select to_stage, entered_at from stage_history where tenant_id = $1 order by seq_no"
        )
        assert [(row["to_stage"], row["entered_at"]) for row in given] == [
            ("initial", datetime(2025, 12, 31, 16, tzinfo=UTC)),
            ("solution", datetime(2026, 2, 2, 16, tzinfo=UTC)),
            ("won", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ]

    async def test_a_history_may_come_in_any_order_and_with_several_entries_for_a_stay(
        self, world: World
    ) -> None:
        source = {"column": "history", "values": {"Offer": "solution", "Quote": "solution"}}
        fields = {"name": "name", "stage_history": source}
        mapping = a_mapping({"object": "opportunity", "fields": fields})
        stays = [
            ("won", "2026-03-09", "price"),
            ("won", "2026-03-01", None),
            ("Quote", "2026-02-03", None),
            ("Offer", "2026-02-03", None),
            ("qualified", "2026-02-03", None),
            ("initial", "2026-01-01", None),
        ]
        newest_first = [
            {"stage": stage, "entered_at": day, "reason": reason} for stage, day, reason in stays
        ]
        mixed = [newest_first[place] for place in (1, 5, 0, 4, 3, 2)]
        rows = [{"name": "a", "history": newest_first}, {"name": "b", "history": mixed}]
        _, kept = await load_rows(world, mapping, rows, self.OPTIONS)
        assert kept.told == []
        given = await world.rows(
            "select to_stage, entered_at, reason from stage_history where tenant_id = $1"
            " order by record_id, seq_no"
        )
        once = [
            ("initial", datetime(2026, 1, 1, tzinfo=UTC), None),
            ("qualified", datetime(2026, 2, 3, tzinfo=UTC), None),
            ("solution", datetime(2026, 2, 3, tzinfo=UTC), None),
            ("won", datetime(2026, 3, 1, tzinfo=UTC), "price"),
        ]
        assert [tuple(row.values()) for row in given] == [*once, *once]

    async def test_nothing_is_made_in_the_future(self, world: World) -> None:
        row = DEAL | {"engaged": f"{datetime.now(UTC).year + 2}-01-01", "closed": ""}
        _, kept = await load_rows(world, DEALS, [row | {"stage": ""}], self.OPTIONS)
        assert {(column, code) for _, column, code in kept.told} == {("engaged", "IN_FUTURE")}

    async def test_without_other_dates_it_enters_its_stage_when_it_is_made(
        self, world: World
    ) -> None:
        fields = {key: source for key, source in DEAL_FIELDS.items() if key != "stage"}
        mapping = a_mapping({"object": "opportunity", "key": "external_id", "fields": fields})
        await load_rows(world, mapping, [DEAL], self.OPTIONS)
        engaged = datetime(2026, 2, 1, tzinfo=UTC)
        fields_told = ("stage", "created_at", "stage_entered_at")
        assert await data(world, "opportunity", *fields_told) == [("initial", engaged, engaged)]

    async def test_a_member_may_not_tell_of_the_past(self, database: Database) -> None:
        world = await a_crm(database, Role.MEMBER)
        _, kept = await load_rows(world, DEALS, [DEAL], self.OPTIONS)
        assert {code for _, _, code in kept.told} == {"READ_ONLY"}

    async def test_a_reader_may_not_import(self, database: Database) -> None:
        world = await a_crm(database, Role.READER)
        with pytest.raises(Forbidden):
            await load_rows(world, DEALS, [DEAL])
