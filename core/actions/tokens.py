"""Giving out tokens, and taking them back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from core.errors import Forbidden, Problem, Refused
from core.identity import Actor
from core.store.tenancy import tokens
from core.store.tenancy.opening import Store

Grant: TypeAlias = tokens.Grant
Token: TypeAlias = tokens.Token
Doorkeeper: TypeAlias = tokens.Doorkeeper

LONGEST_TITLE = 200


async def create(actor: Actor, store: Store, grant: Grant) -> tuple[str, Token]:
    """A new token: its text, which nobody is told again, and what is stored of it.

    Raises:
        Forbidden: the actor is no administrator.
        Refused: the token would have expired already, its title is too long, or there is no
            such user.
    """
    _check(actor)
    problems = []
    if grant.user is not None and not await tokens.is_user(
        actor.tenant, store.database, grant.user
    ):
        problems.append(Problem(("user",), "NOT_FOUND", "There is no such user."))
    if grant.expires_at is not None and grant.expires_at <= datetime.now(UTC):
        message = "The token would have expired already: give a later instant."
        problems.append(Problem(("expires_at",), "IN_THE_PAST", message))
    if len(grant.title) > LONGEST_TITLE:
        message = f"A title has at most {LONGEST_TITLE} characters."
        problems.append(Problem(("title",), "TOO_LONG", message))
    if problems:
        raise Refused(problems)
    return await tokens.mint(actor.tenant, store.database, grant)


async def revoke(actor: Actor, doorkeeper: Doorkeeper, key: UUID) -> None:
    """End a token of the actor's tenant.

    Raises:
        Forbidden: the actor is no administrator.
        NotFound: there is no such token.
    """
    _check(actor)
    await doorkeeper.revoke(actor.tenant, key)


def _check(actor: Actor) -> None:
    if not actor.may_administer:
        raise Forbidden("Tokens are an administrator's business.")
