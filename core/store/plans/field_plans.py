"""How single fields, constraints and stages of an object are written."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.plans.values import Form, form_of
from metadata.model import LONG, Field, FieldType, Pipeline, Reference, Unique
from metadata.storage import Place


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field: where it lies and how its values pass."""

    field: Field
    key: str
    type: FieldType
    stored: str  # its key in `data`, or in `long`
    long: bool
    column: str | None  # its slot
    readable: str | None  # the same, once every record has its value there
    form: Form

    @property
    def reference(self) -> Reference:
        """What it refers to; of reference fields only."""
        assert self.field.reference is not None
        return self.field.reference

    @property
    def target(self) -> str:
        """SQL on an alias `t` that gives the id a reference holds."""
        return f"t.{self.readable}" if self.readable else f"(t.data->>'{self.stored}')::uuid"


@dataclass(frozen=True, slots=True)
class UniquePlan:
    """One constraint, with the fields whose values it joins."""

    unique: Unique
    fields: tuple[FieldPlan, ...]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """How a staged object's records keep their stage."""

    pipeline: Pipeline
    amount: FieldPlan | None
    date: FieldPlan | None
    probability: FieldPlan | None


def field_plan(field: Field, place: Place) -> FieldPlan:
    """The plan of a field that lies at a place."""
    return FieldPlan(
        field=field,
        key=field.key,
        type=field.type,
        stored=place.key,
        long=field.type in LONG,
        column=place.slot.column if place.slot is not None else None,
        readable=place.readable,
        form=form_of(field),
    )
