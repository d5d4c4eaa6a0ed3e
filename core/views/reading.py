"""Reading what the asker may see: a query is prepared once, and read in one statement."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core import query
from core.errors import Conflict
from core.identity import Actor
from core.store.compiler.parameters import Context
from core.store.compiler.statement import Statement, compiled
from core.store.tenancy.opening import Store
from metadata.published import Published


class MetadataMoved(Conflict):
    """The tenant has published since the query was prepared: prepare it again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query as it is run. Tenants whose `Published.key` is the same may share it."""

    statement: Statement
    key: tuple[str, str]


def published(actor: Actor, store: Store) -> Coroutine[Any, Any, Published]:
    """The metadata that the asker's tenant has published, from memory in the steady state.

    Raises, when awaited:
        NotFound: the tenant has published nothing.
    """
    return store.published(actor.tenant)


async def is_current(actor: Actor, store: Store, known: Published) -> bool:
    """Whether this is still what the tenant has published, here or through another process."""
    return (await store.newest(actor.tenant)).version == known.version


def prepare(actor: Actor, published: Published, asked: query.Query) -> Prepared:
    """The statement for a query, for the rights of this asker: every role may read all records."""
    return Prepared(compiled(asked, published), published.key)


async def read(
    actor: Actor, store: Store, known: Published, prepared: Prepared, values: Sequence[Any]
) -> list[bytes]:
    """The JSON of each root, in one snapshot.

    `known` is what the asker's tenant is known to have published.

    Raises:
        MetadataMoved: the query was prepared for other metadata, or the tenant has published.
        Refused: a cursor among the values does not fit; the code is BAD_CURSOR.
        Timeout: it took longer than a statement may.
        Unavailable: the database cannot be reached, or the connection was lost.
    """
    if known.key != prepared.key:
        raise MetadataMoved("The metadata has changed: ask again.")
    statement = prepared.statement
    context = Context.of(actor.tenant, known, datetime.now(UTC))
    arguments = statement.arguments(context, values)
    sql, plan = statement.planned(actor.tenant, await store.sizes.of(actor.tenant))
    async with store.database.reading(actor.tenant, plan) as connection:
        row = await connection.fetchrow(sql, *arguments)
    version: int
    columns: list[bytes]
    version, *columns = row
    if version != known.version:
        store.forget(actor.tenant)
        raise MetadataMoved("The metadata has changed: ask again.")
    return columns
