"""References to records of later steps."""

from __future__ import annotations

from typing import Any

import pytest

from core.actions.importing.feeds import GivenFeed
from core.actions.importing.planning import Job
from core.actions.importing.producing import ROWS
from core.actions.importing.report import Report
from core.actions.importing.running import Options
from core.store.database.connections import Database
from tests.core.a_store import World, a_world, an_object, refers_to
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import Kept, data, load_jobs

CODE = {"type": "string", "x-unique": True}
REST = " The rest of the row is written."
Rows = list[dict[str, str]]


async def a_pair(database: Database, **firm: Any) -> World:
    """Firms with a main contact, people with their firm."""
    fields = {"code": CODE, "main": refers_to("person"), "second": refers_to("person")}
    return await a_world(
        database,
        an_object("firm", fields | firm.pop("properties", {}), **firm),
        an_object("person", {"code": CODE, "firm": refers_to("firm")}, required=["firm"]),
    )


def by(column: str, key: str = "code", **more: Any) -> dict[str, Any]:
    return {"column": column, "reference": key, **more}


FIRMS = {
    "object": "firm",
    "key": "code",
    "fields": {"code": "code", "main": by("main"), "second": by("second")},
}
PEOPLE = {"object": "person", "key": "code", "fields": {"code": "code", "firm": by("firm")}}


async def load(
    world: World, firms: Rows, people: Rows, options: Options | None = None, **more: Any
) -> tuple[Report, Kept]:
    steps = a_mapping(FIRMS | more, PEOPLE).steps
    feeds = [(GivenFeed("firms", firms),), (GivenFeed("people", people),)]
    jobs = [Job(step, feed) for step, feed in zip(steps, feeds, strict=True)]
    return await load_jobs(world, jobs, options)


async def mains(world: World) -> dict[str, tuple[str | None, str | None]]:
    codes = {str(record): code for record, code in await data(world, "person", "id", "code")}
    return {
        code: (codes.get(main), codes.get(second))
        for code, main, second in await data(world, "firm", "code", "main", "second")
    }


def a_firm(code: str, main: str = "", second: str = "") -> dict[str, str]:
    return {"code": code, "main": main, "second": second}


def a_person(code: str, firm: str) -> dict[str, str]:
    return {"code": code, "firm": firm}


def counts(report: Report) -> list[tuple[str, int, int, int, int]]:
    return [
        (step.object, step.read, step.created, step.matched, step.rejected) for step in report.steps
    ]


@pytest.mark.parametrize("options", [Options(), Options(whole=True)])
async def test_two_objects_that_refer_to_each_other_come_with_one_import(
    database: Database, options: Options
) -> None:
    world = await a_pair(database)
    many = ROWS + 20
    firms = [a_firm(f"F{number}", f"P{number}") for number in range(many)] + [a_firm("alone")]
    people = [a_person(f"P{number}", f"F{number}") for number in range(many)]
    dry, _ = await load(world, firms, people, Options(dry_run=True))
    report, kept = await load(world, firms, people, options)
    assert kept.told == []
    assert (
        counts(report)
        == counts(dry)
        == [
            ("firm", many + 1, many + 1, 0, 0),
            ("person", many, many, 0, 0),
            ("firm.main", many, 0, many, 0),
        ]
    )
    found = {f"F{number}": (f"P{number}", None) for number in range(many)}
    assert await mains(world) == found | {"alone": (None, None)}
    changes = len(await world.rows("select kind from change where tenant_id = $1"))
    again, _ = await load(world, firms, people)
    assert [step.object for step in again.steps] == ["firm", "person"]
    assert len(await world.rows("select kind from change where tenant_id = $1")) == changes


async def test_who_is_not_there_in_the_end_is_told_and_the_rest_of_the_row_is_written(
    database: Database,
) -> None:
    world = await a_pair(database)
    firms = [a_firm("F1", "P1", "nobody"), a_firm("F2", "P2")]
    people = [a_person("P1", "F1"), a_person("P2", "nowhere")]
    dry, dry_kept = await load(world, firms, people, Options(dry_run=True))
    report, kept = await load(world, firms, people)
    assert counts(report) == counts(dry)
    assert kept.rejects == dry_kept.rejects
    assert await mains(world) == {"F1": ("P1", None), "F2": (None, None)}
    assert [(one.feed, one.line, one.flaws[0].message) for one in kept.rejects] == [
        ("people", 2, "There is no firm with the code 'nowhere'."),
        (
            "firms",
            2,
            f"The row of the person with the code 'P2' was not loaded.{REST}",
        ),
        (
            "firms",
            1,
            f"There is no person with the code 'nobody'.{REST}",
        ),
    ]


async def test_a_later_row_for_the_same_record_has_the_last_word(database: Database) -> None:
    world = await a_pair(database)
    await load(world, [a_firm("F0")], [a_person("there", "F0")])
    firms = [
        a_firm("F1", "P1"),
        a_firm("F2", "P1"),
        a_firm("F3", "P1"),
        a_firm("F1", "P2"),
        a_firm("F2", "there"),
        a_firm("F3"),
    ]
    people = [a_person("P1", "F1"), a_person("P2", "F1")]
    _, kept = await load(world, firms, people, blanks="clear")
    assert kept.told == []
    found = await mains(world)
    assert [found[code][0] for code in ("F1", "F2", "F3")] == ["P2", "there", None]


