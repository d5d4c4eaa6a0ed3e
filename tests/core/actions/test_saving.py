"""Records are created and changed by one path that checks everything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.actions import saving
from core.actions.saving import Edit, Saved
from core.errors import Forbidden, LimitExceeded, NotFound, Refused
from core.identity import IMPORT, Actor, Role
from core.store.database.connections import Database
from metadata.bounds import EFFORT
from tests.core.a_store import MONEY, TEXT, World, a_world, an_object, problems_of, refers_to

ACCOUNT = an_object(
    "account",
    {
        "code": {"type": "string", "x-unique": True},
        "number": {"type": "string", "x-type": "autonumber", "x-format": "ACC-{000}"},
        "region": TEXT,
        "branch": TEXT,
    },
    **{"x-unique": [{"key": "region_branch", "fields": ["region", "branch"], "ignoreCase": True}]},
)
DEAL = an_object(
    "deal",
    {
        "name": {"type": "string", "minLength": 1, "x-index": True},
        "amount": {**MONEY, "minimum": 0},
        "share": {"type": "number", "x-type": "percent", "default": 0.5},
        "weighted": {**MONEY, "x-formula": "amount * share"},
        "account": refers_to("account"),
        "close_date": {"type": "string", "format": "date", "x-index": True},
        "tags": {"type": "array", "items": TEXT},
        "notes": {"type": "string", "x-type": "longtext", "x-search": True},
        "profile": {"type": "object", "additionalProperties": True},
        "body": {"type": "string", "x-type": "longtext", "pattern": "[^b].{60}"},
    },
    required=["name"],
    **{
        "x-rules": [
            {"key": "share_or_none", "check": "share <= 0.9", "message": "Too sure."},
            {
                "key": "grows",
                "check": "amount >= old.amount",
                "severity": "warn",
                "message": "It shrinks.",
            },
            {
                "key": "region_known",
                "when": "account != null",
                "check": "account.region != 'nowhere'",
                "message": "Not there.",
            },
        ]
    },
)


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, ACCOUNT, DEAL)


async def update(world: World, id: UUID, if_version: int | None = None, **changes: Any) -> Saved:
    edits = [Edit(id, changes, if_version)]
    return await saving.update(world.actor, world.store, "deal", edits)


async def changes_of(world: World, id: UUID) -> list[dict[str, Any]]:
    sql = "select * from read.change where tenant_id = $1 and record_id = $2 order by version"
    return await world.rows(sql, id)


async def test_creates_a_record_in_stored_form_with_its_columns(world: World) -> None:
    account = await world.create("account", code="A-1")
    deal = await world.create(
        "deal",
        name="Big",
        amount="12.30",
        account=account,
        close_date="2026-03-31",
        tags=["x", "y"],
        notes="Long",
        profile={"a": [1, 2.5, None]},
    )

    row = await world.row(deal)
    assert (row["version"], row["object"], row["currency"]) == (1, "deal", "CNY")
    assert row["data"] == {
        "name": "Big",
        "amount": "12.30",
        "share": "0.5000",
        "weighted": "6.15",
        "account": str(account),
        "close_date": "2026-03-31",
        "tags": ["x", "y"],
        "profile": {"a": [1, 2.5, None]},
    }
    assert row["long"] == {"notes": "Long"}
    assert set(row["tokens"]) >= {"tags=x", "tags=y", "lo", "ng"}
    held = {row[column] for column in row if column[0] in "tnrd" and column[1:].isdigit()}
    assert held >= {"big", Decimal("12.30"), Decimal("6.15"), account}


async def test_logs_a_new_record_with_everything_it_has(world: World) -> None:
    deal = await world.create("deal", name="Big", notes="Long")

    (change,) = await changes_of(world, deal)
    assert (change["kind"], change["version"], change["before"]) == ("create", 1, None)
    assert change["after"] == {
        "name": "Big",
        "share": "0.5000",
        "notes": "Long",
        "$currency": "CNY",
    }
    assert (change["source"], change["epoch"], change["metadata_version"]) == ("api", 1, 1)


async def test_an_update_writes_what_differs_and_nothing_else(world: World) -> None:
    deal = await world.create("deal", name="Big", amount=10)

    await update(world, deal, amount=Decimal("20.5"), name="Big", tags=["x"])

    row = await world.row(deal)
    assert (row["version"], row["data"]["amount"]) == (2, "20.50")
    assert Decimal("20.50") in row.values()
    assert "tags=x" in row["tokens"]
    _, change = await changes_of(world, deal)
    assert change["before"] == {"amount": "10.00", "weighted": "5.00", "tags": None}
    assert change["after"] == {"amount": "20.50", "weighted": "10.25", "tags": ["x"]}


async def test_null_clears_a_value_and_its_column(world: World) -> None:
    account = await world.create("account", code="A")
    deal = await world.create("deal", name="Big", amount=10, account=account)

    await update(world, deal, amount=None, account=None)

    row = await world.row(deal)
    assert row["data"] == {"name": "Big", "share": "0.5000"}
    assert account not in row.values()


async def test_an_update_that_changes_nothing_keeps_the_version(world: World) -> None:
    deal = await world.create("deal", name="Big", amount=10)

    saved = await update(world, deal, amount="10", share=None, name="Big")
    assert saved.ids == (deal,)
    assert (await world.row(deal))["version"] == 2
    await update(world, deal, amount="10.00", name="Big")
    assert (await world.row(deal))["version"] == 2
    assert len(await changes_of(world, deal)) == 2


async def test_tells_all_problems_of_all_records_at_once_and_writes_nothing(world: World) -> None:
    await world.create("account", code="A")
    inputs: list[dict[str, Any]] = [
        {"name": "", "amount": "-1"},
        {"amount": "1.234", "account": uuid4(), "colour": "red", "weighted": 3},
        {"name": "fine"},
        {"name": "late", "close_date": "2026-02-30", "share": "0.95"},
    ]

    found = await problems_of(saving.create(world.actor, world.store, "deal", inputs))

    assert sorted(found) == [
        ((0, "amount"), "OUT_OF_RANGE"),
        ((0, "name"), "TOO_SHORT"),
        ((1, "account"), "NOT_FOUND"),
        ((1, "amount"), "TOO_MANY_DECIMALS"),
        ((1, "colour"), "UNKNOWN_FIELD"),
        ((1, "name"), "REQUIRED"),
        ((1, "weighted"), "READ_ONLY"),
        ((3, "close_date"), "BAD_DATE"),
        ((3, "share"), "RULE_SHARE_OR_NONE"),
    ]
    assert (
        await world.rows("select 1 from read.record where tenant_id = $1 and object = 'deal'") == []
    )


async def test_values_that_are_taken_are_told_beside_other_problems(world: World) -> None:
    await world.create("account", code="A")
    inputs = [{"code": "A"}, {"code": "B"}, {"code": "B", "name": 5}]

    found = await problems_of(saving.create(world.actor, world.store, "account", inputs))

    assert found == [
        ((0, "code"), "TAKEN"),
        ((1, "code"), "TAKEN"),
        ((2, "name"), "WRONG_TYPE"),
        ((2, "code"), "TAKEN"),
    ]


async def test_unique_values_are_kept_apart_and_released(world: World) -> None:
    one = await world.create("account", code="A", region="North", branch="1")
    other = await world.create("account", region="North", branch=None)
    actor, store = world.actor, world.store

    again = saving.create(actor, store, "account", [{"region": "NORTH", "branch": "1"}])
    assert await problems_of(again) == [((0, "region"), "TAKEN")]
    again = saving.create(actor, store, "account", [{"region": "north"}])
    assert await problems_of(again) == [((0, "region"), "TAKEN")]

    await saving.update(actor, store, "account", [Edit(one, {"code": "B"})])
    await world.create("account", code="A")
    await saving.update(actor, store, "account", [Edit(other, {"region": None})])
    await world.create("account", region="north")


async def test_records_of_one_batch_may_swap_their_unique_values(world: World) -> None:
    one = await world.create("account", code="A")
    other = await world.create("account", code="B")

    edits = [Edit(one, {"code": "B"}), Edit(other, {"code": "A"})]
    await saving.update(world.actor, world.store, "account", edits)

    assert (await world.row(one))["data"]["code"] == "B"
    again = saving.create(world.actor, world.store, "account", [{"code": "A"}, {"code": "B"}])
    assert len(await problems_of(again)) == 2


async def test_long_unique_values_are_told_apart(world: World) -> None:
    await world.create("account", code="x" * 900)
    await world.create("account", code="x" * 900 + "y")

    again = saving.create(world.actor, world.store, "account", [{"code": "x" * 900}])
    assert await problems_of(again) == [((0, "code"), "TAKEN")]


async def test_an_expected_version_that_has_passed_is_a_conflict_with_its_fields(
    world: World,
) -> None:
    deal = await world.create("deal", name="Big", amount=10)
    await update(world, deal, amount=11)
    await update(world, deal, tags=["x"])

    found = await problems_of(update(world, deal, 1, amount=12, name="New"))

    assert found == [((0, "if_version"), "CONFLICT"), ((0, "amount"), "CONFLICT")]
    await update(world, deal, 3, amount=12)
    assert (await world.row(deal))["version"] == 4


async def test_what_is_not_there_is_told_for_each_record(world: World) -> None:
    deal = await world.create("deal", name="Big")
    account = await world.create("account", code="A")
    ids = [uuid4(), "nonsense", account, deal, deal]

    edits = [Edit(one, {"name": "New", "amount": "x"}) for one in ids]
    found = await problems_of(saving.update(world.actor, world.store, "deal", edits))

    assert found == [
        ((0, "id"), "NOT_FOUND"),
        ((1, "id"), "NOT_FOUND"),
        ((2, "id"), "NOT_FOUND"),
        ((3, "amount"), "BAD_NUMBER"),
        ((4, "id"), "DUPLICATE"),
    ]


async def test_a_rule_may_warn_and_read_what_was_before(world: World) -> None:
    deal = await world.create("deal", name="Big", amount=10)

    saved = await update(world, deal, amount=9)

    assert [(one.path, one.code) for one in saved.warnings] == [((0, "amount"), "RULE_GROWS")]
    assert (await world.row(deal))["data"]["amount"] == "9.00"


async def test_a_rule_may_read_the_record_behind_a_reference(world: World) -> None:
    nowhere = await world.create("account", region="nowhere")
    somewhere = await world.create("account", region="north")
    inputs = [{"name": "a", "account": nowhere}, {"name": "b", "account": somewhere}]

    found = await problems_of(saving.create(world.actor, world.store, "deal", inputs))

    assert found == [((0, "account"), "RULE_REGION_KNOWN")]


async def test_options_that_are_deprecated_are_kept_and_not_chosen_any_more(
    database: Database,
) -> None:
    retired = {"const": "old", "title": "Old", "deprecated": True}
    choice = {"oneOf": [{"const": "new"}, retired]}
    choices = {"type": "array", "items": choice}
    world = await a_world(database, an_object("deal", {"kind": choice, "tags": choices}))
    imported = await world.create("deal", IMPORT, name="Old", kind="old", tags=["old"])

    await update(world, imported, name="Older", kind="old", tags=["new", "old"])
    fresh = await world.create("deal", name="New", kind="new")

    refused = [(("kind",), "RETIRED_OPTION"), (("tags",), "RETIRED_OPTION")]
    for write in (
        saving.create(world.actor, world.store, "deal", [{"kind": "old", "tags": ["new", "old"]}]),
        update(world, fresh, kind="old", tags=["old"]),
    ):
        assert [(path[1:], code) for path, code in await problems_of(write)] == refused


async def test_numbers_go_up_by_their_format(world: World) -> None:
    ids = [await world.create("account") for _ in range(3)]
    rows = [await world.row(one) for one in ids]

    assert [row["data"]["number"] for row in rows] == ["ACC-001", "ACC-002", "ACC-003"]


async def test_amounts_take_the_decimals_of_their_currency(world: World) -> None:
    yen = await world.create("deal", name="Yen", amount=1200, currency="JPY")
    assert (await world.row(yen))["data"]["amount"] == "1200"

    inputs = [
        {"name": "a", "amount": "1.5", "currency": "JPY"},
        {"name": "b", "currency": "XAU"},
    ]
    found = await problems_of(saving.create(world.actor, world.store, "deal", inputs))
    assert found == [((0, "amount"), "TOO_MANY_DECIMALS"), ((1, "currency"), "UNKNOWN_CURRENCY")]

    await update(world, yen, currency="KWD")
    assert (await world.row(yen))["data"]["amount"] == "1200.000"
    await update(world, yen, amount="1.234")
    assert await problems_of(update(world, yen, currency="CNY")) == [
        ((0, "currency"), "TOO_MANY_DECIMALS")
    ]


async def test_an_owner_is_a_user(world: World) -> None:
    user = await world.create("user", name="Ann", email="ann@example.com")
    account = await world.create("account", code="A")
    deal = await world.create("deal", name="Big", owner=user)
    assert (await world.row(deal))["owner"] == user

    assert await problems_of(update(world, deal, owner=account)) == [((0, "owner"), "NOT_FOUND")]
    await update(world, deal, owner=None)
    assert [change["after"] for change in await changes_of(world, deal)][1] == {"$owner": None}


async def test_only_an_admins_import_says_what_the_server_would_note(world: World) -> None:
    values = {"name": "Old", "created_at": "2020-01-01T00:00:00Z", "id": str(uuid4())}

    found = await problems_of(saving.create(world.actor, world.store, "deal", [values]))
    assert found == [((0, "created_at"), "READ_ONLY"), ((0, "id"), "READ_ONLY")]
    member = Actor(world.tenant, Role.MEMBER)
    await problems_of(saving.create(member, world.store, "deal", [values], origin=IMPORT))

    deal = await world.create("deal", origin=IMPORT, **values)
    row = await world.row(deal)
    assert (str(deal), row["created_at"].year) == (values["id"], 2020)
    again = saving.create(world.actor, world.store, "deal", [values], origin=IMPORT)
    assert await problems_of(again) == [((0, "id"), "TAKEN")]
    (change,) = await changes_of(world, deal)
    assert change["source"] == "import"
    assert change["at"].year > 2020


async def test_readers_do_not_write_and_batches_end_at_500(world: World) -> None:
    reader = Actor(world.tenant, Role.READER)
    with pytest.raises(Forbidden):
        await saving.create(reader, world.store, "deal", [{"name": "x"}])
    with pytest.raises(LimitExceeded):
        await saving.create(world.actor, world.store, "deal", [{"name": "x"}] * 501)
    with pytest.raises(NotFound):
        await saving.create(world.actor, world.store, "nothing", [{"name": "x"}])


async def test_values_that_would_keep_the_process_busy_by_a_pattern_are_refused(
    world: World,
) -> None:
    longest = {"name": "x", "body": "a" * 131_072}
    await saving.create(world.actor, world.store, "deal", [longest])
    with pytest.raises(LimitExceeded) as refused:
        await saving.create(world.actor, world.store, "deal", [longest, longest])
    assert (refused.value.limit, refused.value.allowed) == ("effort", EFFORT)
    await saving.create(world.actor, world.store, "deal", [longest, longest], origin=IMPORT)


async def test_another_tenants_record_is_not_there(world: World, database: Database) -> None:
    elsewhere = await a_world(database, ACCOUNT, DEAL)
    theirs = await elsewhere.create("account", code="A")

    inputs = [{"name": "a", "account": theirs}, {"name": "b", "account": uuid4()}]
    with pytest.raises(Refused) as refused:
        await saving.create(world.actor, world.store, "deal", inputs)

    first, second = refused.value.problems
    assert (first.code, first.message) == (second.code, second.message)
    await world.create("account", code="A")


async def test_a_batch_of_500_is_written_as_one(world: World) -> None:
    account = await world.create("account", code="A")
    inputs = [{"name": f"n{i}", "amount": i, "account": account} for i in range(500)]

    saved = await saving.create(world.actor, world.store, "deal", inputs)

    count = "select count(*) as n from read.record where tenant_id = $1 and object = 'deal'"
    assert (await world.rows(count))[0]["n"] == 500
    edits = [Edit(one, {"amount": i + 1}) for i, one in enumerate(saved.ids)]
    await saving.update(world.actor, world.store, "deal", edits)
    assert {(await world.row(saved.ids[i]))["data"]["amount"] for i in (0, 499)} == {
        "1.00",
        "500.00",
    }


async def test_records_of_a_wide_object_may_name_later_ones_of_their_batch(
    database: Database,
) -> None:
    kinds = {
        "number": ({"type": "integer"}, 24),
        "day": ({"type": "string", "format": "date"}, 12),
        "moment": ({"type": "string", "format": "date-time"}, 12),
        "choice": ({"oneOf": [{"const": "a", "title": "A"}]}, 12),
        "flag": ({"type": "boolean"}, 8),
    }
    fields = {
        f"{name}_{chr(97 + n)}": kind for name, (kind, count) in kinds.items() for n in range(count)
    }
    wide = an_object("wide", {"following": refers_to("wide"), **fields})
    world = await a_world(database, wide)
    ids = [uuid4() for _ in range(500)]
    inputs = [
        {"id": one, "following": other} for one, other in zip(ids, [*ids[1:], None], strict=True)
    ]

    await saving.create(world.actor, world.store, "wide", inputs, origin=IMPORT)

    assert (await world.row(ids[0]))["data"] == {"following": str(ids[1])}


async def test_an_amounts_default_has_the_decimals_of_the_records_currency(
    database: Database,
) -> None:
    world = await a_world(database, an_object("fee", {"due": {**MONEY, "default": 1.5}}))

    for currency, due in (("JPY", "2"), ("EUR", "1.50"), ("KWD", "1.500")):
        fee = await world.create("fee", currency=currency)
        assert (await world.row(fee))["data"] == {"due": due}


async def test_a_record_belongs_to_the_user_who_makes_it_unless_it_says_otherwise(
    database: Database,
) -> None:
    world = await a_world(database, ACCOUNT, DEAL)
    ann, bob = await world.create("user", name="Ann"), await world.create("user", name="Bob")
    theirs = World(world.store, replace(world.actor, user=ann))

    made = [
        await theirs.create("deal", name="own"),
        await theirs.create("deal", name="another's", owner=bob),
        await theirs.create("deal", name="nobody's", owner=None),
        await theirs.create("deal", name="brought", origin=IMPORT),
        await world.create("deal", name="a service's"),
        await theirs.create("user", name="Cho"),
    ]

    assert [(await world.row(one))["owner"] for one in made] == [ann, bob, None, None, None, None]
    first = (await changes_of(world, made[0]))[0]
    assert first["after"]["$owner"] == str(ann)


async def test_a_rule_over_what_is_computed_points_to_what_it_is_computed_from(
    database: Database,
) -> None:
    deal = an_object(
        "deal",
        {
            "price": {**MONEY, "x-index": True},
            "share": {"type": "number", "x-type": "percent", "default": 0.5},
            "double": {**MONEY, "x-formula": "price * 2"},
            "fourfold": {**MONEY, "x-formula": "double * 2"},
            "part": {**MONEY, "x-formula": "price * share"},
            "number": {"type": "string", "x-type": "autonumber", "x-format": "D-{0}"},
            "secret": {"type": "integer", "x-hidden": True, "default": 1},
        },
        **{
            "x-rules": [
                {"key": "fourfold", "check": "fourfold < 40", "message": "Too much."},
                {"key": "part", "check": "part < 40", "message": "Too much."},
                {"key": "number", "check": "number == 'D-0'", "message": "Not that."},
                {"key": "secret", "check": "secret == 2", "message": "Not that."},
            ]
        },
    )
    world = await a_world(database, deal)

    assert await problems_of(world.create("deal", price=100)) == [
        ((0, "price"), "RULE_FOURFOLD"),
        ((0,), "RULE_PART"),
        ((0,), "RULE_NUMBER"),
        ((0,), "RULE_SECRET"),
    ]


async def test_a_change_leaves_the_owner(world: World) -> None:
    ann = await world.create("user", name="Ann")
    deal = await world.create("deal", name="d")
    theirs = World(world.store, replace(world.actor, user=ann))

    await update(theirs, deal, name="e")

    row = await world.row(deal)
    assert (row["owner"], row["updated_by"]) == (None, ann)
