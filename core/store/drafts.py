"""Records on their way into the table: what a caller gives, taken field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.errors import Problem
from core.identity import new_id
from core.stages import Entry, Stay
from core.store.field_plans import FieldPlan
from core.store.plans import ObjectPlan
from core.store.rows import Row
from core.store.values import Value, Wrong, reference
from core.store.values import instant as moment
from metadata import currencies
from metadata.model import FieldType
from metadata.problems import did_you_mean
from metadata.published import Published

Path = tuple[str | int, ...]
Inputs = Mapping[str, object]
USER = "user"


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for all records of one write."""

    published: Published
    now: datetime
    today: date  # in the tenant's time zone
    user: UUID | None = None
    privileged: bool = False  # an admin's import, which may tell what the server would note


@dataclass(slots=True)
class Draft:
    """One record as it is going to be; `values` by field key, nulls left out."""

    plan: ObjectPlan
    id: UUID
    path: Path
    before: Row | None = None
    kind: str | None = None  # of its change; None: only its roll-ups change
    values: dict[str, Value] = field(default_factory=dict)
    old: Mapping[str, Value] = field(default_factory=dict)  # its values before the change
    touched: set[str] = field(default_factory=set)  # fields that the caller gave
    owner: UUID | None = None
    currency: str | None = None
    stage: str | None = None
    stage_entered_at: datetime | None = None
    entries: list[Entry] | None = None  # the stage history that an import brings
    stays: list[Stay] = field(default_factory=list)
    recount: bool = False  # whether its roll-ups are counted anew
    deleted_at: datetime | None = None
    deletion_id: UUID | None = None
    created_at: datetime | None = None
    node_number: int | None = None  # of a new node of a tree
    data: dict[str, Any] = field(default_factory=dict)  # as stored: see `seal`
    long: dict[str, Any] | None = None
    states: dict[str, Any] = field(default_factory=dict)  # of roll-ups, under keys with `~`
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def kept(self) -> Mapping[str, Any]:
        """Its `data` as the table has it."""
        return self.before.data if self.before is not None else {}

    @property
    def has_amounts(self) -> bool:
        """Whether it holds any money."""
        fields = self.plan.fields
        return any(fields[key].type is FieldType.MONEY for key in self.values)

    @property
    def digits(self) -> int:
        """How many decimals its amounts have."""
        return _digits(self.currency)

    def wrong(self, code: str, message: str, *path: str | int) -> None:
        """Note a problem."""
        self.problems.append(Problem((*self.path, *path), code, message))


def new(plan: ObjectPlan, setting: Setting, path: Path, inputs: Inputs) -> Draft:
    """A new record of what is given, with defaults."""
    draft = Draft(plan, new_id(), path, kind="create")
    if plan.has_money:
        draft.currency = setting.published.currency
    _take(draft, setting, inputs)
    for fields in plan.defaulted:
        if fields.key not in inputs:
            taken = fields.form.take(fields.field.default, draft.digits)
            if not isinstance(taken, Wrong):
                draft.values[fields.key] = taken
    return draft


def changed(plan: ObjectPlan, row: Row, setting: Setting, path: Path, inputs: Inputs) -> Draft:
    """A record with what is given written over what it has."""
    draft = loaded(plan, row, path)
    draft.kind = "update"
    _take(draft, setting, inputs)
    if draft.currency != row.currency:
        _convert(draft)
    tree = plan.tree.key if plan.tree is not None and not setting.privileged else None
    if tree is not None and draft.values.get(tree) != draft.old.get(tree):
        draft.wrong("USE_REPARENT", "A record changes its parent by a move in the tree.", tree)
    return draft


def point(draft: Draft, key: str, target: UUID | None) -> None:
    """Let one of the record's references name another record, or none."""
    draft.touched.add(key)
    if target is None:
        draft.values.pop(key, None)
    else:
        draft.values[key] = target


def loaded(plan: ObjectPlan, row: Row, path: Path = ()) -> Draft:
    """A record as it is."""
    draft = Draft(
        plan,
        row.id,
        path,
        before=row,
        owner=row.owner,
        currency=row.currency,
        stage=row.stage,
        stage_entered_at=row.stage_entered_at,
        deleted_at=row.deleted_at,
        deletion_id=row.deletion_id,
    )
    draft.old = values_of(plan, row)
    draft.values = dict(draft.old)
    return draft


def seal(draft: Draft) -> None:
    """Put the values as they are stored into the draft's `data` and `long`.

    What an older version of the metadata left in the record stays.
    """
    storing = draft.plan.storing
    data: dict[str, Any] = {}
    long: dict[str, Any] = {}
    for key, value in draft.values.items():
        stored, is_long, store = storing[key]
        (long if is_long else data)[stored] = store(value)
    if draft.before is not None:
        known = draft.plan.keys
        old = draft.before.data.items()
        data.update([(key, value) for key, value in old if key not in known])
    data.update(draft.states)
    draft.data, draft.long = data, long or None


