"""What the platform's own fields answer with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import cast

import strawberry

from core import identity
from core.actions.tokens import Token
from core.errors import Problem
from core.identity import RecordId
from metadata import naming
from schema.found import One


@strawberry.interface
class Node:
    """A record of any object."""

    id: strawberry.ID = strawberry.field(description="The record's id.")


def user(found: RecordId | None) -> Node | None:
    """The record of a user, to be read as it is selected."""
    return cast(Node, One("user", found)) if found is not None else None


@strawberry.enum(name="RoleKind", description="What a token allows; each includes the next.")
class Role(Enum):
    ADMIN = identity.Role.ADMIN
    MEMBER = identity.Role.MEMBER
    READER = identity.Role.READER


@strawberry.type
class TenantInfo:
    """The company whose data this is."""

    key: str | None = strawberry.field(description="What commands call it.")
    title: str | None = strawberry.field(description="What people call it.")
    currency: str | None = strawberry.field(description="In which amounts are compared.")
    time_zone: str | None = strawberry.field(description="Which decides what day it is.")
    language: str | None = strawberry.field(
        description="In which stages and messages of rules are told, where they have labels in it."
    )


@strawberry.type
class MeInfo:
    """Who is asking."""

    tenant: TenantInfo | None = strawberry.field(description="Whose data the token opens.")
    role: Role | None = strawberry.field(description="What the token allows.")
    user: Node | None = strawberry.field(description="The user that the token speaks for.")
    metadata_version: int | None = strawberry.field(
        description="The version of what is declared now; a publish raises it."
    )


@strawberry.type
class LimitInfo:
    """How large a request may be in one respect."""

    name: str | None = strawberry.field(description="As errors and settings call it.")
    value: int | None = strawberry.field(description="The most that is allowed.")
    description: str | None = strawberry.field(description="What is counted.")


@strawberry.type
class PluginInfo:
    """A plugin that the server runs."""

    name: str | None = strawberry.field(description="The package that it is installed by.")


@strawberry.type
class PackInfo:
    """A set of declarations that a tenant may have."""

    key: str | None = strawberry.field(description="What commands call it.")
    version: str | None = strawberry.field(description="Of its declarations.")
    title: str | None = strawberry.field(description="What people call it.")
    plugin: str | None = strawberry.field(description="The plugin that brings it.")
    requires: list[str] | None = strawberry.field(description="Packs that come along.")


@strawberry.type
class TokenInfo:
    """A token as it stands; its secret is told only once, when it is created."""

    key: strawberry.ID | None = strawberry.field(
        description="By which it is revoked; it opens nothing."
    )
    role: Role | None = strawberry.field(description="What it allows.")
    title: str | None = strawberry.field(description="What it is for.")
    user: Node | None = strawberry.field(description="The user that it speaks for.")
    created_at: datetime | None = strawberry.field(description="When it was created.")
    expires_at: datetime | None = strawberry.field(
        description="Until when it lasts; null: for ever."
    )
    revoked_at: datetime | None = strawberry.field(
        description="When it was ended; null while it stands."
    )


@strawberry.type(description="One thing that is wrong with what was sent.")
class UserError:
    path: list[str] = strawberry.field(
        description="From the argument to the value, with the index in a list."
    )
    code: str = strawberry.field(description="Stable; for programs.")
    message: str = strawberry.field(description="For people.")


@strawberry.type
class ReparentPreviewInfo:
    """What moving a node of a tree would do."""

    nodes: int | None = strawberry.field(description="How many nodes would move.")
    depth: int | None = strawberry.field(description="How many would stand above the node.")
    ultimate_parent: Node | None = strawberry.field(
        description="The topmost node that would stand above it, or the node itself."
    )
    errors: list[UserError] = strawberry.field(description="Why it would be refused.")
    warnings: list[UserError] = strawberry.field(description="What would be warned of.")


@strawberry.type
class CreateTokenPayload:
    """A new token, or what is wrong."""

    token: TokenInfo | None = strawberry.field(description="The token as it stands.")
    secret: str | None = strawberry.field(description="The token itself, told this once.")
    errors: list[UserError] = strawberry.field(description="Why there is none.")


@strawberry.type
class RevokeTokenPayload:
    """What came of ending a token."""

    revoked_key: strawberry.ID | None = strawberry.field(description="The token that was ended.")
    errors: list[UserError] = strawberry.field(description="Why none was.")


def token_info(token: Token) -> TokenInfo:
    """A token as the API shows it."""
    return TokenInfo(
        key=strawberry.ID(str(token.id)),
        role=Role(token.role),
        title=token.title,
        user=user(token.user),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )


def told(problems: Iterable[Problem]) -> list[UserError]:
    """Problems with the arguments of a field of the platform, or with declarations."""
    return [
        UserError(path=list(map(_step, problem.path)), code=problem.code, message=problem.message)
        for problem in problems
    ]


def _step(step: str | int) -> str:
    """An argument by its name in the API; documents and pointers into them stay as they are."""
    name = str(step)
    return naming.field_name(name) if naming.KEY.fullmatch(name) else name
