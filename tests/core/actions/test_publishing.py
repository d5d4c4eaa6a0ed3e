"""Drafts, what they would change, and publishing them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.actions import batches, declared_files, metadata, publishing, removing, saving
from core.actions.publishing import Terms
from core.actions.removing import Removal
from core.actions.saving import Edit
from core.errors import Conflict, Forbidden, Refused
from core.identity import Actor, Role
from core.packs.offer import Offer
from core.store.database.connections import Database
from core.store.records import saving as store_saving
from core.store.records import taking
from core.store.records.saving import Saving
from core.store.tenancy.opening import Store
from core.store.writing import rows
from core.store.writing.transactions import Transaction
from metadata.changes import Consent, Effect
from tests.core.a_store import World, a_slow_writer, problems_of
from tests.core.actions.a_visit import OBJECT, column_of, published, values, visit


async def test_what_is_published_can_be_written_at_once(admin: Actor, store: Store) -> None:
    assert await published(admin, store, visit()) == 2
    saved = await saving.create(admin, store, "visit__c", [{"subject__c": "拜访"}])
    assert len(saved.ids) == 1


async def test_a_draft_may_be_wrong_and_is_told_so(admin: Actor, store: Store) -> None:
    await metadata.save_draft(admin, store, [visit(wrong={"type": "strin"})])
    problems = await metadata.check(admin, store)
    assert {problem.document for problem in problems} == {"objects/visit__c.json"}
    with pytest.raises(Refused):
        await publishing.publish(admin, store)
    assert (await store.published(admin.tenant)).version == 1


async def test_a_document_that_does_not_say_what_it_is_is_not_saved(
    admin: Actor, store: Store
) -> None:
    with pytest.raises(Refused) as refused:
        await metadata.save_draft(admin, store, [{"title": "?"}, 7, visit()])
    assert [problem.path[:2] for problem in refused.value.problems] == [
        ("documents", 0),
        ("documents", 1),
    ]
    assert not (await metadata.draft(admin, store)).documents


@pytest.mark.parametrize(
    ("said", "path", "words"),
    [
        ({"$schema": OBJECT.replace("ct", "kt")}, ("/$schema",), f"Did you mean '{OBJECT}'?"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, ("/$schema",), "Known are "),
        ({"$schema": OBJECT.replace("object", "pack")}, ("/$schema",), "no dialect of a tenant's"),
        ({"$schema": OBJECT}, (), '"$id": "visit__c"'),
        ({"$schema": OBJECT.replace("object", "labels")}, (), '"language": "zh-Hans"'),
        ({"$id": "visit__c"}, (), "its $schema, such as"),
    ],
)
async def test_what_a_document_lacks_to_be_known_is_told(
    admin: Actor, store: Store, said: dict[str, str], path: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Refused) as refused:
        await metadata.save_draft(admin, store, [said])
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == (("documents", 0, *path), "UNKNOWN_DOCUMENT")
    assert words in problem.message


async def test_only_administrators_declare(admin: Actor, store: Store) -> None:
    member = Actor(admin.tenant, Role.MEMBER)
    for attempt in (
        metadata.save_draft(member, store, [visit()]),
        metadata.check(member, store),
        publishing.diff(member, store),
        publishing.publish(member, store),
        publishing.rollback(member, store, 1),
        metadata.export(member, store),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_stale_draft_version_is_a_conflict(admin: Actor, store: Store) -> None:
    state = await metadata.save_draft(admin, store, [visit()])
    await metadata.save_draft(admin, store, [visit(place__c={"type": "string"})])
    with pytest.raises(Conflict):
        await metadata.save_draft(admin, store, [visit()], if_version=state.version)
    with pytest.raises(Conflict):
        await publishing.publish(admin, store, if_version=state.version)


async def test_files_are_published_with_nothing_that_came_meanwhile(
    admin: Actor, store: Store
) -> None:
    files = declared_files.Declared({Path("visit.json"): visit(name__c={"type": "string"})})
    version = await declared_files.save(admin, store, files, prune=True)
    await metadata.save_draft(admin, store, [{**visit(), "$id": "trip__c", "x-plural": "trips__c"}])
    with pytest.raises(Conflict):
        await publishing.publish(admin, store, if_version=version)

    version = await declared_files.save(admin, store, files, prune=True)
    await publishing.publish(admin, store, if_version=version)
    assert list(await metadata.export(admin, store)) == ["objects/visit__c.json"]


async def test_of_two_who_publish_at_once_one_wins(admin: Actor, store: Store) -> None:
    await metadata.save_draft(admin, store, [visit()])
    outcomes = await asyncio.gather(
        *(publishing.publish(admin, store) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, publishing.Publication) for one in outcomes) == 1
    assert sum(isinstance(one, Conflict) for one in outcomes) == 3
    assert (await store.published(admin.tenant)).version == 2


async def test_a_publish_that_would_leave_records_invalid_is_refused_until_allowed(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    long, short = {"subject__c": "a" * 60}, {"subject__c": "short"}
    saved = await saving.create(admin, store, "visit__c", [long, short, long])
    tighter = visit(subject__c={"type": "string", "maxLength": 20})
    await metadata.save_draft(admin, store, [tighter])
    comparison = await publishing.diff(admin, store)
    (counted,) = [one for told in comparison.changes for one in told.counted]
    assert (counted.count, set(counted.examples)) == (2, {saved.ids[0], saved.ids[2]})
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store)
    assert [problem.code for problem in refused.value.problems] == ["INVALID"]
    terms = Terms(frozenset({Consent.INVALID}))
    assert (await publishing.publish(admin, store, terms)).version == 3


async def test_what_did_not_fit_before_is_not_counted_again(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    long, short = {"subject__c": "a" * 60}, {"subject__c": "short"}
    saved = await saving.create(admin, store, "visit__c", [long, short])
    subject = {"type": "string", "maxLength": 20}
    await metadata.save_draft(admin, store, [visit(subject__c=subject)])
    await publishing.publish(admin, store, Terms(frozenset({Consent.INVALID})))

    async def counted(**more: object) -> list[tuple[int | None, tuple[UUID, ...]]]:
        fields = {"subject__c": subject, "city__c": {"type": "string"}}
        await metadata.save_draft(admin, store, [{**visit(**fields), **more}])
        comparison = await publishing.diff(admin, store)
        return [(one.count, one.examples) for told in comparison.changes for one in told.counted]

    subject["minLength"] = 1
    assert await counted() == [(0, ())]
    subject["minLength"] = 6
    assert await counted() == [(1, (saved.ids[1],))]
    is_short = {"properties": {"subject__c": {"maxLength": 5}}, "required": ["subject__c"]}
    needs = {"if": is_short, "then": {"required": ["city__c"]}}
    subject["minLength"] = 1
    assert (await counted(**needs))[-1] == (1, (saved.ids[1],))


async def test_what_is_written_while_a_publish_waits_is_counted(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    (made,) = (await saving.create(admin, store, "visit__c", [{"subject__c": "拜访"}])).ids

    async def clears(tx: Transaction) -> None:
        clear = "update record set data = '{}', updated_at = now() where tenant_id = $1 and id = $2"
        await tx.connection.execute(clear, tx.tenant, made)

    async with a_slow_writer(World(store, admin), clears):
        await metadata.save_draft(admin, store, [{**visit(), "required": ["subject__c"]}])
        publish = asyncio.create_task(publishing.publish(admin, store))

    assert [code for _, code in await problems_of(publish)] == ["INVALID"]
    assert (await store.newest(admin.tenant)).version == 2


async def test_a_draft_that_is_changed_while_a_publish_waits_is_not_published(
    admin: Actor, store: Store
) -> None:
    version = await published(admin, store, visit())
    await metadata.save_draft(admin, store, [visit(city__c={"type": "string"})])

    async def nothing(_: Transaction) -> None: ...

    async def changes_it(_: Transaction) -> None:
        await metadata.save_draft(admin, store, [visit(town__c={"type": "string"})])

    async with a_slow_writer(World(store, admin), nothing, changes_it):
        publish = asyncio.create_task(publishing.publish(admin, store))

    with pytest.raises(Conflict, match="The draft was changed meanwhile"):
        await publish
    assert (await store.newest(admin.tenant)).version == version


async def test_a_new_required_field_is_told_how_to_come_to_stored_records(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    await saving.create(admin, store, "visit__c", [{}])
    place = {"type": "string", "default": "Berlin"}
    await metadata.save_draft(admin, store, [visit(place__c=place) | {"required": ["place__c"]}])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store)
    (problem,) = refused.value.problems
    assert "Publish it without being required, fill it in" in problem.message


async def test_a_field_with_values_is_dropped_only_when_told_to(admin: Actor, store: Store) -> None:
    await published(admin, store, visit(place__c={"type": "string"}))
    await saving.create(admin, store, "visit__c", [{"place__c": "上海"}, {}])
    await metadata.save_draft(admin, store, [visit()])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store)
    assert [problem.code for problem in refused.value.problems] == ["LOST"]
    await publishing.publish(admin, store, Terms(frozenset({Consent.DATA_LOSS})))


async def test_the_type_of_a_field_with_values_stays(admin: Actor, store: Store) -> None:
    await published(admin, store, visit(count__c={"type": "integer"}))
    await saving.create(admin, store, "visit__c", [{"count__c": 3}])
    await metadata.save_draft(admin, store, [visit(count__c={"type": "string"})])
    everything = Terms(frozenset(Consent))
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, everything)
    assert "RETYPED" in {problem.code for problem in refused.value.problems}


@pytest.mark.parametrize("kind", ["one", "several"])
async def test_an_option_that_only_the_past_or_a_deleted_record_has_is_not_removed(
    admin: Actor, store: Store, kind: str
) -> None:
    def rated(*options: str) -> dict[str, Any]:
        choice = {"oneOf": [{"const": it, "title": it} for it in options]}
        return visit(rating__c=choice if kind == "one" else {"type": "array", "items": choice})

    def chosen(option: str) -> dict[str, Any]:
        return {"rating__c": option if kind == "one" else [option]}

    await published(admin, store, rated("good", "fair", "poor", "none"))
    written = [chosen("good"), chosen("poor")]
    first, second = (await saving.create(admin, store, "visit__c", written)).ids
    await saving.update(admin, store, "visit__c", [Edit(first, chosen("fair"))])
    await removing.delete(admin, store, "visit__c", [Removal(second)])

    for options in (("fair", "poor"), ("good", "fair")):
        await metadata.save_draft(admin, store, [rated(*options, "none")])
        with pytest.raises(Refused) as refused:
            await publishing.publish(admin, store, Terms(frozenset(Consent)))
        assert [problem.code for problem in refused.value.problems] == ["HELD"]
    await published(admin, store, rated("good", "fair", "poor"))


async def test_what_reads_a_field_that_is_computed_no_more_is_computed_anew(
    admin: Actor, store: Store
) -> None:
    twice = {"type": "integer", "x-formula": "coalesce(count__c, 0) * 2"}
    computed = {"type": "integer", "x-formula": "size(subject__c)"}
    await published(admin, store, visit(count__c=computed, twice__c=twice))
    await saving.create(admin, store, "visit__c", [{"subject__c": "Tour"}])

    await published(admin, store, visit(count__c={"type": "integer"}, twice__c=twice))

    assert await values(admin, store, await column_of(admin, store, "twice__c")) == [0]


async def test_columns_of_fields_that_become_indexed_are_filled(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    texts = [f"主题 {number:03}" for number in range(1_200)]
    for start in range(0, 1_200, 400):
        inputs = [{"subject__c": text} for text in texts[start : start + 400]]
        await saving.create(admin, store, "visit__c", inputs)
    indexed = visit(subject__c={"type": "string", "maxLength": 80, "x-index": True})
    await published(admin, store, indexed)
    filled = await values(admin, store, await column_of(admin, store, "subject__c"))
    assert None not in filled
    assert len(set(filled)) == 1_200
    assert set(await values(admin, store, "version")) == {1}


async def test_a_new_formula_is_computed_for_stored_records(admin: Actor, store: Store) -> None:
    await published(admin, store, visit(count__c={"type": "integer"}))
    await saving.create(admin, store, "visit__c", [{"count__c": n} for n in range(5)])
    twice = {"type": "integer", "readOnly": True, "x-formula": "count__c * 2"}
    await published(admin, store, visit(count__c={"type": "integer"}, twice__c=twice))
    column = await column_of(admin, store, "twice__c")
    assert sorted(await values(admin, store, column)) == [0, 2, 4, 6, 8]


RULE = {"key": "few__c", "check": "double__c < 5", "message": "Too many."}


DOUBLE = {"type": "integer", "readOnly": True, "x-formula": "people__c * 2"}


PEOPLE = {"type": "integer"}


async def broken(admin: Actor, store: Store, *documents: Mapping[str, Any]) -> list[int | None]:
    """How many records break the rules that the documents bring."""
    await metadata.save_draft(admin, store, documents)
    found = (await publishing.diff(admin, store)).changes
    told = [one for change in found for one in change.counted]
    return [one.count for one in told if one.impact.effect is Effect.BROKEN_RULE]


async def test_records_that_break_a_rule_are_counted_as_they_are_computed_then(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(people__c=PEOPLE))
    await saving.create(admin, store, "visit__c", [{"people__c": it} for it in (1, 2, 3, 4)])
    asking = visit(people__c=PEOPLE, double__c=DOUBLE) | {"x-rules": [RULE]}
    assert await broken(admin, store, asking) == [2]
    await publishing.publish(admin, store)
    other = {**DOUBLE, "x-formula": "people__c + 2"}
    again = visit(people__c=PEOPLE, double__c=other) | {"x-rules": [{**RULE, "severity": "warn"}]}
    assert await broken(admin, store, again) == [2]


async def test_rules_that_read_what_only_other_records_tell_are_told_without_a_number(
    admin: Actor, store: Store
) -> None:
    above = {"x-reference": {"object": "visit__c", "inverse": "others__c"}}
    await published(admin, store, visit(above__c=above))
    await saving.create(admin, store, "visit__c", [{"subject__c": "one"}])
    count = {
        "type": "integer",
        "readOnly": True,
        "x-rollup": {"object": "visit__c", "via": "above__c", "op": "count"},
    }
    asking = visit(
        above__c=above, count__c=count, double__c={**DOUBLE, "x-formula": "count__c * 2"}
    )
    asking |= {"x-rules": [{**RULE, "check": "double__c > 0"}]}
    assert await broken(admin, store, asking) == [None]
    await publishing.publish(admin, store)
    other = {"key": "above__c", "check": "above__c.subject__c != 'x'", "message": "Not there."}
    again = asking | {"x-rules": [other, {**RULE, "check": "double__c > 1"}]}
    assert await broken(admin, store, again) == [None, 1]


async def test_rules_over_stages_count_records_in_the_stage_that_they_will_enter(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    await saving.create(admin, store, "visit__c", [{"subject__c": "one"}, {}])
    pipeline = {
        "$schema": "https://dealgraph.dev/schemas/pipeline-1.json",
        "$id": "visiting__c",
        "object": "visit__c",
        "stages": [
            {"key": "planned__c", "title": "Planned", "kind": "open"},
            {"key": "done__c", "title": "Done", "kind": "won"},
        ],
    }
    rule = {**RULE, "when": "stage_kind == 'open'", "check": "has(subject__c)"}
    assert await broken(admin, store, visit() | {"x-rules": [rule]}, pipeline) == [1]


async def test_new_roll_ups_over_new_formulas_are_right_at_once(admin: Actor, store: Store) -> None:
    integer = {"type": "integer"}
    fields = {
        "above__c": {"x-reference": {"object": "visit__c", "inverse": "below__c"}},
        "count__c": integer,
    }
    computed = {
        "twice__c": {**integer, "x-formula": "count__c * 2"},
        "sum__c": {**integer, "x-rollup": rollup("sum", "twice__c")},
        "total__c": {**integer, "x-formula": "sum__c + twice__c"},
        "most__c": {**integer, "x-rollup": rollup("max", "total__c")},
    }
    await published(admin, store, visit(**fields))
    ids: list[UUID] = []
    for count in (1, 2, 3):
        given = {"count__c": count, "above__c": ids[-1] if ids else None}
        ids += (await saving.create(admin, store, "visit__c", [given])).ids

    await published(admin, store, visit(**fields, **computed))

    assert await values(admin, store, await column_of(admin, store, "sum__c")) == [4, 6, 0]
    assert await values(admin, store, await column_of(admin, store, "most__c")) == [10, 6, None]
    thrice = {**integer, "x-formula": "count__c * 3"}
    await published(admin, store, visit(**fields, **{**computed, "twice__c": thrice}))
    assert await values(admin, store, await column_of(admin, store, "sum__c")) == [6, 9, 0]
    assert await values(admin, store, await column_of(admin, store, "most__c")) == [15, 9, None]


def rollup(op: str, field: str) -> dict[str, str]:
    return {"object": "visit__c", "via": "above__c", "op": op, "field": field}


async def test_a_new_unique_constraint_holds_for_stored_records_too(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    await saving.create(admin, store, "visit__c", [{"subject__c": "A"}, {"subject__c": "B"}])
    unique = {"type": "string", "maxLength": 80, "x-unique": True}
    await published(admin, store, visit(subject__c=unique))
    with pytest.raises(Refused):
        await saving.create(admin, store, "visit__c", [{"subject__c": "B"}])


async def test_what_was_unique_before_is_unique_again_by_the_values_of_now(
    admin: Actor, store: Store
) -> None:
    unique = visit(subject__c={"type": "string", "maxLength": 80, "x-unique": True})
    await published(admin, store, unique)
    (one, other) = (
        await saving.create(admin, store, "visit__c", [{"subject__c": "A"}, {"subject__c": "B"}])
    ).ids
    await published(admin, store, visit())
    for visited, subject in ((one, "C"), (other, "A")):
        await saving.update(admin, store, "visit__c", [Edit(visited, {"subject__c": subject})])
    await published(admin, store, unique)

    await saving.create(admin, store, "visit__c", [{"subject__c": "B"}])
    with pytest.raises(Refused):
        await saving.create(admin, store, "visit__c", [{"subject__c": "A"}])
    await saving.update(admin, store, "visit__c", [Edit(other, {"subject__c": "D"})])
    await saving.create(admin, store, "visit__c", [{"subject__c": "A"}])


async def test_values_that_are_there_twice_do_not_become_unique(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    await saving.create(admin, store, "visit__c", [{"subject__c": "A"}, {"subject__c": "A"}])
    unique = {"type": "string", "maxLength": 80, "x-unique": True}
    await metadata.save_draft(admin, store, [visit(subject__c=unique)])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, Terms(frozenset(Consent)))
    assert [problem.code for problem in refused.value.problems] == ["DUPLICATE"]


async def test_values_that_come_twice_while_a_publish_waits_do_not_become_unique(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    ids = (await saving.create(admin, store, "visit__c", [{"subject__c": c} for c in "AB"])).ids
    unique = {"type": "string", "maxLength": 80, "x-unique": True}
    await metadata.save_draft(admin, store, [visit(subject__c=unique)])
    world = World(store, admin)
    long_ago = "update record set updated_at = now() - interval '1 day' where tenant_id = $1"
    async with store.database.transaction(admin.tenant) as connection:
        await connection.execute(long_ago, admin.tenant)

    async def doubles(tx: Transaction) -> None:
        setting, held = batches.setting_of(tx, admin), await rows.hold(tx, ids[:1])
        given = {"subject__c": "B"}
        draft = taking.changed(tx.plan("visit__c"), held.rows[ids[0]], setting, (0,), given)
        await store_saving.save(tx, [draft], Saving(setting, held))

    async with a_slow_writer(world, doubles):
        publishing_it = asyncio.create_task(publishing.publish(admin, store))
    with pytest.raises(Refused) as refused:
        await publishing_it
    assert [problem.code for problem in refused.value.problems] == ["DUPLICATE"]


async def test_a_note_has_an_end(admin: Actor, store: Store) -> None:
    await metadata.save_draft(admin, store, [visit()])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, Terms(note="记" * 2_001))
    assert [(it.path, it.code) for it in refused.value.problems] == [(("note",), "TOO_LONG")]
    await publishing.publish(admin, store, Terms(note="记" * 2_000))
    [first, *_] = await metadata.published_versions(admin, store)
    assert len(first.note) == 2_000


async def test_writers_beside_a_publisher_leave_no_slot_wrong(
    admin: Actor, store: Store, database: Database
) -> None:
    await published(admin, store, visit())
    other = Store(database, Offer({}))
    stop = asyncio.Event()

    async def write(using: Store) -> int:
        written = 0
        while not stop.is_set():
            await saving.create(admin, using, "visit__c", [{"subject__c": f"w{written}"}] * 3)
            written += 3
        return written

    writers = [asyncio.create_task(write(one)) for one in (store, other, other)]
    for place in range(4):
        plain = {"type": "string", "maxLength": 80}
        indexed = {**plain, "x-index": True}
        extra = {f"f{place}__c": {"type": "integer"}}
        await published(
            admin, store, visit(subject__c=indexed if place % 2 == 0 else plain, **extra)
        )
        terms = Terms(frozenset(Consent))
        await metadata.save_draft(admin, store, [visit(subject__c=indexed)])
        await publishing.publish(admin, store, terms)
    stop.set()
    written = sum(await asyncio.gather(*writers))
    column = await column_of(admin, store, "subject__c")
    filled = await values(admin, store, column)
    assert len(filled) == written > 0
    assert None not in filled
