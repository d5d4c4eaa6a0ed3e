"""Where each field's values lie: the key in `data`, and the typed column that makes it fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SlotState(StrEnum):
    """A slot is written from `FILLING` on, read when `READY`, and cleared after `RETIRED`."""

    FILLING = "filling"
    READY = "ready"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed column of the record table that one field uses."""

    column: str  # such as "n07"
    state: SlotState


@dataclass(frozen=True, slots=True)
class Place:
    """Where one field is kept. A storage key is never used again for another field or type."""

    key: str
    slot: Slot | None = None

    @property
    def readable(self) -> str | None:
        """The column that a query may read instead of `data`."""
        return self.slot.column if self.slot and self.slot.state is SlotState.READY else None


@dataclass(frozen=True, slots=True)
class Storage:
    """The places of every field of every object: {object: {field: place}}."""

    places: Mapping[str, Mapping[str, Place]]
    fingerprint: str

    def place(self, object_key: str, field_key: str) -> Place:
        return self.places[object_key][field_key]
