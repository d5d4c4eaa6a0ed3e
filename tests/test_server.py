"""Settings read with care, and the database that they lead to."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

import server
from core.errors import Refused, Unavailable
from core.store.embedded import postmaster
from core.store.embedded.server import Embedded
from core.store.tenancy import tenants
from schema.limits import DEFAULTS
from server import Settings, settings_of
from tests.conftest import Urls


def test_has_defaults_for_everything() -> None:
    assert settings_of({}, {}) == Settings()


def test_a_flag_comes_before_the_environment() -> None:
    surroundings = {"DEALGRAPH_PORT": "1", "DEALGRAPH_DATA_DIR": "/there", "DEALGRAPH_HOST": ""}
    settings = settings_of({"port": 2, "workers": None}, surroundings)
    assert (settings.port, settings.data_dir, settings.host) == (2, Path("/there"), "127.0.0.1")


def test_every_setting_can_come_from_the_environment() -> None:
    given = {
        "host": "0.0.0.0",
        "port": "9",
        "workers": "3",
        "data_dir": "/data",
        "database_url": "postgresql://app@db/sales",
        "owner_url": "postgres://owner@db/sales",
        "postgres_bin": "/usr/lib/postgresql/18/bin",
        "tenant_setting": "transaction",
        "connections": "4",
        "statement_timeout": "2.5",
        "log_level": "DEBUG",
    }
    settings = settings_of({}, {f"DEALGRAPH_{name.upper()}": text for name, text in given.items()})
    assert {name: str(getattr(settings, name)) for name in given} == given
    assert set(given) == {field.name for field in fields(Settings)} - {"limits", "origins"}


def test_origins_stand_between_commas() -> None:
    given = {"DEALGRAPH_ORIGINS": "https://crm.example.com, http://localhost:5173"}
    assert settings_of({}, given).origins == ("https://crm.example.com", "http://localhost:5173")
    assert settings_of({}, {"DEALGRAPH_ORIGINS": "*"}).origins == ("*",)


def test_a_limit_can_come_from_the_environment() -> None:
    surroundings = {"DEALGRAPH_LIMIT_DEPTH": "4", "DEALGRAPH_LIMIT_BODY": ""}
    assert settings_of({}, surroundings).limits == replace(DEFAULTS, depth=4)


@pytest.mark.parametrize("text", ["postgresql://u:pa[ss@[::1/x", "postgresql://[half/x"])
def test_a_url_that_is_none_is_named_without_its_password(text: str) -> None:
    with pytest.raises(Refused, match="DEALGRAPH_OWNER_URL: it is not a URL") as refusal:
        settings_of({}, {"DEALGRAPH_OWNER_URL": text})
    assert "pa[ss" not in refusal.value.message


def test_an_at_sign_in_a_password_is_told_without_the_password() -> None:
    with pytest.raises(Refused, match="%40") as refusal:
        settings_of({}, {"DEALGRAPH_DATABASE_URL": "postgresql://app:pa@ss@db/sales"})
    assert "pa@ss" not in refusal.value.message


@pytest.mark.parametrize("password", ["12/ab", "12#ab", "12?ab"])
def test_a_password_that_ends_the_servers_name_is_not_told(password: str) -> None:
    with pytest.raises(Refused, match="%2F, %3F or %23") as refusal:
        settings_of({}, {"DEALGRAPH_DATABASE_URL": f"postgresql://app:{password}@db/sales"})
    assert "12" not in refusal.value.message


def test_names_everything_that_cannot_be_read() -> None:
    surroundings = {
        "DEALGRAPH_PORT": "70000",
        "DEALGRAPH_WORKERS": "none",
        "DEALGRAPH_DATABASE_URL": "mysql://x",
        "DEALGRAPH_TENANT_SETTING": "maybe",
        "DEALGRAPH_STATEMENT_TIMEOUT": "nan",
        "DEALGRAPH_LOG_LEVEL": "loud",
        "DEALGRAPH_ORIGINS": "crm.example.com",
        "DEALGRAPH_LIMIT_DEPTH": "ten",
        "DEALGRAPH_LIMIT_BODY": "9" * 5_000,
    }
    with pytest.raises(Refused) as refusal:
        settings_of({}, surroundings)
    assert all(name in refusal.value.message for name in surroundings)


def test_a_variable_that_is_nearly_a_setting_is_refused_and_others_are_left_alone() -> None:
    surroundings = {
        "DEALGRAPH_DATABSE_URL": "postgresql://app@db/sales",
        "DEALGRAPH_LIMIT_TOKEN": "4",
        "DEALGRAPH_TOKEN": "dg_1",
    }
    with pytest.raises(Refused) as refusal:
        settings_of({}, surroundings)
    assert [problem.message for problem in refusal.value.problems] == [
        "DEALGRAPH_DATABSE_URL is no setting; DEALGRAPH_DATABASE_URL is one",
        "DEALGRAPH_LIMIT_TOKEN is no setting; DEALGRAPH_LIMIT_TOKENS is one",
    ]


@pytest.mark.parametrize("name", ["a\nb", "a\udcff", "~nobody-here/data"])
def test_a_data_directory_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="DEALGRAPH_DATA_DIR"):
        settings_of({}, {"DEALGRAPH_DATA_DIR": name})


def test_a_data_directory_may_be_below_the_home_folder() -> None:
    settings = settings_of({}, {"DEALGRAPH_DATA_DIR": "~/data"})
    assert settings.data_dir == Path.home() / "data"


def test_a_time_that_the_database_would_take_for_none_is_refused() -> None:
    with pytest.raises(Refused, match=r"0\.001"):
        settings_of({}, {"DEALGRAPH_STATEMENT_TIMEOUT": "0.0001"})


@pytest.mark.parametrize(("given", "of_commands"), [("", 60), ("2", 60), ("90", 90), ("0", 0)])
def test_statements_of_commands_have_more_time(given: str, of_commands: float) -> None:
    settings = settings_of({}, {"DEALGRAPH_STATEMENT_TIMEOUT": given})
    assert server.patient(settings).statement_timeout == of_commands


async def test_embedded_it_makes_and_migrates_its_own(directory: Path) -> None:
    settings = Settings(data_dir=directory / "data")
    async with server.open_store(settings) as store:
        made = await tenants.create(store.database, tenants.Settings("acme"))
        assert "crm" in store.offer.packs
    assert postmaster.living(Embedded(settings.data_dir).data) is None
    async with server.open_store(settings) as store:
        assert await tenants.find(store.database, "acme") == made
    assert await server.migrate(settings) == []


async def test_on_a_server_of_the_users_it_never_migrates(empty_urls: Urls) -> None:
    settings = Settings(database_url=empty_urls.app)
    with pytest.raises(Unavailable, match="lacks the migrations"):
        async with server.open_store(settings):
            pass
    with pytest.raises(Unavailable, match="DEALGRAPH_OWNER_URL"):
        await server.migrate(settings)
    owned = Settings(database_url=empty_urls.app, owner_url=empty_urls.owner)
    assert len(await server.migrate(owned)) >= 4
    async with server.open_store(settings) as store:
        assert await tenants.everyone(store.database) == []


async def test_a_login_that_sees_everyone_serves_nobody(fresh_urls: Urls) -> None:
    with pytest.raises(Unavailable, match="is a superuser"):
        async with server.open_store(Settings(database_url=fresh_urls.superuser)):
            pass


def test_more_connections_than_the_database_has_room_for_are_refused(fresh_urls: Urls) -> None:
    settings = Settings(port=0, workers=5, connections=20, database_url=fresh_urls.app)
    with pytest.raises(Unavailable, match=r"up to 200 .*WORKERS, 5, .*CONNECTIONS, 20, .* 197\."):
        server.serve(settings, pytest.fail)
