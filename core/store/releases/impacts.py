"""How many stored records a change of metadata touches, and which, for instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Connection

from core.identity import TenantId
from core.store.computed import finishing, scopes
from core.store.computed.related import Related
from core.store.pace import Pace
from core.store.plans.field_plans import FieldPlan, UniquePlan
from core.store.plans.object_plans import ObjectPlan, plan_of
from core.store.plans.rollup_plans import Part
from core.store.records import staging, unique_keys
from core.store.releases import planting
from core.store.trees import edges
from core.store.writing import drafts
from core.store.writing.drafts import Draft, Setting
from core.store.writing.rows import SELECTED, Row
from metadata import bounds
from metadata.changes import Effect, Impact
from metadata.expressions.reads import reads
from metadata.model import LISTS, LONG, Unique
from metadata.published import Published

EXAMPLES = 5
ROWS = 2_000
# Along the index of the object's records: see `core.store.records.walking`.
_PAGE = f"""
    select {SELECTED} from read.record as t
    where t.tenant_id = $1 and t.object >= $2 and t.object <= $2
      and t.deleted_at is null and t.id > $3
      and ($4::timestamptz is null or t.updated_at >= $4) and {{}}
    order by t.object, t.id limit {ROWS}
"""
_FIRST = UUID(int=0)
_LIVE = "t.deleted_at is null"
_SINCE = "($3::timestamptz is null or t.updated_at >= $3)"
_COUNT = f"""
    select count(*), (array_agg(t.id order by t.id))[:{EXAMPLES}] from read.record as t
    where t.tenant_id = $1 and t.object = $2 and {_SINCE} and """
_LOGGED = """
    select count(distinct t.record_id), (array_agg(distinct t.record_id))[:5]
    from read.change as t
    where t.tenant_id = $1 and t.object = $2 and ($3::timestamptz is null or t.at >= $3) and """
_PASSED = """
    from read.stage_history as t
    where t.tenant_id = $1 and t.object = $2
      and ($3::timestamptz is null or t.recorded_at >= $3) and """
_STAGED = f"""
    select count(*), (array_agg(t.id order by t.id))[:{EXAMPLES}] from (
        select t.id from read.record as t
        where t.tenant_id = $1 and t.object = $2 and {_SINCE} and {{}}
        union select t.record_id {_PASSED} {{}}) as t"""
_IN_STAGE = _STAGED.format("t.stage = $4", "(t.to_stage = $4 or $4 = any(t.skipped))")
_OFF_STAGE = _STAGED.format(
    "t.stage <> all($4::text[])",
    "(t.to_stage <> all($4::text[]) or not t.skipped <@ $4::text[])",
)
_GIVEN = f"""
    select count(distinct t.record_id), (array_agg(distinct t.record_id))[:{EXAMPLES}] {_PASSED}
    t.reason is not null and (t.reason = $4 or $4 is null and t.reason <> all($5::text[]))"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records an impact concerns, and the ids of some. None: that is not known."""

    impact: Impact
    count: int | None
    examples: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Census:
    """What counting goes by: the versions before and after, and since when records matter."""

    tenant: TenantId
    connection: Connection
    old: Published
    new: Published
    stale: Collection[tuple[str, str]] = ()  # (object, field) that will be computed anew
    since: datetime | None = None  # None: all records


async def count(census: Census, impacts: Sequence[Impact]) -> list[Counted]:
    """Each impact with its count, in the order given."""
    together = await _invalid(census, [one for one in impacts if one.effect is Effect.INVALID])
    together |= await _misplaced(census, [one for one in impacts if one.effect in _MISPLACED])
    return [
        together[impact] if impact in together else await _COUNTERS[impact.effect](census, impact)
        for impact in impacts
    ]


async def pages(
    census: Census, object_key: str, condition: str = "true", *arguments: object
) -> AsyncIterator[list[Row]]:
    """The live records of an object, in pieces; a condition counts its arguments from 5 on."""
    after, statement = _FIRST, _PAGE.format(condition)
    while True:
        rows = await census.connection.fetch(
            statement, census.tenant, object_key, after, census.since, *arguments
        )
        if rows:
            yield [Row(*row) for row in rows]
        if len(rows) < ROWS:
            return
        after = rows[-1]["id"]


