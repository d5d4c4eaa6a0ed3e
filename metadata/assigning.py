"""Gives every field of a new version its storage key and, where there is room, its column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from metadata.model import LISTS, Field, FieldType, Metadata, ObjectType, Pipeline
from metadata.storage import Place, Slot, SlotState, Storage, sealed

COLUMNS: Mapping[str, int] = {"p": 12, "t": 24, "n": 24, "z": 12, "d": 12, "b": 8, "r": 24}
"""How many columns of each kind a record has: p01 … p12, t01 … t24 and so on."""

BOUND = ("stage_amount", "stage_date")
"""Columns of their own for the two fields that a pipeline names."""

TOKENS = "tokens"
"""The column that searches look into: one for all texts of a record that are searched."""

STAGE = "stage"
"""The column of a staged object's stages: written, and kept when the object is staged no more."""
NULLS = "nulls"
"""No column, but which fields leave a token where they have no value: see `text.null_token`."""
_MARKED = "tnzdr"

_KINDS: Mapping[FieldType, str] = {
    FieldType.PICKLIST: "p",
    FieldType.TEXT: "t",
    FieldType.AUTONUMBER: "t",
    FieldType.INTEGER: "n",
    FieldType.BIGINT: "n",
    FieldType.FLOAT: "n",
    FieldType.DECIMAL: "n",
    FieldType.PERCENT: "n",
    FieldType.MONEY: "n",
    FieldType.DATETIME: "z",
    FieldType.DATE: "d",
    FieldType.BOOLEAN: "b",
    FieldType.REFERENCE: "r",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A column, the object whose records have it, and the storage key of its values."""

    object: str
    column: str
    key: str


@dataclass(frozen=True, slots=True)
class Left:
    """A field of the old version and the storage key under which its values stay behind."""

    object: str
    field: str
    key: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The storage of a new version, and what becomes of columns on the way there."""

    storage: Storage
    fill: tuple[Use, ...] = ()  # columns to be filled from `data` after the publish
    retire: tuple[Use, ...] = ()  # columns to be cleared, then free
    fresh: tuple[tuple[str, str], ...] = ()  # (object, field) with a storage key never used before
    unslotted: tuple[tuple[str, str], ...] = ()  # (object, field) that found no free column
    left: tuple[Left, ...] = ()  # values that the new version does not read any more


def slot_kind(found: Field, of: ObjectType) -> str | None:
    """The kind of column that makes the field fast, or None where none would.

    Texts get one when they are ordered by or unique. What is computed when it is asked, lists,
    long texts and JSON have none.
    """
    kind = _KINDS.get(found.type)
    if kind is None or (found.derived and not found.stored):
        return None
    if kind == "t" and not found.index and not _unique(found.key, of):
        return None
    return kind


def assign(
    old: Storage | None,
    before: Metadata | None,
    after: Metadata,
    restored: tuple[Storage, Metadata] | None = None,
) -> Assignment:
    """Where the fields of a new version lie.

    A field that stays keeps its key and column. A new, re-added or retyped one, and one that
    becomes computed or ceases to be, gets a key that was never used; its column needs no filling
    unless it is computed, since no record has a value for it. In a rollback, `restored` is the
    older version: its fields get back the keys they had there.
    """
    run = _Run(old or Storage({}), before, restored)
    for of in after.objects.values():
        run.place(of, after.pipeline_of(of.key))
    return run.result()


@dataclass(slots=True)
class _Run:
    """One assignment, as it fills up object by object."""

    old: Storage
    before: Metadata | None
    restored: tuple[Storage, Metadata] | None
    places: dict[str, dict[str, Place]] = field(default_factory=dict)
    bound: dict[str, dict[str, Place]] = field(default_factory=dict)
    used: dict[str, dict[str, int]] = field(default_factory=dict)
    fill: list[Use] = field(default_factory=list)
    fresh: dict[tuple[str, str], None] = field(default_factory=dict)
    unslotted: list[tuple[str, str]] = field(default_factory=list)

    def place(self, of: ObjectType, pipeline: Pipeline | None) -> None:
        counts = dict(self.old.used.get(of.key, {}))
        keys = {key: self._key(of, found, counts) for key, found in of.fields.items()}
        self.used[of.key] = counts
        slots = self._slots(of, keys)
        self.places[of.key] = {key: Place(keys[key], slots.get(key)) for key in of.fields}
        if pipeline is not None:
            self._bind(of, pipeline)
        self._search(of)
        self._mark(of)

    def result(self) -> Assignment:
        for object_key, counts in self.old.used.items():
            self.used.setdefault(object_key, dict(counts))
        retired: dict[str, dict[str, str]] = {}
        retire = tuple(self._retired())
        for use in chain(retire, self._waiting()):
            retired.setdefault(use.object, {})[use.column] = use.key
        storage = sealed(Storage(self.places, bound=self.bound, retired=retired, used=self.used))
        return Assignment(
            storage,
            fill=tuple(self.fill),
            retire=retire,
            fresh=tuple(self.fresh),
            unslotted=tuple(self.unslotted),
            left=tuple(self._left()),
        )

    def _key(self, of: ObjectType, found: Field, counts: dict[str, int]) -> str:
        """The key that the field has already, had in the restored version, or a new one.

        What is computed is the same anywhere, so it stays where it is; the rest goes back.
        """
        known = list(self._known())
        for storage, metadata in reversed(known) if found.derived else known:
            there = metadata.objects.get(of.key)
            same = there.fields.get(found.key) if there else None
            if same is not None and same_values(same, found):
                return storage.place(of.key, found.key).key
        counts[found.key] = number = counts.get(found.key, 0) + 1
        self.fresh[of.key, found.key] = None
        return found.key if number == 1 else f"{found.key}~{number}"

    def _known(self) -> Iterator[tuple[Storage, Metadata]]:
        if self.restored is not None:
            yield self.restored
        if self.before is not None:
            yield self.old, self.before

    def _slots(self, of: ObjectType, keys: Mapping[str, str]) -> dict[str, Slot]:
        """Columns by field: those they have, then free ones, indexed fields first."""
        result: dict[str, Slot] = {}
        held = {
            place.key: place.slot
            for place in self.old.places.get(of.key, {}).values()
            if place.slot is not None
        }
        waiting: list[tuple[Field, str]] = []
        for found in of.fields.values():
            kind = slot_kind(found, of)
            slot = held.get(keys[found.key])
            if kind is not None and slot is not None and slot.column[0] == kind:
                result[found.key] = slot
            elif kind is not None:
                waiting.append((found, kind))
        taken = {slot.column for slot in held.values()} | self.old.retired.get(of.key, {}).keys()
        for found, kind in sorted(waiting, key=lambda one: not _wanted(one[0], of)):
            column = _free(kind, taken)
            if column is None:
                self.unslotted.append((of.key, found.key))
                continue
            taken.add(column)
            result[found.key] = self._new_slot(of, found, column, keys[found.key])
        return result

    def _new_slot(self, of: ObjectType, found: Field, column: str, key: str) -> Slot:
        new = (of.key, found.key) in self.fresh and not found.derived
        if new or of.key not in self.old.used:
            return Slot(column, SlotState.READY)
        self.fill.append(Use(of.key, column, key))
        return Slot(column, SlotState.FILLING)

    def _bind(self, of: ObjectType, pipeline: Pipeline) -> None:
        old = self.old.bound.get(of.key, {})
        bound: dict[str, Place] = {}
        for column, named in zip(BOUND, (pipeline.amount, pipeline.date), strict=True):
            if named is None:
                continue
            key = self.places[of.key][named].key
            if column in old and old[column].key == key:
                bound[column] = old[column]
            else:
                found = of.fields[named]
                bound[column] = Place(key, self._new_slot(of, found, column, key))
        bound[STAGE] = Place("", Slot(STAGE, self._stage_state(of)))
        self.bound[of.key] = bound

    def _stage_state(self, of: ObjectType) -> SlotState:
        """Filling, where records may be there that have no stage yet."""
        old = self.old.bound.get(of.key, {}).get(STAGE)
        if old is not None and old.slot is not None:
            return old.slot.state
        was = self.before.pipeline_of(of.key) if self.before is not None else None
        is_new = of.key not in self.old.used
        return SlotState.READY if is_new or was is not None else SlotState.FILLING

    def _search(self, of: ObjectType) -> None:
        """The tokens go by the keys of the texts and lists that they are of, joined by spaces."""
        places = self.places[of.key]
        searched = [f for f in of.fields.values() if f.search or f.type in LISTS]
        old = self.old.bound.get(of.key, {}).get(TOKENS)
        known = old.key.split() if old else ()
        added = [f.key for f in searched if places[f.key].key not in known]
        key = " ".join(sorted(places[f.key].key for f in searched))
        filled = all((of.key, name) in self.fresh for name in added)
        state = old.slot.state if old and old.slot else SlotState.READY
        if not filled and of.key in self.old.used:
            state = SlotState.FILLING
            self.fill.append(Use(of.key, TOKENS, key))
        self.bound.setdefault(of.key, {})[TOKENS] = Place(key, Slot(TOKENS, state))

    def _mark(self, of: ObjectType) -> None:
        """Fields that records are put in order by, or refer by; later on those with `x-index`.

        Their storage keys are joined by spaces. A field that joins them has records filled, since
        older ones lack its token.
        """
        places = self.places[of.key]
        sortable = {
            places[f.key].key: f.index for f in of.fields.values() if f.rollup is None
            and (slot := places[f.key].slot) is not None and slot.column[0] in _MARKED
        }  # fmt: skip
        is_new = of.key not in self.old.used
        old = self.old.bound.get(of.key, {}).get(NULLS)
        known = old.key.split() if old else ()
        marked = [key for key, index in sortable.items() if is_new or index or key in known]
        state = old.slot.state if old and old.slot else SlotState.READY
        key = " ".join(sorted(marked))
        if not is_new and not set(marked) <= set(known):
            state = SlotState.FILLING
            self.fill.append(Use(of.key, NULLS, key))
        self.bound.setdefault(of.key, {})[NULLS] = Place(key, Slot(NULLS, state))

    def _left(self) -> Iterator[Left]:
        for object_key, places in self.old.places.items():
            read = {place.key for place in self.places.get(object_key, {}).values()}
            for key, place in places.items():
                if place.key not in read:
                    yield Left(object_key, key, place.key)

    def _retired(self) -> Iterator[Use]:
        """Columns of the old version that the new one does not use, or uses for another key."""
        kept = {
            (object_key, place.slot.column, place.key)
            for object_key, places in self.places.items()
            for place in places.values()
            if place.slot is not None
        }
        for object_key, places in self.old.places.items():
            for place in places.values():
                if place.slot and (object_key, place.slot.column, place.key) not in kept:
                    yield Use(object_key, place.slot.column, place.key)
        for object_key, columns in self.old.bound.items():
            for column, place in columns.items():
                if column not in self.bound.get(object_key, {}):
                    yield Use(object_key, column, place.key)

    def _waiting(self) -> Iterator[Use]:
        """Columns that were retired before and are not cleared yet."""
        for object_key, columns in self.old.retired.items():
            for column, key in columns.items():
                if column not in self.bound.get(object_key, {}):
                    yield Use(object_key, column, key)


def same_values(old: Field, new: Field) -> bool:
    """Whether stored values of the one can be read as values of the other."""
    return _held(old) == _held(new)


def _held(field: Field) -> tuple[object, ...]:
    """What a field's values are, and whether the server computes them."""
    return field.type, field.scale, field.reference and field.reference.object, field.derived


def _unique(key: str, of: ObjectType) -> bool:
    return any(key in unique.fields for unique in of.uniques)


def _wanted(found: Field, of: ObjectType) -> bool:
    return found.index or found.reference is not None or _unique(found.key, of)


def _free(kind: str, taken: set[str]) -> str | None:
    names = (f"{kind}{number:02}" for number in range(1, COLUMNS[kind] + 1))
    return next((name for name in names if name not in taken), None)
