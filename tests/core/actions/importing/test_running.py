"""Imports, from rows to records."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.actions import saving
from core.actions.importing.feeds import GivenFeed
from core.actions.importing.mapping import ImportMapping
from core.actions.importing.planning import Job, planned
from core.actions.importing.producing import ROWS
from core.actions.importing.report import Report
from core.actions.importing.running import Options, run
from core.actions.saving import Edit
from core.errors import Refused
from core.store.database.connections import Database
from core.store.database.ways import Options as Ways
from core.store.trees import tree_nodes
from core.store.writing.transactions import Transaction, writing
from tests.conftest import Urls
from tests.core.a_store import World, waiting
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import (
    Kept,
    a_crm,
    data,
    load_files,
    load_jobs,
    load_rows,
)

PARENT = {"column": "parent", "reference": "external_id"}


def accounts(**more: Any) -> ImportMapping:
    """Accounts in a tree, upserted by their key."""
    fields = {"name": "name", "external_id": "key", "parent": PARENT}
    return a_mapping({"object": "account", "key": "external_id", "fields": fields} | more)


def a_row(key: str, parent: str = "", **more: str) -> dict[str, str]:
    return {"key": key, "name": f"Account {key}", "parent": parent} | more


@pytest.fixture
async def world(database: Database) -> World:
    return await a_crm(database)


async def tree(world: World) -> dict[str, str | None]:
    """{key: key of the parent}"""
    found = await data(world, "account", "id", "external_id", "parent")
    keys = {str(record): key for record, key, _ in found}
    return {key: keys.get(parent) for _, key, parent in found}


async def test_rows_become_records_whose_changes_are_marked(world: World) -> None:
    report, kept = await load_rows(world, accounts(), [a_row("a"), a_row("b", "a")])
    assert (report.loaded, report.rejected, kept.rejects) == (2, 0, [])
    assert await tree(world) == {"a": None, "b": "a"}
    changes = await world.rows("select source, kind from change where tenant_id = $1")
    assert {(row["source"], row["kind"]) for row in changes} == {("import", "create")}


async def test_a_column_that_no_line_has_is_warned_of_where_a_key_is_close(world: World) -> None:
    some = [{"key": "a", "name": "a"}, {"key": "b", "name": "b", "parents": "", "parent": "a"}]
    report, _ = await load_rows(world, accounts(), some)
    assert report.steps[0].warnings == {}
    none = [{"key": "c", "name": "c", "parents": "a"}, {"key": "d", "name": "d"}]
    report, _ = await load_rows(world, accounts(), none)
    told = "No line has the key 'parent'. Did you mean 'parents'?"
    assert report.steps[0].warnings == {told: 2}


async def test_a_currency_may_be_in_small_letters(world: World) -> None:
    fields = {"name": "name", "currency": "in"}
    mapping = a_mapping({"object": "account", "fields": fields})
    _, kept = await load_rows(
        world, mapping, [a_row("a", **{"in": "usd"}), a_row("b", **{"in": "$"})]
    )
    assert kept.told == [(2, "in", "UNKNOWN_CURRENCY")]
    assert await data(world, "account", "currency") == [("USD",)]


async def test_a_mapping_of_some_fields_tells_of_records_that_are_not_there(world: World) -> None:
    fields = {"external_id": "key", "short_name": "name"}
    some = a_mapping({"object": "account", "key": "external_id", "fields": fields})
    _, kept = await load_rows(world, some, [a_row("a")])
    [told] = kept.rejects[0].flaws
    assert told.message == (
        "There is no account with this external_id,"
        " and the mapping does not fill 'name', which a new one needs."
    )


async def test_a_key_that_another_step_reads_is_no_misspelt_one(world: World) -> None:
    some = [{"key": "a", "name": "a", "parents": "a"}]
    one, other = (
        accounts().steps[0],
        a_mapping(
            {
                "object": "account",
                "key": "external_id",
                "fields": {"external_id": "key", "short_name": "parents"},
            }
        ).steps[0],
    )
    report, _ = await load_rows(world, ImportMapping((one, other)), some)
    assert [step.warnings for step in report.steps] == [{}, {}]


async def test_a_row_may_name_one_that_comes_much_later(world: World) -> None:
    count = 2 * ROWS + 10
    rows = [a_row(str(number), str(number + 1)) for number in range(0, count, 400)]
    singles = [a_row(f"s{number}") for number in range(count)]
    rows.append(a_row("1200"))
    report, kept = await load_rows(world, accounts(), [*rows[:1], *singles, *rows[1:]])
    # 0 → 1 and 400 → 401 lead nowhere; the others are single
    assert [reject.line for reject in kept.rejects] == [1, count + 2, count + 3]
    assert {flaw.code for reject in kept.rejects for flaw in reject.flaws} == {"NOT_FOUND"}
    assert report.loaded == count + 1


async def test_a_chain_of_later_rows_is_followed_to_its_end(world: World) -> None:
    rows: list[dict[str, str]] = []
    for level in range(6):
        rows += [a_row(f"{level}", f"{level + 1}" if level < 5 else "")]
        rows += [a_row(f"{level}/{number}") for number in range(ROWS)]
    _, kept = await load_rows(world, accounts(), rows)
    assert kept.told == []
    found = await tree(world)
    assert [found[str(level)] for level in range(6)] == ["1", "2", "3", "4", "5", None]


async def test_a_place_in_the_tree_may_wait_for_a_row_that_comes_much_later(world: World) -> None:
    mapping = accounts(blanks="clear")
    await load_rows(world, mapping, [a_row("top"), a_row("low", "top")])
    others = [a_row(f"{number}") for number in range(ROWS)]
    _, kept = await load_rows(world, mapping, [a_row("top", "low"), *others, a_row("low")])
    assert kept.told == []
    found = await tree(world)
    assert (found["top"], found["low"]) == ("low", None)


async def test_rows_that_name_each_other_in_a_circle_are_told(world: World) -> None:
    rows = [a_row("a", "b"), a_row("b", "a"), a_row("c", "a"), a_row("d")]
    _, kept = await load_rows(world, accounts(), rows)
    assert await tree(world) == {"d": None}
    assert sorted({reject.line for reject in kept.rejects}) == [1, 2, 3]


async def test_who_names_a_row_that_is_not_loaded_is_told_so(world: World) -> None:
    rows = [a_row("c", "b"), a_row("b", "a"), a_row("a") | {"name": "n" * 300}, a_row("d", "x")]
    _, kept = await load_rows(world, accounts(), rows)
    told = {reject.line: reject.flaws[0].message for reject in kept.rejects}
    assert told[1] == "The row of the account with the external_id 'b' was not loaded."
    assert told[2] == "The row of the account with the external_id 'a' was not loaded."
    assert told[4] == "There is no account with the external_id 'x'."


async def test_a_row_that_names_itself_is_told(world: World) -> None:
    _, kept = await load_rows(world, accounts(), [a_row("a", "a"), a_row("b")])
    assert kept.told == [(1, "parent", "CYCLE")]
    assert await tree(world) == {"b": None}


async def test_again_nothing_changes(world: World) -> None:
    rows = [a_row("a"), a_row("b", "a"), a_row("c", "b")]
    await load_rows(world, accounts(), rows)
    before = await data(world, "account", "id", "version", "external_id")
    report, _ = await load_rows(world, accounts(), rows)
    assert (report.steps[0].created, report.steps[0].matched) == (0, 3)
    assert await data(world, "account", "id", "version", "external_id") == before


async def test_the_last_row_for_a_record_counts(world: World) -> None:
    rows = [a_row("a"), a_row("b"), a_row("a") | {"name": "Renamed"}]
    report, _ = await load_rows(world, accounts(), rows)
    assert (report.steps[0].created, report.steps[0].matched) == (2, 1)
    assert ("Renamed", 1) in await data(world, "account", "name", "version")


async def test_the_last_row_counts_also_when_it_comes_in_another_batch(world: World) -> None:
    fields = {"name": "name", "external_id": "key", "code": "code"}
    mapping = a_mapping({"object": "product", "key": "external_id", "fields": fields})
    rows = [{"key": str(number % 700), "name": f"{number}"} for number in range(4 * ROWS)]
    report, kept = await load_rows(world, mapping, rows)
    assert kept.told == []
    assert (report.steps[0].created, report.steps[0].matched) == (700, 1_300)
    names = {int(name) for (name,) in await data(world, "product", "name")}
    assert names == set(range(1_300, 2_000))


async def test_the_last_row_counts_also_when_the_first_waits_for_another(world: World) -> None:
    others = [a_row(f"{number}") for number in range(ROWS)]
    for late in ([], others):
        rows = [a_row("a", "z"), *others, a_row("a", "1"), *late, a_row("z")]
        _, kept = await load_rows(world, accounts(), rows)
        assert kept.told == []
        assert (await tree(world))["a"] == "1"


async def test_several_rows_for_a_record_are_one_change_and_none_the_next_time(
    world: World,
) -> None:
    others = [a_row(f"{number}") for number in range(ROWS)]
    rows = [
        a_row("a", staff="5"),
        a_row("b"),
        *others,
        a_row("a", name="Last", parent="b"),
        a_row("A", name="Other"),
        a_row("b", name="Newer", staff="7"),
    ]
    fields = {"name": "name", "external_id": "key", "parent": PARENT, "employees": "staff"}
    rows = [{"staff": ""} | row for row in rows]
    for created, matched in ((ROWS + 3, 2), (0, ROWS + 5)):
        report, kept = await load_rows(world, accounts(fields=fields), rows)
        assert kept.told == []
        assert (report.steps[0].created, report.steps[0].matched) == (created, matched)
        found = await data(world, "account", "external_id", "name", "employees", "version")
        assert {row for row in found if row[0] in "abA"} == {
            ("a", "Last", 5, 2),
            ("A", "Other", None, 1),
            ("b", "Newer", 7, 1),
        }


async def test_of_several_rows_for_a_record_a_bad_one_does_not_take_the_others_along(
    world: World,
) -> None:
    fields = {"name": "name", "external_id": "key", "employees": "staff"}
    rows = [
        {"key": "a", "name": "First", "staff": "5"},
        {"key": "a", "name": "Second", "staff": "6"},
        {"key": "a", "name": "x" * 300, "staff": "7"},
        {"key": "b", "name": "First", "staff": "many"},
        {"key": "b", "name": "Second", "staff": "6"},
    ]
    for _ in range(2):
        report, kept = await load_rows(world, accounts(fields=fields), rows)
        assert sorted(kept.told) == [(3, "name", "TOO_LONG"), (4, "staff", "BAD_NUMBER")]
        assert report.loaded == 3
        assert await data(world, "account", "name", "employees") == [("Second", 6)] * 2


async def test_a_row_after_one_that_waits_in_vain_is_loaded(world: World) -> None:
    others = [a_row(f"{number}") for number in range(ROWS)]
    _, kept = await load_rows(world, accounts(), [a_row("a", "z"), *others, a_row("a", "1")])
    assert kept.told == [(1, "parent", "NOT_FOUND")]
    assert (await tree(world))["a"] == "1"


async def test_a_value_that_two_rows_claim_belongs_to_one_of_them(world: World) -> None:
    fields = {"name": "name", "external_id": "key", "code": "code"}
    mapping = a_mapping({"object": "product", "key": "external_id", "fields": fields})
    rows = [{"key": str(n), "name": "x", "code": str(n % (2 * ROWS))} for n in range(3 * ROWS)]
    report, kept = await load_rows(world, mapping, rows)
    assert {code for _, _, code in kept.told} == {"TAKEN"}
    assert (report.loaded, report.rejected) == (2 * ROWS, ROWS)


@pytest.mark.parametrize(
    ("existing", "told", "names"),
    [
        ("update", [], ["New"]),
        ("keep", [], ["Account a"]),
        ("refuse", [(1, "key", "EXISTS")], ["Account a"]),
    ],
)
async def test_a_record_that_is_there_is_treated_as_the_step_says(
    world: World, existing: str, told: list[object], names: list[str]
) -> None:
    await load_rows(world, accounts(), [a_row("a")])
    rows = [a_row("a") | {"name": "New"}]
    _, kept = await load_rows(world, accounts(existing=existing), rows)
    assert kept.told == told
    assert [name for (name,) in await data(world, "account", "name")] == names


async def test_bad_rows_are_told_and_the_others_are_loaded(world: World) -> None:
    fields = {
        "name": "name",
        "employees": "staff",
        "industry": "sector",
        "annual_revenue": "revenue",
        "registration_number": "register",
    }
    mapping = a_mapping({"object": "account", "fields": fields})
    good = {"name": "Good", "staff": "7", "sector": "Retail", "revenue": "1.5"}
    rows = [
        good | {"register": "X1"},
        good | {"name": ""},
        good | {"staff": "many", "sector": "fishing"},
        good | {"revenue": "1.234"},
        good | {"staff": "-1"},
        good | {"name": "Twin", "register": "x1"},
        good | {"name": "a\x00b"},
        good | {"name": "Other", "register": "X2"},
    ]
    report, kept = await load_rows(world, mapping, rows)
    assert sorted(kept.told) == [
        (2, "name", "REQUIRED"),
        (3, "sector", "UNKNOWN_OPTION"),
        (3, "staff", "BAD_NUMBER"),
        (4, "revenue", "TOO_MANY_DECIMALS"),
        (5, "staff", "OUT_OF_RANGE"),
        (6, "register", "TAKEN"),
        (7, "name", "BAD_TEXT"),
    ]
    assert [name for (name,) in await data(world, "account", "name")] == ["Good", "Other"]
    assert report.loaded + report.rejected == report.steps[0].read == len(rows)


async def test_rows_that_want_each_others_values_one_after_the_other_are_told_at_once(
    world: World,
) -> None:
    fields = {"external_id": "key", "name": "key", "registration_number": "register"}
    mapping = a_mapping({"object": "account", "key": "external_id", "fields": fields})
    rows = [{"key": f"k{n}", "register": f"r{n}"} for n in range(300)]
    await load_rows(world, mapping, rows)
    shifted = [{"key": f"k{n}", "register": f"r{n + 1}"} for n in range(299)]

    report, kept = await load_rows(world, mapping, shifted)  # the last one's is taken
    assert kept.told == [(line, "register", "TAKEN") for line in range(1, 300)]
    assert report.rejected == 299

    report, kept = await load_rows(world, mapping, [*shifted, {"key": "k299", "register": "r0"}])
    assert kept.told == []


async def test_everything_wrong_with_a_row_is_told_at_once(world: World) -> None:
    fields = {
        "external_id": "key",
        "name": "name",
        "employees": "staff",
        "industry": "sector",
        "owner": {"column": "seller", "reference": "external_id"},
        "registration_number": "register",
    }
    mapping = a_mapping({"object": "account", "key": "external_id", "fields": fields})
    good = {"key": "g", "name": "Good", "staff": "7", "register": "X1"}
    bad = {"staff": "many", "sector": "fishing", "seller": "nobody", "register": "x1"}
    rows = [
        good,
        {"key": "b", "name": "Bad", **bad},
        {"key": "c", "staff": "-1", "seller": "nobody"},
        {"key": "", "name": "Nameless"},
    ]
    report, kept = await load_rows(world, mapping, rows)
    assert sorted(kept.told) == [
        (2, "register", "TAKEN"),
        (2, "sector", "UNKNOWN_OPTION"),
        (2, "seller", "NOT_FOUND"),
        (2, "staff", "BAD_NUMBER"),
        (3, "seller", "NOT_FOUND"),
        (3, "staff", "OUT_OF_RANGE"),
        (4, "key", "KEY_MISSING"),
    ]
    assert report.loaded == 1
    mended = [good | {"key": "c", "register": ""}, good | {"staff": "8"}]
    _, kept = await load_rows(world, mapping, mended)
    assert kept.told == []


async def test_references_go_by_any_unique_key(world: World) -> None:
    steps = [
        {"object": "user", "fields": {"name": "user", "email": "mail"}},
        {"object": "account", "fields": {"name": "account", "registration_number": "register"}},
        {
            "object": "contact",
            "fields": {
                "name": "contact",
                "account": {"column": "at", "reference": "registration_number"},
                "owner": {"column": "by", "reference": "email"},
            },
        },
    ]
    row = {"user": "Ann", "mail": "ann@a.example", "account": "Acme", "register": "AB1"}
    row |= {"contact": "Bob", "at": "ab1", "by": "ANN@A.EXAMPLE"}
    _, kept = await load_rows(world, a_mapping(*steps), [row])
    assert kept.told == []
    [(user,)] = await data(world, "user", "id")
    [(account,)] = await data(world, "account", "id")
    assert await data(world, "contact", "owner", "account") == [(user, str(account))]


async def test_a_name_that_means_nothing_is_told_or_left_blank(world: World) -> None:
    def contacts(missing: str) -> ImportMapping:
        account = {"column": "at", "reference": "external_id", "missing": missing}
        return a_mapping({"object": "contact", "fields": {"name": "name", "account": account}})

    rows = [{"name": "Bob", "at": "nowhere"}]
    _, kept = await load_rows(world, contacts("refuse"), rows)
    assert kept.told == [(1, "at", "NOT_FOUND")]
    assert kept.rejects[0].flaws[0].message == (
        "There is no account with the external_id 'nowhere'."
    )
    assert kept.rejects[0].flaws[0].value == "nowhere"
    _, kept = await load_rows(world, contacts("blank"), rows)
    assert await data(world, "contact", "name", "account") == [("Bob", None)]


async def test_a_name_of_a_row_that_is_not_loaded_is_left_blank_where_it_is_to_be(
    world: World,
) -> None:
    forgiving = PARENT | {"missing": "blank"}
    mapping = accounts(fields={"name": "name", "external_id": "key", "parent": forgiving})
    rows = [a_row("x", "nowhere", name=""), a_row("y", "x"), a_row("z", "y"), a_row("w", "x")]
    for created, matched in ((3, 0), (0, 3)):
        report, kept = await load_rows(world, mapping, rows)
        assert (report.steps[0].created, report.steps[0].matched) == (created, matched)
        assert kept.told == [(1, "name", "REQUIRED")]
        assert await tree(world) == {"y": None, "z": "y", "w": None}


async def test_who_names_a_record_finds_the_good_one_of_several_rows_for_it(world: World) -> None:
    rows = [a_row("a", "nowhere"), a_row("b", "a"), a_row("c", "b"), a_row("a")]
    for created, matched in ((3, 0), (0, 3)):
        report, kept = await load_rows(world, accounts(), rows)
        assert (report.steps[0].created, report.steps[0].matched) == (created, matched)
        assert kept.told == [(1, "parent", "NOT_FOUND")]
        assert await tree(world) == {"a": None, "b": "a", "c": "b"}


async def test_an_id_is_a_name_too(world: World) -> None:
    await load_rows(world, accounts(), [a_row("a")])
    [(account,)] = await data(world, "account", "id")
    mapping = a_mapping({"object": "contact", "fields": {"name": "name", "account": "at"}})
    rows = [
        {"name": "Ann", "at": str(account)},
        {"name": "Bob", "at": str(account)[:-1] + "x"},
        {"name": "Cid", "at": "00000000-0000-7000-8000-000000000000"},
    ]
    _, kept = await load_rows(world, mapping, rows)
    assert kept.told == [(2, "at", "NOT_FOUND"), (3, "at", "NOT_FOUND")]
    at = {"column": "at", "missing": "blank"}
    mapping = a_mapping({"object": "contact", "fields": {"name": "name", "account": at}})
    _, kept = await load_rows(world, mapping, rows[1:])
    assert kept.told == []
    found = dict(await data(world, "contact", "name", "account"))
    assert found == {"Ann": str(account), "Bob": None, "Cid": None}


FAMILY = (a_row("a"), a_row("b", "a"), a_row("", "a"), a_row("c", "nowhere"))


class TestAtOnce:
    """Dry runs, and all or nothing."""

    async def test_a_dry_run_tells_everything_and_writes_nothing(self, world: World) -> None:
        report, kept = await load_rows(world, accounts(), FAMILY, Options(dry_run=True))
        assert (report.loaded, report.rejected, report.written) == (2, 2, False)
        assert kept.told == [(3, "key", "KEY_MISSING"), (4, "parent", "NOT_FOUND")]
        assert await tree(world) == {}
        assert await world.rows("select 1 from change where tenant_id = $1") == []

    async def test_a_step_of_a_dry_run_sees_those_before_it(self, world: World) -> None:
        contact = {"name": "name", "account": {"column": "key", "reference": "external_id"}}
        steps = [
            {"object": "account", "fields": {"name": "name", "external_id": "key"}},
            {"object": "contact", "fields": contact},
        ]
        report, _ = await load_rows(world, a_mapping(*steps), [a_row("a")], Options(dry_run=True))
        assert [step.created for step in report.steps] == [1, 1]

    async def test_all_or_nothing_writes_nothing_when_one_row_is_bad(self, world: World) -> None:
        report, _ = await load_rows(world, accounts(), FAMILY, Options(whole=True))
        assert (report.rejected, report.written) == (2, False)
        assert await tree(world) == {}

    async def test_all_or_nothing_writes_all_when_none_is(self, world: World) -> None:
        rows = [*FAMILY[:2], *(a_row(str(number), "a") for number in range(ROWS))]
        report, _ = await load_rows(world, accounts(), rows, Options(whole=True))
        assert (report.loaded, report.written) == (ROWS + 2, True)
        assert len(await tree(world)) == ROWS + 2


async def test_what_was_loaded_before_an_interruption_stays_and_the_rest_follows(
    world: World,
) -> None:
    rows = [a_row(str(number)) for number in range(3 * ROWS)]
    job = Job(accounts().steps[0], (GivenFeed("rows", rows),))

    class Impatient(Kept):
        def progressed(self, report: Report, feed: str, share: float) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run(world.actor, world.store, [job], Options(), Impatient())
    assert len(await tree(world)) == ROWS
    report, _ = await load_rows(world, accounts(), rows)
    assert (report.steps[0].matched, report.steps[0].created) == (ROWS, 2 * ROWS)


async def test_progress_is_told_with_each_batch(world: World, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    lines = "".join(f"{number},Account {number},\n" for number in range(20 * ROWS))
    file.write_text("key,name,parent\n" + lines)
    report, kept = await load_files(world, accounts(), [file])
    assert report.loaded == 20 * ROWS
    shares = [share for _, share in kept.shares]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 20


@pytest.mark.parametrize("above", ["Accounts, as of today\n\n", "key;of;today\n"])
async def test_a_title_is_passed_over_also_where_rows_are_found_by_a_key(
    world: World, tmp_path: Path, above: str
) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text(f"{above}key;name;parent\nA;One;\nB;Two;A\n")
    for created, matched in ((2, 0), (0, 2)):
        report, _ = await load_files(world, accounts(), [path])
        assert (report.steps[0].created, report.steps[0].matched) == (created, matched)


async def test_a_file_that_is_taken_for_chinese_is_told(world: World, tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("key,name,parent\nA,김서울,\n", "euc-kr")
    report, _ = await load_files(world, accounts(), [path])
    [warning] = report.steps[0].warnings
    assert warning.startswith("accounts.csv is read as Chinese text in GB 18030: if it is not, say")
    report, _ = await load_files(world, accounts(encoding="euc-kr"), [path])
    assert not report.steps[0].warnings
    assert await data(world, "account", "name") == [("김서울",)]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
async def test_a_file_that_is_still_written_to_is_told(
    world: World, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"accounts.{ending}"
    head, row = {
        "csv": ("key,name,parent\n", "{key},Account,\n"),
        "jsonl": ("", '{{"key": "{key}", "name": "Account"}}\n'),
    }[ending]
    file.write_text(head + row.format(key=1))
    published = await world.store.published(world.actor.tenant)
    jobs = planned(accounts(), [file], published.metadata)
    with file.open("a") as more:
        more.write(row.format(key=2))
    with pytest.raises(Refused, match="changed while it was imported"):
        await load_jobs(world, jobs)


async def test_a_batch_is_one_transaction_however_many_rows_it_has(world: World) -> None:
    for first, count in ((0, 10), (10_000, ROWS)):
        before = await transactions(world)
        await load_rows(world, accounts(), [a_row(str(first + n)) for n in range(count)])
        assert await transactions(world) == before + 1


async def transactions(world: World) -> int:
    """How many have written so far."""
    rows = await world.rows("select count(distinct xact) as n from change where tenant_id = $1")
    return int(rows[0]["n"])


@pytest.mark.parametrize("dry_run", [False, True])
async def test_one_connection_is_enough_also_where_records_need_numbers(
    urls: Urls, dry_run: bool
) -> None:
    database = await Database.open(urls.app, Ways(connections=1))
    rows = [a_row(f"k{n}", **({"name": "x" * 5_000} if n % 3 else {})) for n in range(400)]
    async with asyncio.timeout(60):
        world = await a_crm(database)
        report, _ = await load_rows(world, accounts(), rows, Options(dry_run=dry_run))
    assert (report.loaded, report.rejected) == (134, 266)
    await database.close()


async def test_a_row_waits_for_its_tree_with_no_record_in_hand(world: World) -> None:
    await load_rows(world, accounts(), [a_row("a"), a_row("b")])
    ids = {key: record for record, key in await data(world, "account", "id", "external_id")}
    holds, may_end = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await tree_nodes.hold_all(tx, "account", [ids["a"]])
        holds.set()
        await may_end.wait()

    holder = asyncio.create_task(writing(world.tenant, world.store, hold))
    await holds.wait()
    importing = asyncio.create_task(load_rows(world, accounts(), [a_row("b", "a")]))
    while not await waiting(world):
        pass
    edit = Edit(ids["b"], {"website": "https://b.example"})
    async with asyncio.timeout(5):
        await saving.update(world.actor, world.store, "account", [edit])
    may_end.set()
    await asyncio.gather(holder, importing)

    assert await tree(world) == {"a": None, "b": "a"}
