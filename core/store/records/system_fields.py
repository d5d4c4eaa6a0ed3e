"""What a caller may give for a record beside its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from core.stages import Entry, in_future
from core.store.plans.values import Wrong, reference, text
from core.store.plans.values import instant as moment
from core.store.writing.drafts import Draft, Setting
from metadata import currencies
from metadata.problems import did_you_mean, listed


def take_currency(draft: Draft, setting: Setting, value: object) -> None:
    """Its currency, before its amounts are taken: their decimals depend on it."""
    if not draft.plan.has_money:
        draft.wrong("UNKNOWN_FIELD", f"{draft.plan.key!r} has no amounts.", "currency")
    elif value is None:
        draft.currency = setting.published.currency
    elif isinstance(value, str) and value in currencies.CODES:
        draft.currency = value
    else:
        message = f"{value!r} is not a currency of ISO 4217, such as CNY."
        draft.wrong("UNKNOWN_CURRENCY", message, "currency")


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
            message = (
                "A record that is there changes its stage by a move, never by an update. This release"
                " has no moves yet: leave the stage out."
            )
            draft.wrong("USE_MOVE", message, "stage")
    elif value is not None:
        draft.stage = str(value)
        stage = draft.plan.stage.pipeline.stage(draft.stage)
        if stage is not None and stage.deprecated and not setting.privileged:
            draft.wrong("RETIRED_STAGE", f"No record enters '{stage.title}' any more.", "stage")


def _take_id(draft: Draft, setting: Setting, value: object) -> None:
    taken = reference(value)
    if draft.before is not None:
        return
    if isinstance(taken, Wrong):
        draft.wrong("BAD_ID", "An id is a UUID in lower case.", "id")
    else:
        draft.id, draft.has_given_id = taken, True


def _take_created_at(draft: Draft, setting: Setting, value: object) -> None:
    draft.created_at = _past(draft, setting, value, "created_at")


def _take_stage_entered_at(draft: Draft, setting: Setting, value: object) -> None:
    if draft.before is None:
        draft.stage_entered_at = _past(draft, setting, value, "stage_entered_at")


def _take_stage_history(draft: Draft, setting: Setting, value: object) -> None:
    if draft.before is not None or not isinstance(value, list | tuple):
        message = "A stage history is a list, and comes with a new record."
        draft.wrong("BAD_HISTORY", message, "stage_history")
        return
    taken = {index: _entry(draft, entry, index) for index, entry in enumerate(value)}
    legible = {index: entry for index, entry in taken.items() if entry is not None}
    draft.entries = legible if legible or not taken else None


def _entry(draft: Draft, value: object, index: int) -> Entry | None:
    at = ("stage_history", index)
    if not isinstance(value, Mapping):
        draft.wrong("BAD_HISTORY", "Give each stage as an object: stage and entered_at.", *at)
        return None
    for key in value.keys() - _TOLD:
        hint = did_you_mean(str(key), _TOLD) or f"There are {listed(_TOLD, 'and')}."
        draft.wrong("UNKNOWN_FIELD", f"A stage history has no {key!r}. {hint}", *at, str(key))
    missing = [key for key in _NEEDED if value.get(key) is None]
    for key in missing:
        draft.wrong("REQUIRED", f"Say {key} of each stage.", *at, key)
    if missing:
        return None
    entered_at = _moment(draft, value["entered_at"], *at, "entered_at")
    reason, note = (_text(draft, value.get(key), *at, key) for key in ("reason", "note"))
    if entered_at is None:
        return None
    return Entry(str(value["stage"]), entered_at, reason or None, note)


_NEEDED = ("stage", "entered_at")
_TOLD = ("stage", "entered_at", "reason", "note")


def _past(draft: Draft, setting: Setting, value: object, key: str) -> datetime | None:
    taken = _moment(draft, value, key)
    if taken is not None and taken > setting.now:
        draft.problems.append(in_future(taken, (*draft.path, key)))
    return taken


def _moment(draft: Draft, value: object, *path: str | int) -> datetime | None:
    taken = moment(value)
    if isinstance(taken, Wrong):
        draft.wrong(taken.code, taken.message, *path)
        return None
    return taken


def _text(draft: Draft, value: object, *path: str | int) -> str | None:
    taken = None if value is None else text(value)
    if isinstance(taken, Wrong):
        draft.wrong(taken.code, taken.message, *path)
        return None
    return taken


_Take = Callable[[Draft, Setting, object], None]
OPEN: dict[str, _Take] = {
    "owner": _take_owner,
    "stage": _take_stage,
    "currency": lambda draft, setting, value: None,  # taken first: amounts depend on it
}
"""By name, for every caller."""
PRIVILEGED: dict[str, _Take] = {
    "id": _take_id,
    "created_at": _take_created_at,
    "stage_entered_at": _take_stage_entered_at,
    "stage_history": _take_stage_history,
}
"""By name, for an admin's import."""
