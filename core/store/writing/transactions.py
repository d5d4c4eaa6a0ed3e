"""Work that writes: one transaction, fenced against publishing, repeated when someone was faster.

A write takes the tenant's fence shared, then reads the metadata version in a later statement.
Publishing takes the fence alone. So whoever writes knows that its version stays the newest until
it commits, and a publisher knows that nobody still writes by the version before.

One record is first written at once: read without a lock, then written by a single statement that
takes the fence, and that fails when what was read does not hold any more. Work that cannot be done
so, and whatever is refused, is done anew in a transaction with locks.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from asyncpg import (
    Connection,
    DeadlockDetectedError,
    SerializationError,
    UniqueViolationError,
)

from core.errors import Conflict
from core.identity import SYSTEM, Actor, Origin, RecordId, TenantId
from core.store.plans.object_plans import ObjectPlan
from core.store.tenancy.opening import Store
from core.store.tenancy.versions import Head
from core.store.writing import locks
from metadata.model import Metadata
from metadata.published import Published

ATTEMPTS = 12
LONGEST_PAUSE = 0.1

Result = TypeVar("Result")


class Again(Exception):
    """What was read does not hold any more: the work starts over."""


class MetadataMoved(Again):
    """Someone published: the work starts over by the new version."""


class NeedsLocks(Again):
    """The work cannot be done at once: it starts over with locks."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and on which way."""

    user: RecordId | None = None
    token: object = None
    origin: Origin = SYSTEM

    @classmethod
    def of(cls, actor: Actor, origin: Origin) -> Author:
        return cls(actor.user, actor.token, origin)


NOBODY = Author()


@dataclass(slots=True)
class Expected:
    """What a write without locks relies on: its one statement fails unless it still holds."""

    referred: set[tuple[UUID, str]] = field(default_factory=set)  # live records: (id, object)
    rows: dict[UUID, int] = field(default_factory=dict)  # records to change: {id: its xmin}


@dataclass(slots=True)
class Transaction:
    """A tenant's open transaction, and the metadata that it writes by.

    With something `expected` there is no transaction around the statements: only what is read
    may go before the one that writes.
    """

    tenant: TenantId
    reading: Connection  # for statements that lock nothing
    head: Head
    now: datetime
    author: Author
    store: Store
    expected: Expected | None = None
    confirmed: bool = False
    outdates: bool = False  # whether what is remembered of the tenant is wrong once it commits
    created: Counter[str] = field(default_factory=Counter)  # new records by their object
    trees: set[UUID] = field(default_factory=set)  # roots of trees that stay as they are
    _changes: int = field(default=0, repr=False)

    @property
    def connection(self) -> Connection:
        """For statements that lock or write.

        Raises:
            NeedsLocks: the work is being tried without.
        """
        self.require_locks()
        return self.reading

    @property
    def published(self) -> Published:
        return self.head.published

    @property
    def metadata(self) -> Metadata:
        return self.head.published.metadata

    def plan(self, object_key: str) -> ObjectPlan:
        """How records of an object are written."""
        return self.store.plan(self.head.published, object_key)

    def require_locks(self) -> None:
        """Go no further without locks.

        Raises:
            NeedsLocks: the work is being tried without.
        """
        if self.expected is not None:
            raise NeedsLocks

    def numbers(self, count: int) -> range:
        """The next numbers of this transaction's changes."""
        start = self._changes
        self._changes += count
        return range(start, start + count)

    def confirm(self, version: int | None, epoch: int) -> None:
        """Compare what a statement behind the fence read with what this transaction works by.

        Raises:
            MetadataMoved: it is something else.
        """
        if version != self.head.published.version or epoch != self.head.epoch:
            raise MetadataMoved
        self.confirmed = True


