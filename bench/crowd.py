"""A thousand tenants with five sets of packs in one process: the memory it holds, and its tail."""

from __future__ import annotations

import json
from pathlib import Path

from bench import load, servers
from bench.budgets import Budget
from bench.load import Target
from core.actions.saving import create
from core.actions.tenants import create_tenant
from core.identity import Actor, Role
from core.packs import loading
from core.packs.offer import Offer, Pack
from core.store.database.connections import Database
from core.store.tenancy import tokens
from core.store.tenancy.opening import Store
from core.store.tenancy.tenants import Settings
from core.store.tenancy.tokens import Grant
from plugins.built_in import BUILT_IN

TENANTS, SETS = 1_000, 5
OBJECT = "https://dealgraph.dev/schemas/object-1.json"
QUESTIONS = (
    "{ accounts(first: 10, orderBy: [{name: ASC}]) { nodes { id name industry } } }",
    "{ opportunities(first: 10) { nodes { name amount stage { key } account { name } } } }",
    "{ opportunities { groups(by: [{stage: true}]) { key { stage } aggregate { count } } } }",
    "{ contacts(filter: {account: {name: {contains: 'o'}}}) { totalCount } }".replace("'", '"'),
    "{ extras { nodes { id code } } accounts { nodes { name children { nodes { name } } } } }",
)


async def measure(database: Database, directory: Path) -> list[Budget]:
    """What a server holds and how it answers once every tenant has asked every question."""
    texts = await _tenants(database)
    port = servers.free_port()
    commands = {"crowd": servers.dealgraph(directory, port)}
    target = Target(port, "/graphql", _body, tokens=texts)
    with servers.running(commands, {"crowd": port}, directory, {}) as processes:
        everything = TENANTS * len(QUESTIONS)
        await load.run(target, connections=4, seconds=0, least=everything)
        found = await load.run(target, connections=1, seconds=0, least=everything)
        held = servers.megabytes(processes["crowd"])
    tail = found.percentile(0.99) / found.percentile(0.5)
    who = f"{TENANTS:,} tenants on {SETS} sets of packs in one process"
    return [Budget(f"{who}, MB", held, 500), Budget(f"{who}, p99 ÷ p50", tail, 5)]


async def _tenants(database: Database) -> list[str]:
    """A token of each tenant."""
    offer = loading.load(BUILT_IN)
    extras = {pack.key: pack for pack in map(_pack, range(SETS))}
    store = Store(database, Offer({**offer.packs, **extras}))
    texts = []
    for number in range(TENANTS):
        packs = ["crm", f"extra{number % SETS}"]
        tenant = await create_tenant(store, Settings(f"crowd-{number}"), packs)
        actor = Actor(tenant.id, Role.ADMIN)
        await create(actor, store, "account", [{"name": f"Company {number}"}])
        texts.append((await tokens.mint(tenant.id, database, Grant(Role.ADMIN)))[0])
    return texts


def _pack(number: int) -> Pack:
    """A small pack, different from the other ones."""
    key = f"extra{number}"
    head = {
        "$schema": "https://dealgraph.dev/schemas/pack-1.json",
        "name": key,
        "version": "1.0.0",
        "title": f"Extra {number}",
        "requires": {"crm": "1.0"},
    }
    declared = {
        "$schema": OBJECT,
        "$id": "extra",
        "title": f"Extra {number}",
        "x-plural": "extras",
        "type": "object",
        "properties": {
            "code": {"type": "string", "title": "Code"},
            **{f"f{n}": {"type": "number", "title": f"F {n}"} for n in range(number)},
        },
    }
    documents = {"pack.json": head, "objects/extra.json": declared}
    return Pack(key, "1.0.0", f"Extra {number}", "bench", {"crm": "1.0"}, False, documents)


def _body(number: int) -> bytes:
    """Each tenant in turn, one question after the other."""
    return json.dumps({"query": QUESTIONS[number // TENANTS % len(QUESTIONS)]}).encode()
