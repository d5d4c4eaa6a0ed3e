"""Deleting records, and bringing back what was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from core.actions.batches import check, found, plan_of, setting_of
from core.actions.saving import Saved
from core.errors import Forbidden, Problem, Refused
from core.identity import API, Actor, Origin
from core.store.plans.values import reference
from core.store.records import reach, removing, restoring
from core.store.records.numbering import NodeNumbers
from core.store.tenancy.opening import Store
from core.store.writing import conflicts, drafts, rows
from core.store.writing.transactions import Author, Manner, Transaction, writing


class Removal(NamedTuple):
    """A record to delete; with `if_version` only if it is at that version."""

    id: UUID | str
    if_version: int | None = None


async def delete(
    actor: Actor, store: Store, object: str, removals: Sequence[Removal], *, origin: Origin = API
) -> Saved:
    """Delete records with all that goes with them; the ids of all, the given ones first.

    Raises:
        Refused: some are not there or not at the version expected, or others that refer to them
            stand in the way; nothing was deleted.
        Forbidden: the actor may not write, or these are users and it is no administrator.
        LimitExceeded, NotFound: as for `saving.create`.
    """
    check(actor, len(removals))
    _check_object(actor, object)

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, object), setting_of(tx, actor)
        ids = [reference(removal.id) for removal in removals]
        known = [one for one in ids if isinstance(one, UUID)]
        await reach.hold(tx, plan.key, known, removing.MOST_AT_ONCE)
        held = await rows.hold_for_removal(tx, known)
        there, missing = found(plan, held, ids)
        targets = [drafts.loaded(plan, row, (index,)) for index, row in there.items()]
        expected = {row.id: removals[index].if_version for index, row in there.items()}
        await conflicts.check(tx, targets, expected)
        return Saved(tuple(await removing.remove(tx, targets, setting, missing)))

    return await writing(actor.tenant, store, work, Author.of(actor, origin))


async def restore(
    actor: Actor, store: Store, object: str, id: UUID | str, *, origin: Origin = API
) -> Saved:
    """Bring back a record with exactly those that were deleted together with it.

    The ids of all, the given one first. A record that is there is left as it is.

    Raises:
        Refused: the record was never there, something that it refers to is gone, or its unique
            values are taken.
        Forbidden: the actor may not write, or this is a user and it is no administrator.
        NotFound: there is no such object.
    """
    check(actor, 1)
    _check_object(actor, object)
    numbers = NodeNumbers(actor.tenant, store, reference(id))

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, object), setting_of(tx, actor)
        wanted = reference(id)
        known = isinstance(wanted, UUID) and await restoring.exists(tx, plan.key, wanted)
        if not isinstance(wanted, UUID) or not known:
            text = f"There is no {plan.key} with this id."
            raise Refused([Problem((0, "id"), "NOT_FOUND", text)])
        restored = await restoring.restore(tx, wanted, (0,), setting, numbers)
        return Saved((wanted, *(one for one in restored if one != wanted)))

    return await writing(
        actor.tenant, store, work, Author.of(actor, origin), Manner(numbers.prepare)
    )


def _check_object(actor: Actor, object: str) -> None:
    """Tokens that speak for a user end with it, and work again when it is restored."""
    if object == drafts.USER and not actor.may_administer:
        raise Forbidden("Users are deleted and restored by administrators.")
