"""How records of one object are written: worked out once for each published version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.store.plans import lines
from core.store.plans.columns import Column, columns_of
from core.store.plans.computing import ComputePlan, compute_plan
from core.store.plans.field_plans import FieldPlan, StagePlan, UniquePlan, field_plan
from core.store.plans.lines import Line
from core.store.plans.record_shapes import Ways
from core.store.plans.rollup_plans import Key, RollupPlan, rollup_plans
from core.store.plans.summing import Sums
from core.store.plans.values import same
from metadata.assigning import NULLS
from metadata.model import FieldType, ObjectType, Unique
from metadata.published import Published
from metadata.text import null_token
from metadata.validation import Validator

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Forms:
    """How the values of all fields pass at once; None stands for a value that stays as it is."""

    loading: tuple[tuple[str, str, bool, Convert | None], ...]
    """(field, its storage key, whether it is long, what makes a value of the stored form)."""
    storing: Mapping[str, tuple[str, bool, Convert | None]]
    """By field: its storage key, whether it is long, what makes the stored form."""
    checked: Mapping[str, Convert | None]
    """By field that the declaration's validator looks at: what makes its JSON form."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """Everything that writing one object's records takes."""

    of: ObjectType
    fields: Mapping[str, FieldPlan]
    forms: Forms
    keys: Mapping[str, str]  # {storage key: field key}
    given: Mapping[str, FieldPlan]  # those that a caller may write
    defaulted: tuple[FieldPlan, ...]
    autonumbers: tuple[FieldPlan, ...]
    references: tuple[FieldPlan, ...]
    retiring: tuple[FieldPlan, ...]  # those with options that are no longer to be chosen
    uniques: tuple[UniquePlan, ...]
    stage: StagePlan | None
    tree: FieldPlan | None
    lines: tuple[Line, ...]  # edges among which its records are, and that must not lead back
    has_money: bool
    rollups: Mapping[str, Sums]  # by field: those that its records have
    contributes: Mapping[Key, RollupPlan]  # those that its records go into
    columns: tuple[Column, ...]
    ways: Ways
    validator: Validator
    computing: ComputePlan

    @property
    def key(self) -> str:
        return self.of.key

    def titles(self, unique: Unique) -> str:
        """What people call the fields of a unique key, in a sentence."""
        return " and ".join(f"'{self.of.fields[key].title}'" for key in unique.fields)


def plan_of(published: Published, object: str) -> ObjectPlan:
    """The plan for an object of the published version."""
    declared = published.metadata.objects[object]
    fields = _field_plans(published, declared)
    every = tuple(fields.values())
    stage = _stage_plan(published, object, fields)
    columns = columns_of(every, stage, _marks(published, object, every))
    return ObjectPlan(
        of=declared,
        fields=fields,
        forms=_forms(every),
        keys={plan.stored: plan.key for plan in every},
        given={plan.key: plan for plan in every if not plan.field.read_only},
        defaulted=tuple(plan for plan in every if plan.field.default is not None),
        autonumbers=tuple(plan for plan in every if plan.type is FieldType.AUTONUMBER),
        references=tuple(plan for plan in every if plan.field.reference is not None),
        retiring=tuple(plan for plan in every if any(o.deprecated for o in plan.field.options)),
        uniques=tuple(_unique_plan(unique, fields) for unique in declared.uniques),
        stage=stage,
        tree=fields[declared.tree.key] if declared.tree is not None else None,
        lines=lines.of_object(published, object),
        has_money=any(plan.type is FieldType.MONEY for plan in every),
        rollups={plan.key: _sums(published, plan) for plan in every if plan.field.rollup},
        contributes=rollup_plans(published.metadata, object, fields),
        columns=columns,
        ways=Ways(columns),
        validator=Validator(declared),
        computing=compute_plan(published.metadata, declared),
    )


def _field_plans(published: Published, of: ObjectType) -> dict[str, FieldPlan]:
    """The plans of the fields that are stored; others are computed when they are read."""
    places = published.storage.places[of.key]
    stored = (field for field in of.fields.values() if field.stored)
    return {field.key: field_plan(field, places[field.key]) for field in stored}


def _forms(fields: Sequence[FieldPlan]) -> Forms:
    return Forms(
        loading=tuple(
            (plan.key, plan.stored, plan.long, _unless_same(plan.form.load)) for plan in fields
        ),
        storing={
            plan.key: (plan.stored, plan.long, _unless_same(plan.form.store)) for plan in fields
        },
        checked={
            plan.key: _unless_same(plan.form.json) for plan in fields if not plan.field.derived
        },
    )


def _unless_same(convert: Convert) -> Convert | None:
    return None if convert is same else convert


def _unique_plan(unique: Unique, fields: Mapping[str, FieldPlan]) -> UniquePlan:
    return UniquePlan(unique, tuple(fields[key] for key in unique.fields))


def _marks(published: Published, object: str, fields: Sequence[FieldPlan]) -> dict[str, str]:
    """The tokens of fields without a value, by field."""
    marked = published.storage.bound.get(object, {}).get(NULLS)
    keys = marked.key.split() if marked is not None else ()
    return {plan.key: null_token(object, plan.stored) for plan in fields if plan.stored in keys}


def _sums(published: Published, plan: FieldPlan) -> Sums:
    rollup = plan.field.rollup
    assert rollup is not None
    parts = published.metadata.objects[rollup.object].fields
    return Sums(plan, rollup, parts[rollup.field] if rollup.field is not None else None)


def _stage_plan(
    published: Published, object: str, fields: Mapping[str, FieldPlan]
) -> StagePlan | None:
    pipeline = published.metadata.pipeline_of(object)
    if pipeline is None:
        return None
    amount, date, probability = (
        fields[key] if key is not None else None
        for key in (pipeline.amount, pipeline.date, pipeline.probability)
    )
    return StagePlan(pipeline, amount, date, probability)