async def test_ids_and_blanks_for_the_missing_wait_too(database: Database) -> None:
    world = await a_pair(database)
    person = "0192f0c1-0000-7000-8000-000000000001"
    steps = a_mapping(
        FIRMS
        | {"fields": {"code": "code", "main": "main", "second": by("second", missing="blank")}},
        PEOPLE | {"fields": PEOPLE["fields"] | {"id": "id"}},
    ).steps
    firms = [a_firm("F1", person, "P1"), a_firm("F2", "", "nobody")]
    people = [a_person("P1", "F1") | {"id": person}]
    jobs = [
        Job(steps[0], (GivenFeed("firms", firms),)),
        Job(steps[1], (GivenFeed("people", people),)),
    ]
    _, kept = await load_jobs(world, jobs)
    assert kept.told == []
    assert await mains(world) == {"F1": ("P1", "P1"), "F2": (None, None)}


async def test_who_has_another_key_in_the_end_is_told_and_not_made_anew(
    database: Database,
) -> None:
    alias = {"properties": {"alias": CODE}}
    world = await a_pair(database, **alias)
    first = FIRMS | {"fields": FIRMS["fields"] | {"alias": "code"}}
    renamed = {"object": "firm", "key": "alias", "fields": {"alias": "code", "code": "new"}}
    steps = a_mapping(first, PEOPLE, renamed).steps
    firms = [a_firm("F1", "P1") | {"new": "F2"}]
    people = [a_person("P1", "F1")]
    given = (firms, people, firms)
    jobs = [Job(step, (GivenFeed("rows", rows),)) for step, rows in zip(steps, given, strict=True)]
    report, kept = await load_jobs(world, jobs)
    assert counts(report)[-1] == ("firm.main", 1, 0, 0, 1)
    [reject] = kept.rejects
    assert reject.flaws[0].message == f"There is no firm with this code any more.{REST}"
    assert await data(world, "firm", "code") == [("F2",)]


NEEDED = {"then": {"required": ["main"]}, "if": {"properties": {"name": {"const": "big"}}, "required": ["name"]}}  # fmt: skip


@pytest.mark.parametrize(
    ("firm", "step", "reason"),
    [
        ({"required": ["main"]}, {}, "it is required"),
        (
            NEEDED,
            {"fields": FIRMS["fields"] | {"name": {"constant": "big"}}},
            "the record can't be without it until then",
        ),
        (
            {"x-unique": [{"key": "both", "fields": ["name", "main"]}]},
            {},
            "it is part of a unique key",
        ),
        ({}, {"key": None}, "the step has no key to find the record by"),
        ({}, {"existing": "keep"}, "the step does not update records"),
    ],
)
async def test_where_a_record_cannot_be_written_first_it_is_told_what_to_do(
    database: Database, firm: dict[str, Any], step: dict[str, Any], reason: str
) -> None:
    world = await a_pair(database, **firm)
    rows = [a_firm("F1", "P1")]
    given = {key: value for key, value in (FIRMS | step).items() if value is not None}
    steps = a_mapping(given, PEOPLE).steps
    jobs = [
        Job(steps[0], (GivenFeed("firms", rows),)),
        Job(steps[1], (GivenFeed("people", [a_person("P1", "F1")]),)),
    ]
    report, kept = await load_jobs(world, jobs)
    assert report.loaded == 0
    told = kept.rejects[0].flaws[-1]
    assert (told.column, told.code, told.value) == ("main", "NOT_FOUND", "P1")
    assert told.message == (
        "There is no person with the code 'P1' yet. If a later step brings it, put that step"
        f" first: 'main' is not filled in afterwards, since {reason}."
    )


async def test_rows_name_those_of_a_later_step_of_the_same_object(database: Database) -> None:
    fields = {"code": CODE, "parent": refers_to("firm", inverse="children") | {"x-tree": True}}
    world = await a_world(database, an_object("firm", fields))
    child: dict[str, Any] = {
        "object": "firm",
        "key": "code",
        "fields": {"code": "code", "parent": by("parent")},
    }
    group: dict[str, Any] = {"object": "firm", "key": "code", "fields": {"code": "code"}}
    below = [("S1", "G1"), ("S2", "S3"), ("S3", "G2"), ("S4", "nobody")]
    rows = [
        [{"code": code, "parent": parent} for code, parent in below],
        [{"code": "G1"}, {"code": "G2"}],
    ]
    steps = a_mapping(child, group).steps
    feeds = [(GivenFeed(f"file {index}", given),) for index, given in enumerate(rows)]
    report, kept = await load_jobs(
        world, [Job(step, feed) for step, feed in zip(steps, feeds, strict=True)]
    )
    assert kept.told == [(4, "parent", "NOT_FOUND")]
    assert kept.rejects[0].flaws[0].message.endswith(REST)
    codes = {str(record): code for record, code in await data(world, "firm", "id", "code")}
    parents = {
        code: codes.get(parent) for code, parent in await data(world, "firm", "code", "parent")
    }
    assert parents == dict.fromkeys(["G1", "G2", "S4"]) | dict(below[:3])
    assert [step.created for step in report.steps[:2]] == [4, 2]


async def test_a_bad_value_is_not_put_down_to_what_comes_later(database: Database) -> None:
    world = await a_pair(database, properties={"size": {"type": "integer", "maximum": 9}})
    fields = {**FIRMS["fields"], "size": "size"}
    rows = [a_firm("f", "p") | {"size": "10"}]
    _, kept = await load(world, rows, [a_person("p", "f")], fields=fields)
    told = [(one.line, flaw.column, flaw.code) for one in kept.rejects for flaw in one.flaws]
    assert told == [(1, "size", "OUT_OF_RANGE"), (1, "firm", "NOT_FOUND")]


async def test_what_every_record_must_have_is_not_put_down_to_what_comes_later(
    database: Database,
) -> None:
    world = await a_pair(database, required=["name"])
    fields = {**FIRMS["fields"], "name": "name"}
    rows = [a_firm("f", "p") | {"name": ""}]
    _, kept = await load(world, rows, [], fields=fields)
    assert kept.told == [(1, "name", "REQUIRED")]
