"""The same questions as SQL that a person wrote, behind a bare Starlette handler.

Same tables, same read views, same tenant setting; the JSON has what Dealgraph answers with.
The writes take the same fence and write the same log. `{object.field}` stands for the column that
the field has in the table.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.identity import TenantId, new_id
from core.store.database.connections import Database
from core.store.tenancy import versions
from core.store.writing import locks
from metadata.published import Published

TENANT = TenantId(UUID(os.environ.get("BENCH_TENANT", str(UUID(int=0)))))
URL = os.environ.get("BENCH_URL", "")
FENCE = locks.shared(locks.fence(TENANT))
Values = Mapping[str, Any]
Answer = Callable[[Database, Values], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement, and its parameters after the tenant; its plan is kept, as ours are."""

    sql: str
    names: tuple[str, ...] = ()

    def of(self, published: Published) -> Answer:
        sql = _placed(self.sql, published)

        async def answer(database: Database, values: Values) -> bytes:
            given = [_READ.get(name, str)(values[name]) for name in self.names]
            async with database.reading(TENANT, "generic") as connection:
                return await connection.fetchval(sql, TENANT, *given)  # type: ignore[no-any-return]

        return answer


def _placed(sql: str, published: Published) -> str:
    def column(found: re.Match[str]) -> str:
        slot = published.storage.place(found[1], found[2]).readable
        assert slot is not None, found[0]
        return slot

    return re.sub(r"\{(\w+)\.(\w+)\}", column, sql)


_READ: Mapping[str, Callable[[str], object]] = {
    "id": UUID,
    "account": UUID,
    "stage": str.lower,
    "amount": Decimal,
}


_RECORD = Reading(
    """select convert_to('{"data":{"opportunity":' || coalesce((
      select '{"id":"' || o.id || '","name":' || coalesce(to_json(o.data->>'name')::text, 'null')
        || ',"amount":' || coalesce('"' || (o.data->>'amount') || '"', 'null')
        || ',"closeDate":' || coalesce('"' || (o.data->>'close_date') || '"', 'null')
        || ',"source":' || coalesce('"' || upper(o.data->>'source') || '"', 'null')
        || ',"stage":{"key":' || coalesce('"' || upper(o.stage) || '"', 'null') || '}}'
      from read.record o
      where o.tenant_id = $1 and o.id = $2 and o.object = 'opportunity' and o.deleted_at is null
    ), 'null') || '}}', 'UTF8')""",
    ("id",),
)
_LIST = Reading(
    """select convert_to('{"data":{"opportunities":{"nodes":[' || coalesce(string_agg(
      '{"id":"' || o.id || '","name":' || coalesce(to_json(o.data->>'name')::text, 'null')
        || ',"amount":' || coalesce('"' || (o.data->>'amount') || '"', 'null')
        || ',"account":' || coalesce('{"name":' || to_json(a.data->>'name')::text
          || ',"contacts":{"nodes":[' || coalesce(c.nodes, '') || ']}}', 'null') || '}', ','), '')
      || ']}}}', 'UTF8')
    from (
      select id, data, {opportunity.account} as account from read.record
      where tenant_id = $1 and object = 'opportunity' and stage = $2 and deleted_at is null
      order by stage_amount desc, id desc limit 50) o
    left join read.record a on a.tenant_id = $1 and a.id = o.account and a.deleted_at is null
    left join lateral (
      select string_agg('{"name":' || coalesce(to_json(x.data->>'name')::text, 'null')
        || ',"jobTitle":' || coalesce(to_json(x.data->>'job_title')::text, 'null') || '}', ',')
        as nodes
      from (select data from read.record
        where tenant_id = $1 and {contact.account} = a.id and object = 'contact'
          and deleted_at is null
        order by id limit 3) x) c on true""",
    ("stage",),
)


def _children(level: int) -> str:
    """The children of the node `n<level - 1>`, down to the fourth level."""
    below = (
        f"""|| ',"children":{{"nodes":[' || ({_children(level + 1)}) || ']}}'"""
        if level < 3
        else ""
    )
    return f"""select coalesce(string_agg('{{"id":"' || n{level}.id || '","name":'
        || to_json(n{level}.data->>'name')::text {below} || '}}', ','), '')
      from (select id, data from read.record
        where tenant_id = $1 and {{account.parent}} = n{level - 1}.id and object = 'account'
          and deleted_at is null order by id limit 10) n{level}"""


