"""Records on their way into the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.errors import Problem
from core.stages import Entry, Stay
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Value
from core.store.writing.rows import Row
from metadata import currencies
from metadata.model import FieldType
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
    has_given_id: bool = False  # whether its caller chose the id
    before: Row | None = None
    kind: str | None = None  # of its change; None: only its roll-ups change
    values: dict[str, Value] = field(default_factory=dict)
    old: Mapping[str, Value] = field(default_factory=dict)  # its values before the change
    touched: set[str] = field(default_factory=set)  # fields that the caller gave
    owner: UUID | None = None
    currency: str | None = None
    stage: str | None = None
    stage_entered_at: datetime | None = None
    entries: dict[int, Entry] | None = None  # the stage history of an import, by place
    stays: list[Stay] = field(default_factory=list)
    recount: bool = False  # whether its roll-ups are counted anew
    deleted_at: datetime | None = None
    deletion_id: UUID | None = None
    created_at: datetime | None = None
    node_number: int | None = None  # of a new node of a tree
    data: dict[str, Any] = field(default_factory=dict)  # as stored: see `seal`
    long: dict[str, Any] | None = None
    states: dict[str, Any] = field(default_factory=dict)  # of roll-ups, under keys with `~`
    why: str = ""  # a sentence that says which record it is, where the caller has not given it
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
        self.problems.append(self._problem(code, message, path))

    def wrong_once(self, code: str, message: str, *path: str | int) -> None:
        """Note a problem, unless it is noted already."""
        if self._problem(code, message, path) not in self.problems:
            self.wrong(code, message, *path)

    def _problem(self, code: str, message: str, path: Path) -> Problem:
        if self.why:
            return Problem(self.path, code, f"{self.why} {message}")
        return Problem((*self.path, *path), code, message)


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


def seal(draft: Draft) -> list[str]:
    """Put the values as they are stored into the draft's `data` and `long`.

    What an older version of the metadata left in the record stays. The storage keys of values
    that are not the same as before are the answer.
    """
    storing, old = draft.plan.forms.storing, draft.old
    data = dict(draft.before.data) if draft.before is not None else {}
    long = dict(draft.before.long or {}) if draft.before is not None else {}
    changed = []
    for key, value in draft.values.items():
        if old.get(key) is not value:
            stored, is_long, store = storing[key]
            (long if is_long else data)[stored] = value if store is None else store(value)
            changed.append(stored)
    for key in old.keys() - draft.values.keys():
        stored, is_long, _ = storing[key]
        del (long if is_long else data)[stored]
        changed.append(stored)
    data.update(draft.states)
    draft.data, draft.long = data, long or None
    return changed


def values_of(plan: ObjectPlan, row: Row) -> dict[str, Value]:
    """A stored record's values by field key, nulls left out."""
    data, long = row.data, row.long or {}
    found: dict[str, Value] = {}
    for key, stored, is_long, load in plan.forms.loading:
        value = (long if is_long else data).get(stored)
        if value is not None:
            found[key] = value if load is None else load(value)
    return found


def _digits(currency: str | None) -> int:
    found = currencies.digits(currency) if currency is not None else None
    return 2 if found is None else found
