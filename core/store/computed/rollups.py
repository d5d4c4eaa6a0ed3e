"""Stored roll-ups, kept right with every write of the records that go into them.

Counts, sums and averages change by the difference, under the lock of the record that has them;
what a difference cannot tell (a smallest value that is gone) is counted again. Roll-ups never
raise a record's version. Each is brought up to date after what it reads, formulas in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from core.store.computed import counting, finishing, scopes
from core.store.plans.rollup_plans import Contribution, Key, Part, RollupPlan
from core.store.plans.summing import Delta, Sums
from core.store.writing import drafts, rows
from core.store.writing.drafts import Draft, Setting
from core.store.writing.transactions import Again, Transaction


async def propagate(tx: Transaction, written: Sequence[Draft], setting: Setting) -> list[Draft]:
    """Bring the roll-ups up to date that these records go into; the other records that change.

    Records among `written` that have roll-ups themselves are changed in place.
    """
    if not any(draft.plan.contributes or draft.recount for draft in written):
        return []
    run = _Run(tx, setting, written)
    for step in tx.metadata.steps:
        if tx.metadata.objects[step.object].fields[step.field].rollup is None:
            run.compute(step.object, step.field)
        else:
            await run.roll_up((step.object, step.field))
    given = {draft.id for draft in written}
    return [draft for draft in run.drafts.values() if draft.id not in given]


async def check_currency(tx: Transaction, draft: Draft, setting: Setting) -> None:
    """Note a problem where a record changes its currency and amounts in another go into it.

    Where none do, its roll-ups are counted anew, with the decimals of the new currency.
    """
    row = draft.before
    if row is None or row.currency == draft.currency:
        return
    for key, sums in draft.plan.rollups.items():
        plan = tx.plan(sums.object).contributes[draft.plan.key, key]
        if not plan.is_money:
            continue
        draft.recount = True
        parts = (await counting.parts(tx, plan, [draft.id], setting))[draft.id]
        foreign = next((one for one in parts if _is_amount(one, but=draft.currency)), None)
        if foreign is not None:
            title = draft.plan.of.fields[key].title
            text = (
                f"Amounts in {foreign.currency} go into '{title}': it can't be in {draft.currency}."
            )
            draft.wrong("CURRENCY_MISMATCH", text, "currency")
            return


def _is_amount(part: Contribution, but: str | None) -> bool:
    """Whether it is an amount in another currency; 0 is the same in all of them."""
    return part.value is not None and part.value != 0 and part.currency != but


class _Run:
    """One pass over the steps, and the records it has come to."""

    def __init__(self, tx: Transaction, setting: Setting, written: Iterable[Draft]) -> None:
        self.drafts = {draft.id: draft for draft in written}
        self._given = frozenset(self.drafts)
        self._causes: defaultdict[UUID, dict[UUID, str]] = defaultdict(dict)
        self._tx = tx
        self._setting = setting
        self._changed: defaultdict[str, dict[UUID, Draft]] = defaultdict(dict)

    def compute(self, object_key: str, key: str) -> None:
        """A formula of the records whose values this pass has changed."""
        for draft in self._changed[object_key].values():
            finishing.compute_one(draft, key, self._setting)

    async def roll_up(self, key: Key) -> None:
        """A roll-up of the records that something leaves or joins."""
        rollup = self._tx.metadata.objects[key[0]].fields[key[1]].rollup
        assert rollup is not None
        plan = self._tx.plan(rollup.object).contributes[key]
        parts = [draft for draft in self.drafts.values() if draft.plan.key == rollup.object]
        deltas = self._deltas(plan, parts)
        anew = {one.id for one in self.drafts.values() if one.recount and one.plan.key == key[0]}
        if not deltas and not anew:
            return
        parents = await self._hold({*deltas, *anew})
        if plan.is_money:
            self._check_currencies(plan, deltas)
        sums = self._tx.plan(key[0]).rollups[key[1]]
        uncounted = [
            parent
            for parent in parents
            if parent.recount or not sums.apply(parent, deltas[parent.id])
        ]
        if uncounted:
            await self._count(plan, parts, sums, uncounted)
        self._changed[key[0]].update((parent.id, parent) for parent in parents)

    def _deltas(self, plan: RollupPlan, parts: Iterable[Draft]) -> dict[UUID, Delta]:
        """What changes, by the record that has the roll-up."""
        found: defaultdict[UUID, Delta] = defaultdict(Delta)
        for draft in parts:
            before, after = self._before(plan, draft), self._after(plan, draft)
            if before == after:
                continue
            if before is not None:
                found[before.parent].removed.append(before)
                self._causes[before.parent].update(self._causes_of(plan, draft))
            if after is not None:
                found[after.parent].added.append(after)
                self._causes[after.parent].update(self._causes_of(plan, draft))
        return found

    def _causes_of(self, plan: RollupPlan, draft: Draft) -> dict[UUID, str]:
        """Why a record changes: {written record: the reference by which it goes into others}."""
        return {draft.id: plan.via.key} if draft.id in self._given else self._causes[draft.id]

    def _before(self, plan: RollupPlan, draft: Draft) -> Contribution | None:
        row = draft.before
        if row is None or row.deleted_at is not None:
            return None
        scope = draft.old
        if plan.system:
            scope = {**scopes.of_row(row, self._tx.metadata.pipeline_of(row.object)), **scope}
        part = Part(draft.id, draft.old, scope, row.currency)
        return plan.contribution(part, (self._setting.today, self._setting.now))

    def _after(self, plan: RollupPlan, draft: Draft) -> Contribution | None:
        if draft.deleted_at is not None:
            return None
        scope = draft.values
        if plan.system:
            scope = {**scopes.of_draft(draft, self._setting), **scope}
        part = Part(draft.id, draft.values, scope, draft.currency)
        return plan.contribution(part, (self._setting.today, self._setting.now))

    async def _hold(self, wanted: Iterable[UUID]) -> list[Draft]:
        """These records, locked before anything of them is read."""
        wanted = list(wanted)
        held = await rows.hold(self._tx, [one for one in wanted if one not in self.drafts])
        for row in held.rows.values():
            self.drafts[row.id] = drafts.loaded(self._tx.plan(row.object), row)
        if any(one not in self.drafts for one in wanted):
            raise Again
        return [self.drafts[one] for one in wanted]

    def _check_currencies(self, plan: RollupPlan, deltas: Mapping[UUID, Delta]) -> None:
        """Amounts go into a roll-up in its record's currency only: told where they come from.

        Not of what is restored: it was there, perhaps before the roll-up, and is left out again.
        """
        for parent, delta in deltas.items():
            own = self.drafts[parent].currency
            for part in delta.added:
                if _is_amount(part, but=own):
                    text = f"Its amounts are in {part.currency}, those it adds to in {own}."
                    for cause, key in self._causes_of(plan, self.drafts[part.record]).items():
                        if self.drafts[cause].kind != "restore":
                            self.drafts[cause].wrong_once("CURRENCY_MISMATCH", text, key)

    async def _count(
        self, plan: RollupPlan, parts: Sequence[Draft], sums: Sums, parents: Sequence[Draft]
    ) -> None:
        here = [draft.id for draft in parts]
        wanted = [parent.id for parent in parents]
        found = await counting.parts(self._tx, plan, wanted, self._setting, but=here)
        for draft in parts:
            after = self._after(plan, draft)
            if after is not None and after.parent in found:
                found[after.parent].append(after)
        for parent in parents:
            sums.count(parent, found[parent.id])