_TREE = Reading(
    f"""select convert_to('{{"data":{{"account":' || coalesce((
      select '{{"id":"' || n0.id || '","name":' || to_json(n0.data->>'name')::text
        || ',"children":{{"nodes":[' || ({_children(1)}) || ']}}}}'
      from read.record n0
      where n0.tenant_id = $1 and n0.id = $2 and n0.object = 'account' and n0.deleted_at is null
    ), 'null') || '}}}}', 'UTF8')""",
    ("id",),
)
_CHAIN = Reading(
    """select convert_to('{"data":{"opportunity":' || coalesce((
      select '{"name":' || to_json(o.data->>'name')::text || ',"decisionChain":{"nodes":['
        || coalesce((select string_agg('{"contact":' || coalesce(
            '{"name":' || to_json(c.data->>'name')::text || ',"reportsTo":' || coalesce(
              '{"name":' || to_json(m.data->>'name')::text || ',"reportsTo":' || coalesce(
                '{"name":' || to_json(t.data->>'name')::text || '}', 'null') || '}', 'null')
            || '}', 'null')
          || ',"opportunityContact":{"roles":' || coalesce(upper(l.data->>'roles'), 'null')
          || ',"decisionRank":' || coalesce(l.data->>'decision_rank', 'null')
          || ',"influence":' || coalesce(l.data->>'influence', 'null')
          || ',"stance":' || coalesce(l.data->>'stance', 'null') || '}}', ','
          order by l.{opportunity_contact.decision_rank}, l.id)
        from read.record l
        left join read.record c on c.tenant_id = $1 and c.id = l.{opportunity_contact.contact}
          and c.deleted_at is null
        left join read.record m on m.tenant_id = $1 and m.id = c.{contact.reports_to}
          and m.deleted_at is null
        left join read.record t on t.tenant_id = $1 and t.id = m.{contact.reports_to}
          and t.deleted_at is null
        where l.tenant_id = $1 and l.{opportunity_contact.opportunity} = o.id
          and l.object = 'opportunity_contact' and l.deleted_at is null), '') || ']}}'
      from read.record o
      where o.tenant_id = $1 and o.id = $2 and o.object = 'opportunity' and o.deleted_at is null
    ), 'null') || '}}', 'UTF8')""",
    ("id",),
)
_GROUPS = Reading(
    """select convert_to('{"data":{"opportunities":{"groups":[' || coalesce(string_agg(
      '{"key":{"stage":"' || upper(g.stage) || '"},"aggregate":{"count":' || g.count
        || ',"amount":{"sum":"' || g.sum || '"}}}', ',' order by g.count desc), '') || ']}}}', 'UTF8')
    from (
      select stage, count(*), sum(stage_amount) from read.record
      where tenant_id = $1 and object = 'opportunity' and deleted_at is null
        and currency = 'CNY' group by stage) g""",
)
_FLAT = Reading(
    """select convert_to('{"data":{"opportunities":{"nodes":[' || coalesce(string_agg(
      '{"id":"' || o.id || '","name":' || coalesce(to_json(d.name)::text, 'null')
        || ',"amount":' || coalesce('"' || d.amount || '"', 'null')
        || ',"closeDate":' || coalesce('"' || d.close_date || '"', 'null')
        || ',"source":' || coalesce('"' || upper(d.source) || '"', 'null')
        || ',"stage":{"key":' || coalesce('"' || upper(o.stage) || '"', 'null') || '}'
        || ',"createdAt":"'
        || to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","version":' || o.version || '}', ','), '') || ']}}}', 'UTF8')
    from (
      select id, data, stage, created_at, version from read.record
      where tenant_id = $1 and object = 'opportunity' and deleted_at is null
      order by id limit 1000) o
    cross join lateral jsonb_to_record(o.data)
      as d(name text, amount text, close_date text, source text)""",
)

_REFERENCE = """select id from record
  where tenant_id = $1 and id = $2 and object = 'account' and deleted_at is null
  for key share"""
