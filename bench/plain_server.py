"""What a team would write without Dealgraph: Strawberry types over Tortoise models with dataloaders.

Native typed tables with the indexes that its queries want.
"""

from __future__ import annotations

import datetime
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import strawberry
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info
from tortoise import Tortoise, fields
from tortoise.functions import Count, Sum
from tortoise.models import Model


class AccountRow(Model):
    id = fields.UUIDField(primary_key=True, default=uuid4)
    name = fields.CharField(200)
    parent = fields.UUIDField(null=True, db_index=True)
    industry = fields.CharField(60)

    class Meta:
        table = "account"


class ContactRow(Model):
    id = fields.UUIDField(primary_key=True, default=uuid4)
    name = fields.CharField(200)
    account = fields.UUIDField(db_index=True)
    reports_to = fields.UUIDField(null=True)
    email = fields.CharField(200)
    title = fields.CharField(60)

    class Meta:
        table = "contact"


class OpportunityRow(Model):
    id = fields.UUIDField(primary_key=True, default=uuid4)
    name = fields.CharField(200)
    account = fields.UUIDField(db_index=True)
    stage = fields.CharField(60)
    amount = fields.DecimalField(20, 2)
    close_date = fields.DateField()
    source = fields.CharField(60)
    created_at = fields.DatetimeField()

    class Meta:
        table = "opportunity"
        indexes = (("stage", "amount", "id"),)


class MemberRow(Model):
    id = fields.UUIDField(primary_key=True, default=uuid4)
    opportunity = fields.UUIDField(db_index=True)
    contact = fields.UUIDField()
    roles: list[str] = fields.JSONField()
    decision_rank = fields.IntField()
    influence = fields.IntField()
    stance = fields.IntField()

    class Meta:
        table = "member"


def _by_id(model: type[Model]) -> Callable[[Sequence[UUID]], Any]:
    async def load(ids: Sequence[UUID]) -> list[Any]:
        found = {row.id: row for row in await model.filter(id__in=list(ids))}  # type: ignore[attr-defined]
        return [found.get(key) for key in ids]

    return load


def _by_reference(model: type[Model], name: str, order: str) -> Callable[[Sequence[UUID]], Any]:
    async def load(ids: Sequence[UUID]) -> list[Any]:
        found = defaultdict(list)
        for row in await model.filter(**{f"{name}__in": list(ids)}).order_by(order):
            found[getattr(row, name)].append(row)
        return [found[key] for key in ids]

    return load


@strawberry.type
class Account:
    id: UUID
    name: str
    industry: str

    @strawberry.field
    async def children(self, info: Info) -> list[Account]:
        rows = await info.context["children"].load(self.id)
        return [Account(id=row.id, name=row.name, industry=row.industry) for row in rows]

    @strawberry.field
    async def contacts(self, info: Info, first: int = 10) -> list[Contact]:
        rows = await info.context["contacts"].load(self.id)
        return [_contact(row) for row in rows[:first]]


@strawberry.type
class Contact:
    id: UUID
    name: str
    email: str
    title: str
    manager_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def reports_to(self, info: Info) -> Contact | None:
        if self.manager_id is None:
            return None
        return _contact(await info.context["contact"].load(self.manager_id))


@strawberry.type
class Member:
    roles: list[str]
    decision_rank: int
    influence: int
    stance: int
    contact_id: strawberry.Private[UUID]

    @strawberry.field
    async def contact(self, info: Info) -> Contact:
        return _contact(await info.context["contact"].load(self.contact_id))


@strawberry.type
class Opportunity:
    id: UUID
    name: str
    stage: str
    amount: Decimal
    close_date: datetime.date
    source: str
    created_at: datetime.datetime
    account_id: UUID

    @strawberry.field
    async def account(self, info: Info) -> Account:
        row = await info.context["account"].load(self.account_id)
        return Account(id=row.id, name=row.name, industry=row.industry)

    @strawberry.field
    async def members(self, info: Info) -> list[Member]:
        rows = await info.context["members"].load(self.id)
        return [
            Member(
                roles=row.roles,
                decision_rank=row.decision_rank,
                influence=row.influence,
                stance=row.stance,
                contact_id=row.contact,
            )
            for row in rows
        ]


@strawberry.type
class StageGroup:
    stage: str
    count: int
    amount: Decimal


def _contact(row: Any) -> Contact:
    return Contact(
        id=row.id, name=row.name, email=row.email, title=row.title, manager_id=row.reports_to
    )


def _opportunity(row: Any) -> Opportunity:
    return Opportunity(
        id=row.id,
        name=row.name,
        stage=row.stage,
        amount=row.amount,
        close_date=row.close_date,
        source=row.source,
        created_at=row.created_at,
        account_id=row.account,
    )


@strawberry.type
class Query:
    @strawberry.field
    async def account(self, id: UUID) -> Account | None:
        row = await AccountRow.get_or_none(id=id)
        return Account(id=row.id, name=row.name, industry=row.industry) if row else None

    @strawberry.field
    async def opportunity(self, id: UUID) -> Opportunity | None:
        row = await OpportunityRow.get_or_none(id=id)
        return _opportunity(row) if row else None

    @strawberry.field
    async def opportunities(self, first: int, stage: str | None = None) -> list[Opportunity]:
        found = OpportunityRow.all() if stage is None else OpportunityRow.filter(stage=stage)
        rows = await found.order_by("-amount" if stage else "id").limit(first)
        return [_opportunity(row) for row in rows]

    @strawberry.field
    async def stages(self) -> list[StageGroup]:
        rows = (
            await OpportunityRow.annotate(count=Count("id"), total=Sum("amount"))
            .group_by("stage")
            .values("stage", "count", "total")
        )
        return [StageGroup(stage=r["stage"], count=r["count"], amount=r["total"]) for r in rows]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_opportunity(self, name: str, account: UUID, amount: Decimal) -> Opportunity:
        row = await OpportunityRow.create(
            name=name,
            account=account,
            amount=amount,
            stage="initial",
            close_date=datetime.date(2026, 1, 1),
            source="tender",
            created_at=datetime.datetime.now(datetime.UTC),
        )
        return _opportunity(row)

    @strawberry.mutation
    async def update_opportunity(self, id: UUID, amount: Decimal) -> Opportunity | None:
        row = await OpportunityRow.get_or_none(id=id)
        if row is None:
            return None
        row.amount = amount
        await row.save(update_fields=["amount"])
        return _opportunity(row)


class _GraphQL(GraphQL[dict[str, Any]]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return {
            "account": DataLoader(_by_id(AccountRow)),
            "contact": DataLoader(_by_id(ContactRow)),
            "children": DataLoader(_by_reference(AccountRow, "parent", "id")),
            "contacts": DataLoader(_by_reference(ContactRow, "account", "id")),
            "members": DataLoader(_by_reference(MemberRow, "opportunity", "decision_rank")),
        }


CONNECTION = {
    "connections": {"default": os.environ.get("BENCH_PLAIN_URL", "")},
    "apps": {"models": {"models": ["bench.plain_server"]}},
}


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with await Tortoise.init(config=CONNECTION, _enable_global_fallback=True):
        yield
        await Tortoise.close_connections()


app = Starlette(lifespan=_lifespan)
app.mount("/graphql", _GraphQL(strawberry.Schema(Query, Mutation)))
