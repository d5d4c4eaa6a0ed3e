"""Tokens: what opens the door, and what no longer does."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.errors import NotFound, Unauthenticated
from core.identity import Actor, RecordId, Role, TenantId
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.tenancy import tokens
from core.store.tenancy.tokens import Doorkeeper, Grant, Token
from tests.conftest import Urls


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def doorkeeper(database: Database) -> Doorkeeper:
    return Doorkeeper(database)


async def a_token(tenant: TenantId, database: Database) -> tuple[str, Token]:
    return await tokens.mint(tenant, database, Grant(Role.MEMBER))


async def a_user(tenant: TenantId, database: Database) -> RecordId:
    user = RecordId(uuid4())
    async with database.transaction(tenant) as connection:
        await connection.execute(
            "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
            " metadata_version) values ($1, $2, 'user', 1, '{}', now(), now(), 1)",
            tenant,
            user,
        )
    return user


async def test_stands_for_its_tenant_role_and_user(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    user = await a_user(tenant, database)
    text, token = await tokens.mint(tenant, database, Grant(Role.READER, user, "dashboards"))
    assert await doorkeeper.actor(text) == Actor(tenant, Role.READER, user, token.id)
    assert await tokens.every(tenant, database) == [token]


async def test_the_text_is_stored_nowhere(database: Database, tenant: TenantId) -> None:
    text, _ = await a_token(tenant, database)
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow("select * from read.token where tenant_id = $1", tenant)
    assert len(row["hash"]) == 32
    secret = base64.urlsafe_b64decode(text.removeprefix("dg_"))
    assert not any(part in repr(row) for part in (text, repr(secret), repr(secret[16:])))


async def test_names_its_tenant_before_anything_is_looked_up(
    database: Database, tenant: TenantId
) -> None:
    text, _ = await a_token(tenant, database)
    assert tokens.tenant_of(text) == tenant


@pytest.mark.parametrize(
    "text",
    ["", "dg_", "dg_AAAA", "bearer", "dg_" + "A" * 63, "dg_" + "A" * 65, "dg_" + "é" * 64]
    + ["dg_" + "+" * 64, "DG_" + "A" * 64, "dg_" + "A" * 60 + "====", "\0", "dg_" + "A" * 10_000],
)
async def test_refuses_what_is_no_token(doorkeeper: Doorkeeper, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await doorkeeper.actor(text)


async def test_a_secret_opens_one_tenants_door_only(
    database: Database, tenant: TenantId, other_tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    text, _ = await a_token(tenant, database)
    secret = base64.urlsafe_b64decode(text.removeprefix("dg_"))[16:]
    forged = "dg_" + base64.urlsafe_b64encode(other_tenant.bytes + secret).decode()
    nowhere = "dg_" + base64.urlsafe_b64encode(uuid4().bytes + secret).decode()
    for wrong in (forged, nowhere):
        with pytest.raises(Unauthenticated):
            await doorkeeper.actor(wrong)


async def test_an_expired_token_opens_nothing(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    past = Grant(Role.ADMIN, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    text, _ = await tokens.mint(tenant, database, past)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await doorkeeper.actor(text)
    future = Grant(Role.ADMIN, expires_at=datetime.now(UTC) + timedelta(days=1))
    text, _ = await tokens.mint(tenant, database, future)
    assert (await doorkeeper.actor(text)).role is Role.ADMIN


async def test_a_token_is_remembered_no_longer_than_it_lasts(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    clock = Clock()
    remembering = Doorkeeper(database, clock=clock)
    soon = timedelta(seconds=tokens.REMEMBERED - 1)
    text, token = await tokens.mint(
        tenant, database, Grant(Role.READER, expires_at=datetime.now(UTC) + soon)
    )
    await remembering.actor(text)
    await doorkeeper.revoke(tenant, token.id)
    clock.now += soon.total_seconds()
    with pytest.raises(Unauthenticated):
        await remembering.actor(text)


async def test_revoking_works_at_once_in_this_process(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    text, token = await a_token(tenant, database)
    await doorkeeper.actor(text)
    await doorkeeper.revoke(tenant, token.id)
    with pytest.raises(Unauthenticated):
        await doorkeeper.actor(text)
    (found,) = await tokens.every(tenant, database)
    assert found.revoked_at is not None


async def test_revoking_elsewhere_works_within_seconds(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    clock = Clock()
    remembering = Doorkeeper(database, clock=clock)
    text, token = await a_token(tenant, database)
    await remembering.actor(text)
    await doorkeeper.revoke(tenant, token.id)
    assert (await remembering.actor(text)).token == token.id
    clock.now += tokens.REMEMBERED + 0.1
    with pytest.raises(Unauthenticated):
        await remembering.actor(text)


async def test_a_token_that_is_revoked_twice_keeps_the_moment_that_it_ended(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    _, token = await a_token(tenant, database)
    await doorkeeper.revoke(tenant, token.id)
    (once,) = await tokens.every(tenant, database)
    await doorkeeper.revoke(tenant, token.id)
    assert await tokens.every(tenant, database) == [once]


async def test_a_token_opens_nothing_while_its_user_is_deleted(
    database: Database, tenant: TenantId
) -> None:
    clock = Clock()
    doorkeeper = Doorkeeper(database, clock=clock)
    user = await a_user(tenant, database)
    text, _ = await tokens.mint(tenant, database, Grant(Role.ADMIN, user))
    assert (await doorkeeper.actor(text)).user == user
    for deleted_at in (datetime.now(UTC), None):
        async with database.transaction(tenant) as connection:
            await connection.execute(
                "update record set deleted_at = $3 where tenant_id = $1 and id = $2",
                tenant,
                user,
                deleted_at,
            )
        clock.now += tokens.REMEMBERED + 0.1
        if deleted_at is not None:
            with pytest.raises(Unauthenticated):
                await doorkeeper.actor(text)
    assert (await doorkeeper.actor(text)).user == user


async def test_a_token_of_a_tenant_that_is_gone_opens_nothing(
    database: Database, urls: Urls, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    text, _ = await a_token(tenant, database)
    async with connected(urls.owner) as connection:
        await connection.execute("delete from tenant where id = $1", tenant)
    with pytest.raises(Unauthenticated):
        await doorkeeper.actor(text)


async def test_another_tenants_token_cannot_be_revoked(
    database: Database, tenant: TenantId, other_tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    text, token = await a_token(tenant, database)
    with pytest.raises(NotFound):
        await doorkeeper.revoke(other_tenant, token.id)
    assert (await doorkeeper.actor(text)).token == token.id


async def test_a_look_up_is_remembered_for_a_while(
    database: Database, tenant: TenantId, doorkeeper: Doorkeeper
) -> None:
    text, token = await a_token(tenant, database)
    await doorkeeper.actor(text)
    async with database.transaction(tenant) as connection:
        await connection.execute("delete from token where tenant_id = $1", tenant)
    assert (await doorkeeper.actor(text)).token == token.id
