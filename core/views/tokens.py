"""The tenant's tokens."""

from __future__ import annotations

from core.errors import Forbidden
from core.identity import Actor
from core.store.tenancy import tokens
from core.store.tenancy.opening import Store
from core.store.tenancy.tokens import Token


async def every(actor: Actor, store: Store) -> list[Token]:
    """Every token, oldest first, revoked and expired ones included; no secrets.

    Raises:
        Forbidden: the actor is no administrator.
    """
    if not actor.may_administer:
        raise Forbidden("Tokens are an administrator's business.")
    return await tokens.every(actor.tenant, store.database)
