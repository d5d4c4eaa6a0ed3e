"""Drafts, what they would change, publishing them, and going back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actions import declared_files, metadata, publishing, saving
from core.actions.publishing import Terms
from core.actions.tenants import create_tenant
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.identity import Actor, Role, TenantId
from core.packs.offer import Offer
from core.store.connections import Database
from core.store.opening import Store
from core.store.tenants import Settings
from core.store.writing import Transaction, writing
from metadata.changes import Consent, Effect
from metadata.published import Published
from tests.conftest import KEYS
from tests.core.a_store import World, problems_of, waiting

OBJECT = "https://dealgraph.dev/schemas/object-1.json"


def visit(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": OBJECT,
        "$id": "visit__c",
        "title": "Visit",
        "x-plural": "visits__c",
        "type": "object",
        "properties": {"subject__c": {"type": "string", "maxLength": 80}, **properties},
    }


@pytest.fixture
async def store(database: Database) -> Store:
    return Store(database, Offer({}))


@pytest.fixture
async def admin(store: Store) -> Actor:
    tenant = await create_tenant(store, Settings(key=f"publishing-{next(KEYS)}"))
    return Actor(TenantId(tenant.id), Role.ADMIN)


async def published(admin: Actor, store: Store, *documents: Mapping[str, Any]) -> int:
    await metadata.save_draft(admin, store, documents)
    return (await publishing.publish(admin, store)).version


async def values(admin: Actor, store: Store, column: str) -> list[object]:
    async with store.database.reading(admin.tenant) as connection:
        rows = await connection.fetch(
            f"select {column} from read.record where tenant_id = $1 and object = 'visit__c'"
            " order by id",
            admin.tenant,
        )
    return [row[0] for row in rows]


async def column_of(admin: Actor, store: Store, field: str) -> str:
    place = (await store.published(admin.tenant)).storage.place("visit__c", field)
    assert place.readable is not None
    return place.readable


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


async def test_a_draft_that_was_looked_at_before_a_rollback_is_a_conflict(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    await published(admin, store, visit(place__c={"type": "string"}))
    state = await metadata.save_draft(admin, store, [visit(count__c={"type": "integer"})])
    await publishing.rollback(admin, store, 2)

    with pytest.raises(Conflict):
        await publishing.publish(admin, store, if_version=state.version)

    kept = await metadata.draft(admin, store)
    assert kept.documents == state.documents


async def test_files_are_published_with_nothing_that_came_meanwhile(
    admin: Actor, store: Store
) -> None:
    files = {Path("visit.json"): visit(name__c={"type": "string"})}
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


async def test_what_is_written_while_a_publish_waits_is_counted(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    (made,) = (await saving.create(admin, store, "visit__c", [{"subject__c": "拜访"}])).ids
    holds, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        clear = "update record set data = '{}', updated_at = now() where tenant_id = $1 and id = $2"
        await tx.connection.execute(clear, tx.tenant, made)
        holds.set()
        await may_go_on.wait()

    writer = asyncio.create_task(writing(admin.tenant, store, slow))
    await holds.wait()
    await metadata.save_draft(admin, store, [{**visit(), "required": ["subject__c"]}])
    publish = asyncio.create_task(publishing.publish(admin, store))
    while await waiting(World(store, admin)) < 1:
        pass
    may_go_on.set()
    await writer

    assert [code for _, code in await problems_of(publish)] == ["INVALID"]
    assert (await store.newest(admin.tenant)).version == 2


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


async def test_what_was_written_is_there_again_after_a_field_was_computed_for_a_while(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(count__c={"type": "integer"}))
    await saving.create(admin, store, "visit__c", [{"subject__c": "Tour", "count__c": 3}])
    computed = {"type": "integer", "x-formula": "size(subject__c)"}
    await metadata.save_draft(admin, store, [visit(count__c=computed)])

    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store)
    await publishing.publish(admin, store, Terms(frozenset({Consent.DATA_LOSS})))
    meanwhile = await values(admin, store, await column_of(admin, store, "count__c"))
    await publishing.rollback(admin, store, 2)
    again = await values(admin, store, await column_of(admin, store, "count__c"))

    assert [problem.code for problem in refused.value.problems] == ["LOST"]
    assert (meanwhile, again) == ([4], [3])


async def test_a_rollback_past_a_change_of_type_brings_the_values_of_then(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(it__c={"type": "string", "x-index": True}))
    await saving.create(admin, store, "visit__c", [{"it__c": "then"}])
    loss = Terms(frozenset({Consent.DATA_LOSS}))
    await metadata.save_draft(admin, store, [visit()])
    await publishing.publish(admin, store, loss)
    await published(admin, store, visit(it__c={"type": "integer"}))
    await saving.create(admin, store, "visit__c", [{"it__c": 7}])

    with pytest.raises(Refused) as refused:
        await publishing.rollback(admin, store, 2)
    await publishing.rollback(admin, store, 2, loss)

    assert [problem.code for problem in refused.value.problems] == ["LOST"]
    assert await values(admin, store, await column_of(admin, store, "it__c")) == ["then", None]


async def test_a_rollback_past_a_field_that_was_dropped_and_declared_anew_brings_its_values(
    admin: Actor, store: Store
) -> None:
    twice = {"type": "integer", "x-formula": "count__c * 2"}
    count = {"type": "integer", "x-unique": True}
    loss = Terms(frozenset({Consent.DATA_LOSS}))
    await published(admin, store, visit(count__c=count, twice__c=twice))
    await saving.create(admin, store, "visit__c", [{"count__c": 3}])
    await metadata.save_draft(admin, store, [visit()])
    await publishing.publish(admin, store, loss)
    await published(admin, store, visit(count__c=count, twice__c=twice))
    await saving.create(admin, store, "visit__c", [{"count__c": 7}])

    with pytest.raises(Refused) as refused:
        await publishing.rollback(admin, store, 2)
    await publishing.rollback(admin, store, 2, loss)

    assert [problem.code for problem in refused.value.problems] == ["LOST"]
    assert await values(admin, store, await column_of(admin, store, "count__c")) == [3, None]
    assert await values(admin, store, await column_of(admin, store, "twice__c")) == [6, None]
    with pytest.raises(Refused):
        await saving.create(admin, store, "visit__c", [{"count__c": 3}])
    await saving.create(admin, store, "visit__c", [{"count__c": 7}])


async def test_what_reads_a_field_that_is_computed_no_more_is_computed_anew(
    admin: Actor, store: Store
) -> None:
    twice = {"type": "integer", "x-formula": "coalesce(count__c, 0) * 2"}
    computed = {"type": "integer", "x-formula": "size(subject__c)"}
    await published(admin, store, visit(count__c=computed, twice__c=twice))
    await saving.create(admin, store, "visit__c", [{"subject__c": "Tour"}])

    await published(admin, store, visit(count__c={"type": "integer"}, twice__c=twice))

    assert await values(admin, store, await column_of(admin, store, "twice__c")) == [0]


async def test_an_object_that_was_removed_with_records_comes_back_by_a_rollback_alone(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(count__c={"type": "integer"}))
    await saving.create(admin, store, "visit__c", [{"count__c": 3}])
    await metadata.save_draft(admin, store, [], remove=["objects/visit__c.json"])
    await publishing.publish(admin, store, Terms(frozenset({Consent.DATA_LOSS})))
    await metadata.save_draft(admin, store, [visit(count__c={"type": "integer"})])

    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, Terms(frozenset(Consent)))
    await publishing.rollback(admin, store, 2)

    assert [problem.code for problem in refused.value.problems] == ["ABANDONED"]
    assert await values(admin, store, await column_of(admin, store, "count__c")) == [3]


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


async def test_values_that_are_there_twice_do_not_become_unique(admin: Actor, store: Store) -> None:
    await published(admin, store, visit())
    await saving.create(admin, store, "visit__c", [{"subject__c": "A"}, {"subject__c": "A"}])
    unique = {"type": "string", "maxLength": 80, "x-unique": True}
    await metadata.save_draft(admin, store, [visit(subject__c=unique)])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, Terms(frozenset(Consent)))
    assert [problem.code for problem in refused.value.problems] == ["DUPLICATE"]


async def test_a_note_has_an_end(admin: Actor, store: Store) -> None:
    await metadata.save_draft(admin, store, [visit()])
    with pytest.raises(Refused) as refused:
        await publishing.publish(admin, store, Terms(note="记" * 2_001))
    assert [(it.path, it.code) for it in refused.value.problems] == [(("note",), "TOO_LONG")]
    await publishing.publish(admin, store, Terms(note="记" * 2_000))
    [first, *_] = await metadata.published_versions(admin, store)
    assert len(first.note) == 2_000


async def test_a_rollback_publishes_an_older_version_with_its_values(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(place__c={"type": "string"}))
    await saving.create(admin, store, "visit__c", [{"place__c": "上海"}])
    first = (await store.published(admin.tenant)).metadata.fingerprint
    await metadata.save_draft(admin, store, [visit()])
    await publishing.publish(admin, store, Terms(frozenset({Consent.DATA_LOSS})))
    back = await publishing.rollback(admin, store, 2)
    assert back.version == 4
    after = await store.published(admin.tenant)
    assert after.metadata.fingerprint == first
    assert after.storage.place("visit__c", "place__c").key == "place__c"
    noted = await metadata.published_versions(admin, store)
    assert [(one.version, one.kind, one.of_version) for one in noted][:2] == [
        (4, "rollback", 2),
        (3, "publish", None),
    ]


def sorted_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


VISITS = st.builds(
    lambda fields, plural, rules: {
        **visit(**fields),
        "title": plural,
        "required": sorted({"place__c", "cost__c"} & fields.keys()),
        "x-rules": rules,
    },
    st.fixed_dictionaries(
        {},
        optional={
            "place__c": st.sampled_from([{"type": "string"}, {"type": "string", "maxLength": 9}]),
            "cost__c": st.sampled_from([{"type": "number"}, {"type": "integer", "minimum": 0}]),
            "size__c": st.builds(
                lambda n: {"oneOf": [{"const": f"o{at}__c"} for at in range(n)]}, st.integers(1, 3)
            ),
            "long__c": st.just({"type": "boolean", "x-formula": "size(subject__c) > 9"}),
        },
    ),
    st.sampled_from(["Visit", "Call"]),
    st.lists(st.just({"key": "some__c", "check": "has(subject__c)", "message": "?"}), max_size=1),
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(declared=st.lists(VISITS, min_size=2, max_size=4, unique_by=sorted_text), data=st.data())
async def test_whatever_was_published_comes_back_by_a_rollback(
    admin: Actor, store: Store, declared: list[dict[str, Any]], data: st.DataObject
) -> None:
    terms = Terms(frozenset(Consent))
    first = await published_anew(admin, store, declared[0])
    known = [first, *[await published_anew(admin, store, one) for one in declared[1:]]]
    assert len({one.version for one in known}) == len(declared)
    to = data.draw(st.sampled_from(known[:-1]))

    await publishing.rollback(admin, store, to.version, terms)

    now = await store.newest(admin.tenant)
    assert now.metadata == to.metadata
    assert now.metadata.fingerprint == to.metadata.fingerprint
    assert not (await publishing.diff(admin, store)).changes
    await publishing.rollback(admin, store, known[-1].version, terms)
    assert (await store.newest(admin.tenant)).metadata == known[-1].metadata


async def published_anew(admin: Actor, store: Store, document: Mapping[str, Any]) -> Published:
    """What is published once the draft holds this, which it may do already."""
    await metadata.save_draft(admin, store, [document])
    with suppress(Conflict):
        await publishing.publish(admin, store, Terms(frozenset(Consent)))
    return await store.newest(admin.tenant)


async def test_going_back_to_where_one_is_or_to_nowhere_is_refused(
    admin: Actor, store: Store
) -> None:
    with pytest.raises(Conflict):
        await publishing.rollback(admin, store, 1)
    with pytest.raises(NotFound):
        await publishing.rollback(admin, store, 9)


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
