"""Who is asking, and for which tenant."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
RecordId = NewType("RecordId", UUID)


class Role(StrEnum):
    """What a token allows. Each role includes the ones below it."""

    ADMIN = "admin"  # metadata and data
    MEMBER = "member"  # data
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a tenant's token, and the user record that it speaks for, if any."""

    tenant: TenantId
    role: Role
    user: RecordId | None = None
    token: UUID | None = None

    @property
    def may_write(self) -> bool:
        return self.role in (Role.ADMIN, Role.MEMBER)

    @property
    def may_administer(self) -> bool:
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Origin:
    """On which way a change comes in: `source` is api, import, job or system."""

    source: str = "api"
    request_id: str | None = None


API = Origin()
IMPORT = Origin("import")
SYSTEM = Origin("system")


def new_id() -> UUID:
    """A UUIDv7, in the order of its making down to 244 ns (RFC 9562 §5.7 and §6.2, method 3)."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)