# Records that would not fit


@dataclass(slots=True)
class _Tally:
    count: int = 0
    examples: list[UUID] = field(default_factory=list)

    def add(self, record: UUID) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(record)


async def _invalid(census: Census, impacts: Sequence[Impact]) -> dict[Impact, Counted]:
    by_object: defaultdict[str, list[Impact]] = defaultdict(list)
    for impact in impacts:
        by_object[impact.object].append(impact)
    found: dict[Impact, Counted] = {}
    for object_key, wanted in by_object.items():
        plan = plan_of(census.new, object_key)
        is_known = object_key in census.old.metadata.objects
        before = plan_of(census.old, object_key) if is_known else None
        tallies = {impact: _Tally() for impact in wanted}
        pace = Pace(0)
        async for rows in pages(census, object_key):
            for row in rows:
                await pace.next()
                _judge(plan, before, row, tallies)
        for impact, tally in tallies.items():
            found[impact] = Counted(impact, tally.count, tuple(tally.examples))
    return found


def _judge(
    plan: ObjectPlan, before: ObjectPlan | None, row: Row, tallies: Mapping[Impact, _Tally]
) -> None:
    """Count the record where it fits no longer, or no write could judge it.

    What did not fit before, as somebody agreed to, is no doing of this change.
    """
    values = drafts.values_of(plan, row)
    heavy = plan.validator.effort(values) > bounds.EFFORT
    misfits = [] if heavy else finishing.misfits(plan, values)
    if misfits and before is not None and before.validator.effort(values) <= bounds.EFFORT:
        known = {(it.path, it.rule) for it in finishing.misfits(before, values)}
        misfits = [it for it in misfits if (it.path, it.rule) not in known]
    wrong = {misfit.path[0] for misfit in misfits if misfit.path}
    for impact, tally in tallies.items():
        if heavy or (misfits and impact.field is None) or impact.field in wrong:
            tally.add(row.id)


# Records that have something


async def _having(census: Census, impact: Impact) -> Counted:
    """Live records of the object, or those with a value in the field."""
    if impact.object not in census.old.metadata.objects:
        return Counted(impact, 0)
    condition = _LIVE
    if impact.field is not None:
        stored = _stored(census, impact)
        if stored is None:
            return Counted(impact, 0)
        condition += f" and {stored} is not null"
    return await _counted(census, impact, _COUNT + condition)


async def _holding(census: Census, impact: Impact) -> Counted:
    """Records, deleted ones too, changes or stage history with an option or a stage."""
    if impact.field is None:
        return await _in_stage(census, impact)
    key = _key(census, impact)
    if key is None:
        return Counted(impact, 0)
    held = census.old.metadata.objects[impact.object].fields[impact.field]
    test = "{} ? $4" if held.type in LISTS else "{} = to_jsonb($4::text)"
    own = await _counted(census, impact, _COUNT + test.format(f"t.data->'{key}'"), impact.value)
    sides = (test.format(f"t.{side}->'{key}'") for side in ("before", "after"))
    past = await _counted(census, impact, _LOGGED + f"({' or '.join(sides)})", impact.value)
    return max(own, past, key=lambda one: one.count or 0)


async def _counted(census: Census, impact: Impact, statement: str, *arguments: object) -> Counted:
    row = await census.connection.fetchrow(
        statement, census.tenant, impact.object, census.since, *arguments
    )
    return Counted(impact, row[0], tuple(row[1] or ()))


def _stored(census: Census, impact: Impact) -> str | None:
    key = _key(census, impact)
    if key is None or impact.field is None:
        return None
    kind = census.old.metadata.objects[impact.object].fields[impact.field].type
    return f"t.{'long' if kind in LONG else 'data'}->'{key}'"


