"""Roll-ups as seen by the records that go into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.store.plans.field_plans import FieldPlan
from core.store.plans.values import Value
from metadata.environments import STAGED, SYSTEM
from metadata.expressions.evaluate import Evaluator, evaluator
from metadata.expressions.reads import reads
from metadata.model import FieldType, Metadata

STATE = "~"
"""What a key in `data` starts with that is no field's: the running state of a roll-up."""
Key = tuple[str, str]
"""(object, field) of a roll-up."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one record adds to a roll-up of another; a null adds to counts alone."""

    record: UUID
    parent: UUID
    value: Value | None
    currency: str | None = None  # of an amount


@dataclass(frozen=True, slots=True)
class Part:
    """A record that may go into roll-ups; its `scope` has system fields as well."""

    record: UUID
    values: Mapping[str, Any]
    scope: Mapping[str, Any]
    currency: str | None


@dataclass(frozen=True, slots=True)
class RollupPlan:
    """One roll-up over records of an object."""

    key: Key
    object: str  # whose records go into it
    op: str
    via: FieldPlan
    field: FieldPlan | None
    where: Evaluator | None
    system: bool  # whether `where` reads system fields
    reads: tuple[FieldPlan, ...]  # every field of the record that counts

    @property
    def is_money(self) -> bool:
        return self.field is not None and self.field.type is FieldType.MONEY

    def contribution(self, part: Part, clock: tuple[date, datetime]) -> Contribution | None:
        """What a live record adds."""
        parent = part.values.get(self.via.key)
        if parent is None:
            return None
        if self.where is not None and self.where(part.scope, *clock) is not True:
            return None
        value = part.values.get(self.field.key) if self.field is not None else None
        currency = part.currency if self.is_money else None
        return Contribution(part.record, parent, value, currency)


def rollup_plans(
    metadata: Metadata, object_key: str, fields: Mapping[str, FieldPlan]
) -> dict[Key, RollupPlan]:
    """The roll-ups that records of an object go into."""
    return {
        (owner, of.key): _plan(metadata, (owner, of.key), fields)
        for owner, of in metadata.rollups_over(object_key)
    }


def _plan(metadata: Metadata, key: Key, fields: Mapping[str, FieldPlan]) -> RollupPlan:
    owner, name = key
    rollup = metadata.objects[owner].fields[name].rollup
    assert rollup is not None
    condition = metadata.computed[owner].conditions.get(name)
    names = reads(condition).names if condition is not None else frozenset()
    wanted = {rollup.via, rollup.field, *names}
    return RollupPlan(
        key=key,
        object=rollup.object,
        op=rollup.op,
        via=fields[rollup.via],
        field=fields[rollup.field] if rollup.field is not None else None,
        where=evaluator(condition) if condition is not None else None,
        system=not names.isdisjoint(SYSTEM.keys() | STAGED.keys()),
        reads=tuple(plan for plan in fields.values() if plan.key in wanted),
    )
