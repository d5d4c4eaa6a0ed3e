"""How much is made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Size:
    """So many accounts; everything else goes by them."""

    accounts: int

    @property
    def opportunities(self) -> int:
        return self.accounts * 6

    @property
    def leads(self) -> int:
        return self.accounts * 2

    @property
    def sellers(self) -> int:
        return max(8, min(400, self.accounts // 12))


SIZES: Mapping[str, Size] = MappingProxyType(
    {"small": Size(300), "medium": Size(2_000), "large": Size(20_000)}
)
