"""Giving out tokens and taking them back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from core.actions import tokens
from core.actions.tokens import Grant
from core.errors import NotFound, Problem, Refused
from core.identity import RecordId
from schema.platform import exchange_rates, metadata_mutations
from schema.platform.answers import (
    CreateTokenPayload,
    RevokeTokenPayload,
    Role,
    token_info,
    told,
)
from schema.platform.exchange_rates import ExchangeRatesPayload
from schema.platform.info import Info
from schema.platform.metadata_answers import DraftPayload, PublishPayload
from schema.translation.filters import identity


async def create_token(
    info: Info,
    role: Role,
    title: str = "",
    user: strawberry.ID | None = None,
    expires_at: datetime | None = None,
) -> CreateTokenPayload | None:
    run = info.context.run
    found = RecordId(UUID(identity(user))) if user is not None else None
    try:
        grant = Grant(role.value, found, title, expires_at)
        secret, token = await tokens.create(run.actor, run.tools.store, grant)
    except Refused as refused:
        return CreateTokenPayload(token=None, secret=None, errors=told(refused.problems))
    return CreateTokenPayload(token=token_info(token), secret=secret, errors=[])


async def revoke_token(info: Info, key: strawberry.ID) -> RevokeTokenPayload | None:
    run = info.context.run
    try:
        await tokens.revoke(run.actor, run.tools.doorkeeper, UUID(identity(key)))
    except NotFound as missing:
        wrong = [Problem(("key",), missing.code, missing.message)]
        return RevokeTokenPayload(revoked_key=None, errors=told(wrong))
    return RevokeTokenPayload(revoked_key=key, errors=[])


@strawberry.type(name="Mutation")
class PlatformMutation:
    save_draft: DraftPayload | None = strawberry.mutation(
        resolver=metadata_mutations.save_draft,
        description=(
            "Put declarations into the draft: JSON objects, or texts of JSON. Those with the same"
            " kind and $id are replaced. For administrators, as what follows."
        ),
    )
    discard_draft: DraftPayload | None = strawberry.mutation(
        resolver=metadata_mutations.discard_draft,
        description="Make the draft what is published again.",
    )
    publish_draft: PublishPayload | None = strawberry.mutation(
        resolver=metadata_mutations.publish_draft,
        description="Make the draft the tenant's newest version.",
    )
    rollback_metadata: PublishPayload | None = strawberry.mutation(
        resolver=metadata_mutations.rollback_metadata,
        description="Publish an older version again, as a new one.",
    )
    create_token: CreateTokenPayload | None = strawberry.mutation(
        resolver=create_token, description="A new token. For administrators."
    )
    revoke_token: RevokeTokenPayload | None = strawberry.mutation(
        resolver=revoke_token,
        description=(
            "End a token, at once; an operation that has begun, be it this one, goes on to its end."
            " For administrators."
        ),
    )
    set_exchange_rates: ExchangeRatesPayload | None = strawberry.mutation(
        resolver=exchange_rates.set_exchange_rates,
        description=(
            "Set what other currencies are worth in the tenant's own, each from a day on; at most"
            " 1,000 at a time, all or nothing. What is closed keeps the rate that it was closed by,"
            " unless it is to be restated. For administrators."
        ),
    )
