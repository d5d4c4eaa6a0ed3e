"""The live records that refer to others, by what their references say should happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from core.store.writing.drafts import USER
from core.store.writing.transactions import Transaction
from metadata.model import OnDelete

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Dependent:
    """That a record refers to another by a field."""

    id: UUID
    object: str
    field: str
    target: UUID
    on_delete: OnDelete


async def find(
    tx: Transaction, object_key: str, targets: Sequence[UUID], most: int
) -> list[Dependent]:
    """Who refers to these records of one object; at most `most` by each field."""
    references = list(_references(tx, object_key))
    if not references:
        return []
    statement = _statement(tuple(reference.target for reference in references))
    owners = [reference.object for reference in references]
    rows = await tx.connection.fetch(statement, tx.tenant, targets, most, *owners)
    return [references[number].dependent(one, target) for number, one, target in rows]


@dataclass(frozen=True, slots=True)
class _Referring:
    """A field that refers to the object, with the SQL that gives the id it holds."""

    object: str
    field: str
    target: str
    on_delete: OnDelete

    def dependent(self, record: UUID, target: UUID) -> Dependent:
        return Dependent(record, self.object, self.field, target, self.on_delete)


def _references(tx: Transaction, object_key: str) -> Iterator[_Referring]:
    for owner, of in tx.metadata.objects.items():
        for field in of.references():
            reference = field.reference
            if reference is not None and reference.object == object_key:
                target = tx.plan(owner).fields[field.key].target
                yield _Referring(owner, field.key, target, reference.on_delete)
        if object_key == USER:
            yield _Referring(owner, OWNER, "t.owner", OnDelete.RESTRICT)


@lru_cache(maxsize=200)
def _statement(targets: tuple[str, ...]) -> str:
    return " union all ".join(
        f"(select {number}, t.id, {target} from record as t where t.tenant_id = $1"
        f" and t.object = ${number + 4} and t.deleted_at is null"
        f" and {target} = any($2::uuid[]) limit $3)"
        for number, target in enumerate(targets)
    )
