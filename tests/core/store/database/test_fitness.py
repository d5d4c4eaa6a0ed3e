"""A server of the user's: what it lacks is told as SQL, what makes it unsafe is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.identity import Role
from core.store.database import fitness, migrating
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.embedded.server import Cluster, Embedded
from core.store.tenancy import tokens
from tests.conftest import Urls, a_tenant


@pytest.fixture
async def bare(directory: Path) -> AsyncIterator[Cluster]:
    """A server as a user has it: two plain logins, a database, nothing of ours."""
    with Embedded(directory, durable=False) as cluster:
        async with connected(cluster.url("postgres", "postgres")) as connection:
            await connection.execute("create role migrator login")
            await connection.execute('create role "web-app" login')
            await connection.execute("create database sales owner migrator")
        yield cluster


async def test_from_a_bare_server_to_one_that_serves(bare: Cluster) -> None:
    owner, app = bare.url("migrator", "sales"), bare.url("web-app", "sales")
    with pytest.raises(Unavailable, match="never migrated: run `dealgraph migrate`"):
        await fitness.check(app)
    with pytest.raises(Unavailable, match="may not do all that Dealgraph needs") as refusal:
        await migrating.migrate(owner, "web-app")
    commands = [line.strip() for line in refusal.value.message.splitlines() if line.endswith(";")]
    assert "create role dealgraph_views nologin;" in commands
    assert commands[-1] == "alter role dealgraph_views bypassrls;"
    assert 'grant dealgraph_app to "web-app" with inherit true;' in commands
    async with connected(bare.url("postgres", "sales")) as connection:
        for command in commands:
            await connection.execute(command)
    assert len(await migrating.migrate(owner, "web-app")) >= 4
    assert await migrating.migrate(owner, "web-app") == []
    await fitness.check(app)
    database = await Database.open(app)
    await database.close()


async def test_a_server_on_which_nobody_may_pass_policies_is_migrated_and_tells_what_that_costs(
    bare: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    owner = bare.url("migrator", "sales")
    async with connected(bare.url("postgres", "sales")) as connection:
        await migrating.migrate(bare.url("postgres", "sales"))
        await connection.execute("grant dealgraph_owner to migrator")
        assert await migrating.migrate(owner) == []
        assert caplog.text == ""
        await connection.execute("alter role dealgraph_views nobypassrls")
    assert await migrating.migrate(owner) == []
    assert "have a superuser run `alter role dealgraph_views bypassrls`" in caplog.text


async def test_a_superuser_needs_nobodys_help(bare: Cluster) -> None:
    async with connected(bare.url("postgres", "postgres")) as connection:
        await connection.execute("create database second")
    assert len(await migrating.migrate(bare.url("postgres", "second"))) >= 4


async def test_a_login_for_the_app_gets_its_rights_by_migrating(bare: Cluster) -> None:
    async with connected(bare.url("postgres", "postgres")) as connection:
        await connection.execute("create database third")
        await connection.execute("create role late login")
    await migrating.migrate(bare.url("postgres", "third"))
    with pytest.raises(Unavailable, match="late is not a member of dealgraph_app"):
        await fitness.check(bare.url("late", "third"))
    await migrating.migrate(bare.url("postgres", "third"), "late")
    await fitness.check(bare.url("late", "third"))


async def test_a_hardened_server_and_a_login_that_inherits_nothing_are_served(
    bare: Cluster,
) -> None:
    async with connected(bare.url("postgres", "sales")) as connection:
        await connection.execute("revoke all on database sales from public")
        await connection.execute("revoke all on schema public from public")
        await connection.execute("create role alone login noinherit")
        await connection.execute("grant connect on database sales to alone")
        await migrating.migrate(bare.url("postgres", "sales"))
        await connection.execute("grant dealgraph_app to alone")
        with pytest.raises(Unavailable, match='`grant dealgraph_app to "alone" with inherit true`'):
            await fitness.check(bare.url("alone", "sales"))
        await migrating.migrate(bare.url("postgres", "sales"), "alone")
        await fitness.check(bare.url("alone", "sales"))
        await connection.execute("revoke usage on schema public from dealgraph_app")
        with pytest.raises(Unavailable, match="may not enter the schema public"):
            await fitness.check(bare.url("alone", "sales"))


async def test_a_database_that_is_not_in_utf8_is_refused(bare: Cluster) -> None:
    async with connected(bare.url("postgres", "postgres")) as connection:
        await connection.execute(
            "create database latin template template0 encoding 'LATIN1' locale_provider libc"
            " locale 'C'"
        )
    with pytest.raises(Unavailable, match="encoding LATIN1; Dealgraph needs UTF8"):
        await migrating.migrate(bare.url("postgres", "latin"))
    with pytest.raises(Unavailable, match="encoding LATIN1; Dealgraph needs UTF8"):
        await fitness.check(bare.url("web-app", "latin"))


async def test_accepts_the_app(urls: Urls) -> None:
    await fitness.check(urls.app)


@pytest.mark.parametrize(
    ("rights", "reason"),
    [
        ("superuser", "is a superuser"),
        ("bypassrls in role dealgraph_app", "has BYPASSRLS"),
        ("in role dealgraph_app, dealgraph_owner", "belongs to the owner"),
        ("in role dealgraph_app, dealgraph_views", "belongs to the owner"),
        ("in role dealgraph_app, postgres", "is a member of postgres, whom row-level security"),
    ],
)
async def test_refuses_a_login_that_sees_everyone(
    fresh_urls: Urls, rights: str, reason: str
) -> None:
    name = f"r{abs(hash(fresh_urls.app + rights))}"
    async with connected(fresh_urls.superuser) as connection:
        await connection.execute(f"create role {name} login {rights}")
        try:
            with pytest.raises(Unavailable, match=reason):
                await fitness.check(fresh_urls.app.replace("dealgraph_app", name))
        finally:
            await connection.execute(f"drop role {name}")


async def test_refuses_a_database_that_lacks_migrations(fresh_urls: Urls) -> None:
    async with connected(fresh_urls.superuser) as connection:
        await connection.execute("delete from tortoise_migrations where name like '0010%'")
    with pytest.raises(
        Unavailable, match="lacks the migrations 0010_closing_rates: run `dealgraph migrate`"
    ):
        await fitness.check(fresh_urls.app)


async def test_a_database_of_a_newer_release_is_served_and_told_of(
    fresh_urls: Urls, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(fresh_urls.owner) as connection:
        await connection.execute(
            "insert into tortoise_migrations (app, name, applied_at)"
            " values ('platform', '9999_to_come', now())"
        )
    await fitness.check(fresh_urls.app)
    await migrating.migrate(fresh_urls.owner)
    assert caplog.text.count("A newer release has migrated the database (9999_to_come)") == 2


async def test_refuses_tables_that_lost_their_owner_or_their_rights(fresh_urls: Urls) -> None:
    async with connected(fresh_urls.superuser) as connection:
        await connection.execute("revoke all on tortoise_migrations from dealgraph_app")
        with pytest.raises(Unavailable, match="as after a restore with --no-owner or --no-priv"):
            await fitness.check(fresh_urls.app)
        await connection.execute("alter table tortoise_migrations owner to dealgraph_app")
        with pytest.raises(Unavailable, match="login dealgraph_app belongs to the owner of the ta"):
            await fitness.check(fresh_urls.app)


async def test_tells_that_the_tables_are_out_of_sight(fresh_urls: Urls) -> None:
    with pytest.raises(
        Unavailable, match="its search_path, elsewhere, does not lead to the tables"
    ):
        await fitness.check(f"{fresh_urls.app}&options=-c%20search_path%3Delsewhere")


ODD = {
    "row_security": "off",
    "default_transaction_isolation": "serializable",
    "standard_conforming_strings": "off",
    "DateStyle": "German",
    "extra_float_digits": "-5",
    "quote_all_identifiers": "on",
}


async def test_what_a_database_has_set_for_others_changes_nothing(fresh_urls: Urls) -> None:
    await set_oddly(fresh_urls)
    assert await migrating.migrate(fresh_urls.owner) == []
    await fitness.check(fresh_urls.app)
    database = await Database.open(fresh_urls.app)
    try:
        tenant = await a_tenant(database)
        async with database.transaction(tenant) as connection:
            assert await connection.fetchval("show transaction_isolation") == "read committed"
            assert await connection.fetchval("select date '2026-12-31'::text") == "2026-12-31"
            assert await connection.fetchval("select (0.1::float8)::text") == "0.1"
            assert await connection.fetchval("select count(*) from record") == 0
    finally:
        await database.close()


async def test_what_a_pooler_would_hand_on_otherwise_is_told(fresh_urls: Urls) -> None:
    await fitness.check(fresh_urls.app, through_pooler=True)
    await set_oddly(fresh_urls)
    with pytest.raises(Unavailable, match="row_security is off for this login or database, and"):
        await fitness.check(fresh_urls.app, through_pooler=True)


async def set_oddly(urls: Urls) -> None:
    async with connected(urls.superuser) as connection:
        name = await connection.fetchval("select current_database()")
        for setting, value in ODD.items():
            await connection.execute(f"alter database {name} set {setting} = '{value}'")


async def test_refuses_a_database_that_takes_no_writes(fresh_urls: Urls) -> None:
    async with connected(fresh_urls.superuser) as connection:
        name = await connection.fetchval("select current_database()")
        await connection.execute(f"alter database {name} set default_transaction_read_only = on")
    with pytest.raises(Unavailable, match="takes no writes: DEALGRAPH_DATABASE_URL names a stand"):
        await fitness.check(fresh_urls.app)
    with pytest.raises(Unavailable, match="takes no writes: DEALGRAPH_OWNER_URL names a standby"):
        await migrating.migrate(fresh_urls.owner)


async def test_a_session_to_what_takes_no_writes_any_more_is_told_and_given_up(
    fresh_urls: Urls,
) -> None:
    database = await Database.open(fresh_urls.app)
    try:
        tenant = await a_tenant(database)
        async with database.unscoped() as connection:
            await connection.execute("set default_transaction_read_only = on")
        with pytest.raises(Unavailable, match="takes no writes now"):
            await tokens.mint(tenant, database, tokens.Grant(Role.READER))
        await tokens.mint(tenant, database, tokens.Grant(Role.READER))
    finally:
        await database.close()


async def test_tells_that_nothing_answers() -> None:
    with pytest.raises(Unavailable, match=r"localhost:1 cannot be reached as someone"):
        await fitness.check("postgresql://someone@localhost:1/x")
