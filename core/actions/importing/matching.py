"""Who the rows of a batch are and whom they name: records that are there, or each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.actions.importing import system
from core.actions.importing.afterwards import Afterwards
from core.actions.importing.lookups import Lookups, claim_of, constraint, meant
from core.actions.importing.preparing import BY_ID, Named, Prepared, Preparer
from core.identity import Actor, new_id
from core.store.plans.field_plans import UniquePlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import reference
from core.store.records import unique_keys
from core.store.tenancy.opening import Store
from core.store.writing import rows
from core.store.writing.transactions import Transaction

NOBODY = UUID(int=0)
Claimed = tuple[str, str]  # (unique key or "id", what a record claims under it)


@dataclass(frozen=True, slots=True)
class Writer:
    """What the batches of one step are written with."""

    actor: Actor
    store: Store
    preparer: Preparer
    lookups: Lookups
    afterwards: Afterwards
    filling_in: bool = False  # only records that are there


@dataclass(slots=True, eq=False)
class Candidate:
    """A row with what could be told of its names."""

    prepared: Prepared
    values: dict[str, Any]
    id: UUID = NOBODY  # of the record; of a new one it is told when the row is written
    exists: bool = False
    unmet: dict[str, Named] = field(default_factory=dict)  # names that mean no record
    later: dict[str, Named] = field(default_factory=dict)  # names that later steps may bring
    beside: dict[str, Candidate] = field(default_factory=dict)  # rows of the same batch
    is_only: bool = True  # whether no other row of the batch has one of its names
    claim: str | None = None  # under the upsert key
    joined: list[Prepared] = field(default_factory=list)  # rows that follow for the same record


async def matched(tx: Transaction, writer: Writer, batch: Sequence[Prepared]) -> list[Candidate]:
    """The rows as candidates, their names put in and their records found, in their order."""
    found = [Candidate(prepared, prepared.values.copy()) for prepared in batch]
    plain = await _name(tx, writer, found)
    await _identify(tx, writer.store, found, writer.preparer)
    _introduce(tx, writer, found, plain)
    return found


async def _name(
    tx: Transaction, writer: Writer, candidates: Sequence[Candidate]
) -> Mapping[Named, Named]:
    """Put in the ids that names mean; note those that mean nothing. Gives the plain names.

    An id is looked up only where it makes a difference now; else the write path tells.
    """
    names = {name for one in candidates for name in one.prepared.names.values()}
    plain = await writer.lookups.plain(tx, names)
    found = await writer.lookups.find(tx, plain.values())
    preparer = writer.preparer
    asked = preparer.forgiving | writer.afterwards.objects | {preparer.object.key}
    doubtful = [name for name in found if name.key == BY_ID and name.object in asked]
    if doubtful:
        there = (await rows.hold(tx, (), [found[name] for name in doubtful])).referred
        for name in doubtful:
            if there.get(found[name]) != name.object:
                del found[name]
    for one in candidates:
        for key, name in one.prepared.names.items():
            record = found.get(plain.get(name, name))
            if record is not None:
                one.values[key] = record
            else:
                one.unmet[key] = name
    return plain


async def _identify(
    tx: Transaction, store: Store, candidates: Sequence[Candidate], preparer: Preparer
) -> None:
    """Find the records that are there already, by the upsert key."""
    own, key = preparer.object.key, preparer.step.key
    if key == BY_ID:
        await _identify_by_id(tx, candidates, own)
    elif key is not None:
        unique = constraint(store, tx, own, key)
        blanks = {name for name, source in preparer.step.fields.items() if source.blank_if_missing}
        for one in candidates:
            if (one.unmet.keys() - blanks).isdisjoint(unique.unique.fields):
                one.claim = claim_of(unique, one.values)
        claims = [(key, one.claim) for one in candidates if one.claim is not None]
        holders = await unique_keys.holders(tx, own, claims)
        for one in candidates:
            holder = holders.get((key, one.claim or ""))
            if one.claim is not None and holder is not None:
                one.id, one.exists = holder, True
    if system.ID in preparer.step.fields:
        _take_ids(candidates)


def _take_ids(candidates: Sequence[Candidate]) -> None:
    for one in candidates:
        given = reference(one.values.get(system.ID))
        if not one.exists and isinstance(given, UUID):
            one.id = given


async def _identify_by_id(tx: Transaction, candidates: Sequence[Candidate], own: str) -> None:
    known = []
    for one in candidates:
        given = reference(one.values.get(system.ID))
        if isinstance(given, UUID):
            one.claim, one.id = str(given), given
            known.append(given)
    there = (await rows.hold(tx, (), known)).referred
    for one in candidates:
        one.exists = one.claim is not None and there.get(one.id) == own


def _introduce(
    tx: Transaction,
    writer: Writer,
    candidates: Sequence[Candidate],
    plain: Mapping[Named, Named],
) -> None:
    """Where a name means a row of the same batch, join the two."""
    own = writer.preparer.object.key
    asked = {name for one in candidates for name in one.unmet.values() if name.object == own}
    if not asked:
        return
    uniques = {
        name.key: constraint(writer.store, tx, own, name.key) for name in asked if name.key != BY_ID
    }
    here: dict[Claimed, Candidate] = {}  # of several rows for one record the first makes it
    for one in candidates:
        for claimed in _claims(uniques, one):
            first = here.setdefault(claimed, one)
            if first is not one:
                first.is_only = one.is_only = False
    for one in candidates:
        for key, name in list(one.unmet.items()):
            other = (
                here.get(_meaning(uniques, plain.get(name, name))) if name.object == own else None
            )
            if other is not None:
                other.id = new_id() if other.id == NOBODY else other.id
                one.beside[key] = other
                del one.unmet[key]


def _claims(uniques: Mapping[str, UniquePlan], one: Candidate) -> Iterator[Claimed]:
    if one.id != NOBODY:
        yield BY_ID, str(one.id)
    for key, unique in uniques.items():
        claim = claim_of(unique, one.values)
        if claim is not None:
            yield key, claim


def _meaning(uniques: Mapping[str, UniquePlan], name: Named) -> Claimed:
    if name.key == BY_ID:
        return BY_ID, name.text
    return name.key, meant(uniques[name.key], name) or ""


def join(candidates: Iterable[Candidate], apart: Collection[str | None]) -> Iterator[Candidate]:
    """One candidate for all rows with one key, with the last value of each field.

    Not where a row names others that are not there yet, nor where stage or currency change.
    """
    first: dict[str, Candidate] = {}
    for one in candidates:
        before = first.get(one.claim) if one.claim is not None else None
        if before is None or not _may_join(before, one):
            if one.claim is not None and one.claim not in apart:
                first[one.claim] = one
            yield one
        else:
            before.values |= {
                key: value for key, value in one.values.items() if key not in system.AT_CREATION
            }
            before.joined.append(one.prepared)


def _may_join(before: Candidate, one: Candidate) -> bool:
    plain = not any(some.unmet or some.beside for some in (before, one))
    return plain and all(
        one.values[key] == before.values.get(key)
        for key in (system.STAGE, system.CURRENCY)
        if key in one.values
    )


def first_of_each(
    plan: ObjectPlan, key: str | None, candidates: Iterable[Candidate]
) -> tuple[list[Candidate], list[Candidate]]:
    """Those that are the first for their record and values, and those that come after another.

    The others are for later: once the first are written, it shows whether they may follow.
    `key` is the upsert key, whose claims are known already.
    """
    others = [unique for unique in plan.uniques if unique.unique.key != key]
    seen: set[Claimed] = set()
    first, later = [], []
    for one in candidates:
        claims = _held(others, one)
        if seen.isdisjoint(claims):
            first.append(one)
            seen |= claims
        else:
            later.append(one)
    return first, later


def _held(uniques: Iterable[UniquePlan], one: Candidate) -> set[Claimed]:
    """What the record is going to claim; of one that is there, only what the row tells whole."""
    found: set[Claimed] = set() if one.claim is None else {("", one.claim)}
    for unique in uniques:
        if not one.exists or all(field in one.values for field in unique.unique.fields):
            claim = claim_of(unique, one.values)
            if claim is not None:
                found.add((unique.unique.key, claim))
    return found
