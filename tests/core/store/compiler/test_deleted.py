from uuid import UUID

import pytest

from core import query
from core.actions import removing
from core.actions.removing import Removal
from core.query import Connection, Operator, Output, Page, Quantifier, Scope, Value
from core.store.database.connections import Database
from tests.core.a_store import World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import (
    Values,
    ask,
    ask_all,
    compare,
    listed,
    nodes,
    record,
    scalars,
)


@pytest.fixture
async def world(database: Database) -> World:
    parent = {**refers_to("company", inverse="children"), "x-tree": True}
    sale = {"company": refers_to("company", "cascade", "sales")}
    return await a_world(
        database, an_object("company", {"parent": parent}), an_object("sale", sale)
    )


@pytest.fixture
async def made(world: World) -> dict[str, UUID]:
    """A company with a child and two sales, of which one sale is deleted."""
    top = await world.create("company", name="top")
    low = await world.create("company", name="low", parent=top)
    kept = await world.create("sale", name="kept", company=low)
    gone = await world.create("sale", name="gone", company=low)
    await removing.delete(world.actor, world.store, "sale", [Removal(gone)])
    return {"top": top, "low": low, "kept": kept, "gone": gone}


async def test_a_deleted_record_is_not_found(world: World, made: dict[str, UUID]) -> None:
    assert await record(world, "sale", made["gone"], *scalars("name")) is None
    choices = (("sale", scalars("name")),)
    assert await ask(world, query.AnyRecord(Value(0), choices), [made["gone"]]) is None
    many = query.Records("sale", Value(0), scalars("name"))
    assert await ask(world, many, [[made["gone"], made["kept"]]]) == [None, {"name": "kept"}]


async def test_a_deleted_record_is_in_no_list_count_or_condition(
    world: World, made: dict[str, UUID]
) -> None:
    assert await listed(world, "sale", Values()) == ["kept"]
    values = Values()
    gone = compare("name", Operator.EQ, values.of("gone"))
    some = query.Related("sale", "company", Quantifier.SOME, gone)
    assert await listed(world, "company", values, some) == []
    count = Output("figures", query.Aggregate((Output("count", query.Count()),)))
    outputs = (nodes(*scalars("name")), Output("total", query.TotalCount()), count)
    plain = Connection("sale", outputs, Page(Value(0)))
    below = Connection("sale", outputs, Page(Value(0)), via="company", scope=Scope.SUBTREE)
    children = Connection("sale", outputs, Page(Value(0)), via="company")
    parts = [
        plain,
        query.Record("company", Value(1), (Output("x", query.Subtree((Output("y", below),))),)),
        query.Record("company", Value(2), (Output("y", children),)),
    ]
    one, two, three = await ask_all(world, list(parts), [10, made["top"], made["low"]])
    wanted = {"nodes": [{"name": "kept"}], "total": 1, "figures": {"count": 1}}
    assert (one, two, three) == (wanted, {"x": {"y": wanted}}, {"y": wanted})


async def test_what_was_deleted_can_be_shown_to_who_deleted_it(
    world: World, made: dict[str, UUID]
) -> None:
    company = Output("company", query.One("company", "company", scalars("name")))
    outputs = (*scalars("name", "deleted_at"), company)
    many = query.Records("sale", Value(0), outputs, deleted=True)
    (shown,) = await ask(world, many, [[made["gone"]]])
    assert shown["name"] == "gone"
    assert shown["deleted_at"] is not None
    assert shown["company"] == {"name": "low"}


async def test_a_deleted_subtree_leaves_the_tree(world: World, made: dict[str, UUID]) -> None:
    await removing.delete(world.actor, world.store, "company", [Removal(made["low"])])
    below = Connection("company", (nodes(*scalars("name")),), Page(Value(1)))
    asked = query.Record("company", Value(0), (Output("below", query.Descendants(None, below)),))
    assert await ask(world, asked, [made["top"], 10]) == {"below": {"nodes": []}}
    values = Values()
    under = query.Under(values.of(made["low"]))
    assert await listed(world, "company", values, under) == []


async def test_a_record_comes_back_with_a_restore(world: World, made: dict[str, UUID]) -> None:
    await removing.restore(world.actor, world.store, "sale", made["gone"])
    assert await listed(world, "sale", Values()) == ["kept", "gone"]
