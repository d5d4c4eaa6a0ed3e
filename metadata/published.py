"""What a tenant's records are read and written by at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from metadata.model import Metadata
from metadata.storage import Storage


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a tenant's metadata, with where values lie and the tenant's settings."""

    version: int
    metadata: Metadata
    storage: Storage
    currency: str  # the corporate one, in which amounts are compared
    time_zone: str
    language: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def key(self) -> tuple[str, str]:
        """What compiled statements are kept by: tenants with equal keys share them."""
        return self.metadata.fingerprint, self.storage.fingerprint
