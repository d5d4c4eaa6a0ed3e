"""Moving a record, with all below it, to another place in its tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from core.actions.batches import check, found, plan_of, setting_of
from core.actions.saving import Saved, saved
from core.errors import NotFound, Problem, Refused
from core.identity import API, Actor, Origin
from core.store.plans.values import Wrong, reference
from core.store.records import saving
from core.store.records.saving import Saving
from core.store.tenancy.opening import Store
from core.store.trees import tree_nodes
from core.store.trees.tree_nodes import Wish
from core.store.writing import conflicts, drafts, rows
from core.store.writing.transactions import Author, Transaction, foreseeing, writing
from metadata.published import Published


class Move(NamedTuple):
    """A record and its parent to be; None: to stand at the top."""

    id: UUID | str
    parent: UUID | str | None
    if_version: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do: how many nodes it takes along, and where the record would stand."""

    nodes: int
    depth: int  # how many nodes would stand above it
    root: UUID  # its ultimate parent
    problems: tuple[Problem, ...] = ()  # why it would be refused
    warnings: tuple[Problem, ...] = ()  # what a rule would warn of


async def reparent(
    actor: Actor, store: Store, object: str, move: Move, *, origin: Origin = API
) -> Saved:
    """Give a record of a tree another parent. One that it has already changes nothing.

    Raises:
        Refused: the record or parent is not there, or the tree would have a cycle or too many
            levels; or the record is not at the version expected.
        Forbidden: the actor may not write.
        NotFound: there is no such object, or it is no tree.
    """
    check(actor, 1)
    wanted, parent = _ids(move.id, move.parent)

    async def work(tx: Transaction) -> Saved:
        plan, setting = plan_of(store, tx, object), setting_of(tx, actor)
        key = _tree_key(tx.published, object)
        # The trees first: who waits for a tree with records in hand keeps others from moving.
        held_move = await tree_nodes.hold(tx, Wish(object, wanted, parent))
        held = await rows.hold(tx, [wanted], [parent] if parent is not None else [])
        there, missing = found(plan, held.rows, [wanted])
        moved = [drafts.loaded(plan, row, (0,)) for row in there.values()]
        for draft in moved:
            draft.kind = "reparent"
            drafts.point(draft, key, parent)
        await conflicts.check(tx, moved, {draft.id: move.if_version for draft in moved})
        moves = {} if held_move is None else {wanted: held_move}
        await saving.save(tx, moved, Saving(setting, held, missing, moves))
        return saved(moved)

    return await writing(actor.tenant, store, work, Author.of(actor, origin))


async def preview(
    actor: Actor, store: Store, object: str, id: UUID | str, parent: UUID | str | None
) -> Preview:
    """What the move would do as things stand; nothing is written.

    Raises:
        Refused: the record or its parent is not there.
        NotFound: there is no such object, or it is no tree.
    """
    wanted, above = _ids(id, parent)

    async def work(tx: Transaction) -> Preview:
        key = _tree_key(tx.published, object)
        move = await tree_nodes.foresee(tx.tenant, tx.reading, Wish(object, wanted, above))
        seen = (await rows.hold(tx, [wanted])).rows.get(wanted)
        if move is None or seen is None:
            raise Refused(await _missing(tx, object, {"id": wanted, key: above}))
        draft = drafts.loaded(tx.plan(object), seen, (0,))
        drafts.point(draft, key, above)
        await saving.foresee(tx, [draft], setting_of(tx, actor))
        if (problem := move.problem()) is not None:
            draft.wrong(*problem, key)
        told = tuple(draft.problems), tuple(draft.warnings)
        return Preview(move.count, move.place.depth, move.root, *told)

    return await foreseeing(actor.tenant, store, work, Author.of(actor, API))


async def _missing(tx: Transaction, object: str, ids: Mapping[str, UUID | None]) -> list[Problem]:
    """Which of the two is no node; the record itself, where both have become one meanwhile."""
    wanted = {name: one for name, one in ids.items() if one is not None}
    there = await tree_nodes.read(tx.tenant, tx.reading, object, wanted.values())
    missing = [name for name, one in wanted.items() if one not in there]
    text = f"There is no {object} with this id."
    return [Problem((0, name), "NOT_FOUND", text) for name in missing or ("id",)]


def _ids(id: UUID | str, parent: UUID | str | None) -> tuple[UUID, UUID | None]:
    """Both ids, where they are any.

    Raises:
        Refused: one is none, so there is no such record.
    """
    wanted, above = reference(id), None if parent is None else reference(parent)
    wrong = [
        Problem((0, key), one.code, one.message)
        for key, one in (("id", wanted), ("parent", above))
        if isinstance(one, Wrong)
    ]
    if isinstance(wanted, Wrong) or isinstance(above, Wrong):
        raise Refused(wrong)
    return wanted, above


def _tree_key(published: Published, object: str) -> str:
    of = published.metadata.objects.get(object)
    if of is None or of.tree is None:
        raise NotFound(f"There is no tree of {object!r}.")
    return of.tree.key
