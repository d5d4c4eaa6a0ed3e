"""Which records a file's names mean, asked for a batch at a time and remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from core.actions.importing.preparing import BY_ID, PART, Named, folded
from core.store.plans.field_plans import FieldPlan, UniquePlan
from core.store.plans.values import Wrong, reference
from core.store.recent import Recent
from core.store.records import unique_keys
from core.store.tenancy.opening import Store
from core.store.writing.transactions import Transaction
from metadata.model import FieldType

REMEMBERED = 100_000


class Lookups:
    """Records by unique key. What was found once is not asked for again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: Recent[Named, UUID] = Recent(REMEMBERED)
        self._left: Recent[Named, bool] = Recent(REMEMBERED)
        self.circle = ""  # what to tell where rows were left that name each other

    def leave(self, names: Iterable[Named]) -> None:
        """Names of a row that is not loaded, or not yet."""
        for name in names:
            self._left.keep(folded(name), True)

    def was_left(self, name: Named) -> bool:
        """Whether it is the name of a row that is not loaded."""
        return self._left.get(folded(name)) is not None and self._known.get(name) is None

    def why_nobody(self, name: Named) -> str:
        """What to tell of a name that means no record."""
        told = f"{name.object} with the {name.key} '{name.told}'"
        if self.was_left(name):
            return f"The row of the {told} was not loaded.{self.circle}"
        return f"There is no {told}."

    async def plain(self, tx: Transaction, names: Iterable[Named]) -> dict[Named, Named]:
        """The names, with ids where their parts go by keys of their own.

        Those with a part that means no record are left out.
        """
        parts = {name: self._parts(tx, name) for name in names}
        asked = {part for some in parts.values() for part in some if isinstance(part, Named)}
        found = await self.find(tx, asked) if asked else {}
        return {
            name: name._replace(text=PART.join(texts), by=()) if name.by else name
            for name, some in parts.items()
            if all(part in found for part in some if isinstance(part, Named))
            for texts in ([str(found[part]) if isinstance(part, Named) else part for part in some],)
        }

    def _parts(self, tx: Transaction, name: Named) -> list[Named | str]:
        """The texts of a name; names where they go by keys of their own."""
        if not name.by:
            return []
        unique = constraint(self._store, tx, name.object, name.key)
        return [
            Named(fields.reference.object, by, text) if by and text else text
            for fields, by, text in zip(unique.fields, name.by, name.text.split(PART), strict=True)
        ]

    async def find(self, tx: Transaction, names: Iterable[Named]) -> dict[Named, UUID]:
        """The records that the names mean; those that mean none are left out."""
        found: dict[Named, UUID] = {}
        asked: dict[tuple[str, str], set[Named]] = defaultdict(set)
        for name in names:
            known = self._known.get(name) if name.key != BY_ID else _id(name.text)
            if known is not None:
                found[name] = known
            elif name.key != BY_ID:
                asked[name.object, name.key].add(name)
        for (target, key), wanted in asked.items():
            for name, record in (await self._ask(tx, target, key, wanted)).items():
                found[name] = self._known.keep(name, record)
        return found

    async def _ask(
        self, tx: Transaction, object: str, key: str, names: Iterable[Named]
    ) -> dict[Named, UUID]:
        unique = constraint(self._store, tx, object, key)
        claims = {name: meant(unique, name) for name in names}
        wanted = ((key, claim) for claim in claims.values() if claim is not None)
        held = await unique_keys.holders(tx, object, wanted)
        return {
            name: held[key, claim]
            for name, claim in claims.items()
            if claim is not None and (key, claim) in held
        }


def constraint(store: Store, tx: Transaction, object: str, key: str) -> UniquePlan:
    """The constraint of an object by its key; the mapping was checked to name one."""
    plan = store.plan(tx.published, object)
    return next(one for one in plan.uniques if one.unique.key == key)


def meant(unique: UniquePlan, name: Named) -> str | None:
    """What the record that is named so claims under the constraint."""
    texts = name.text.split(PART)
    if name.by or len(texts) != len(unique.fields):
        return None
    told = zip(unique.fields, texts, strict=True)
    return claim_of(unique, {fields.key: _value(fields, text) for fields, text in told})


def _value(fields: FieldPlan, text: str) -> object:
    if fields.type is FieldType.BOOLEAN:
        return {"true": True, "false": False}.get(text)
    return text or None


def claim_of(unique: UniquePlan, values: Mapping[str, Any]) -> str | None:
    """What the values claim under a constraint; None where they are no values of its fields."""
    taken = {}
    for fields in unique.fields:
        value = values.get(fields.key)
        if value is not None:
            taken[fields.key] = fields.form.take(value, 0)
    if any(isinstance(value, Wrong) for value in taken.values()):
        return None
    return unique_keys.claimed(unique, taken)


def _id(text: str) -> UUID | None:
    found = reference(text)
    return found if isinstance(found, UUID) else None