def _key(census: Census, impact: Impact) -> str | None:
    """The storage key of the field in the version before; a key has no quotes."""
    places = census.old.storage.places.get(impact.object, {})
    place = places.get(impact.field or "")
    return place.key if place is not None else None


# Records that share values


async def _doubled(census: Census, impact: Impact) -> Counted:
    """Live records whose values another one has as well: all of them since ever.

    Where none has had such values since, nothing has changed.
    """
    if census.since is not None and not await anext(_claims(census, impact), None):
        return Counted(impact, 0)
    first: dict[str, UUID] = {}
    tally = _Tally()
    async for record, value in _claims(replace(census, since=None), impact):
        if first.setdefault(value, record) != record:
            tally.add(record)
    return Counted(impact, tally.count, tuple(tally.examples))


async def _claims(census: Census, impact: Impact) -> AsyncIterator[tuple[UUID, str]]:
    """(record, what it would claim) of the live records that have such values."""
    plan = plan_of(census.new, impact.object)
    unique = unique_of(plan.fields, impact)
    async for rows in pages(census, impact.object):
        for row in rows:
            value = unique_keys.claimed(unique, drafts.values_of(plan, row))
            if value is not None:
                yield row.id, value


def unique_of(fields: Mapping[str, FieldPlan], impact: Impact) -> UniquePlan:
    """The constraint that an impact is about."""
    unique = Unique("", impact.fields, impact.ignore_case)
    return UniquePlan(unique, tuple(fields[key] for key in impact.fields))


async def _foreign(census: Census, impact: Impact) -> Counted:
    """Live records that go into a roll-up with an amount in another currency than its record's."""
    via = _key(census, replace(impact, field=impact.value))
    if via is None:
        return Counted(impact, 0)
    theirs = _named("coalesce(p.currency, $5)", via)
    condition = f"{theirs} <> coalesce(t.currency, $5)"
    plan, setting, tally, pace = plan_of(census.new, impact.object), _now(census), _Tally(), Pace(0)
    object_key, key = impact.fields
    rollup = plan.contributes[object_key, key]
    async for rows in pages(census, impact.object, condition, census.new.currency):
        for row in rows:
            await pace.next()
            draft = _settled(plan, row, setting)
            scope = {**scopes.of_draft(draft, setting), **draft.values}
            part = Part(row.id, draft.values, scope, draft.currency)
            adds = rollup.contribution(part, (setting.today, setting.now))
            if adds is not None and adds.value:
                tally.add(row.id)
    return Counted(impact, tally.count, tuple(tally.examples))


async def _dangling(census: Census, impact: Impact) -> Counted:
    """Live records whose reference names a record that is not there any more."""
    place = census.new.storage.place(impact.object, impact.field or "")
    there = _named("p.deleted_at is null", place.key)
    condition = f"{_LIVE} and {_reference(place.key)} is not null and {there} is not true"
    return await _counted(census, impact, _COUNT + condition)


def _named(read: str, key: str) -> str:
    """What is read of the record that a reference names; null where there is none.

    Not by `exists`, of which the planner makes a join: where it took 6,000 new records for one, it
    went through all of them for each, and ran into a deadline of 20 s.
    """
    row = f"read.record as p where p.tenant_id = $1 and p.id = {_reference(key)}"
    return f"(select {read} from {row})"


def _reference(key: str) -> str:
    return f"""json_value(t.data, '$."{key}"' returning uuid null on error)"""


async def _whole(census: Census, impact: Impact) -> Counted:
    return await _counted(census, impact, _COUNT + _LIVE)


async def _unstaged(census: Census, impact: Impact) -> Counted:
    return await _counted(census, impact, f"{_COUNT}{_LIVE} and t.stage is null")


async def _circular(census: Census, impact: Impact) -> Counted:
    found: set[UUID] = set()
    for line in plan_of(census.new, impact.object).lines:
        if line.graph == impact.value:
            found |= await edges.in_circles(census.tenant, census.connection, line)
    return _some(impact, sorted(found))


