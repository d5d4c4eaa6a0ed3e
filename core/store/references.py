"""Whether what records refer to is there: alive, and of the object that their fields name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from core.store.drafts import USER, Draft


def referred(drafts: Iterable[Draft]) -> set[UUID]:
    """The ids that new and changed references hold."""
    return {id for draft in drafts for _, id, _ in _changed(draft)}


def check(drafts: Iterable[Draft], objects: Mapping[UUID, str]) -> None:
    """Note a problem wherever a reference leads nowhere; `objects` are those of live records."""
    drafts = list(drafts)
    known = {**objects, **{draft.id: draft.plan.key for draft in drafts if draft.before is None}}
    for draft in drafts:
        for key, id, object in _changed(draft):
            if known.get(id) != object:
                draft.wrong("NOT_FOUND", f"There is no {object} with the id {id}.", key)


def _changed(draft: Draft) -> Iterator[tuple[str, UUID, str]]:
    """(field, id, the object it should be of) of the references that this write sets."""
    values, touched, row = draft.values, draft.touched, draft.before
    for fields in draft.plan.references:
        id = values.get(fields.key)
        if id is not None and fields.key in touched:
            if row is None or row.data.get(fields.stored) != str(id):
                yield fields.key, id, fields.reference.object
    if draft.owner is not None and "owner" in touched and (row is None or row.owner != draft.owner):
        yield "owner", draft.owner, USER
