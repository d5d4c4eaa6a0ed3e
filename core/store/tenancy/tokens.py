"""Tokens: the way in, each naming its tenant so that even its look-up runs under it.

A token is `dg_` and base64url(tenant id ‖ 32 random bytes). Only the SHA-256 of the whole text is
stored. A look-up is remembered for a few seconds, which is how long a token may still work that
another process revokes, or whose user or tenant is gone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any, TypeAlias
from uuid import UUID

from core.errors import NotFound, Unauthenticated
from core.identity import Actor, RecordId, Role, TenantId, new_id
from core.store.database import tables
from core.store.database.connections import Database
from core.store.database.engine import on

PREFIX = "dg_"
SECRET_BYTES = 32
REMEMBERED = 5.0
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is to allow, for whom and until when."""

    role: Role
    user: RecordId | None = None
    title: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it stands; the secret itself is nowhere."""

    id: UUID
    role: Role
    title: str
    user: RecordId | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def mint(tenant: TenantId, database: Database, grant: Grant) -> tuple[str, Token]:
    """A new token: its text, which is told this once, and what is stored of it."""
    text = _text(tenant, os.urandom(SECRET_BYTES))
    now = datetime.now(UTC)
    token = Token(new_id(), grant.role, grant.title, grant.user, now, grant.expires_at, None)
    async with database.transaction(tenant) as connection:
        await tables.Token.create(
            using_db=on(connection),
            tenant_id=tenant,
            id=token.id,
            hash=_hash(text),
            role=token.role.value,
            user_id=token.user,
            title=token.title,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    return text, token


async def is_user(tenant: TenantId, database: Database, id: RecordId) -> bool:
    """Whether the tenant has such a user."""
    async with database.reading(tenant, "generic") as connection:
        found = await connection.fetchval(
            "select true from read.record as r where r.tenant_id = $1 and r.id = $2"
            " and r.object = 'user' and r.deleted_at is null",
            tenant,
            id,
        )
    return found is True


async def every(tenant: TenantId, database: Database) -> list[Token]:
    """The tenant's tokens, oldest first, revoked and expired ones included."""
    async with database.reading(tenant, "generic") as connection:
        rows = (
            await tables.Token.filter(tenant_id=tenant)
            .using_db(on(connection))
            .order_by("created_at", "id")
            .values("id", "role", "title", "user_id", "created_at", "expires_at", "revoked_at")
        )
    return [_of(row) for row in rows]


_STANDING = """
    select t.id, t.role, t.user_id, t.expires_at
    from read.token as t
    join tenant on tenant.id = $1
    left join read.record as u
      on u.tenant_id = $1 and u.id = t.user_id and u.object = 'user' and u.deleted_at is null
    where t.tenant_id = $1 and t.hash = $2 and t.revoked_at is null
      and (t.user_id is null or u.id is not null)
"""
_REVOKE = """
    update token set revoked_at = coalesce(revoked_at, $3) where tenant_id = $1 and id = $2
    returning id
"""

Known: TypeAlias = tuple[float, Actor]
"""Until when an answer is remembered, which is no longer than the token lasts, and the actor."""


class Doorkeeper:
    """Who stands behind a token's text, remembering the last answers of this process."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._revocations = 0

    async def actor(self, text: str) -> Actor:
        """The actor that the token speaks for.

        Raises:
            Unauthenticated: it is malformed, unknown, expired or revoked, or its user or
                tenant is gone; the answer does not tell which.
        """
        known = self._known.get(text)
        if known is None or known[0] < self._clock():
            known = await self._look_up(text)
        return known[1]

    async def revoke(self, tenant: TenantId, id: UUID) -> None:
        """End a token; in this process from this moment on. One that has ended stays as it is.

        Raises:
            NotFound: the tenant has no such token.
        """
        async with self._database.transaction(tenant) as connection:
            ended = await connection.fetchval(_REVOKE, tenant, id, datetime.now(UTC))
        self._forget(lambda actor: actor.token == id)
        if not ended:
            raise NotFound("There is no such token.")

    def dismiss(self, users: Collection[UUID]) -> None:
        """Let the tokens of users who were deleted open nothing any more in this process."""
        self._forget(lambda actor: actor.user in users)

    def _forget(self, ended: Callable[[Actor], bool]) -> None:
        self._revocations += 1
        self._known = {text: known for text, known in self._known.items() if not ended(known[1])}

    async def _look_up(self, text: str) -> Known:
        tenant = tenant_of(text)
        if tenant is None:
            raise Unauthenticated("The token is not valid.")
        started, revocations = self._clock(), self._revocations
        async with self._database.reading(tenant, "generic") as connection:
            row = await connection.fetchrow(_STANDING, tenant, _hash(text))
        lasts = _seconds_left(row["expires_at"]) if row is not None else 0
        if lasts <= 0:
            self._known.pop(text, None)
            raise Unauthenticated("The token is not valid.")
        actor = Actor(tenant, Role(row["role"]), row["user_id"], row["id"])
        known = (started + min(lasts, REMEMBERED), actor)
        if revocations == self._revocations:  # else this one may have been ended meanwhile
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = known
        return known


def _seconds_left(expires_at: datetime | None) -> float:
    return (expires_at - datetime.now(UTC)).total_seconds() if expires_at is not None else inf


def tenant_of(text: str) -> TenantId | None:
    """The tenant that a token names, whether or not it exists; None where it is no token."""
    if not text.startswith(PREFIX):
        return None
    try:
        body = base64.b64decode(text[len(PREFIX) :].encode("ascii"), b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return TenantId(UUID(bytes=body[:16])) if len(body) == 16 + SECRET_BYTES else None


def _text(tenant: TenantId, secret: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(tenant.bytes + secret).decode("ascii")


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _of(row: Mapping[str, Any]) -> Token:
    return Token(
        id=row["id"],
        role=Role(row["role"]),
        title=row["title"],
        user=row["user_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
