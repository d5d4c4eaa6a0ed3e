"""What Python answers where the schema has a record: which one, to be read as it is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.identity import RecordId


@dataclass(frozen=True, slots=True)
class One:
    """A record of an object; null where there is none."""

    object: str
    id: RecordId


@dataclass(frozen=True, slots=True)
class Many:
    """Records of one object, in this order."""

    object: str
    ids: Sequence[RecordId]


Found: TypeAlias = One | Many
