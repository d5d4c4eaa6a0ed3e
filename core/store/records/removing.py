"""Deleting records, with what hangs on them.

A deleted record keeps its row, with an id that all records of one deletion share. It gives up its
unique values and its place in the tree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from core.errors import Problem, Refused
from core.identity import new_id
from core.store.computed import finishing, rollups
from core.store.records import dependents, saving
from core.store.records.dependents import Dependent
from core.store.records.saving import Writing
from core.store.trees import tree_nodes
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft, Path, Setting
from core.store.writing.rows import Row
from core.store.writing.transactions import Transaction
from metadata.model import OnDelete

MOST_AT_ONCE = 5_000
"""Records that one deletion may take with it."""


async def remove(
    tx: Transaction, targets: Sequence[Draft], setting: Setting, problems: Sequence[Problem] = ()
) -> list[UUID]:
    """Delete records that are locked for it; all ids that are deleted, theirs first.

    Raises:
        Refused: others refer to them and stand in the way, or there are too many.
    """
    run = _Removal(tx, setting, targets)
    await run.close()
    if run.is_too_much:
        own = (problem for draft in targets for problem in draft.problems)
        raise Refused([*problems, *own, *run.problems()])
    found = [*run.removed.values(), *run.cleared.values()]
    others = await rollups.propagate(tx, found, setting)
    await _become_roots(tx, run.cleared.values())
    await _leave_trees(tx, run.removed.values())
    await saving.write(tx, Writing.of(found, others, [*problems, *run.problems()]))
    return list(run.removed)


class _Removal:
    """One deletion, as it comes to all that hangs on its targets."""

    def __init__(self, tx: Transaction, setting: Setting, targets: Sequence[Draft]) -> None:
        self.removed: dict[UUID, Draft] = {}
        self.cleared: dict[UUID, Draft] = {}
        self._tx = tx
        self._setting = setting
        self._deletion = new_id()
        self._restricting: list[Dependent] = []
        self.is_too_much = False
        self._level = list(targets)

    async def close(self) -> None:
        """Follow references until nothing more is deleted with the targets, or it is too much."""
        while self._level:
            for draft in self._level:
                self._delete(draft)
            found = await self._dependents()
            if len(self.removed) + len(self._cascading(found)) > MOST_AT_ONCE:
                self.is_too_much = True
                return
            self._restricting += [one for one in found if one.on_delete is OnDelete.RESTRICT]
            self._level = await self._follow(found)

    def problems(self) -> list[Problem]:
        """Who stands in the way, by target and field, unless it goes as well."""
        if self.is_too_much:
            text = f"More than {MOST_AT_ONCE} records hang on these: delete them in parts."
            return [Problem((), "TOO_MANY", text)]
        ways = Counter(
            (self.removed[one.target].path, one.object, one.field)
            for one in self._restricting
            if one.id not in self.removed
        )
        return [
            Problem((*path, "id"), "IN_USE", self._standing(count, object_key, field))
            for (path, object_key, field), count in sorted(ways.items())
        ]

    def _standing(self, count: int, object_key: str, field: str) -> str:
        of = self._tx.plan(object_key).of
        many = f"More than {MOST_AT_ONCE:,}" if count > MOST_AT_ONCE else f"{count:,}"
        some = f"{many} records of '{of.title}' refer" if count > 1 else f"A '{of.title}' refers"
        by = of.fields[field].title if field in of.fields else field  # an owner is not declared
        return f"{some} to it by '{by}'. Delete what refers to it, or let it refer to another."

    def _delete(self, draft: Draft) -> None:
        draft.kind = "delete"
        draft.deleted_at, draft.deletion_id = self._setting.now, self._deletion
        self.removed[draft.id] = draft
        self.cleared.pop(draft.id, None)

    async def _dependents(self) -> list[Dependent]:
        by_object: defaultdict[str, list[UUID]] = defaultdict(list)
        for draft in self._level:
            by_object[draft.plan.key].append(draft.id)
        return [
            one
            for object_key, ids in by_object.items()
            for one in await dependents.find(self._tx, object_key, ids, MOST_AT_ONCE + 1)
        ]

    async def _follow(self, found: Sequence[Dependent]) -> list[Draft]:
        """Lock what is deleted or cleared with the last level; the next one."""
        cascading = self._cascading(found)
        clearing = [one for one in found if one.on_delete is OnDelete.SET_NULL]
        held = await rows.hold_for_removal(self._tx, cascading)
        wanted = {one.id for one in clearing} - held.keys() - self.removed.keys()
        others = await rows.hold(self._tx, wanted - self.cleared.keys())
        for row in others.rows.values():
            self.cleared[row.id] = self._loaded(row, ())
        for one in clearing:
            self._clear(one)
        return [
            draft
            for row in held.values()
            if row.deleted_at is None and (draft := self._going(row, cascading[row.id])) is not None
        ]

    def _cascading(self, found: Iterable[Dependent]) -> dict[UUID, list[Dependent]]:
        """{record that goes as well: by which references}."""
        going: defaultdict[UUID, list[Dependent]] = defaultdict(list)
        for one in found:
            if one.on_delete is OnDelete.CASCADE and one.id not in self.removed:
                going[one.id].append(one)
        return going

    def _going(self, row: Row, ways: Sequence[Dependent]) -> Draft | None:
        """The record as one that goes as well; None if it was made to refer elsewhere meanwhile."""
        draft = self._loaded(row, ())
        for one in ways:
            if draft.values.get(one.field) == one.target:
                draft.path = self.removed[one.target].path
                return draft
        return None

    def _loaded(self, row: Row, path: Path) -> Draft:
        return drafts.loaded(self._tx.plan(row.object), row, path)

    def _clear(self, one: Dependent) -> None:
        draft = self.cleared.get(one.id)
        if draft is not None and draft.values.get(one.field) == one.target:
            draft.kind = "update"
            draft.path = (*self.removed[one.target].path, "id")
            named = draft.plan.fields[one.field].field.title
            draft.why = f"'{draft.plan.of.title}' {draft.id} would lose its '{named}'."
            del draft.values[one.field]
            finishing.compute(draft, self._setting)


async def _become_roots(tx: Transaction, cleared: Iterable[Draft]) -> None:
    """Take nodes, with all below them, out from under parents that go."""
    for draft in cleared:
        if draft.plan.tree is not None:
            await tree_nodes.move_all(tx, draft.plan, [draft], {}, {})


async def _leave_trees(tx: Transaction, removed: Iterable[Draft]) -> None:
    by_object: defaultdict[str, list[UUID]] = defaultdict(list)
    for draft in removed:
        if draft.plan.tree is not None:
            by_object[draft.plan.key].append(draft.id)
    for object_key, ids in by_object.items():
        await tree_nodes.leave(tx, object_key, ids)
