"""What has a budget of its own: publishing a large schema, and the sum over a large tree."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from core.actions import metadata, publishing
from core.actions.saving import create
from core.actions.tenants import create_tenant
from core.identity import Actor, Role, TenantId
from core.store import sampling
from core.store.opening import Store
from core.store.tenants import Settings
from core.store.tokens import Doorkeeper
from schema.answering import Answers
from schema.limits import DEFAULTS
from schema.requests import Request
from server import collect_seldom

OBJECTS, FIELDS = 50, 40
ACCOUNTS, BATCH = 20_000, 500
OBJECT = "https://dealgraph.dev/schemas/object-1.json"
TREE = """query($id: ID!) { account(id: $id) { subtree { aggregate { count }
  opportunities { aggregate { count amount { sum } } } } } }"""


@dataclass(frozen=True, slots=True)
class Budget:
    """One measured figure beside what it may be; the title has the unit."""

    title: str
    measured: float
    bar: float


async def measure(store: Store) -> list[Budget]:
    """Every budget, each on a tenant of its own, in a process that is set up as a server is."""
    collect_seldom()
    answers = Answers(store, Doorkeeper(store.database), DEFAULTS)
    return [await _publish(store, answers), await _tree(store, answers)]


async def _publish(store: Store, answers: Answers) -> Budget:
    tenant = await create_tenant(store, Settings("bench-publish"))
    actor = Actor(TenantId(tenant.id), Role.ADMIN)
    times = []
    for turn in range(5):
        await metadata.save_draft(actor, store, [_declared(n, turn) for n in range(OBJECTS)])
        started = time.perf_counter()
        await publishing.publish(actor, store)
        body = await _ask(answers, actor, "{ bench0s__c { nodes { id f0__c } } }", {})
        times.append((time.perf_counter() - started) * 1000)
        assert body["data"] == {"bench0s__c": {"nodes": []}}, body
    title = f"publish {OBJECTS} objects × {FIELDS} fields to the first query answered, ms"
    return Budget(title, statistics.median(times), 300)


def _declared(number: int, turn: int) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"type": "string", "maxLength": 100},
        {"type": "number", "x-type": "money"},
        {"type": "string", "format": "date"},
        {"oneOf": [{"const": f"o{n}__c", "title": f"Option {n}"} for n in range(6)]},
        {"type": "boolean"},
    ]
    properties = {f"f{n}__c": {"title": f"F {n}.{turn}", **kinds[n % 5]} for n in range(FIELDS)}
    return {
        "$schema": OBJECT,
        "$id": f"bench{number}__c",
        "title": f"Bench {number}",
        "x-plural": f"bench{number}s__c",
        "type": "object",
        "properties": properties,
    }


async def _tree(store: Store, answers: Answers) -> Budget:
    """20,000 accounts below one, ten to each, and half as many opportunities."""
    tenant = await create_tenant(store, Settings("bench-tree"), ["crm"])
    actor = Actor(TenantId(tenant.id), Role.ADMIN)
    ids = list((await create(actor, store, "account", [{"name": "集团"}])).ids)
    while len(ids) < ACCOUNTS:
        start = len(ids)
        rows = [
            {"name": f"子公司 {number}", "parent": ids[(number - 1) // 10]}
            for number in range(start, min(start + BATCH, 10 * start + 1, ACCOUNTS))
        ]
        ids += (await create(actor, store, "account", rows)).ids
    for start in range(0, ACCOUNTS // 2, BATCH):
        deals = [
            {"name": f"商机 {number}", "account": ids[number * 2], "amount": str(number)}
            for number in range(start, start + BATCH)
        ]
        await create(actor, store, "opportunity", deals)
    await sampling.refresh(actor.tenant, store.database)
    variables = {"id": str(ids[0])}
    took = await _median(lambda: _ask(answers, actor, TREE, variables))
    return Budget(f"sum over a subtree of {ACCOUNTS:,} accounts, ms", took, 40)


async def _median(run: Callable[[], Awaitable[dict[str, Any]]], times: int = 15) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        body = await run()
        found.append((time.perf_counter() - started) * 1000)
        assert "errors" not in body, body
    return statistics.median(found)


async def _ask(
    answers: Answers, actor: Actor, document: str, variables: dict[str, object]
) -> dict[str, Any]:
    request = Request(document, None, variables, {}, "POST", "bench")
    found: dict[str, Any] = json.loads((await answers.answer(actor, request)).body)
    return found
