"""A tenant of Dealgraph, and tables of the plain server, that hold the same records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from tortoise import Tortoise

from bench import plain_server, postgraphile
from bench.data import Data, Row
from core.actions.saving import create
from core.actions.tenants import create_tenant
from core.identity import Actor, Role, TenantId
from core.store.tenancy import tokens
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from core.store.tenancy.tokens import Grant

BATCH = 500


@dataclass(frozen=True, slots=True)
class Made:
    """The tenant as the benchmark needs it."""

    tenant: TenantId
    token: str
    ids: dict[UUID, UUID]  # ids of the generated rows → ids of the records


async def load(store: Store, data: Data) -> Made:
    """A tenant with the pack `crm` and all rows."""
    tenant = await create_tenant(store, Settings("bench"), ["crm"])
    actor = Actor(tenant.id, Role.ADMIN)
    ids: dict[UUID, UUID] = {}
    names = ("accounts", "contacts", "opportunities", "members")
    objects = ("account", "contact", "opportunity", "opportunity_contact")
    for name, object_key in zip(names, objects, strict=True):
        await _save(store, actor, object_key, getattr(data, name), ids)
    text, _ = await tokens.mint(tenant.id, store.database, Grant(Role.ADMIN))
    return Made(TenantId(tenant.id), text, ids)


async def _save(
    store: Store, actor: Actor, object_key: str, rows: Sequence[Row], ids: dict[UUID, UUID]
) -> None:
    waiting = list(rows)
    while waiting:
        batch = _ready(waiting, ids)
        saved = await create(actor, store, object_key, [_input(row, ids) for row in batch])
        ids.update(zip((cast("UUID", row["id"]) for row in batch), saved.ids, strict=True))
        waiting = [row for row in waiting if row["id"] not in ids]


def _ready(rows: Sequence[Row], ids: dict[UUID, UUID]) -> list[Row]:
    """The first rows whose references are all stored."""
    found = []
    for row in rows:
        named = (value for key, value in row.items() if key != "id" and isinstance(value, UUID))
        if all(value in ids for value in named):
            found.append(row)
        if len(found) == BATCH:
            break
    return found


def _input(row: Row, ids: dict[UUID, UUID]) -> Row:
    renamed = {"title": "job_title"} if "reports_to" in row else {}
    return {
        renamed.get(key, key): ids[value] if isinstance(value, UUID) else _option(key, value)
        for key, value in row.items()
        if key not in ("id", "created_at") and value is not None
    }


def _option(key: str, value: object) -> object:
    options: dict[str, Callable[[object], object]] = {
        "industry": lambda text: {"automotive": "auto_parts", "energy": "energy_power"}.get(
            str(text), text
        ),
        "roles": lambda roles: [
            {"gatekeeper": "technical_gatekeeper"}.get(role, role)
            for role in roles  # type: ignore[attr-defined]
        ],
    }
    return options[key](value) if key in options else value


async def load_plain(url: str, data: Data) -> None:
    """The plain server's tables, with the same rows."""
    config = {**plain_server.CONNECTION, "connections": {"default": url}}
    async with await Tortoise.init(config=config):
        await Tortoise.generate_schemas()
        tables: list[tuple[type[Any], list[Row]]] = [
            (plain_server.AccountRow, data.accounts),
            (plain_server.ContactRow, data.contacts),
            (plain_server.OpportunityRow, data.opportunities),
            (plain_server.MemberRow, data.members),
        ]
        for model, rows in tables:
            await model.bulk_create([model(**row) for row in rows], batch_size=BATCH)
        script = ";".join((*postgraphile.RELATIONS, "analyze"))
        await Tortoise.get_connection("default").execute_script(script)
        await Tortoise.close_connections()
