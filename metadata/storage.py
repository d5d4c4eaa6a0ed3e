"""Where each field's values lie: the key in `data`, and the typed column that makes it fast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from typing import cast

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


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
    """The places of every field of every object: {object: {field: place}}.

    `bound` has the columns `stage_amount` and `stage_date` of staged objects: copies of the two
    fields that the pipeline names, each with the storage key of its field, and `stage` itself; and
    for every object `tokens`, with the storage keys of lists and searched texts, and `nulls`,
    with those of the fields that leave a token where they have no value. `retired` has columns that
    still hold values of fields that no longer use them, with those fields' storage keys.
    `used` counts the storage keys that each field key ever had, so that none comes twice.
    """

    places: Mapping[str, Mapping[str, Place]]
    fingerprint: str = ""
    bound: Mapping[str, Mapping[str, Place]] = field(default_factory=dict)
    retired: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    used: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def place(self, object_key: str, field_key: str) -> Place:
        return self.places[object_key][field_key]

    def slots(self) -> Iterator[tuple[str, str, Place]]:
        """Every column in use: (object, column, the place that it belongs to)."""
        for kept in (self.places, self.bound):
            for object_key, places in kept.items():
                for name, place in places.items():
                    if place.slot is not None:
                        column = name if kept is self.bound else place.slot.column
                        yield object_key, column, place

    def unready(self) -> dict[tuple[str, str], SlotState]:
        """The columns that are filling or retired: {(object, column): state}."""
        filling = {
            (object_key, column): place.slot.state
            for object_key, column, place in self.slots()
            if place.slot is not None and place.slot.state is not SlotState.READY
        }
        retired = {
            (key, column): SlotState.RETIRED for key in self.retired for column in self.retired[key]
        }
        return filling | retired

    def with_unready(self, states: Mapping[tuple[str, str], SlotState]) -> Storage:
        """The same places where these columns are filling or retired by now: {(object, column): state}.

        All others in use are ready; a retired one that is not among them has been cleared, and is free.
        """
        if states == self.unready():
            return self
        return sealed(
            replace(
                self,
                places=_restated(self.places, states),
                bound=_restated(self.bound, states),
                retired={
                    object_key: left
                    for object_key, columns in self.retired.items()
                    if (left := {c: k for c, k in columns.items() if (object_key, c) in states})
                },
            )
        )


def sealed(storage: Storage) -> Storage:
    """The storage with its fingerprint: equal for equal places and states."""
    print_ = blake2b(_ENCODER.encode([storage.places, storage.bound]), digest_size=16)
    return replace(storage, fingerprint=print_.hexdigest())


def to_json(storage: Storage) -> dict[str, object]:
    """The storage as JSON values, compact: [key], or [key, column, state]; with their digest."""
    kept = {
        "places": {key: _written(places) for key, places in storage.places.items()},
        "bound": {key: _written(places) for key, places in storage.bound.items()},
        "retired": {key: dict(columns) for key, columns in storage.retired.items()},
        "used": {key: dict(counts) for key, counts in storage.used.items()},
    }
    return {**kept, "digest": blake2b(_ENCODER.encode(kept), digest_size=16).hexdigest()}


def of_json(value: Mapping[str, object]) -> Storage:
    """The storage that `to_json` wrote."""
    parts = cast("Mapping[str, Mapping[str, Mapping[str, list[str]]]]", value)
    return sealed(
        Storage(
            places={key: _read(places) for key, places in parts["places"].items()},
            bound={key: _read(places) for key, places in parts["bound"].items()},
            retired=cast("Mapping[str, Mapping[str, str]]", value["retired"]),
            used=cast("Mapping[str, Mapping[str, int]]", value["used"]),
        )
    )


def _written(places: Mapping[str, Place]) -> dict[str, list[str]]:
    return {
        key: [place.key, place.slot.column, place.slot.state] if place.slot else [place.key]
        for key, place in places.items()
    }


def _read(places: Mapping[str, list[str]]) -> dict[str, Place]:
    return {
        key: Place(kept[0], Slot(kept[1], SlotState(kept[2])) if len(kept) > 1 else None)
        for key, kept in places.items()
    }


def _restated(
    kept: Mapping[str, Mapping[str, Place]], states: Mapping[tuple[str, str], SlotState]
) -> dict[str, dict[str, Place]]:
    return {
        object_key: {
            key: place if place.slot is None else _in_state(place, place.slot, object_key, states)
            for key, place in places.items()
        }
        for object_key, places in kept.items()
    }


def _in_state(
    place: Place, slot: Slot, object_key: str, states: Mapping[tuple[str, str], SlotState]
) -> Place:
    state = states.get((object_key, slot.column), SlotState.READY)
    return place if state is slot.state else Place(place.key, Slot(slot.column, state))