async def _in_stage(census: Census, impact: Impact) -> Counted:
    return await _counted(census, impact, _IN_STAGE, impact.value)


async def _off_stage(census: Census, impact: Impact) -> Counted:
    return await _counted(census, impact, _OFF_STAGE, list(impact.fields))


async def _given(census: Census, impact: Impact) -> Counted:
    return await _counted(census, impact, _GIVEN, impact.value, list(impact.fields))


async def _misplaced(census: Census, impacts: Sequence[Impact]) -> dict[Impact, Counted]:
    """Records that can't be nodes; each object is looked through once for all reasons."""
    found = {}
    for object_key, parent in dict.fromkeys((one.object, one.field or "") for one in impacts):
        key = census.new.storage.place(object_key, parent).key
        where = (census.tenant, census.connection, object_key, key, census.since)
        found[object_key] = await planting.misplaced(*where)
    return {one: _some(one, found[one.object][one.effect]) for one in impacts}


def _some(impact: Impact, ids: Sequence[UUID]) -> Counted:
    return Counted(impact, len(ids), tuple(ids[:EXAMPLES]))


async def _breaking(census: Census, impact: Impact) -> Counted:
    """Live records for which a rule does not hold, where the record itself is enough to tell."""
    plan = plan_of(census.new, impact.object)
    if _reads_others(census, plan, impact.value or ""):
        return Counted(impact, None)
    setting = _now(census)
    code, tally, pace = f"RULE_{(impact.value or '').upper()}", _Tally(), Pace(0)
    async for rows in pages(census, impact.object):
        for row in rows:
            await pace.next()
            draft = _settled(plan, row, setting)
            finishing.check_rules(draft, setting, Related())
            if any(one.code == code for one in (*draft.problems, *draft.warnings)):
                tally.add(row.id)
    return Counted(impact, tally.count, tuple(tally.examples))


def _now(census: Census) -> Setting:
    """As records are written at this moment by the version to come."""
    now = datetime.now(UTC)
    return Setting(census.new, now, now.astimezone(census.new.zone).date())


def _settled(plan: ObjectPlan, row: Row, setting: Setting) -> Draft:
    """The record as the publish will leave it: with its first stage, and computed anew."""
    draft = drafts.loaded(plan, row)
    if plan.stage is not None and row.stage is None:
        draft = staging.entered(plan, row, setting)
    finishing.compute(draft, setting)
    draft.old = dict(draft.values)
    return draft


def _reads_others(census: Census, plan: ObjectPlan, rule: str) -> bool:
    """Whether a rule reads other records, be it through a roll-up that is to be counted anew."""
    computed = census.new.metadata.computed[plan.key]
    asked = next(
        said for one, said in zip(plan.of.rules, computed.rules, strict=True) if one.key == rule
    )
    names = set[str]()
    waiting = [name for one in asked if one is not None for name in reads(one).names]
    while waiting:
        name = waiting.pop()
        if name in computed.formulas and name not in names:
            waiting += reads(computed.formulas[name]).names
        names.add(name)
    counted = {key for of, key in census.stale if of == plan.key and key not in computed.formulas}
    return any("." in name or name in counted for name in names)


_MISPLACED = (Effect.CYCLE, Effect.TOO_DEEP)
_COUNTERS: Mapping[Effect, Callable[[Census, Impact], Awaitable[Counted]]] = {
    Effect.LOST: _having,
    Effect.RETYPED: _having,
    Effect.ABANDONED: _whole,
    Effect.HELD: _holding,
    Effect.GIVEN: _given,
    Effect.OUTCOME: _in_stage,
    Effect.DUPLICATE: _doubled,
    Effect.COMPUTED: _whole,
    Effect.FOREIGN: _foreign,
    Effect.DANGLING: _dangling,
    Effect.UNSTAGED: _unstaged,
    Effect.CIRCULAR: _circular,
    Effect.OFF_STAGE: _off_stage,
    Effect.TREE: _whole,
    Effect.TOKENS: _whole,
    Effect.BROKEN_RULE: _breaking,
}