def values_of(plan: ObjectPlan, row: Row) -> dict[str, Value]:
    """A stored record's values by field key, nulls left out."""
    data, long = row.data, row.long or {}
    found: dict[str, Value] = {}
    for key, fields in plan.fields.items():
        stored = (long if fields.long else data).get(fields.stored)
        if stored is not None:
            found[key] = fields.form.load(stored)
    return found


def _take(draft: Draft, setting: Setting, inputs: Inputs) -> None:
    given = draft.plan.given
    if "currency" in inputs:
        _take_currency(draft, setting, inputs["currency"])
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
    take = _SYSTEM.get(key) or (_PRIVILEGED.get(key) if setting.privileged else None)
    fields = draft.plan.fields.get(key)
    if take is not None:
        take(draft, setting, value)
    elif fields is not None and setting.privileged and not fields.field.derived:
        _take_protected(draft, fields, value)
    elif key in draft.plan.of.fields:
        draft.wrong("READ_ONLY", f"The server writes {key!r}: leave it out.", key)
    elif key in _PRIVILEGED:
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


def _take_currency(draft: Draft, setting: Setting, value: object) -> None:
    if not draft.plan.has_money:
        draft.wrong("UNKNOWN_FIELD", f"{draft.plan.key!r} has no amounts.", "currency")
    elif value is None:
        draft.currency = setting.published.currency
    elif isinstance(value, str) and value in currencies.CODES:
        draft.currency = value
    else:
        text = f"{value!r} is not a currency of ISO 4217, such as CNY."
        draft.wrong("UNKNOWN_CURRENCY", text, "currency")


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


def _digits(currency: str | None) -> int:
    found = currencies.digits(currency) if currency is not None else None
    return 2 if found is None else found


# System fields


def _take_owner(draft: Draft, setting: Setting, value: object) -> None:
    draft.touched.add("owner")
    if value is None:
        draft.owner = None
        return
    taken = reference(value)
    if isinstance(taken, Wrong):
        draft.wrong(taken.code, "There is no such user.", "owner")
    else:
        draft.owner = taken


def _take_stage(draft: Draft, setting: Setting, value: object) -> None:
    if draft.plan.stage is None:
        draft.wrong("UNKNOWN_FIELD", f"{draft.plan.key!r} has no stages.", "stage")
    elif draft.before is not None:
        if value != draft.before.stage:
            text = "A record changes its stage by a move, not by an update."
            draft.wrong("USE_MOVE", text, "stage")
    elif value is not None:
        draft.stage = str(value)


def _take_id(draft: Draft, setting: Setting, value: object) -> None:
    taken = reference(value)
    if draft.before is not None:
        return
    if isinstance(taken, Wrong):
        draft.wrong("BAD_ID", "An id is a UUID in lower case.", "id")
    else:
        draft.id = taken


def _take_created_at(draft: Draft, setting: Setting, value: object) -> None:
    draft.created_at = _moment(draft, value, "created_at")


def _take_stage_entered_at(draft: Draft, setting: Setting, value: object) -> None:
    if draft.before is None:
        draft.stage_entered_at = _moment(draft, value, "stage_entered_at")


def _take_stage_history(draft: Draft, setting: Setting, value: object) -> None:
    if draft.before is not None or not isinstance(value, list | tuple):
        text = "A stage history is a list, and comes with a new record."
        draft.wrong("BAD_HISTORY", text, "stage_history")
        return
    draft.entries = []
    for index, entry in enumerate(value):
        at = entry.get("entered_at") if isinstance(entry, Mapping) else None
        entered_at = _moment(draft, at, "stage_history", index, "entered_at")
        if isinstance(entry, Mapping) and entered_at is not None:
            texts = (_text_or_none(entry.get(key)) for key in ("reason", "note"))
            draft.entries.append(Entry(str(entry.get("stage")), entered_at, *texts))


def _moment(draft: Draft, value: object, *path: str | int) -> datetime | None:
    taken = moment(value)
    if isinstance(taken, Wrong):
        draft.wrong(taken.code, taken.message, *path)
        return None
    return taken


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


_Take = Callable[[Draft, Setting, object], None]
_SYSTEM: dict[str, _Take] = {
    "owner": _take_owner,
    "stage": _take_stage,
    "currency": lambda draft, setting, value: None,  # taken first: amounts depend on it
}
_PRIVILEGED: dict[str, _Take] = {
    "id": _take_id,
    "created_at": _take_created_at,
    "stage_entered_at": _take_stage_entered_at,
    "stage_history": _take_stage_history,
}
