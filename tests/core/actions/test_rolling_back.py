"""Going back to what was published before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actions import metadata, publishing, removing, saving
from core.actions.publishing import Terms
from core.actions.removing import Removal
from core.actions.telling import of_comparison
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.identity import Actor, Role
from core.store.tenancy.opening import Store
from core.store.trees import tree_nodes
from metadata.changes import Consent, Effect
from metadata.published import Published
from tests.core.a_store import PIPELINE as DIALECT
from tests.core.actions.a_visit import column_of, published, values, visit

LOSS = Terms(frozenset({Consent.DATA_LOSS}))
CODE = {"type": "string", "x-unique": {"ignoreCase": True}}
PARENT = {"x-reference": {"object": "visit__c", "inverse": "children"}, "x-tree": True}
PIPELINE: dict[str, Any] = {
    "$schema": DIALECT,
    "$id": "visits__c",
    "object": "visit__c",
    "title": "Visits",
    "stages": [
        {"key": "planned", "title": "Planned", "kind": "open"},
        {"key": "made", "title": "Made", "kind": "won"},
    ],
}


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


async def test_what_a_rollback_would_change_is_told_before_it_is_done(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit())
    await published(admin, store, visit(place__c={"type": "string"}))
    await saving.create(admin, store, "visit__c", [{"place__c": "Wuhan"}])

    told = await publishing.diff_back(admin, store, 2)

    assert [one.code for one in told.refusals] == ["LOST"]
    assert (await store.newest(admin.tenant)).version == 3
    done = (await publishing.rollback(admin, store, 2, LOSS)).comparison
    assert (done.changes, done.version) == (told.changes, told.version)
    with pytest.raises(NotFound):
        await publishing.diff_back(admin, store, 9)
    with pytest.raises(Forbidden):
        await publishing.diff_back(replace(admin, role=Role.MEMBER), store, 2)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_rollback_tells_of_records_that_name_what_was_deleted_meanwhile(
    admin: Actor, store: Store, *, whole: bool
) -> None:
    reference = {"x-reference": {"object": "user", "onDelete": "cascade"}}
    before = await published(admin, store, visit())
    version = await published(admin, store, visit(host__c=reference))
    users = await saving.create(admin, store, "user", [{"name": "Ann"}, {"name": "Bob"}])
    await saving.create(admin, store, "visit__c", [{"host__c": one} for one in users.ids])
    await publishing.rollback(admin, store, 1 if whole else before, LOSING)
    await removing.delete(admin, store, "user", [Removal(users.ids[0])])

    back = await publishing.rollback(admin, store, version)

    found = [it for told in back.comparison.changes for it in told.counted]
    dangling = [it for it in found if it.impact.effect is Effect.DANGLING]
    assert [(it.impact.field, it.count) for it in dangling] == [("host__c", 1)]
    assert any(
        "names what was deleted meanwhile" in line for line in of_comparison(back.comparison)
    )


LOSING = Terms(frozenset({Consent.DATA_LOSS}))


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


async def test_an_object_that_comes_back_has_its_tree_and_its_unique_values_again(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(code__c=CODE, parent=PARENT))
    above = (await _created(admin, store, code__c="A")).ids[0]
    below = (await _created(admin, store, code__c="B", parent=above)).ids[0]

    await publishing.rollback(admin, store, 1, LOSS)
    await publishing.rollback(admin, store, 2)

    async with store.database.transaction(admin.tenant) as connection:
        nodes = await tree_nodes.read(admin.tenant, connection, "visit__c", [above, below])
    assert nodes[below].root == nodes[above].id == above
    assert nodes[above].place.holds(nodes[below].place)
    with pytest.raises(Refused) as refused:
        await _created(admin, store, code__c="a")
    assert [problem.code for problem in refused.value.problems] == ["TAKEN"]


async def test_an_object_does_not_come_back_to_a_version_that_its_records_do_not_fit(
    admin: Actor, store: Store
) -> None:
    await published(admin, store, visit(code__c=CODE), PIPELINE)
    more = [*PIPELINE["stages"], {"key": "over", "title": "Over", "kind": "lost"}]
    free = visit(code__c={"type": "string"})
    await published(admin, store, free, {**PIPELINE, "stages": more})
    ids = [(await _created(admin, store, code__c="A", stage="over")).ids[0] for _ in range(2)]
    await publishing.rollback(admin, store, 1, LOSS)

    with pytest.raises(Refused) as refused:
        await publishing.rollback(admin, store, 2)

    assert [problem.code for problem in refused.value.problems] == ["DUPLICATE", "OFF_STAGE"]
    assert str(ids[1]) in refused.value.problems[0].message
    await publishing.rollback(admin, store, 3)


async def _created(admin: Actor, store: Store, **values: object) -> saving.Saved:
    return await saving.create(admin, store, "visit__c", [{"subject__c": "Tour", **values}])
