"""Who the rows of an import are and whom they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.actions.importing.feeds import GivenFeed
from core.actions.importing.planning import Job
from core.actions.importing.producing import ROWS
from core.actions.importing.running import Options
from core.store.database.connections import Database
from tests.core.a_store import a_world, an_object, refers_to
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import data, load_jobs, load_rows


async def test_records_may_name_each_other_however_far_apart_their_rows_are(
    database: Database,
) -> None:
    person = {"code": {"type": "string", "x-unique": True}, "other": refers_to("person")}
    world = await a_world(database, an_object("person", person))
    many = 2 * ROWS + 200
    others = {str(number): str((number + many // 2) % many) for number in range(many)}
    other = {"column": "other", "reference": "code"}
    step = {"object": "person", "key": "code", "fields": {"code": "code", "other": other}}
    rows = [{"code": code, "other": other} for code, other in others.items()]
    _, kept = await load_rows(world, a_mapping(step), rows)
    assert kept.told == []
    found = await data(world, "person", "id", "code", "other", "version")
    codes = {str(record): code for record, code, *_ in found}
    assert {code: codes[other] for _, code, other, _ in found} == others
    assert {version for *_, version in found} == {1}


def people(count: int, other: Callable[[int], int]) -> list[dict[str, str]]:
    return [{"code": f"{number}", "other": f"{other(number)}"} for number in range(count)]


async def test_a_circle_may_have_more_rows_than_a_batch_and_go_over_files(
    database: Database,
) -> None:
    many = 3 * ROWS
    rows = people(many, lambda number: (number + 1) % many)
    person = {"code": {"type": "string", "x-unique": True}, "other": refers_to("person")}
    world = await a_world(database, an_object("person", person))
    other = {"column": "other", "reference": "code"}
    step = {"object": "person", "key": "code", "fields": {"code": "code", "other": other}}
    lonely = [{"code": "bad", "other": "nobody"}, {"code": "worse", "other": "bad"}]
    feeds = (GivenFeed("even", rows[::2]), GivenFeed("odd", [*rows[1::2], *lonely]))
    jobs = [Job(a_mapping(step).steps[0], feeds)]
    for options in (Options(dry_run=True), Options()):
        report, kept = await load_jobs(world, jobs, options)
        assert (report.steps[0].created, report.steps[0].read) == (many, many + 2)
        assert [(one.feed, one.line) for one in kept.rejects] == [
            ("odd", many // 2 + 1),
            ("odd", many // 2 + 2),
        ]
    found = await data(world, "person", "id", "code", "other")
    codes = {str(record): int(code) for record, code, _ in found}
    assert {codes[other] - int(code) for _, code, other in found} == {1, 1 - many}


async def test_a_circle_may_have_several_rows_for_a_record(database: Database) -> None:
    fields = {"code": {"type": "string", "x-unique": True}, "other": refers_to("person")}
    world = await a_world(database, an_object("person", fields))
    other = {"column": "other", "reference": "code"}
    sources = {"name": "name", "code": "code", "other": other}
    mapping = a_mapping({"object": "person", "key": "code", "fields": sources})
    rows = [
        {"name": "One", "code": "a", "other": "b"},
        {"name": "Two", "code": "b", "other": "a"},
        {"name": "Last", "code": "a", "other": "b"},
    ]
    for created, matched in ((2, 1), (0, 3)):
        report, kept = await load_rows(world, mapping, rows)
        assert kept.told == []
        assert (report.steps[0].created, report.steps[0].matched) == (created, matched)
        found = await data(world, "person", "code", "name", "version")
        assert sorted(found) == [("a", "Last", 2), ("b", "Two", 1)]


async def test_who_names_a_record_of_several_rows_does_not_go_with_a_bad_one(
    database: Database,
) -> None:
    boss = {**refers_to("person", inverse="children"), "x-tree": True}
    fields = {"code": {"type": "string", "x-unique": True}, "parent": boss}
    world = await a_world(database, an_object("person", fields))
    sources = {"code": "code", "parent": {"column": "of", "reference": "code"}}
    mapping = a_mapping({"object": "person", "key": "code", "fields": sources})
    rows = [{"code": "c", "of": "b"}, {"code": "b", "of": "a"}]
    rows += [{"code": "a", "of": "a"}, {"code": "a", "of": None}]

    _, kept = await load_rows(world, mapping, rows)

    assert kept.told == [(3, "of", "CYCLE")]
    assert sorted(await data(world, "person", "code")) == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("named", ["person", "team"])
async def test_several_rows_for_a_record_change_nothing_again_where_one_names_nobody(
    database: Database, named: str
) -> None:
    code = {"code": {"type": "string", "x-unique": True}}
    people = an_object("person", code | {"other": refers_to(named)})
    world = await a_world(database, people, an_object("team", code))
    other = {"column": "other", "reference": "code", "missing": "blank"}
    sources = {"name": "name", "code": "code", "other": other}
    mapping = a_mapping({"object": "person", "key": "code", "fields": sources})
    rows = [
        {"name": "One", "code": "a", "other": None},
        {"name": "Two", "code": "a", "other": "nobody"},
        {"name": "Last", "code": "b", "other": None},
    ]
    _, kept = await load_rows(world, mapping, rows)
    assert kept.told == []
    found = await data(world, "person", "code", "name", "version")
    assert min(found)[:2] == ("a", "Two")
    await load_rows(world, mapping, rows)
    assert await data(world, "person", "code", "name", "version") == found


async def test_of_a_circle_with_one_bad_row_none_is_loaded(database: Database) -> None:
    many = 2 * ROWS
    rows = [{"key": f"{number}", "partner": f"{(number + 1) % many}"} for number in range(many)]
    fields = {"code": {"type": "string", "x-unique": True, "maxLength": 5}}
    world = await a_world(database, an_object("person", fields | {"other": refers_to("person")}))
    other = {"column": "partner", "reference": "code"}
    step = {"object": "person", "key": "code", "fields": {"code": "key", "other": other}}
    rows[7]["key"], rows[6]["partner"] = "too long", "too long"
    _, kept = await load_rows(world, a_mapping(step), rows)
    assert await data(world, "person", "id") == []
    assert {reject.line for reject in kept.rejects} == set(range(1, many + 1))


async def test_a_circle_of_wide_records_takes_more_than_one_statement(database: Database) -> None:
    fields: dict[str, Any] = {"code": {"type": "string", "x-unique": True}}
    fields |= {f"{letter}number": {"type": "number"} for letter in "abcdefghijklmnopqrstuvwx"}
    fields |= {
        f"{letter}text": {"type": "string", "x-index": True} for letter in "abcdefghijklmnopq"
    }
    fields |= {f"{letter}other": refers_to("wide") for letter in "abcdefghijklmnopqrstuvw"}
    fields |= {f"{letter}day": {"type": "string", "format": "date"} for letter in "abcdefghijkl"}
    world = await a_world(database, an_object("wide", fields))
    other = {"column": "other", "reference": "code"}
    sources = {"code": "code", "aother": other}
    step = {"object": "wide", "key": "code", "fields": sources}
    rows = [{"code": str(i), "other": str((i + 1) % ROWS)} for i in range(ROWS)]
    _, kept = await load_rows(world, a_mapping(step), rows)
    assert kept.told == []
    published = await world.store.published(world.tenant)
    slot = published.storage.places["wide"]["aother"].readable
    found = await world.rows(f"select id, data, {slot} from record where tenant_id = $1")
    key = published.storage.places["wide"]["aother"].key
    assert {row["data"][key] for row in found} == {str(row["id"]) for row in found}
    assert all(str(row[slot]) == row["data"][key] for row in found)


async def test_a_record_is_named_by_a_key_of_several_fields(database: Database) -> None:
    plants = [{"const": "one", "title": "Plant 1"}, {"const": "two", "title": "Plant 2"}]
    fields = {"plant": {"oneOf": plants}, "number": {"type": "string"}, "into": refers_to("part")}
    key = {"key": "by_number", "fields": ["plant", "number"], "ignoreCase": True}
    part = an_object("part", fields, **{"x-unique": [key], "required": ["plant", "number"]})
    world = await a_world(database, part)
    into = {"columns": ["plant", "into"], "reference": "by_number"}
    sources = {"plant": "plant", "number": "number", "into": into}
    mapping = a_mapping({"object": "part", "key": "by_number", "fields": sources})
    rows = [
        {"plant": "Plant 1", "number": "A-1", "into": "a-2"},
        {"plant": "Plant 1", "number": "A-2", "into": ""},
        {"plant": "Plant 2", "number": "A-1", "into": "A-2"},
        {"plant": "Plant 2", "number": "A-3", "into": "A-1"},
    ]
    _, kept = await load_rows(world, mapping, rows)
    assert kept.told == [(3, "plant + into", "NOT_FOUND"), (4, "plant + into", "NOT_FOUND")]
    told = [reject.flaws[0].message for reject in kept.rejects]
    assert told == [
        "There is no part with the by_number 'two + A-2'.",
        "The row of the part with the by_number 'two + A-1' was not loaded.",
    ]
    found = await data(world, "part", "id", "number", "into")
    assert [number for _, number, into in found if into] == ["A-1"]
    assert {into for *_, into in found} == {
        None,
        *(str(record) for record, number, _ in found if number == "A-2"),
    }


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ({"type": "number", "x-type": "decimal", "x-scale": 3}, "1.250,500"),
        ({"type": "integer"}, "1.250"),
        ({"type": "string", "format": "date"}, "31.01.2026"),
        ({"type": "string", "format": "date-time"}, "31.01.2026 10:00"),
        ({"type": "boolean"}, "Nein"),
    ],
)
async def test_a_name_is_written_as_the_value_is(
    database: Database, kind: dict[str, Any], cell: str
) -> None:
    keys = [{"key": "alone", "fields": ["value"]}, {"key": "both", "fields": ["name", "value"]}]
    price = an_object("price", {"value": kind}, **{"x-unique": keys})
    offer = {"one": refers_to("price"), "two": refers_to("price")}
    world = await a_world(database, price, an_object("offer", offer))
    how = {"decimal": ",", "group": ".", "dates": ["DD.MM.YYYY", "DD.MM.YYYY hh:mm"]}
    value = {"column": "value", "values": {"Nein": "no"}}
    names = {
        "one": value | {"reference": "alone"},
        "two": {"columns": ["name", "value"], "reference": "both", "values": {"Nein": "no"}},
    }
    mapping = a_mapping(
        {"object": "price", "key": "both", "fields": {"name": "name", "value": value}, **how},
        {"object": "offer", "fields": names, **how},
    )
    row = {"name": "a", "value": cell}
    for created in (1, 0):
        report, kept = await load_rows(world, mapping, [row])
        assert kept.told == []
        assert [step.created for step in report.steps] == [created, 1]


async def test_a_key_may_hold_a_reference_that_goes_by_a_key_of_its_own(
    database: Database,
) -> None:
    code = {"type": "string", "x-unique": True}
    key = {"key": "by_name", "fields": ["firm", "name"]}
    fields = {"firm": refers_to("firm"), "chief": refers_to("person")}
    person = an_object("person", fields, **{"x-unique": [key]})
    world = await a_world(database, an_object("firm", {"code": code}), person)
    firm = {"column": "firm", "reference": "code"}
    chief = {"columns": ["chief's", "chief"], "reference": "by_name", "parts": {"firm": "code"}}
    mapping = a_mapping(
        {"object": "firm", "key": "code", "fields": {"code": "firm"}},
        {
            "object": "person",
            "key": "by_name",
            "fields": {"name": "name", "firm": firm, "chief": chief},
        },
    )
    told = [("A", "Li", "A", "Wu"), ("B", "Li", "A", "Li"), ("A", "Wu", "", ""), ("B", "Wu", "B", "X")]  # fmt: skip
    rows = [dict(zip(("firm", "name", "chief's", "chief"), one, strict=True)) for one in told]
    singles = [{"firm": "A", "name": f"{number}", "chief's": "", "chief": ""} for number in range(ROWS)]  # fmt: skip
    for created in (3 + ROWS, 0):
        report, kept = await load_rows(world, mapping, [*rows[:2], *singles, *rows[2:]])
        assert report.steps[1].created == created
        [reject] = kept.rejects
        message = "There is no person with the by_name 'B + X'."
        assert (reject.line, reject.flaws[0].message) == (ROWS + 4, message)
    found = await data(world, "person", "id", "name", "chief")
    names = {str(record): name for record, name, _ in found}
    assert sorted((name, names.get(chief)) for _, name, chief in found if name in "LiWu") == [
        ("Li", "Li"),
        ("Li", "Wu"),
        ("Wu", None),
    ]


async def test_a_record_is_not_taken_for_one_that_lacks_the_reference_in_its_key(
    database: Database,
) -> None:
    fields = {"code": {"type": "string", "x-unique": True}, "within": refers_to("place")}
    key = {"key": "by_name", "fields": ["within", "name"]}
    world = await a_world(database, an_object("place", fields, **{"x-unique": [key]}))
    within = {"column": "within", "reference": "code"}
    sources = {"name": "name", "code": "code", "within": within}
    mapping = a_mapping({"object": "place", "key": "by_name", "fields": sources})
    rows = [
        {"name": "Berlin", "code": "b", "within": ""},
        {"name": "Berlin", "code": "b2", "within": "us"},
        {"name": "USA", "code": "us", "within": ""},
    ]
    _, kept = await load_rows(world, mapping, rows[:1])
    report, kept = await load_rows(world, mapping, rows[1:])
    assert kept.told == []
    assert (report.steps[0].created, report.steps[0].matched) == (2, 0)
    assert len(await data(world, "place", "id")) == 3
