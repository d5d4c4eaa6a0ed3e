"""The mapping of the data set *CRM Sales Opportunities*, on the data set itself."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.actions.importing.checking import problems
from core.actions.importing.mapping import ImportMapping, load
from core.actions.importing.running import Options
from core.store.database.connections import Database
from tests.core.a_store import World
from tests.core.actions.importing.a_mapping import crm
from tests.core.actions.importing.an_import import a_crm, data, load_files

ROOT = Path(__file__).parents[2]
NAME = "maven-crm-sales-opportunities"
DATA = Path(os.environ.get("DEALGRAPH_TEST_DATA") or ROOT.parent / "shared" / "data") / NAME
FILES = [
    DATA / name
    for name in ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")
]
ZONE = "America/New_York"
STAGES = {"Prospecting": "initial", "Engaging": "qualified", "Won": "won", "Lost": "lost"}

there = pytest.mark.skipif(
    not DATA.exists(), reason=f"{NAME} is not here: DEALGRAPH_TEST_DATA says where it is"
)


def the_mapping() -> ImportMapping:
    found = load((ROOT / "examples" / "maven" / "import.json").read_bytes(), "import.json")
    assert isinstance(found, ImportMapping), found
    return found


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_mapping_fits_the_pack() -> None:
    assert problems(the_mapping(), crm()) == []


@pytest.fixture(scope="module")
async def maven(database: Database) -> World:
    """A tenant with all of it loaded."""
    world = await a_crm(database, currency="USD", time_zone=ZONE)
    report, kept = await load_files(world, the_mapping(), FILES)
    assert kept.rejects == []
    assert [(step.object, step.created) for step in report.steps] == [
        ("team", 3),
        ("user", 6),
        ("user", 35),
        ("product", 7),
        ("account", 85),
        ("opportunity", 8_800),
        ("opportunity_line", 8_800),
    ]
    return world


@there
class TestLoaded:
    """All of it is loaded, and is what the files say."""

    async def test_again_nothing_changes(self, maven: World) -> None:
        before = await data(maven, "opportunity", "id", "version")
        report, kept = await load_files(maven, the_mapping(), FILES, Options(whole=True))
        assert kept.rejects == []
        assert sum(step.created for step in report.steps) == 0
        assert await data(maven, "opportunity", "id", "version") == before

    async def test_every_opportunity_has_its_stage_owner_account_and_amount(
        self, maven: World
    ) -> None:
        accounts, users = await names(maven, "account"), await names(maven, "user")
        fields = ("external_id", "stage", "owner", "account", "amount", "close_date", "currency")
        found = {row[0]: row[1:] for row in await data(maven, "opportunity", *fields)}
        for row in rows_of("sales_pipeline.csv"):
            stage, owner, account, amount, close_date, currency = found[row["opportunity_id"]]
            assert stage == STAGES[row["deal_stage"]]
            assert users[str(owner)] == row["sales_agent"]
            assert accounts.get(account, "") == row["account"]
            assert (
                amount is None
                if row["close_value"] == ""
                else (Decimal(amount) == Decimal(row["close_value"]))
            )
            assert (close_date or "") == row["close_date"]
            assert currency == "USD"
        assert len(found) == 8_800

    async def test_stages_are_dated(self, maven: World) -> None:
        keys = dict(await data(maven, "opportunity", "id", "external_id"))
        stays: dict[str, list[tuple[str, str, datetime]]] = {}
        sql = "select * from stage_history where tenant_id = $1 order by record_id, seq_no"
        for row in await maven.rows(sql):
            stay = row["kind"], row["to_stage"], row["entered_at"]
            stays.setdefault(keys[row["record_id"]], []).append(stay)
        closes = {"Won": "close_won", "Lost": "close_lost"}
        for row in rows_of("sales_pipeline.csv"):
            found, stage = stays[row["opportunity_id"]], row["deal_stage"]
            if stage == "Prospecting":
                assert [stay[:2] for stay in found] == [("create", "initial")]
                continue
            expected = [("create", "qualified", midnight(row["engage_date"]))]
            if stage in closes:
                expected.append((closes[stage], STAGES[stage], midnight(row["close_date"])))
            assert found == expected

    async def test_subsidiaries_stand_below_their_parents(self, maven: World) -> None:
        found = await names(maven, "account")
        parents = {
            key: found.get(parent, "")
            for key, parent in await data(maven, "account", "external_id", "parent")
        }
        told = {row["account"]: row["subsidiary_of"] for row in rows_of("accounts.csv")}
        assert parents == told
        nodes = await maven.rows(
            "select depth, count(*) as n from tree_node"
            " where tenant_id = $1 and object = 'account' group by depth"
        )
        assert {row["depth"]: row["n"] for row in nodes} == {0: 70, 1: 15}

    async def test_misspelt_words_are_put_right_and_nothing_else(self, maven: World) -> None:
        countries = Counter(row["office_location"] for row in rows_of("accounts.csv"))
        countries["Philippines"] = countries.pop("Philipines")
        assert Counter(x for (x,) in await data(maven, "account", "country")) == countries
        industries = Counter(x for (x,) in await data(maven, "account", "industry"))
        assert (industries["technology"], industries["healthcare"]) == (12, 12)
        assert sum(industries.values()) == 85

    async def test_every_line_has_its_product(self, maven: World) -> None:
        products = await names(maven, "product")
        found = {
            key: (products[product], price)
            for key, product, price in await data(
                maven, "opportunity_line", "external_id", "product", "unit_price"
            )
        }
        for row in rows_of("sales_pipeline.csv"):
            product, price = found[row["opportunity_id"]]
            assert product == row["product"].replace("GTXPro", "GTX Pro")
            assert (price is not None) == (row["deal_stage"] == "Won")

    async def test_totals_of_lines_are_the_amounts_won(self, maven: World) -> None:
        totals = await data(maven, "opportunity", "stage", "amount", "line_total")
        won = [
            (Decimal(amount), Decimal(total)) for stage, amount, total in totals if stage == "won"
        ]
        assert all(amount == total for amount, total in won)
        assert sum(amount for amount, _ in won) == 10_005_534

    async def test_agents_have_managers_and_teams(self, maven: World) -> None:
        users, teams = await names(maven, "user"), await names(maven, "team")
        rows = await data(maven, "user", "external_id", "manager", "team")
        found = {name: (users.get(manager), teams[team]) for name, manager, team in rows}
        for row in rows_of("sales_teams.csv"):
            assert found[row["sales_agent"]] == (row["manager"], row["regional_office"])
            assert found[row["manager"]] == (None, row["regional_office"])


async def names(world: World, object: str) -> Mapping[str, str]:
    """{id: external key}"""
    return {str(record): key for record, key in await data(world, object, "id", "external_id")}


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE))
