"""Whose rows a connection sees, whatever was done with it before."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from core.errors import Timeout, Unavailable
from core.identity import TenantId
from core.store.database import kept, links
from core.store.database.connections import Database
from core.store.database.links import login_of
from core.store.database.ways import Options
from core.store.writing import locks
from tests.conftest import Urls

WHO = "select current_setting('dealgraph.tenant', true)"
ROWS = "select count(*) from read.counter"
INSERT = "insert into counter (tenant_id, key, value) values ($1, $2, 1)"


@pytest.fixture(params=["session", "transaction"])
async def single(urls: Urls, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database of one connection for each kind of plan: everyone gets the one before's."""
    options = Options(tenant_setting=request.param, connections=1, statement_timeout=20)
    database = await Database.open(urls.app, options)
    yield database
    await database.close()


async def assert_sees_only(database: Database, tenant: TenantId, rows: int = 0) -> None:
    """The tenant is the one that is asked for, in both kinds of connection and of plan."""
    async with database.reading(tenant) as connection:
        assert await connection.fetchval(WHO) == str(tenant)
        assert await connection.fetchval(ROWS) == rows
    async with database.reading(tenant, "generic") as connection:
        assert await connection.fetchval(WHO) == str(tenant)
        assert await connection.fetchval(ROWS) == rows
    async with database.transaction(tenant) as connection:
        assert await connection.fetchval(WHO) == str(tenant)
        assert await connection.fetchval("select count(*) from counter") == rows


async def add_row(database: Database, tenant: TenantId) -> None:
    async with database.transaction(tenant) as connection:
        await connection.execute(INSERT, tenant, str(uuid4()))


