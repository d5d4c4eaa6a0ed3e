"""What a write changes of the unique values that records hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.store.records import unique_keys
from core.store.records.records import Difference
from core.store.records.unique_keys import Claim
from core.store.writing.drafts import Draft
from core.store.writing.statements import Write
from core.store.writing.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Claims:
    """What records claim anew, and what they give up: (object, claim)."""

    wanted: Sequence[tuple[str, Claim]]
    given_up: Sequence[tuple[str, Claim]]


def claims(new: Iterable[Draft], changed: Iterable[Difference]) -> Claims:
    """What a write of these records changes; a deleted record claims nothing."""
    wanted = [(draft.plan.key, claim) for draft in new for claim in _of(draft, draft.values)]
    given_up: list[tuple[str, Claim]] = []
    for one in changed:
        draft, object_key = one.draft, one.draft.plan.key
        now = set(_of(draft, draft.values)) if draft.deleted_at is None else set()
        before = set(_of(draft, draft.old)) if one.row.deleted_at is None else set()
        wanted += [(object_key, claim) for claim in now - before]
        given_up += [(object_key, claim) for claim in before - now]
    return Claims(wanted, given_up)


def _of(draft: Draft, values: Mapping[str, Any]) -> Iterator[Claim]:
    return unique_keys.claims(draft.plan.uniques, values, draft.id)


async def release(tx: Transaction, claims: Claims) -> None:
    """Give up what the records don't have any more, before others may take it."""
    for object_key, found in _by_object(claims.given_up).items():
        await unique_keys.release(tx, object_key, found)


def writes(claims: Claims) -> Iterator[Write]:
    """The rows of the new claims, objects in order as well."""
    for object_key, found in sorted(_by_object(claims.wanted).items()):
        yield unique_keys.write(object_key, found)


async def note_taken(tx: Transaction, drafts: Iterable[Draft], claims: Claims) -> frozenset[str]:
    """Note a problem with each record whose values others have; the constraints concerned."""
    by_id: Mapping[UUID, Draft] = {draft.id: draft for draft in drafts}
    constraints = set()
    for object_key, wanted in _by_object(claims.wanted).items():
        for claim in await unique_keys.taken(tx, object_key, wanted):
            _note_taken(by_id[claim.record], claim)
            constraints.add(claim.constraint)
    return frozenset(constraints)


def note_kept(drafts: Sequence[Draft]) -> list[Draft]:
    """Note a problem with each record that wants what another keeps, since there is one with that,
    and so on; those records.
    """
    wanting: defaultdict[tuple[str, str], list[tuple[Draft, Claim]]] = defaultdict(list)
    for draft in drafts:
        for claim in () if draft.problems else _of(draft, draft.values):
            wanting[claim.key].append((draft, claim))
    noted: list[Draft] = []
    left = [draft for draft in drafts if draft.problems]
    while left:
        keeper = left.pop()
        for kept in _of(keeper, keeper.old) if keeper.before is not None else ():
            for draft, claim in wanting[kept.key]:
                if not draft.problems:
                    _note_taken(draft, claim)
                    noted.append(draft)
                    left.append(draft)
    return noted


def _note_taken(draft: Draft, claim: Claim) -> None:
    plan = draft.plan
    unique = next(it.unique for it in plan.uniques if it.unique.key == claim.constraint)
    text = f"Another '{plan.of.title}' has the same {plan.titles(unique)}."
    draft.wrong("TAKEN", text, unique.fields[0])


def _by_object(claims: Iterable[tuple[str, Claim]]) -> dict[str, list[Claim]]:
    found: defaultdict[str, list[Claim]] = defaultdict(list)
    for object_key, claim in claims:
        found[object_key].append(claim)
    return found
