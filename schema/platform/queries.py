"""Who asks, what is allowed, what is on offer."""

from __future__ import annotations

import strawberry

from core.views import tenancy, tokens
from schema.platform import exchange_rates, metadata_queries, object_types
from schema.platform.answers import (
    LimitInfo,
    MeInfo,
    PackInfo,
    PluginInfo,
    Role,
    TenantInfo,
    TokenInfo,
    token_info,
    user,
)
from schema.platform.exchange_rates import ExchangeRateInfo
from schema.platform.info import Info
from schema.platform.metadata_answers import (
    DiffInfo,
    DocumentInfo,
    DraftInfo,
    MetadataVersionInfo,
    ProblemInfo,
)
from schema.platform.object_types import ObjectTypeInfo


async def me(info: Info) -> MeInfo | None:
    run = info.context.run
    tenant = await tenancy.tenant(run.actor, run.tools.store)
    return MeInfo(
        tenant=TenantInfo(
            key=tenant.key,
            title=tenant.title,
            currency=tenant.currency,
            time_zone=tenant.time_zone,
            language=tenant.language,
        ),
        role=Role(run.actor.role),
        user=user(run.actor.user),
        metadata_version=run.published.version,
    )


def limits(info: Info) -> list[LimitInfo] | None:
    return [
        LimitInfo(name=it.name, value=it.value, description=it.description)
        for it in info.context.run.tools.limits.listing()
    ]


def plugins(info: Info) -> list[PluginInfo] | None:
    run = info.context.run
    names = {pack.plugin for pack in tenancy.packs(run.actor, run.tools.store)}
    return [PluginInfo(name=name) for name in sorted(names)]


def packs(info: Info) -> list[PackInfo] | None:
    run = info.context.run
    return [
        PackInfo(
            key=pack.key,
            version=pack.version,
            title=pack.title,
            plugin=pack.plugin,
            requires=list(pack.requires),
        )
        for pack in tenancy.packs(run.actor, run.tools.store)
    ]


async def all_tokens(info: Info) -> list[TokenInfo] | None:
    run = info.context.run
    return [token_info(it) for it in await tokens.every(run.actor, run.tools.store)]


@strawberry.type(name="Query")
class PlatformQuery:
    me: MeInfo | None = strawberry.field(resolver=me, description="Who is asking.")
    limits: list[LimitInfo] | None = strawberry.field(
        resolver=limits, description="How large a request may be."
    )
    plugins: list[PluginInfo] | None = strawberry.field(
        resolver=plugins, description="Plugins that the server runs."
    )
    packs: list[PackInfo] | None = strawberry.field(
        resolver=packs, description="Sets of declarations that a tenant may have."
    )
    object_types: list[ObjectTypeInfo] | None = strawberry.field(
        resolver=object_types.object_types,
        description=(
            "The objects that the tenant has, or those of the given type names: what a menu or a"
            " form needs to know. Titles are in the language asked for, else in the tenant's."
        ),
    )
    draft: DraftInfo | None = strawberry.field(
        resolver=metadata_queries.draft,
        description="The declarations that are worked on. For administrators, as what follows.",
    )
    check_draft: list[ProblemInfo] | None = strawberry.field(
        resolver=metadata_queries.check_draft,
        description="Everything that is wrong with the draft; nothing where it can be published.",
    )
    diff_draft: DiffInfo | None = strawberry.field(
        resolver=metadata_queries.diff_draft,
        description="What publishing the draft would change, for clients and for records.",
    )
    diff_rollback: DiffInfo | None = strawberry.field(
        resolver=metadata_queries.diff_rollback,
        description="What publishing an older version again would change.",
    )
    declarations: list[DocumentInfo] | None = strawberry.field(
        resolver=metadata_queries.documents,
        description="The tenant's own declarations of a version, or of the newest.",
    )
    metadata_versions: list[MetadataVersionInfo] | None = strawberry.field(
        resolver=metadata_queries.metadata_versions, description="The newest first."
    )
    tokens: list[TokenInfo] | None = strawberry.field(
        resolver=all_tokens, description="The tenant's tokens, oldest first. For administrators."
    )
    exchange_rates: list[ExchangeRateInfo] | None = strawberry.field(
        resolver=exchange_rates.exchange_rates,
        description=(
            "What other currencies, or one, are worth in the tenant's own: the newest rates first,"
            " at most 1,000."
        ),
    )
