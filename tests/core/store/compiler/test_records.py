from uuid import uuid4

import pytest

from core import query
from core.query import Output
from core.store.database.connections import Database
from tests.core.a_store import MONEY, World, a_world, an_object, refers_to
from tests.core.store.compiler.asking import ask, ask_all, record, scalars

PICK = {"oneOf": [{"const": "big", "title": "Big"}, {"const": "2b", "title": "B to B"}]}


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(
        database,
        an_object("company", {"size": {"type": "integer"}, "boss": refers_to("person")}),
        an_object("person", {"email": {"type": "string"}}),
        an_object(
            "thing",
            {
                "company": refers_to("company"),
                "amount": MONEY,
                "ratio": {"type": "number"},
                "large": {"type": "integer", "x-type": "bigint"},
                "share": {"type": "number", "x-type": "percent"},
                "done": {"type": "boolean"},
                "day": {"type": "string", "format": "date"},
                "moment": {"type": "string", "format": "date-time"},
                "kind": PICK,
                "kinds": {"type": "array", "items": PICK},
                "words": {"type": "array", "items": {"type": "string"}},
                "body": {"type": "string", "x-type": "longtext"},
                "extra": {"type": "object"},
            },
        ),
    )


VALUES = {
    "name": 'A "quoted"\n名字\\',
    "amount": "1234.5",
    "ratio": 0.1,
    "large": 2**62,
    "share": "0.25",
    "done": True,
    "day": "2026-02-28",
    "moment": "2026-02-28T10:00:00+08:00",
    "kind": "2b",
    "kinds": ["big", "2b"],
    "words": ['a"b', "c"],
    "body": "long\ttext",
    "extra": {"b": [1, {"a": None}]},
}


async def test_shows_each_type_in_its_api_form(world: World) -> None:
    made = await world.create("thing", **VALUES)
    shown = await record(world, "thing", made, *scalars("id", "version", *VALUES, "currency"))
    assert shown == {
        **VALUES,
        "id": str(made),
        "version": 1,
        "amount": "1234.50",
        "large": str(2**62),
        "share": shown["share"],
        "moment": "2026-02-28T02:00:00.000000Z",
        "kind": "_2B",
        "kinds": ["BIG", "_2B"],
        "currency": "CNY",
    }
    assert float(shown["share"]) == 0.25


async def test_shows_null_for_what_is_missing(world: World) -> None:
    made = await world.create("thing", name="x")
    fields = [name for name in VALUES if name != "name"]
    shown = await record(world, "thing", made, *scalars(*fields, "deleted_at", "owner"))
    assert set(shown.values()) == {None}


async def test_follows_references_and_stops_where_there_is_none(world: World) -> None:
    boss = await world.create("person", name="Li", email="li@example.com")
    company = await world.create("company", name="HX", size=3, boss=boss)
    alone = await world.create("thing", name="alone")
    made = await world.create("thing", name="x", company=company)
    asked = query.One(
        "company",
        "company",
        (*scalars("name", "size"), Output("boss", query.One("boss", "person", scalars("email")))),
    )
    shown = await record(world, "thing", made, Output("company", asked))
    assert shown == {"company": {"name": "HX", "size": 3, "boss": {"email": "li@example.com"}}}
    assert await record(world, "thing", alone, Output("company", asked)) == {"company": None}


async def test_a_record_of_another_object_is_not_found(world: World) -> None:
    made = await world.create("person", name="Li")
    assert await record(world, "thing", made, *scalars("name")) is None
    assert await record(world, "thing", uuid4(), *scalars("name")) is None


async def test_groups_and_constants_stand_where_they_are_asked_for(world: World) -> None:
    made = await world.create("thing", name="x")
    inner = query.Group((Output("__typename", query.Constant('"Info"')), *scalars("name")))
    shown = await record(
        world, "thing", made, Output("a", query.Constant('"Thing"')), Output("b", inner)
    )
    assert list(shown.items()) == [("a", "Thing"), ("b", {"__typename": "Info", "name": "x"})]


async def test_finds_a_record_whatever_its_object(world: World) -> None:
    person, thing = await world.create("person", name="Li"), await world.create("thing", name="T")
    choices = (("person", scalars("name", "email")), ("thing", scalars("name", "kind")))
    parts = [query.AnyRecord(query.Value(at), choices) for at in range(3)]
    shown = await ask_all(world, list(parts), [person, thing, uuid4()])
    assert shown == [{"name": "Li", "email": None}, {"name": "T", "kind": None}, None]


async def test_records_come_in_the_order_of_their_ids_with_gaps(world: World) -> None:
    first, second = [await world.create("thing", name=name) for name in "ab"]
    part = query.Records("thing", query.Value(0), scalars("name"))
    shown = await ask(world, part, [[second, uuid4(), first, second]])
    assert shown == [{"name": "b"}, None, {"name": "a"}, {"name": "b"}]
    assert await ask(world, part, [[]]) == []


async def test_many_fields_make_one_object(world: World) -> None:
    made = await world.create("thing", **VALUES)
    outputs = tuple(
        Output(f"{name}{at}", query.Scalar(query.Column(name)))
        for at in range(10)
        for name in VALUES
    )
    assert len(await record(world, "thing", made, *outputs)) == 10 * len(VALUES)
