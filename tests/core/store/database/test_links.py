"""URLs as people are given them, and what is told where they lead nowhere."""

from __future__ import annotations

import ssl

import asyncpg
import pytest

from core.errors import Unavailable
from core.store.database.connections import Database
from core.store.database.links import connected, unreachable
from tests.conftest import Urls

URL = "postgresql://someone:hunter2@db.example.com/sales"


async def test_parameters_that_only_libpq_has_are_passed_over(urls: Urls) -> None:
    url = f"{urls.app}&connect_timeout=10&keepalives=1&channel_binding=prefer&gssencmode=disable"
    async with connected(url) as connection:
        assert await connection.fetchval("select 1") == 1
    await (await Database.open(url)).close()


async def test_a_parameter_that_nobody_knows_is_told(urls: Urls) -> None:
    with pytest.raises(Unavailable, match='"channel_binding". Leave it out of DEALGRAPH_DATABASE'):
        await Database.open(f"{urls.app}&channel_binding=require")


async def test_a_pooler_that_keeps_no_statements_is_told(urls: Urls) -> None:
    with pytest.raises(Unavailable, match="max_prepared_statements"):
        await a_statement_that_is_gone(urls.app)


async def test_a_certificate_that_is_not_there_is_told_as_such() -> None:
    with pytest.raises(Unavailable, match=r"a file that the URL names is not there \(sslrootcert"):
        await Database.open(f"{URL}?sslmode=verify-full&sslrootcert=/nowhere/ca.crt")


async def test_that_the_systems_certificates_go_by_their_file_is_told() -> None:
    with pytest.raises(Unavailable, match="name the file of the system, as /etc/ssl/certs/ca-cert"):
        await Database.open(f"{URL}?sslmode=verify-full&sslrootcert=system")


def test_a_certificate_that_does_not_fit_is_told_as_such() -> None:
    told = unreachable(URL, ssl.SSLCertVerificationError(1, "IP address mismatch.")).message
    assert "db.example.com cannot be reached as someone: IP address mismatch. Check" in told
    assert "hunter2" not in told


def test_a_refusal_of_several_lines_is_told_in_one() -> None:
    error = asyncpg.InsufficientPrivilegeError.new(
        {"M": "permission denied for database", "C": "42501", "D": "No CONNECT privilege."}
    )
    told = unreachable(URL, error).message
    assert told.endswith("DETAIL: No CONNECT privilege. Check DEALGRAPH_DATABASE_URL.")


async def a_statement_that_is_gone(url: str) -> None:
    """What a statement meets that another session has."""
    async with connected(url) as connection:
        statement = await connection.prepare("select 2")
        await connection.execute(f"deallocate {statement.get_name()}")
        await statement.fetchval()


async def test_a_server_that_ends_in_the_middle_is_told(urls: Urls) -> None:
    with pytest.raises(Unavailable, match="The database failed: .*terminating connection"):
        async with connected(urls.app) as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