_CREATE = """with made as (
    insert into record (tenant_id, id, object, version, data, created_at, updated_at, currency,
      metadata_version, stage, stage_amount, stage_date, stage_entered_at, tokens,
      {opportunity.amount}, {opportunity.close_date}, {opportunity.source}, {opportunity.account},
      {opportunity.probability}, {opportunity.weighted_amount})
    values ($1, $2, 'opportunity', 1, $3, now(), now(), 'CNY', 1, 'initial', $4, $5, now(), $6,
      $4, $5, 'tender', $7, 0.1, $4 * 0.1)),
  entered as (
    insert into stage_history (tenant_id, record_id, seq_no, object, pipeline, pipeline_version,
      kind, to_stage, entered_at, amount, currency, probability, close_date, recorded_at)
    values ($1, $2, 1, 'opportunity', 'sales', 1, 'create', 'initial', now(), $4, 'CNY', 0.1, $5,
      now()))
  insert into change (tenant_id, epoch, seq, record_id, object, version, kind, source,
    metadata_version, after)
  values ($1, (select epoch from platform), 0, $2, 'opportunity', 1, 'create', 'api', 1, $3)"""
_LOCK = """select version, data, (select version from metadata_head where tenant_id = $1)
  from record where tenant_id = $1 and id = $2 and object = 'opportunity' and deleted_at is null
  for no key update"""
_UPDATE = """with changed as (
    update record set version = $3, data = data || $4, updated_at = now(), stage_amount = $5,
      {opportunity.amount} = $5, {opportunity.weighted_amount} = $5 * {opportunity.probability}
    where tenant_id = $1 and id = $2)
  insert into change (tenant_id, epoch, seq, record_id, object, version, kind, source,
    metadata_version, before, after)
  values ($1, (select epoch from platform), 0, $2, 'opportunity', $3, 'update', 'api', 1, $6, $4)"""


def _creating(published: Published) -> Answer:
    from datetime import date

    from metadata.text import tokens

    sql, day = _placed(_CREATE, published), date(2026, 12, 1)

    async def answer(database: Database, values: Values) -> bytes:
        record, account, amount = new_id(), UUID(values["account"]), Decimal(values["amount"])
        data = {
            "name": values["name"],
            "account": values["account"],
            "amount": values["amount"],
            "source": "tender",
            "close_date": "2026-12-01",
            "probability": "0.1",
            "weighted_amount": str(amount / 10),
        }
        words = sorted(tokens(values["name"]))
        async with database.transaction(TENANT, first=FENCE) as connection:
            assert await connection.fetchval(_REFERENCE, TENANT, account)
            await connection.execute(sql, TENANT, record, data, amount, day, words, account)
        return orjson.dumps(
            {
                "data": {
                    "createOpportunity": {
                        "opportunity": {
                            "id": str(record),
                            "name": values["name"],
                            "amount": values["amount"],
                        },
                        "errors": [],
                    }
                }
            }
        )

    return answer


def _updating(published: Published) -> Answer:
    sql = _placed(_UPDATE, published)

    async def answer(database: Database, values: Values) -> bytes:
        record, amount = UUID(values["id"]), Decimal(values["amount"])
        async with database.transaction(TENANT, first=FENCE) as connection:
            version, data, _ = await connection.fetchrow(_LOCK, TENANT, record)
            before, after = {"amount": data.get("amount")}, {"amount": values["amount"]}
            await connection.execute(sql, TENANT, record, version + 1, after, amount, before)
        return orjson.dumps(
            {
                "data": {
                    "updateOpportunity": {
                        "opportunity": {"id": str(record), "amount": values["amount"]},
                        "errors": [],
                    }
                }
            }
        )

    return answer


def _answers(published: Published) -> dict[str, Answer]:
    readings = {
        "record": _RECORD,
        "list": _LIST,
        "tree": _TREE,
        "chain": _CHAIN,
        "groups": _GROUPS,
        "flat": _FLAT,
    }
    found = {key: reading.of(published) for key, reading in readings.items()}
    return {**found, "create": _creating(published), "update": _updating(published)}


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    database = await Database.open(URL)
    head = await versions.load(TENANT, database, versions.Known())
    answers = _answers(head.published)

    def route(key: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            values = orjson.loads(await request.body())
            return Response(await answer(database, values), media_type="application/json")

        return Route(f"/{key}", endpoint, methods=["POST"])

    app.router.routes[:] = [route(key, answer) for key, answer in answers.items()]
    yield
    await database.close()


app = Starlette(lifespan=_lifespan)