Work = Callable[[Transaction], Awaitable[Result]]
Prepare = Callable[[Published], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How work is gone about.

    `prepare` runs before each attempt, outside the transaction. Work that writes one record, of
    the object `alone`, is tried at once first. `in_bulk` is a part of what has the tables sampled
    once it has ended.
    """

    prepare: Prepare | None = None
    alone: str | None = None
    in_bulk: bool = False


PLAIN = Manner()
HEAD = "(select version from metadata_head where tenant_id = $1), (select epoch from platform)"
"""What a statement selects to confirm its transaction; $1 is the tenant."""


async def writing(
    tenant: TenantId,
    store: Store,
    work: Work[Result],
    author: Author = NOBODY,
    manner: Manner = PLAIN,
) -> Result:
    """Run the work in a transaction and commit. It may run several times: it touches only tx.

    Raises:
        Conflict: others were faster again and again.
        Timeout: it took longer than a statement may.
        Unavailable: the connection was lost.
    """
    run = Run(tenant, work, author, locks.shared(locks.fence(tenant)), manner)
    return await _repeat(store, run)


async def foreseeing(tenant: TenantId, store: Store, work: Work[Result], author: Author) -> Result:
    """Run work that finds out what a write would do: it may run several times, and locks nothing.

    Raises:
        Conflict: someone published again and again.
        Unavailable: the connection was lost.
    """
    run = Run(tenant, work, author, "")
    for _ in range(ATTEMPTS):
        try:
            return await _at_once(store, run, await store.head(tenant))
        except MetadataMoved:
            store.forget(tenant)
    raise Conflict("Others published again and again: try again.")


async def publishing(
    tenant: TenantId, store: Store, work: Work[Result], author: Author = NOBODY
) -> Result:
    """As `writing`, with the fence held alone: no other write runs until it is committed."""
    return await _repeat(store, Run(tenant, work, author, locks.alone(locks.fence(tenant))))


async def confirm(tx: Transaction) -> None:
    """Make sure that the transaction works by the newest metadata, unless that is known.

    Raises:
        MetadataMoved: it does not.
    """
    if not tx.confirmed:
        tx.confirm(*await tx.reading.fetchrow(f"select {HEAD}", tx.tenant))


@dataclass(frozen=True, slots=True)
class Run(Generic[Result]):
    """One piece of work with all that it is run by."""

    tenant: TenantId
    work: Work[Result]
    author: Author
    fence: str
    manner: Manner = PLAIN


async def _repeat(store: Store, run: Run[Result]) -> Result:
    for attempt in range(ATTEMPTS):
        head = await store.head(run.tenant)
        if run.manner.prepare is not None:
            await run.manner.prepare(head.published)
        try:
            if attempt == 0 and _may_go_at_once(store, run, head.published):
                return await _at_once(store, run, head)
            return await _once(store, run, head)
        except NeedsLocks:
            continue
        except MetadataMoved:
            store.forget(run.tenant)
        except (Again, SerializationError, DeadlockDetectedError, UniqueViolationError):
            await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2**attempt)))
    raise Conflict("Others changed the same records again and again: try again.")


def _may_go_at_once(store: Store, run: Run[Result], published: Published) -> bool:
    """Whether it may go well: roll-ups take locks, and so does setting the tenant each time."""
    alone = run.manner.alone
    if alone is None or alone not in published.metadata.objects or store.database.in_transactions:
        return False
    return not store.plan(published, alone).contributes


async def _at_once(store: Store, run: Run[Result], head: Head) -> Result:
    async with store.database.reading(run.tenant, "generic") as connection:
        now = datetime.now(UTC)
        tx = Transaction(run.tenant, connection, head, now, run.author, store, Expected())
        result = await run.work(tx)
        await confirm(tx)
    store.growth.note(run.tenant, tx.created)
    return result


async def _once(store: Store, run: Run[Result], head: Head) -> Result:
    async with store.database.transaction(run.tenant, first=run.fence) as connection:
        tx = Transaction(run.tenant, connection, head, datetime.now(UTC), run.author, store)
        result = await run.work(tx)
        await confirm(tx)
    if tx.outdates:
        store.forget(run.tenant)
    if not run.manner.in_bulk:
        store.growth.note(run.tenant, tx.created)
    return result
