"""What a caller gives for a record, taken field by field."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from core.errors import Problem
from core.identity import new_id
from core.store.plans.field_plans import FieldPlan
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Value, Wrong
from core.store.records import system_fields
from core.store.writing.drafts import Draft, Inputs, Path, Setting, loaded, point
from core.store.writing.rows import Row
from metadata import decimals, naming
from metadata.model import FieldType
from metadata.problems import did_you_mean


def new(plan: ObjectPlan, setting: Setting, path: Path, inputs: Inputs) -> Draft:
    """A new record of what is given, with defaults."""
    draft = Draft(plan, new_id(), path, kind="create")
    if plan.has_money:
        draft.currency = setting.published.currency
    _take(draft, setting, inputs)
    for fields in plan.defaulted:
        if fields.key not in inputs:
            taken = _default(fields, draft.digits)
            if not isinstance(taken, Wrong):
                draft.values[fields.key] = taken
    return draft


def _default(fields: FieldPlan, digits: int) -> Value | Wrong:
    """What a declaration gives; an amount is rounded to the currency, which it does not know."""
    default: object = fields.field.default
    number = decimals.parsed(default) if fields.type is FieldType.MONEY else None
    if isinstance(number, Decimal):
        default = decimals.rounded(number, digits)
    return fields.form.take(default, digits)


def changed(plan: ObjectPlan, row: Row, setting: Setting, path: Path, inputs: Inputs) -> Draft:
    """A record with what is given written over what it has."""
    draft = loaded(plan, row, path)
    draft.kind = "update"
    _take(draft, setting, inputs)
    if draft.currency != row.currency:
        _convert(draft)
    tree = plan.tree.key if plan.tree is not None and not setting.privileged else None
    before = draft.old.get(tree) if tree is not None else None
    if tree is not None and draft.values.get(tree) != before:
        call = naming.operations(plan.of, staged=False).reparent
        draft.wrong("USE_REPARENT", f"A record moves in the tree by {call}, with all below.", tree)
        point(draft, tree, before if isinstance(before, UUID) else None)
    return draft


def _take(draft: Draft, setting: Setting, inputs: Inputs) -> None:
    given = draft.plan.given
    if "currency" in inputs:
        system_fields.take_currency(draft, setting, inputs["currency"])
    digits = draft.digits
    for key, value in inputs.items():
        fields = given.get(key)
        if fields is None:
            _take_other(draft, setting, key, value)
            continue
        draft.touched.add(key)
        if value is None:
            draft.values.pop(key, None)
            continue
        taken = fields.form.take(value, digits)
        if type(taken) is Wrong:
            draft.problems.append(Problem((*draft.path, key), taken.code, taken.message))
        else:
            draft.values[key] = taken


def _take_other(draft: Draft, setting: Setting, key: str, value: object) -> None:
    """What is no field that a caller writes: a system field, a protected one, or a mistake."""
    take = system_fields.OPEN.get(key) or (
        system_fields.PRIVILEGED.get(key) if setting.privileged else None
    )
    fields = draft.plan.fields.get(key)
    if take is not None:
        take(draft, setting, value)
    elif fields is not None and setting.privileged and not fields.field.derived:
        _take_protected(draft, fields, value)
    elif key in draft.plan.of.fields:
        draft.wrong("READ_ONLY", f"The server writes {key!r}: leave it out.", key)
    elif key in system_fields.PRIVILEGED:
        draft.wrong("READ_ONLY", f"Only an admin's import may say {key!r}: leave it out.", key)
    else:
        known = f"{draft.plan.key!r} has no field {key!r}."
        hint = did_you_mean(key, draft.plan.of.fields)
        draft.wrong("UNKNOWN_FIELD", f"{known} {hint}".strip(), key)


def _take_protected(draft: Draft, fields: FieldPlan, value: object) -> None:
    if value is None:
        return
    taken = fields.form.take(value, draft.digits)
    if isinstance(taken, Wrong):
        draft.wrong(taken.code, taken.message, fields.key)
    else:
        draft.values[fields.key] = taken
        draft.touched.add(fields.key)


def _convert(draft: Draft) -> None:
    """Write the amounts with the decimals of the new currency, where that changes none of them."""
    digits = draft.digits
    for key, fields in draft.plan.fields.items():
        value = draft.values.get(key)
        if fields.type is not FieldType.MONEY or value is None or key in draft.touched:
            continue
        if fields.field.derived:
            continue
        taken = fields.form.take(value, digits)
        if isinstance(taken, Wrong):
            text = f"{key!r} is {value}, more decimals than {draft.currency} has: give it anew."
            draft.wrong("TOO_MANY_DECIMALS", text, "currency")
        else:
            draft.values[key] = taken
