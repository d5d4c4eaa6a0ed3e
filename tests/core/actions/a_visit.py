"""An object that is declared, published and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.actions import metadata, publishing
from core.identity import Actor
from core.store.tenancy.opening import Store

OBJECT = "https://dealgraph.dev/schemas/object-1.json"


def visit(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": OBJECT,
        "$id": "visit__c",
        "title": "Visit",
        "x-plural": "visits__c",
        "type": "object",
        "properties": {"subject__c": {"type": "string", "maxLength": 80}, **properties},
    }


async def published(admin: Actor, store: Store, *documents: Mapping[str, Any]) -> int:
    await metadata.save_draft(admin, store, documents)
    return (await publishing.publish(admin, store)).version


async def values(admin: Actor, store: Store, column: str) -> list[object]:
    async with store.database.reading(admin.tenant) as connection:
        rows = await connection.fetch(
            f"select {column} from read.record where tenant_id = $1 and object = 'visit__c'"
            " order by id",
            admin.tenant,
        )
    return [row[0] for row in rows]


async def column_of(admin: Actor, store: Store, field: str) -> str:
    place = (await store.published(admin.tenant)).storage.place("visit__c", field)
    assert place.readable is not None
    return place.readable
