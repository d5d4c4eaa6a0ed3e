"""Values that unique constraints hold, claimed by the records that have them.

A claim is one text: the values as they are stored, folded where case does not count. A record in
which all the constraint's fields are null claims nothing; in a constraint of several fields a null
equals a null. Long claims are hashed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from core.store.plans.field_plans import FieldPlan, UniquePlan
from core.store.plans.shapes import Insert
from core.store.writing.statements import Write
from core.store.writing.transactions import Transaction
from metadata.text import fold

LONGEST = 200

_SHAPE = Insert(
    "unique_key",
    shared=("object",),
    columns=("constraint_key", "value", "record_id"),
    suffix=" on conflict do nothing",
)
_HOLDERS = """
    select constraint_key, value, record_id from unique_key
    where tenant_id = $1 and object = $2 and constraint_key = any($3::text[])
      and value = any($4::text[])
"""
_RELEASE = """
    delete from unique_key
    where tenant_id = $1 and object = $2 and constraint_key = any($3::text[])
      and value = any($4::text[]) and record_id = any($5::uuid[])
"""


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """That a record's values are its own under a constraint."""

    constraint: str
    value: str
    record: UUID

    @property
    def key(self) -> tuple[str, str]:
        return self.constraint, self.value


def claims(
    uniques: Iterable[UniquePlan], values: Mapping[str, Any], record: UUID
) -> Iterator[Claim]:
    """What a record with these values claims."""
    for plan in uniques:
        value = claimed(plan, values)
        if value is not None:
            yield Claim(plan.unique.key, value, record)


def claimed(plan: UniquePlan, values: Mapping[str, Any]) -> str | None:
    """The text that stands for the values of a constraint; None where all of them are null."""
    parts = [_part(fields, values.get(fields.key)) for fields in plan.fields]
    if all(part is None for part in parts):
        return None
    text = parts[0] if len(parts) == 1 else msgspec.json.encode(parts).decode()
    assert text is not None
    if plan.unique.ignore_case:
        text = fold(text)
    if len(text) > LONGEST:
        return "#" + sha256(text.encode()).hexdigest()
    return text


def _part(fields: FieldPlan, value: Any) -> str | None:
    if value is None:
        return None
    stored = fields.form.store(value)
    return stored if isinstance(stored, str) else msgspec.json.encode(stored).decode()


def write(object: str, wanted: Iterable[Claim]) -> Write:
    """The rows of these claims, in the one order that keeps writers from deadlocking."""
    rows = [(claim.constraint, claim.value, claim.record) for claim in sorted(wanted)]
    return Write(_SHAPE, (object,), rows, counted=True)


async def release(tx: Transaction, object: str, given_up: Sequence[Claim]) -> None:
    """Give up claims, so that others (or the same statement's) may take their place."""
    if given_up:
        await tx.connection.execute(
            _RELEASE,
            tx.tenant,
            object,
            sorted({claim.constraint for claim in given_up}),
            sorted({claim.value for claim in given_up}),
            sorted({claim.record for claim in given_up}),
        )


async def holders(
    tx: Transaction, object: str, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """Who holds these (constraint, value) pairs: {pair: record}."""
    wanted = set(keys)
    if not wanted:
        return {}
    constraints, values = (sorted(set(part)) for part in zip(*wanted, strict=True))
    rows = await tx.connection.fetch(_HOLDERS, tx.tenant, object, constraints, values)
    found = {(row["constraint_key"], row["value"]): row["record_id"] for row in rows}
    return {key: record for key, record in found.items() if key in wanted}


async def taken(tx: Transaction, object: str, wanted: Sequence[Claim]) -> list[Claim]:
    """Those of the claims that another record holds, or that several of them make."""
    held = await holders(tx, object, (claim.key for claim in wanted))
    times = Counter(claim.key for claim in wanted)
    return [
        claim
        for claim in wanted
        if times[claim.key] > 1 or held.get(claim.key, claim.record) != claim.record
    ]
