"""What has a budget of its own: publishing a large schema, and the sum over a large tree."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.actions import metadata, publishing
from core.actions.importing.mapping import ImportMapping, of
from core.actions.importing.planning import planned
from core.actions.importing.report import Reject, Report
from core.actions.importing.running import Options, run
from core.actions.saving import create
from core.actions.tenants import create_tenant
from core.identity import Actor, Role, TenantId
from core.store.tenancy import sampling
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from core.store.tenancy.tokens import Doorkeeper
from schema.answering import Answers
from schema.limits import DEFAULTS
from schema.requests import Request
from server import collect_seldom

OBJECTS, FIELDS = 50, 40
ACCOUNTS, BATCH = 20_000, 500
OBJECT = "https://dealgraph.dev/schemas/object-1.json"
TREE = """query($id: ID!) { account(id: $id) { subtree { aggregate { count }
  opportunities { aggregate { count amount { sum } } } } } }"""


MAPPING = {
    "$schema": "https://dealgraph.dev/schemas/import-1.json",
    "steps": [
        {
            "object": "account",
            "files": "accounts.csv",
            "key": "external_id",
            "fields": {"external_id": "no", "name": "name", "industry": "industry"},
        },
        {
            "object": "contact",
            "files": "contacts.csv",
            "key": "external_id",
            "fields": {
                "external_id": "no",
                "name": "name",
                "email": "email",
                "account": {"column": "of", "reference": "external_id"},
            },
        },
    ],
}


@dataclass(frozen=True, slots=True)
class Budget:
    """One measured figure beside what it may be; the title has the unit, and ≥ where more is better."""

    title: str
    measured: float
    bar: float


async def measure(store: Store) -> list[Budget]:
    """Every budget, each on a tenant of its own, in a process that is set up as a server is."""
    collect_seldom()
    answers = Answers(store, Doorkeeper(store.database), DEFAULTS)
    return [await _publish(store, answers), await _tree(store, answers), await _import(store)]


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


class _Unwatched:
    """A watcher that looks away."""

    def begun(self) -> None: ...

    def looked(self, feed: str, share: float) -> None: ...

    def progressed(self, report: Report, feed: str, share: float) -> None: ...

    def rejected(self, reject: Reject) -> None: ...


async def _import(store: Store) -> Budget:
    """20,000 accounts, and a contact of each."""
    tenant = await create_tenant(store, Settings("bench-import"), ["crm"])
    actor = Actor(TenantId(tenant.id), Role.ADMIN)
    mapping = of(MAPPING, "bench")
    assert isinstance(mapping, ImportMapping), mapping
    with tempfile.TemporaryDirectory() as folder:
        paths = _files(Path(folder))
        started = time.perf_counter()
        published = await store.published(actor.tenant)
        jobs = planned(mapping, paths, published.metadata)
        report = await run(actor, store, jobs, Options(), _Unwatched())
        took = time.perf_counter() - started
    assert report.loaded == 2 * ACCOUNTS, report
    return Budget(
        "rows imported in a second, accounts and contacts, ≥", report.loaded / took, 5_000
    )


def _files(folder: Path) -> list[Path]:
    accounts = [f"A{n},上海第{n}机械有限公司,healthcare" for n in range(ACCOUNTS)]
    contacts = [f"C{n},王伟{n},p{n}@example.com,A{n * 7919 % ACCOUNTS}" for n in range(ACCOUNTS)]
    found = []
    for name, head, rows in (
        ("accounts.csv", "no,name,industry", accounts),
        ("contacts.csv", "no,name,email,of", contacts),
    ):
        path = folder / name
        path.write_text("\n".join([head, *rows]), "utf-8")
        found.append(path)
    return found


async def _median(run: Callable[[], Awaitable[dict[str, Any]]], times: int = 15) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        body = await run()
        found.append((time.perf_counter() - started) * 1000)
        assert "errors" not in body, body
    return statistics.median(found)


async def _ask(
    answers: Answers, actor: Actor, document: str, variables: dict[str, Any]
) -> dict[str, Any]:
    request = Request(document, None, variables, {}, "POST", "bench")
    found: dict[str, Any] = json.loads((await answers.answer(actor, request)).body)
    return found
