"""Advisory locks, all held until the end of the transaction."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

from core.identity import TenantId


def fence(tenant: TenantId) -> int:
    """The lock that writers share and a publisher holds alone."""
    return _key(b"fence", tenant.bytes)


def tree(tenant: TenantId, root: UUID) -> int:
    """The lock on a whole tree: inserts share it, a move holds it alone."""
    return _key(b"tree", tenant.bytes + root.bytes)


def edges(tenant: TenantId, object: str, field: str) -> int:
    """The lock on a reference that must not come back to where it starts."""
    return _key(b"edges", tenant.bytes + f"{object}.{field}".encode())


def shared(*keys: int) -> str:
    """The statement that takes these locks together with others, in the keys' order."""
    return _taking("pg_advisory_xact_lock_shared", keys)


def alone(*keys: int) -> str:
    """The statement that takes these locks for itself, in the keys' order."""
    return _taking("pg_advisory_xact_lock", keys)


def _taking(function: str, keys: tuple[int, ...]) -> str:
    return "select " + ", ".join(f"{function}({key})" for key in sorted(set(keys)))


def _key(kind: bytes, of: bytes) -> int:
    return int.from_bytes(blake2b(of, digest_size=8, person=kind).digest(), signed=True)
