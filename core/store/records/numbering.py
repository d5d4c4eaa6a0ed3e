"""The numbers that new records need, taken before their transaction begins."""

from __future__ import annotations

from collections import defaultdict, deque
from uuid import UUID

from core.identity import TenantId
from core.store.plans.object_plans import ObjectPlan
from core.store.plans.values import Wrong
from core.store.tenancy.autonumbers import numbered, spelled
from core.store.tenancy.opening import Store
from core.store.writing.drafts import Draft
from core.store.writing.transactions import Again
from metadata.published import Published


class Numbers:
    """Numbers for at most `count` new records of an object."""

    def __init__(self, tenant: TenantId, store: Store, object: str, count: int) -> None:
        self._tenant = tenant
        self._store = store
        self._object = object
        self._count = count
        self._left: defaultdict[str, deque[int]] = defaultdict(deque)
        self._given: defaultdict[str, list[int]] = defaultdict(list)
        self._brought: defaultdict[str, set[int]] = defaultdict(set)

    async def prepare(self, published: Published) -> None:
        """Have enough for all of them, by this version of the metadata."""
        if self._object not in published.metadata.objects:
            return
        for counter in counters(self._store.plan(published, self._object)):
            left = self._left[counter]
            missing = self._count - len(left)
            left.extend(await self._store.numbers.take(self._tenant, counter, missing))

    def note(self, draft: Draft) -> None:
        """Remember the numbers that a record brings, so that no other gets them."""
        for fields in draft.plan.autonumbers:
            brought = draft.values.get(fields.key) if fields.key in draft.touched else None
            number = numbered(brought, fields.field.number_format)
            if number is not None:
                self._brought[autonumber_counter(draft.plan, fields.stored)].add(number)

    async def pass_over(self) -> None:
        """Have the counters go on behind the numbers that records brought."""
        for counter, brought in sorted(self._brought.items()):
            await self._store.numbers.pass_over(self._tenant, counter, max(brought))

    def give(self, draft: Draft) -> None:
        """Write the next numbers into a new record."""
        for fields in draft.plan.autonumbers:
            if fields.key not in draft.values:
                number = self._next(autonumber_counter(draft.plan, fields.stored))
                draft.values[fields.key] = spelled(number, fields.field.number_format)
        if draft.plan.tree is not None:
            self.give_node(draft)

    def give_node(self, draft: Draft) -> None:
        """Give a record that comes into a tree its node's number."""
        draft.node_number = self._next(tree_counter(draft.plan.key))

    def give_back(self) -> None:
        """Let others have what was not needed."""
        for counter, left in self._left.items():
            last = max(self._brought.get(counter, ()), default=0)
            free = [number for number in left if number > last]
            self._store.numbers.give_back(self._tenant, counter, free)

    def take_back(self) -> set[str]:
        """Let others have those of records that were not written after all. Gives their counters."""
        for counter, given in self._given.items():
            self._store.numbers.give_back(self._tenant, counter, given)
        counters = {*self._given}
        self._given.clear()
        return counters

    def _next(self, counter: str) -> int:
        left, brought = self._left[counter], self._brought.get(counter, ())
        while left:
            if (number := left.popleft()) not in brought:
                self._given[counter].append(number)
                return number
        raise Again


class NodeNumbers:
    """Numbers for the nodes of everything that was deleted together with a record."""

    def __init__(self, tenant: TenantId, store: Store, record: UUID | Wrong) -> None:
        self._tenant = tenant
        self._store = store
        self._record = record
        self._numbers: dict[str, Numbers] = {}

    async def prepare(self, published: Published) -> None:
        """Have enough for all of them, by this version of the metadata."""
        if isinstance(self._record, Wrong):
            return
        async with self._store.database.reading(self._tenant, "generic") as connection:
            deleted = await connection.fetch(_DELETED_WITH, self._tenant, self._record)
        for object_key, count in deleted:
            of = published.metadata.objects.get(object_key)
            if of is not None and of.tree is not None:
                needed = Numbers(self._tenant, self._store, object_key, count)
                self._numbers[object_key] = needed
                await needed.prepare(published)

    def give(self, draft: Draft) -> None:
        """Give a restored record its node's number."""
        if draft.plan.key not in self._numbers:
            raise Again
        self._numbers[draft.plan.key].give_node(draft)


_DELETED_WITH = """
    select t.object, count(*) from read.record as t
    where t.tenant_id = $1 and t.deletion_id =
        (select s.deletion_id from read.record as s where s.tenant_id = $1 and s.id = $2)
    group by t.object
"""


def counters(plan: ObjectPlan) -> list[str]:
    """The counters that a new record of the object takes a number from."""
    found = [autonumber_counter(plan, fields.stored) for fields in plan.autonumbers]
    return [*found, tree_counter(plan.key)] if plan.tree is not None else found


def autonumber_counter(plan: ObjectPlan, stored: str) -> str:
    return f"autonumber/{plan.key}/{stored}"


def tree_counter(object_key: str) -> str:
    return f"tree/{object_key}"
