"""The models say what the database holds."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tortoise.models import Model

from core.store.database import engine, tables
from core.store.database.connections import Database
from core.store.database.links import connected
from core.store.database.tables import Plain
from tests.conftest import Urls

MODELS = [
    model
    for model in vars(tables).values()
    if isinstance(model, type) and issubclass(model, Model) and model is not Model
]
OURS = "select table_name from information_schema.tables where table_schema = 'public'"
GLOBAL = {"tenant", "platform"}
THIS_TENANT = "tenant_id = (current_setting('dealgraph.tenant'::text))::uuid"
STORE = Path(tables.__file__).parent


@pytest.fixture(scope="session", autouse=True)
async def models() -> None:
    await engine.prepare()


async def test_every_table_has_a_model_and_every_model_a_table(urls: Urls) -> None:
    async with connected(urls.superuser) as connection:
        found = {row[0] for row in await connection.fetch(OURS)}
    assert found - {"tortoise_migrations"} == {model._meta.db_table for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
async def test_columns_are_those_of_the_catalogue(urls: Urls, model: type[Model]) -> None:
    async with connected(urls.superuser) as connection:
        rows = await connection.fetch(
            "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute"
            " where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
            model._meta.db_table,
        )
    said = {
        name: (type_of(field), not field.null) for name, field in model._meta.fields_map.items()
    }
    assert said == {name: (sql_type, required) for name, sql_type, required in rows}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
async def test_keys_are_those_of_the_catalogue(urls: Urls, model: type[Model]) -> None:
    async with connected(urls.superuser) as connection:
        rows = await connection.fetch(
            "select array(select attname::text from unnest(conkey) with ordinality k (n, i)"
            " join pg_attribute on attrelid = conrelid and attnum = n order by i) as columns"
            " from pg_constraint where conrelid = $1::text::regclass and contype in ('p', 'u')"
            " order by contype",
            model._meta.db_table,
        )
    assert [tuple(row["columns"]) for row in rows] == list(model._meta.unique_together)


async def test_every_tenants_table_is_keyed_by_tenant_and_kept_apart(urls: Urls) -> None:
    async with connected(urls.superuser) as connection:
        for model in MODELS:
            table, keys = model._meta.db_table, model._meta.unique_together
            if table in GLOBAL:
                continue
            assert all(key[0] == "tenant_id" for key in keys), table
            apart = await connection.fetchrow(
                "select relrowsecurity, relforcerowsecurity, relowner::regrole::text"
                " from pg_class where oid = $1::text::regclass",
                table,
            )
            assert tuple(apart) == (True, True, "dealgraph_owner")
            viewed = await connection.fetchval(
                "select relowner::regrole::text from pg_class where oid = $1::text::regclass",
                f"read.{table}",
            )
            assert viewed == "dealgraph_views"


async def test_a_table_and_its_view_give_the_rows_of_one_tenant(urls: Urls) -> None:
    async with connected(urls.superuser) as connection:
        for model in MODELS:
            table = model._meta.db_table
            if table in GLOBAL:
                continue
            policies = await connection.fetch(
                "select roles::text[], cmd, qual, with_check from pg_policies"
                " where tablename = $1 order by policyname",
                table,
            )
            assert [tuple(policy) for policy in policies] == [
                (["dealgraph_app", "dealgraph_owner"], "ALL", f"({THIS_TENANT})", None),
                (["dealgraph_views"], "SELECT", "true", None),
            ], table
            view = await connection.fetchval(
                "select pg_get_viewdef($1::text::regclass)", f"read.{table}"
            )
            assert view.endswith(f"WHERE ({THIS_TENANT});"), table


async def test_all_text_compares_by_code_point(urls: Urls) -> None:
    async with connected(urls.superuser) as connection:
        others = await connection.fetch(
            "select attrelid::regclass, attname from pg_attribute"
            " join pg_class on pg_class.oid = attrelid"
            " where relnamespace = 'public'::regnamespace and relkind = 'r' and attcollation <> 0"
            " and attcollation <> '\"C\"'::regcollation and relname <> 'tortoise_migrations'"
        )
    assert others == []


async def test_an_update_of_unindexed_columns_touches_no_index(database: Database) -> None:
    indexed = {"data", "long", "updated_at", "updated_by", "version", "metadata_version"}
    async with database.unscoped() as connection:
        rows = await connection.fetch(
            "select distinct attname from pg_index join pg_attribute on attrelid = indrelid"
            " and attnum = any (indkey) where indrelid = 'record'::regclass"
        )
    assert not indexed & {row["attname"] for row in rows}


async def test_a_query_that_names_no_connection_fails() -> None:
    with pytest.raises(RuntimeError, match="names its connection"):
        await tables.Tenant.all().values("key")


def test_nothing_uses_what_forgets_the_tenant() -> None:
    forbidden = {"save", "get", "get_or_none", "get_or_create", "update_or_create", "first"}
    forbidden |= {"prefetch_related", "select_related", "fetch_related", "refresh_from_db"}
    forbidden |= {"in_bulk", "bulk_update", "raw", "earliest", "latest"}
    offences = [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for path in STORE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in forbidden
        and ast.unparse(node.value).startswith("tables.")
    ]
    assert offences == []


def test_models_have_neither_relations_nor_tortoises_json() -> None:
    kinds = {type(field).__name__ for model in MODELS for field in model._meta.fields_map.values()}
    assert kinds <= {"Plain", "BooleanField"}


def type_of(field: object) -> str:
    return field.sql_type if isinstance(field, Plain) else "boolean"
