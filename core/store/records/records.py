"""Rows of records: new ones, and new values for old ones, each with its change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from core.store.plans.columns import Column
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.record_shapes import Way
from core.store.plans.rollup_plans import STATE
from core.store.plans.shapes import most_rows
from core.store.writing import changes, drafts
from core.store.writing.changes import Change
from core.store.writing.drafts import Draft
from core.store.writing.rows import Row
from core.store.writing.statements import Write
from core.store.writing.transactions import Transaction
from metadata.expressions.dates import spelled_instant


def insert(tx: Transaction, plan: ObjectPlan, new: Sequence[Draft]) -> list[Write]:
    """New records of one object."""
    dated = any(draft.created_at is not None for draft in new)
    ids = {draft.id for draft in new}
    related = len(ids) > 1 and any(one in ids for draft in new for one in _references(draft))
    shape = plan.ways.insertion(dated=dated)
    ordered: Sequence[Draft] = new
    later: _Later = {}
    if related and len(new) > (size := most_rows(len(shape.columns), len(shape.shared) + 1)):
        ordered = _referred_first(new)
        later = _later(ordered, size)
    rows, log = [], []
    for draft in ordered:
        drafts.seal(draft)
        without = later.get(draft.id, _NONE)
        row = [draft.id, *[_first(column, draft, without) for column in plan.columns]]
        if dated:
            row.append(draft.created_at or tx.now)
        rows.append(row)
        log.append(Change(draft.id, 1, None, logged(draft)))
    shared = (plan.key, tx.published.version, tx.author.user, tx.author.user)
    return [
        Write(shape, shared, rows, related=related),
        *_completed(tx, plan, [draft for draft in ordered if draft.id in later], later),
        changes.write(tx, plan.key, "create", log),
    ]


_NONE: frozenset[str] = frozenset()
_Later = Mapping[UUID, frozenset[str]]
"""By record, the references to some that only a later statement inserts."""


def _first(column: Column, draft: Draft, without: frozenset[str]) -> object:
    if without and column.type == "uuid" and not without.isdisjoint(column.of):
        return None
    return column.value(draft)


def _later(ordered: Sequence[Draft], size: int) -> _Later:
    """What records that go in by so many at once can't refer to yet: they stand in a circle."""
    pieces = {draft.id: place // size for place, draft in enumerate(ordered)}
    found = {}
    for draft in ordered:
        here = pieces[draft.id]
        keys = (fields.key for fields in draft.plan.references if fields.key in draft.values)
        ahead = frozenset(key for key in keys if pieces.get(draft.values[key], here) > here)
        if ahead:
            found[draft.id] = ahead
    return found


def _completed(
    tx: Transaction, plan: ObjectPlan, incomplete: Sequence[Draft], later: _Later
) -> Iterator[Write]:
    """The references that were left out, once all records are there."""
    if incomplete:
        way = plan.ways.of(_NONE.union(*later.values()), _NONE, whole=False)
        rows = [
            (draft.id, *[column.value(draft) for column in way.columns]) for draft in incomplete
        ]
        yield Write(way.quiet_change, (tx.published.version,), rows)


def _referred_first(new: Sequence[Draft]) -> Sequence[Draft]:
    """The same, those first that others refer to, as far as they do not in a circle."""
    waiting = {draft.id: draft for draft in new}
    ordered: list[Draft] = []
    for draft in new:
        chain = [draft]
        while chain:
            here = chain.pop()
            if here.id not in waiting:
                continue
            before = [waiting[one] for one in _references(here) if one in waiting]
            if before and here not in before and len(chain) < len(new):
                chain += [here, *before]
            else:
                ordered.append(waiting.pop(here.id))
    return ordered


def _references(draft: Draft) -> Iterator[UUID]:
    return (
        draft.values[fields.key] for fields in draft.plan.references if fields.key in draft.values
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a write changes in one record."""

    draft: Draft
    before: dict[str, Any]
    after: dict[str, Any]
    names: frozenset[str] = frozenset()  # of the fields and system fields that change
    marked: frozenset[str] = frozenset()  # those of them that were or become null

    @property
    def row(self) -> Row:
        """The record as it was."""
        assert self.draft.before is not None
        return self.draft.before


def difference(draft: Draft) -> Difference | None:
    """What differs from the record as it stands; None where nothing does."""
    row = draft.before
    assert row is not None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in drafts.seal(draft):
        old, new = _stored(row, key), _stored(draft, key)
        if old != new:
            before[key], after[key] = old, new
    old_system, new_system = _system(row), _system(draft)
    if old_system != new_system:
        for key in old_system.keys() | new_system.keys():
            if old_system.get(key) != new_system.get(key):
                before[key], after[key] = old_system.get(key), new_system.get(key)
    if not after and not draft.states:
        return None
    keys = draft.plan.keys
    named = {key: keys.get(key) or key.removeprefix("$") for key in after}
    marked = [named[key] for key in after if before[key] is None or after[key] is None]
    return Difference(draft, before, after, frozenset(named.values()), frozenset(marked))


def _stored(of: Draft | Row, key: str) -> Any:
    found = of.data.get(key)
    return found if found is not None or of.long is None else of.long.get(key)


def update(tx: Transaction, differences: Iterable[Difference]) -> Iterator[Write]:
    """New values for records that someone changed, or whose roll-ups have."""
    ordered = sorted(differences, key=_group)
    for (object_key, kind), found in groupby(ordered, _group):
        if kind:
            yield from _changed(tx, object_key, kind, list(found))
        else:
            yield _rolled_up(tx, object_key, list(found))


def _group(one: Difference) -> tuple[str, str]:
    return one.draft.plan.key, one.draft.kind or ""


def _changed(
    tx: Transaction, object_key: str, kind: str, differences: Sequence[Difference]
) -> Iterator[Write]:
    way = _way(tx, object_key, differences)
    rows, log = [], []
    for one in differences:
        version = one.row.version + 1
        rows.append((one.draft.id, version, *[column.value(one.draft) for column in way.columns]))
        log.append(Change(one.draft.id, version, one.before, one.after))
    shared = (tx.author.user, tx.published.version)
    if tx.expected is None:
        yield Write(way.change, shared, rows)
    else:
        xmin = tx.expected.rows[differences[0].draft.id]
        yield Write(way.unlocked_change, (*shared, xmin), rows, counted=True)
    yield changes.write(tx, object_key, kind, log)


def _rolled_up(tx: Transaction, object_key: str, differences: Sequence[Difference]) -> Write:
    """Roll-ups and formulas over them: no new version, no change in the log."""
    way = _way(tx, object_key, differences)
    rows = [
        (one.draft.id, *[column.value(one.draft) for column in way.columns]) for one in differences
    ]
    return Write(way.quiet_change, (tx.published.version,), rows)


def _way(tx: Transaction, object_key: str, differences: Sequence[Difference]) -> Way:
    """How these records are changed: the columns that differ, or all where a record was last
    written by an older version.

    In records that were written by the present version every slot of it is right.
    """
    first = differences[0]
    names, marked = first.names, first.marked
    if len(differences) > 1:
        names = names.union(*(one.names for one in differences))
        marked = marked.union(*(one.marked for one in differences))
    version = tx.published.version
    whole = any(one.row.metadata_version != version for one in differences)
    return tx.plan(object_key).ways.of(names, marked, whole=whole)


def logged(of: Draft | Row) -> dict[str, Any]:
    """Everything that the change log tells of a record."""
    found = dict(of.data)
    for key in of.data:
        if key[0] == STATE:
            del found[key]
    if of.long:
        found.update(of.long)
    found.update(_system(of))
    return found


def _system(of: Draft | Row) -> dict[str, Any]:
    """The system fields that the change log tells of."""
    found: dict[str, Any] = {}
    if of.owner is not None:
        found[changes.OWNER] = str(of.owner)
    if of.currency is not None:
        found[changes.CURRENCY] = of.currency
    if of.stage is not None:
        found[changes.STAGE] = of.stage
    if of.deleted_at is not None:
        found[changes.DELETED_AT] = spelled_instant(of.deleted_at)
    return found