async def test_each_gets_its_own_tenant_turn_by_turn(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    await add_row(single, tenant)
    for _ in range(3):
        await assert_sees_only(single, tenant, rows=1)
        await assert_sees_only(single, other_tenant)


async def test_a_rolled_back_transaction_leaves_nobody_in_its_tenant(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    await add_row(single, other_tenant)
    await assert_sees_only(single, tenant)

    async def fail() -> None:
        async with single.transaction(other_tenant) as connection:
            await connection.execute(INSERT, other_tenant, "lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await assert_sees_only(single, tenant)
    await assert_sees_only(single, other_tenant, rows=1)


async def test_an_error_of_the_database_leaves_nobody_in_its_tenant(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    for kind in (single.reading, single.transaction):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with kind(other_tenant) as connection:
                await connection.fetchval("select 1 / 0")
        await assert_sees_only(single, tenant)


async def test_a_cancelled_statement_leaves_nobody_in_its_tenant(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    for kind in (single.reading, single.transaction):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), kind(other_tenant) as connection:
                await connection.execute("select pg_sleep(10)")
        await assert_sees_only(single, tenant)


async def test_cancelled_at_any_step_it_leaves_nobody_in_its_tenant(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    await add_row(single, other_tenant)

    async def work() -> None:
        async with single.reading(other_tenant) as connection:
            await connection.fetchval(ROWS)
        async with single.transaction(other_tenant) as connection:
            await connection.fetchval(ROWS)

    for steps in range(40):
        task = asyncio.create_task(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await assert_sees_only(single, tenant)
    await assert_sees_only(single, other_tenant, rows=1)


async def test_a_transaction_that_someone_left_open_is_ended(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    async with single.unscoped() as connection:
        await connection.execute("begin")
        await connection.execute(f"set local dealgraph.tenant = '{other_tenant}'")
    await assert_sees_only(single, tenant)
    async with single.unscoped() as connection:
        assert await connection.fetchval(WHO) in (None, "")


async def test_many_at_once_never_mix(
    database: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    async def look(who: TenantId) -> None:
        for _ in range(20):
            async with database.reading(who) as connection:
                assert await connection.fetchval(WHO) == str(who)
            async with database.transaction(who) as connection:
                assert await connection.fetchval(WHO) == str(who)

    tenants = [tenant, other_tenant, *(TenantId(uuid4()) for _ in range(20))]
    await asyncio.gather(*(look(who) for who in tenants))


async def test_a_statement_without_a_tenant_fails(single: Database, tenant: TenantId) -> None:
    await assert_sees_only(single, tenant)
    for statement in (
        "select from read.record",
        "select from record",
        "update record set version = 2",
        "delete from token",
        f"insert into counter (tenant_id, key, value) values ('{tenant}', 'a', 1)",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with single.unscoped() as connection:
                await connection.execute(statement)


async def test_another_tenants_rows_can_be_neither_read_nor_written(
    single: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    await add_row(single, other_tenant)
    async with single.transaction(tenant) as connection:
        for table in ("counter", "read.counter"):
            count = f"select count(*) from {table} where tenant_id = $1"
            assert await connection.fetchval(count, other_tenant) == 0
        change = await connection.execute("update counter set value = 7")
        removal = await connection.execute("delete from counter")
        assert (change, removal) == ("UPDATE 0", "DELETE 0")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with single.transaction(tenant) as connection:
            await connection.execute(INSERT, other_tenant, "planted")
    await add_row(single, tenant)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with single.transaction(tenant) as connection:
            await connection.execute("update counter set tenant_id = $1", other_tenant)


async def test_the_app_cannot_lift_its_own_limits(database: Database, tenant: TenantId) -> None:
    for statement in (
        "set role dealgraph_owner",
        "set role dealgraph_views",
        "alter table record disable row level security",
        "drop policy record_of_tenant on record",
        "truncate record",
        "delete from change",
        "update change set kind = 'x'",
        "create view read.everything as select * from record",
        "delete from tenant",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(tenant) as connection:
                await connection.execute(statement)


async def test_a_reference_to_another_tenants_record_is_refused_like_one_to_nowhere(
    database: Database, tenant: TenantId, other_tenant: TenantId
) -> None:
    insert = (
        "insert into record (tenant_id, id, object, version, data, created_at, updated_at,"
        " metadata_version, r01) values ($1, $2, 'account', 1, $3, now(), now(), 1, $4)"
    )
    foreign = uuid4()
    async with database.transaction(other_tenant) as connection:
        await connection.execute(insert, other_tenant, foreign, {}, None)
    told = []
    for target in (foreign, uuid4()):
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
            async with database.transaction(tenant) as connection:
                await connection.execute(insert, tenant, uuid4(), {}, target)
        told.append(str(refusal.value).replace(str(target), ""))
    assert told[0] == told[1]


async def test_settings_are_fixed_for_every_statement(single: Database, tenant: TenantId) -> None:
    async with single.reading(tenant) as connection:
        assert await connection.fetchval("show plan_cache_mode") == "force_custom_plan"
        assert await connection.fetchval("show timezone") == "UTC"
        assert await connection.fetchval("show statement_timeout") == "20s"
    async with single.transaction(tenant) as connection:
        assert await connection.fetchval("show plan_cache_mode") == "force_generic_plan"
        assert await connection.fetchval("show idle_in_transaction_session_timeout") == "20s"


async def test_a_transaction_takes_its_isolation_savepoints_and_cursors(
    single: Database, tenant: TenantId
) -> None:
    async with single.transaction(tenant, "repeatable read") as connection:
        assert await connection.fetchval("show transaction_isolation") == "repeatable read"
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with connection.transaction():
                await connection.execute("select 1 / 0")
        found = [row[0] async for row in connection.cursor("select generate_series(1, 3)")]
    assert found == [1, 2, 3]


async def test_reading_in_a_transaction_cannot_write(urls: Urls, tenant: TenantId) -> None:
    database = await Database.open(urls.app, Options("transaction", 1))
    with pytest.raises(Unavailable, match="takes no writes"):
        async with database.reading(tenant) as connection:
            await connection.execute(INSERT, tenant, "a")
    await database.close()


async def test_the_steady_state_costs_no_statement(urls: Urls, tenant: TenantId) -> None:
    database = await Database.open(urls.app, Options("session", 1))
    async with database.reading(tenant) as connection:
        await connection.fetchval("select 1")
    seen: list[str] = []
    async with database.reading(tenant) as connection:
        connection.add_query_logger(lambda query: seen.append(query.query))
    for _ in range(3):
        async with database.reading(tenant) as connection:
            await connection.fetchval("select 2")
    await asyncio.sleep(0)
    assert seen == ["select 2"] * 3
    await database.close()


async def test_values_travel_as_json_without_loss(database: Database, tenant: TenantId) -> None:
    async with database.reading(tenant) as connection:
        for value in ({"a": [1, None, True, "é"], "b": {"c": "1.50"}}, [], {}):
            assert await connection.fetchval("select $1::jsonb", value) == value
        assert await connection.fetchval("select $1::jsonb", '{"a": 1}') == {"a": 1}


async def test_tells_what_cannot_be_reached_without_the_password() -> None:
    with pytest.raises(Unavailable) as refusal:
        await Database.open("postgresql://someone:secret@127.0.0.1:1/nowhere")
    assert "127.0.0.1:1" in refusal.value.message
    assert "DEALGRAPH_DATABASE_URL" in refusal.value.message
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hunter/2@127.0.0.1:1/nowhere",
        "postgresql://someone:hunter2@127.0.0.1:port/nowhere",
        "postgresql://someone:hunter2@[::1/nowhere",
    ],
)
async def test_tells_how_a_url_is_written_without_its_password(url: str) -> None:
    with pytest.raises(Unavailable, match="DEALGRAPH_DATABASE_URL cannot be read") as refusal:
        await Database.open(url)
    assert "hunter" not in refusal.value.message


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("postgresql://sales:secret@host/x", "sales"),
        ("postgresql://web%40app@host/x", "web@app"),
        ("postgresql:///x?host=/run&user=sales", "sales"),
        ("postgresql://host/x", None),
        ("", None),
    ],
)
def test_finds_the_login_that_a_url_names(url: str, login: str | None) -> None:
    assert login_of(url) == login


async def test_a_pooler_that_forgets_statements_is_told(
    urls: Urls, tenant: TenantId, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.open(urls.app)
    with pytest.raises(Unavailable, match="cannot be used through its pooler"):
        await twice_with_another_session_between(database, tenant)
    assert "PgBouncer does from 1.21 on" in caplog.text
    await database.close()


async def twice_with_another_session_between(database: Database, tenant: TenantId) -> None:
    """A statement as such a pooler runs it."""
    async with database.reading(tenant) as connection:
        await connection.fetchval("select 3")
        await connection.execute("deallocate all")
        await connection.fetchval("select 3")


async def test_survives_a_server_that_drops_its_connections(urls: Urls, tenant: TenantId) -> None:
    database = await Database.open(urls.app, Options("session", 2))
    async with database.reading(tenant) as connection:
        pid = connection.get_server_pid()
    superuser = await asyncpg.connect(urls.superuser)
    await superuser.execute("select pg_terminate_backend($1, 5000)", pid)
    await superuser.close()
    async with database.reading(tenant) as connection:
        assert connection.get_server_pid() != pid
        assert await connection.fetchval(WHO) == str(tenant)
    await database.close()


WAYS: dict[str, Callable[[Database, TenantId], AbstractAsyncContextManager[asyncpg.Connection]]] = {
    "reading": lambda database, tenant: database.reading(tenant),
    "writing": lambda database, tenant: database.transaction(tenant),
    "of nobody": lambda database, tenant: database.unscoped(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_a_server_that_goes_away_is_no_fault_of_ours(
    urls: Urls, tenant: TenantId, way: Callable[..., AbstractAsyncContextManager[Any]]
) -> None:
    database = await Database.open(urls.app, Options("session", 1))
    with pytest.raises(Unavailable, match="went away"):
        async with way(database, tenant) as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
    async with way(database, tenant) as connection:
        assert await connection.fetchval("select 1") == 1
    await database.close()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_a_server_that_falls_silent_is_given_up(
    urls: Urls, tenant: TenantId, way: Callable[..., AbstractAsyncContextManager[Any]]
) -> None:
    async with a_network(urls.app) as network:
        database = await Database.open(network.url, Options("session", 2, 0.2, slack=0.1))
        async with way(database, tenant), way(database, tenant):
            pass
        network.passes.clear()
        with pytest.raises(Unavailable, match="went away"):
            async with way(database, tenant) as connection:
                await connection.execute("select 1")
        network.passes.set()
        async with way(database, tenant) as connection:
            assert await connection.fetchval("select 1") == 1
        await database.close()


async def test_closes_although_the_server_is_silent(urls: Urls, tenant: TenantId) -> None:
    async with a_network(urls.app) as network:
        database = await Database.open(network.url, Options("session", 20))
        async with AsyncExitStack() as stack:
            for _ in range(20):
                await stack.enter_async_context(database.reading(tenant))
        network.passes.clear()
        async with asyncio.timeout(10):  # a second for each would be more
            await database.close()


async def test_the_system_looks_whether_a_server_in_the_network_is_there(urls: Urls) -> None:
    async with a_network(urls.app) as network, links.connected(network.url) as connection:
        ours = connection._transport.get_extra_info("socket")
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


@dataclass(frozen=True, slots=True)
class Network:
    """A way to the server that may swallow what is sent, without an end."""

    url: str
    passes: asyncio.Event


@asynccontextmanager
async def a_network(url: str) -> AsyncIterator[Network]:
    parts = urlsplit(url)
    path = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    passes = asyncio.Event()
    passes.set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if passes.is_set():
                writer.write(data)
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        await asyncio.gather(carry(reader, back), carry(there, writer))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield Network(f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}", passes)
    server.close()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_a_statement_that_takes_too_long_is_told(
    urls: Urls, tenant: TenantId, way: Callable[..., AbstractAsyncContextManager[Any]]
) -> None:
    database = await Database.open(urls.app, Options("session", 1, statement_timeout=0.25))
    async with way(database, tenant) as connection:
        process = connection.get_server_pid()
    with pytest.raises(Timeout):
        async with way(database, tenant) as connection:
            await connection.execute("select pg_sleep(60)")
    async with way(database, tenant) as connection:
        assert connection.get_server_pid() == process
    await database.close()


async def test_a_lock_that_takes_too_long_by_the_servers_own_bound_is_told(
    urls: Urls, database: Database, tenant: TenantId
) -> None:
    single = await Database.open(urls.app, Options("session", 1))
    async with database.transaction(tenant, first=locks.alone(locks.fence(tenant))):
        waits = f"set local lock_timeout = '20ms'; {locks.shared(locks.fence(tenant))}"
        with pytest.raises(Timeout):
            await single.transaction(tenant, first=waits).__aenter__()
    async with single.transaction(tenant, first=locks.shared(locks.fence(tenant))):
        pass
    await single.close()


@pytest.mark.parametrize("code", ["53100", "53200"])
async def test_where_there_is_no_room_to_write_reads_go_on_in_the_same_session(
    single: Database, tenant: TenantId, code: str
) -> None:
    async def session() -> int:
        async with single.reading(tenant) as connection:
            found: int = await connection.fetchval("select pg_backend_pid()")
            return found

    before = await session()

    with pytest.raises(Unavailable, match="The database has no room left"):
        async with single.transaction(tenant) as connection:
            await connection.execute(f"do $$ begin raise sqlstate '{code}'; end $$")

    assert await session() == before


async def test_an_error_of_another_kind_is_left_alone(single: Database, tenant: TenantId) -> None:
    with pytest.raises(FileNotFoundError):
        async with single.reading(tenant):
            raise FileNotFoundError
    with pytest.raises(asyncpg.DataError):
        async with single.transaction(tenant) as connection:
            await connection.execute("select $1::int", "one")


async def test_tells_that_the_server_answers_what_no_request_asks(fresh_urls: Urls) -> None:
    database = await Database.open(fresh_urls.app, Options(connections=1))
    superuser = await asyncpg.connect(fresh_urls.superuser)
    await superuser.execute("revoke select on platform from dealgraph_app")
    await superuser.close()
    with pytest.raises(Unavailable, match="refuses what every request asks"):
        await database.ping()
    await database.close()


async def test_tells_whether_the_server_answers(urls: Urls) -> None:
    database = await Database.open(urls.app)
    await database.ping()
    await database.close()
    with pytest.raises(Unavailable):
        await database.ping()


async def test_a_closed_database_lends_nothing(urls: Urls) -> None:
    database = await Database.open(urls.app)
    await database.close()
    with pytest.raises(Unavailable, match="shutting down"):
        async with database.reading(TenantId(UUID(int=1))):
            pass


@pytest.mark.parametrize(
    "value",
    [
        date(1, 1, 1),
        date(9999, 12, 31),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC),
        datetime(1999, 2, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=8))),
    ],
)
async def test_the_first_and_the_last_moment_are_no_infinities(
    database: Database, tenant: TenantId, value: date | datetime
) -> None:
    kind = "timestamptz" if isinstance(value, datetime) else "date"
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow(f"select $1::{kind}, isfinite($1::{kind})", value)
    assert tuple(row) == (value, True)


@pytest.mark.parametrize(
    ("sql", "least", "most"),
    [
        ("select '{}'", kept.ROOM // 2_100, kept.ROOM // 2_000 + 1),
        ("values ('{}')", kept.ROOM // 2_100 + 1, 200),
    ],
)
async def test_a_session_keeps_what_the_server_has_room_for(
    single: Database, tenant: TenantId, sql: str, least: int, most: int
) -> None:
    """The server holds far more for a read than for as much text of rows."""
    async with single.reading(tenant) as connection:
        for number in range(200):
            await connection.fetchval(sql.format(f"{number:02000}"))
        await connection.fetchval("select 1")  # the driver tells what it has dropped
        assert least <= await connection.fetchval(KEPT) <= most


KEPT = "select count(*) from pg_prepared_statements where length(statement) > 2000"
