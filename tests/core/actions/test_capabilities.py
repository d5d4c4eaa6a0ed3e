"""Objects that become trees, or staged, when they have records already."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core import query
from core.actions import metadata, publishing, removing, reparenting, saving, telling
from core.actions.publishing import Terms
from core.actions.removing import Removal
from core.actions.reparenting import Move
from core.actions.saving import Edit
from core.errors import Refused
from core.identity import IMPORT
from core.query import Column, Operator, Part
from core.store.database.connections import Database
from core.store.releases import settling
from core.store.tenancy.opening import Store
from core.tree import MOST_LEVELS
from metadata.changes import Consent
from tests.core.a_store import MONEY, OBJECT, PIPELINE, World, a_world
from tests.core.store.compiler.asking import Values, ask, compare, nodes

REFERENCE = {"object": "site__c", "inverse": "children", "onDelete": "cascade"}
TREE = {"x-reference": REFERENCE, "x-tree": True}
LOSS = Terms(frozenset({Consent.DATA_LOSS}))


def site(**fields: Mapping[str, Any]) -> dict[str, Any]:
    named = {"name__c": {"type": "string", "x-index": True}, **fields}
    document = {"$schema": OBJECT, "$id": "site__c", "title": "Site", "type": "object"}
    return {**document, "x-plural": "sites__c", "properties": named}


def pipeline(*open_stages: str, key: str = "works__c", **more: Any) -> dict[str, Any]:
    stages = [
        {"key": one, "title": one.title(), "kind": "open", "probability": 0.2}
        for one in open_stages
    ]
    closed = [
        {"key": "won", "title": "Won", "kind": "won", "probability": 1},
        {"key": "lost", "title": "Lost", "kind": "lost", "probability": 0},
    ]
    document = {"$schema": PIPELINE, "$id": key, "title": "Works", "object": "site__c"}
    return {**document, "stages": [*stages, *closed], **more}


async def publish(
    world: World, *documents: Mapping[str, Any], terms: Terms = publishing.TERMS
) -> int:
    await metadata.save_draft(world.actor, world.store, documents)
    return (await publishing.publish(world.actor, world.store, terms)).version


async def back(world: World, to: int) -> int:
    return (await publishing.rollback(world.actor, world.store, to, LOSS)).version


async def refusal(publish: Awaitable[object]) -> tuple[str, str]:
    """(code, message) of the one thing that stands in the way."""
    with pytest.raises(Refused) as refused:
        await publish
    [problem] = refused.value.problems
    return problem.code, problem.message


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database)


async def update(world: World, id: UUID, **values: Any) -> None:
    await saving.update(world.actor, world.store, "site__c", [Edit(str(id), values)])


async def tree_of(world: World) -> dict[UUID, tuple[UUID, int, str]]:
    """{record: (its root, depth, path)}."""
    sql = "select id, root, depth, path from read.tree_node where tenant_id = $1"
    return {one["id"]: (one["root"], one["depth"], one["path"]) for one in await world.rows(sql)}


async def assert_the_tree_is_as_the_parents_say(world: World) -> None:
    published = await world.store.published(world.tenant)
    key = published.storage.place("site__c", "parent").key
    sql = f"""select id, (data->>'{key}')::uuid as parent from read.record
        where tenant_id = $1 and object = 'site__c' and deleted_at is null"""
    parents = {one["id"]: one["parent"] for one in await world.rows(sql)}
    found = await tree_of(world)
    assert found.keys() == parents.keys()
    assert len({path for _, _, path in found.values()}) == len(found)
    for one, parent in parents.items():
        root, depth, path = found[one]
        if parent is None:
            assert (root, depth) == (one, 0)
        else:
            above = found[parent]
            assert (root, depth) == (above[0], above[1] + 1)
            assert path == above[2] + path.removeprefix(above[2]) != above[2]


async def under(world: World, top: UUID) -> set[str]:
    values = Values()
    where = query.Under(values.of(top))
    return await named(world, values, where)


async def named(world: World, values: Values, where: query.Predicate | None) -> set[str]:
    shown = query.Output("name", query.Scalar(Column("name__c")))
    asked = query.Connection("site__c", (nodes(shown),), query.Page(values.of(100)), where=where)
    return {node["name"] for node in (await ask(world, asked, values))["nodes"]}


# Trees


async def test_records_are_roots_of_a_tree_whose_field_is_new(world: World) -> None:
    await publish(world, site())
    sites = [await world.create("site__c", name__c=str(one)) for one in range(40)]

    await publish(world, site(parent=TREE))

    found = await tree_of(world)
    assert {one: place[:2] for one, place in found.items()} == {one: (one, 0) for one in sites}
    move = Move(str(sites[3]), str(sites[39]))
    await reparenting.reparent(world.actor, world.store, "site__c", move)
    await assert_the_tree_is_as_the_parents_say(world)


async def a_tree_given_up(world: World, *below: int) -> tuple[int, list[UUID]]:
    """The version that has the tree, and its records: each below the one of the number given."""
    await publish(world, site())
    tree = await publish(world, site(parent=TREE))
    sites = [await world.create("site__c", name__c="0")]
    for number, above in enumerate(below, start=1):
        parent = str(sites[above])
        sites.append(await world.create("site__c", name__c=str(number), parent=parent))
    await back(world, tree - 1)
    return tree, sites


async def spoil(world: World, one: UUID, parent: UUID) -> None:
    """Data as no write makes it."""
    sql = "update record set data = data || $3 where tenant_id = $1 and id = $2"
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(sql, world.tenant, one, {"parent": str(parent)})


async def test_a_tree_given_up_and_had_again_is_as_its_records_are_then(world: World) -> None:
    tree, [top, middle, low, other] = await a_tree_given_up(world, 0, 1, 0)
    assert await tree_of(world) == {}
    await world.create("site__c", name__c="meanwhile")
    await removing.delete(world.actor, world.store, "site__c", [Removal(str(middle))])

    await back(world, tree)

    await assert_the_tree_is_as_the_parents_say(world)
    assert await under(world, top) == {"0", "3"}
    await removing.restore(world.actor, world.store, "site__c", str(middle))
    await assert_the_tree_is_as_the_parents_say(world)
    assert await under(world, top) == {"0", "1", "3"}
    assert await under(world, low) == {"2"}
    await world.create("site__c", name__c="new", parent=str(other))
    await assert_the_tree_is_as_the_parents_say(world)


async def test_nodes_of_a_tree_had_again_stand_in_the_order_they_were_made(world: World) -> None:
    tree, sites = await a_tree_given_up(world, 0, 0, 2, 1, 2, 1)

    await back(world, tree)

    sql = "select id from read.tree_node where tenant_id = $1 order by path"
    nodes = [row["id"] for row in await world.rows(sql)]
    assert nodes == [sites[one] for one in (0, 1, 4, 6, 2, 3, 5)]


async def test_a_cycle_in_the_data_keeps_it_from_becoming_a_tree(world: World) -> None:
    tree, [one, two, below, _] = await a_tree_given_up(world, 0, 1, 0)
    await spoil(world, one, two)

    code, message = await refusal(back(world, tree))

    assert code == "CYCLE"
    assert "4 stored records" in message
    assert str(below) in message
    assert await tree_of(world) == {}


async def test_records_too_deep_keep_it_from_becoming_a_tree(world: World) -> None:
    tree, sites = await a_tree_given_up(world, *range(MOST_LEVELS - 1))
    top = await world.create("site__c", name__c="above all")
    await spoil(world, sites[0], top)

    code, message = await refusal(back(world, tree))

    assert code == "TOO_DEEP"
    assert "1 stored record " in message
    assert str(sites[-1]) in message


async def change(world: World, turn: int, one: UUID, above: UUID) -> None:
    """One of the ways in which a tree changes, as far as it may."""
    with contextlib.suppress(Refused):  # too deep, or no tree
        if turn == 0:
            new = await world.create("site__c", name__c="new", parent=str(above))
            await removing.delete(world.actor, world.store, "site__c", [Removal(str(new))])
            await removing.restore(world.actor, world.store, "site__c", str(new))
        elif turn == 1:
            await update(world, one, parent=None)
        elif turn == 2:
            await world.create("site__c", name__c="alone")
        else:
            await world.create("site__c", name__c="low", parent=str(one))
            await update(world, one, parent=str(above) if one != above else None)


async def test_writers_beside_a_publish_leave_no_node_wrong(
    world: World, database: Database
) -> None:
    await publish(world, site())
    sites = [await world.create("site__c", name__c=str(one)) for one in range(12)]
    other = World(Store(database, world.store.offer), world.actor)
    stop = asyncio.Event()

    async def write(using: World, step: int) -> int:
        done = 0
        while not stop.is_set():
            low, high = sorted(((done * step) % 12, (done * step + step) % 12))
            await change(using, done % 4, sites[high], sites[low])
            done += 1
        return done

    writers = [
        asyncio.create_task(write(using, step))
        for using, step in ((world, 1), (other, 5), (other, 7))
    ]
    for _ in range(4):
        tree = await publish(world, site(parent=TREE))
        await back(world, tree - 1)
        await back(world, tree)
        await publish(world, site(), terms=LOSS)
    await publish(world, site(parent=TREE))
    stop.set()
    assert sum(await asyncio.gather(*writers)) > 0
    await assert_the_tree_is_as_the_parents_say(world)


# Stages

FIELDS: dict[str, Any] = {
    "value__c": MONEY,
    "chance__c": {"type": "number", "x-type": "percent"},
    "due__c": {"type": "string", "format": "date"},
}
BOUND = {"amount": "value__c", "probability": "chance__c", "date": "due__c"}


async def stages(world: World, id: UUID) -> list[tuple[int, str, str, datetime]]:
    sql = "select * from read.stage_history where tenant_id = $1 and record_id = $2 order by seq_no"
    found = await world.rows(sql, id)
    return [(one["seq_no"], one["kind"], one["to_stage"], one["entered_at"]) for one in found]


async def in_stage(world: World, stage: str) -> set[str]:
    values = Values()
    return await named(world, values, compare("stage", Operator.EQ, values.of(stage)))


async def test_records_enter_the_first_stage_when_they_were_created(world: World) -> None:
    await publish(world, site(**FIELDS))
    plain = await world.create("site__c", name__c="plain", value__c=70, due__c="2027-05-01")
    rated = await world.create("site__c", name__c="rated", chance__c="0.9")
    gone = await world.create("site__c", name__c="gone")
    await removing.delete(world.actor, world.store, "site__c", [Removal(str(gone))])

    await publish(world, site(**FIELDS), pipeline("begun", "built", **BOUND))

    row = await world.row(plain)
    assert (row["stage"], row["stage_entered_at"]) == ("begun", row["created_at"])
    assert (row["stage_amount"], str(row["stage_date"])) == (Decimal(70), "2027-05-01")
    assert Decimal(row["data"]["chance__c"]) == Decimal("0.2")
    assert Decimal((await world.row(rated))["data"]["chance__c"]) == Decimal("0.9")
    assert await stages(world, plain) == [(1, "create", "begun", row["created_at"])]
    assert await in_stage(world, "begun") == {"plain", "rated"}
    await removing.restore(world.actor, world.store, "site__c", str(gone))
    assert await in_stage(world, "begun") == {"plain", "rated", "gone"}
    assert len(await stages(world, gone)) == 1


async def test_stages_are_kept_while_no_pipeline_is_bound(world: World) -> None:
    await publish(world, site())
    staged = await publish(world, site(), pipeline("begun", "built"))
    old = await world.create("site__c", name__c="old", stage="built")
    with pytest.raises(Refused):
        await publishing.rollback(world.actor, world.store, staged - 1)
    await back(world, staged - 1)
    await world.create("site__c", name__c="meanwhile")
    await update(world, old, name__c="older")

    await back(world, staged)

    assert await in_stage(world, "built") == {"older"}
    assert await in_stage(world, "begun") == {"meanwhile"}
    assert len(await stages(world, old)) == 1


async def test_a_pipeline_that_lacks_a_stage_that_records_hold_is_refused(world: World) -> None:
    await publish(world, site())
    staged = await publish(world, site(), pipeline("begun", "built"))
    held = await world.create("site__c", name__c="held", stage="built")
    await back(world, staged - 1)

    code, message = await refusal(publish(world, site(), pipeline("begun", key="others__c")))

    assert code == "OFF_STAGE"
    assert "1 stored record " in message
    assert str(held) in message
    await world.create("site__c", name__c="new")
    await metadata.save_draft(
        world.actor, world.store, [pipeline("begun", "built", key="others__c")]
    )
    [told] = (await publishing.diff(world.actor, world.store)).changes
    assert {one.impact.effect.value: one.count for one in told.counted}["unstaged"] == 1
    await publishing.publish(world.actor, world.store)
    assert await in_stage(world, "built") == {"held"}
    assert await in_stage(world, "begun") == {"new"}


DAY = "2026-01-0{}T00:00:00Z"


async def with_history(world: World, *entered: tuple[str, str | None]) -> UUID:
    told = [
        {"stage": stage, "entered_at": DAY.format(day), "reason": reason}
        for day, (stage, reason) in enumerate(entered, start=1)
    ]
    return await world.create("site__c", IMPORT, stage_history=told)


REASONS = {"reasons": [{"key": "price"}, {"key": "time"}]}


async def test_a_reason_that_histories_give_is_not_removed(world: World) -> None:
    await publish(world, site())
    staged = await publish(world, site(), pipeline("begun", "built", **REASONS))
    given = await with_history(world, ("begun", None), ("lost", "price"))
    await with_history(world, ("begun", None), ("lost", "time"))
    time_only = {"reasons": [{"key": "time"}]}

    code, message = await refusal(publish(world, pipeline("begun", "built", **time_only)))

    assert (code, str(given) in message) == ("GIVEN", True)
    assert "1 stored record " in message
    retired = {"reasons": [{"key": "price", "deprecated": True}, {"key": "time"}]}
    await publish(world, pipeline("begun", "built", **retired))
    await back(world, staged - 1)
    other = pipeline("begun", "built", key="others__c")
    code, message = await refusal(publish(world, site(), {**other, **time_only}))
    assert (code, str(given) in message) == ("GIVEN", True)
    await publish(world, site(), {**other, **REASONS})


async def test_a_stage_that_histories_only_skipped_or_left_is_not_removed(world: World) -> None:
    await publish(world, site())
    staged = await publish(world, site(), pipeline("begun", "planned", "built"))
    skipped = await with_history(world, ("begun", None), ("built", None), ("won", None))

    for open_stages in (("begun", "built"), ("begun", "planned")):
        code, message = await refusal(publish(world, pipeline(*open_stages)))
        assert (code, str(skipped) in message) == ("HELD", True)
    await metadata.discard_draft(world.actor, world.store)
    await back(world, staged - 1)
    code, message = await refusal(publish(world, site(), pipeline("begun", key="others__c")))
    assert (code, str(skipped) in message) == ("OFF_STAGE", True)


async def test_it_is_told_how_many_records_a_stage_of_another_kind_concerns(world: World) -> None:
    await publish(world, site(), pipeline("begun", "built"))
    was = await with_history(world, ("begun", None), ("built", None), ("won", None))
    now = await world.create("site__c", stage="built")
    await world.create("site__c")
    stages = pipeline("begun", "built")["stages"]
    stages[1] = {"key": "built", "title": "Built", "kind": "won"}
    await metadata.save_draft(world.actor, world.store, [{**pipeline(), "stages": stages}])

    [_, told] = (await publishing.diff(world.actor, world.store)).changes

    assert (told.change.code, told.change.breaking) == ("STAGE_KIND_CHANGED", True)
    [counted] = told.counted
    assert (counted.count, set(counted.examples)) == (2, {was, now})
    await publishing.publish(world.actor, world.store)


async def test_while_stages_are_filled_records_read_as_in_the_first(world: World) -> None:
    await publish(world, site(**FIELDS))
    plain = await world.create("site__c", name__c="plain", value__c=70)
    version = (await world.store.newest(world.tenant)).version
    lock = "select from record where tenant_id = $1 and id = $2 for update"
    async with world.store.database.transaction(world.tenant) as connection:
        await connection.execute(lock, world.tenant, plain)  # so that the filling waits
        publisher = asyncio.create_task(
            publish(world, site(**FIELDS), pipeline("begun", "built", **BOUND))
        )
        while (await world.store.newest(world.tenant)).version == version:
            world.store.forget(world.tenant)
        publisher.cancel()
        await asyncio.wait([publisher])
    world.store.forget(world.tenant)
    assert (await world.row(plain))["stage"] is None
    await world.create("site__c", name__c="new", stage="built")
    before = await read_stage(world, plain)
    assert await in_stage(world, "begun") == {"plain"}
    assert await in_stage(world, "built") == {"new"}
    assert before["stage"] == "BEGUN"
    assert [one["to"] for one in before["history"]] == ["BEGUN"]
    await update(world, plain, name__c="renamed")

    await settling.settle(world.tenant, world.store)

    assert (await world.row(plain))["stage"] == "begun"
    assert await read_stage(world, plain) == before
    assert len(await stages(world, plain)) == 1


async def read_stage(world: World, id: UUID) -> Any:
    values = Values()
    stay = tuple(
        query.Output(name, query.StageHistoryPart(part))
        for name, part in (
            ("to", "to_stage"),
            ("kind", "kind"),
            ("at", "entered_at"),
            ("amount", "amount"),
            ("currency", "currency"),
        )
    )
    parts: tuple[tuple[str, Part], ...] = (
        ("stage", query.Scalar(Column("stage"))),
        ("since", query.Scalar(Column("stage_entered_at"))),
        ("history", query.StageHistory(stay, values.of(9))),
    )
    outputs = tuple(query.Output(name, part) for name, part in parts)
    return await ask(world, query.Record("site__c", values.of(id), outputs), values)


async def test_writers_beside_the_filling_of_stages_leave_none_out(
    world: World, database: Database
) -> None:
    await publish(world, site(**FIELDS))
    names = [{"name__c": str(one)} for one in range(700)]
    saved = await saving.create(world.actor, world.store, "site__c", names[:500])
    await saving.create(world.actor, world.store, "site__c", names[500:])
    other = World(Store(database, world.store.offer), world.actor)
    stop = asyncio.Event()

    async def write(using: World, start: int) -> None:
        at = start
        while not stop.is_set():
            one = saved.ids[at % 500]
            await update(using, one, name__c=f"again {at}")
            await removing.delete(using.actor, using.store, "site__c", [Removal(str(one))])
            await using.create("site__c", name__c="new")
            await removing.restore(using.actor, using.store, "site__c", str(one))
            at += 1

    writers = [asyncio.create_task(write(one, at)) for one, at in ((world, 0), (other, 250))]
    await publish(world, site(**FIELDS), pipeline("begun", "built", **BOUND))
    stop.set()
    await asyncio.gather(*writers)

    sql = """select count(*) as all, count(stage) as staged, count(stage_entered_at) as dated,
        (select count(*) from read.stage_history where tenant_id = $1) as stays
        from read.record where tenant_id = $1 and object = 'site__c'"""
    [found] = await world.rows(sql)
    assert found["all"] == found["staged"] == found["dated"] == found["stays"] >= 700
    head = await world.store.head(world.tenant)
    assert head.settled


async def test_what_happens_to_records_is_told(world: World) -> None:
    await publish(world, site())
    await world.create("site__c", name__c="one")
    await metadata.save_draft(
        world.actor, world.store, [site(parent=TREE), pipeline("begun", "built")]
    )
    lines = list(telling.of_comparison(await publishing.diff(world.actor, world.store)))
    assert any("1 record of 'site__c' becomes a node of the tree" in line for line in lines)
    assert any("1 record of 'site__c' enters the first stage" in line for line in lines)


async def test_entering_a_stage_is_a_change_like_any_other(world: World) -> None:
    await publish(world, site())
    one = await world.create("site__c", name__c="one")
    await publish(world, site(), pipeline("begun", "built"))
    sql = "select * from read.change where tenant_id = $1 and record_id = $2 order by version"
    created, entered = await world.rows(sql, one)
    assert (entered["kind"], entered["version"], entered["source"]) == ("update", 2, "system")
    assert (entered["before"], entered["after"]) == ({"$stage": None}, {"$stage": "begun"})
    assert created["at"] <= entered["at"] <= datetime.now(UTC)


async def test_what_reads_the_kind_of_a_stage_is_computed_anew_when_it_changes(
    world: World,
) -> None:
    is_open = {"type": "boolean", "x-formula": "stage_kind == 'open'"}
    await publish(world, site(is_open__c=is_open), pipeline("plan", "build"))
    await world.create("site__c", name__c="North", stage="build")
    stages = pipeline("plan", "build")["stages"]
    stages[1] = {**stages[1], "kind": "won", "probability": 1}

    await publish(world, {**pipeline(), "stages": stages})

    [row] = await world.rows("select data from read.record where tenant_id = $1")
    assert row["data"]["is_open__c"] is False


def order(**fields: Mapping[str, Any]) -> dict[str, Any]:
    site = {"x-reference": {"object": "site__c", "onDelete": "set_null", "inverse": "orders__c"}}
    document = {"$schema": OBJECT, "$id": "order__c", "title": "Order", "type": "object"}
    return {**document, "x-plural": "orders__c", "properties": {"site__c": site, **fields}}


TOTAL = {**MONEY, "x-rollup": {"object": "order__c", "via": "site__c", "op": "sum"}}
TOTAL["x-rollup"]["field"] = "price__c"


async def test_the_diff_counts_no_foreign_amounts_that_a_roll_up_does_not_take(
    database: Database,
) -> None:
    number = {"type": "integer"}
    worth = {**MONEY, "readOnly": True, "x-formula": "price__c * pieces__c"}
    plain = order(price__c=MONEY, pieces__c=number)
    world = await a_world(database, currency="EUR")
    await publish(world, site(worth__c=MONEY), plain)
    one = await world.create("site__c")
    known = {"site__c": one, "currency": "USD", "price__c": 50}
    for pieces in (0, 1, 2, 3):
        await world.create("order__c", **known, pieces__c=pieces)

    taken = {"object": "order__c", "via": "site__c", "op": "sum", "field": "worth__c"}
    total = {**MONEY, "x-rollup": {**taken, "where": "pieces__c < 3"}}
    declared = [
        site(worth__c=MONEY, total__c=total),
        order(price__c=MONEY, pieces__c=number, worth__c=worth),
    ]
    await metadata.save_draft(world.actor, world.store, declared)
    lines = list(telling.of_comparison(await publishing.diff(world.actor, world.store)))

    left_out = "2 records of 'order__c' have amounts in another currency, which are left out"
    assert any(left_out in line for line in lines)


async def test_records_from_before_their_object_had_amounts_are_in_the_tenants_currency(
    database: Database,
) -> None:
    world = await a_world(database, currency="KWD")
    await publish(world, site(), order())
    one = await world.create("site__c")
    old = await world.create("order__c", site__c=one)

    await publish(world, site(total__c=TOTAL), order(price__c=MONEY))
    assert (await world.row(one))["currency"] == "KWD"
    await world.create("order__c", site__c=one, price__c="1.125")
    edit = Edit(old, {"price__c": "2.005"})
    await saving.update(world.actor, world.store, "order__c", [edit])
    assert "3.130" in (await world.row(one))["data"].values()


async def test_a_new_roll_up_leaves_out_amounts_in_another_currency(database: Database) -> None:
    world = await a_world(database, currency="EUR")
    await publish(world, site(worth__c=MONEY), order(price__c=MONEY))
    one = await world.create("site__c")
    await world.create("order__c", site__c=one, price__c=100)
    foreign = await world.create("order__c", site__c=one, price__c=50, currency="USD")

    declared = [site(worth__c=MONEY, total__c=TOTAL), order(price__c=MONEY)]
    await metadata.save_draft(world.actor, world.store, declared)
    lines = list(telling.of_comparison(await publishing.diff(world.actor, world.store)))
    left_out = "1 record of 'order__c' has an amount in another currency, which is left out"
    assert any(left_out in line for line in lines)
    await publish(world, *declared)
    assert "100.00" in (await world.row(one))["data"].values()
    await removing.delete(world.actor, world.store, "order__c", [Removal(foreign)])
    assert "100.00" in (await world.row(one))["data"].values()
    await removing.restore(world.actor, world.store, "order__c", foreign)
    assert "100.00" in (await world.row(one))["data"].values()
