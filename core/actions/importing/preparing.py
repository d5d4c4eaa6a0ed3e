"""Rows become what a record is written from, as far as that can be told without the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.actions.importing import system
from core.actions.importing.cells import (
    BadCell,
    Read,
    Turn,
    of_lists,
    reader,
    spelled,
    turner,
    whole,
)
from core.actions.importing.histories import HistoryReader, history_reader, of_cells
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Flaw, Row, shown
from core.errors import Problem
from metadata.model import LISTS, NUMBERS, Field, FieldType, Metadata, ObjectType

BY_ID = "id"
PART = "\x00"
"""Stands between the texts of a name by several fields; no cell holds it."""


class Named(NamedTuple):
    """A reference, as a file gives it: by which key of which object, and by what text."""

    object: str
    key: str
    text: str  # of several fields with PART between them
    by: tuple[str, ...] = ()  # by which key each field that is a reference is named; "" by its id

    @property
    def told(self) -> str:
        """The text for people."""
        return shown(self.text.replace(PART, " + "))


def folded(name: Named) -> Named:
    """The name without its case, by which some keys go, and without how its parts are named."""
    return name._replace(text=name.text.casefold(), by=())


@dataclass(slots=True)
class Prepared:
    """One row on its way: its values by field key, and what is still only a name."""

    row: Row
    feed: int = 0  # from which it comes
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Named] = field(default_factory=dict)  # by field key
    flaws: list[Flaw] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """How one field is filled."""

    key: str
    source: Source
    read: Read
    turn: Turn
    reference: tuple[str, str] | None  # (object, unique key or "id")
    by: tuple[str, ...]  # as in Named
    clears: bool  # whether a blank cell takes the value away


@dataclass(frozen=True, slots=True)
class Preparer:
    """What a step makes of its rows."""

    step: Step
    object: ObjectType
    targets: tuple[Target, ...]
    history: HistoryReader | None
    filters: tuple[tuple[int, frozenset[str] | None], ...]
    key_fields: tuple[str, ...]

    def label(self, key: str) -> str:
        """What a report calls the source of a field: its column, or the field itself."""
        return _label(self.step.fields.get(key), key)

    def flaw(self, prepared: Prepared, problem: Problem) -> Flaw:
        """What a report says of a problem of the row's record: at its column, with its cell."""
        key, *inside = problem.path[1:] or ("",)
        source = self.step.fields.get(str(key))
        if key == system.STAGE_HISTORY and inside and self.step.entered:
            entry = prepared.values[key][int(inside[0])]
            source = self.step.entered[entry["stage"]]
            if inside[1:] == ["reason"]:
                source = source.reason
        cell = "" if source is None else _cells(source, self.step, prepared.row)
        return Flaw(_label(source, str(key)), problem.code, problem.message, cell)

    @property
    def forgiving(self) -> frozenset[str]:
        """Objects of which a missing record leaves a field blank."""
        return frozenset(
            target.reference[0]
            for target in self.targets
            if target.reference and target.source.blank_if_missing
        )

    @property
    def names_its_own(self) -> bool:
        """Whether rows may name others of the same object."""
        return any(
            target.reference and target.reference[0] == self.object.key for target in self.targets
        )

    def key_of(self, prepared: Prepared) -> tuple[str, ...] | None:
        """What the row finds its record by, as the file tells it; case aside."""
        values, names = prepared.values, prepared.names
        found = [names[key].text if key in names else values.get(key) for key in self.key_fields]
        if all(value is None for value in found):
            return None
        return tuple(str(value).casefold() for value in found)

    def names_of(self, prepared: Prepared) -> Iterator[Named]:
        """What others may name the row's record by."""
        values, names = prepared.values, prepared.names
        if values.get(system.ID) is not None:
            yield Named(self.object.key, BY_ID, str(values[system.ID]))
        for unique in self.object.uniques:
            parts = [names[key].text if key in names else values.get(key) for key in unique.fields]
            if any(part is not None for part in parts):
                text = PART.join("" if part is None else spelled(part) for part in parts)
                yield Named(self.object.key, unique.key, text)

    def joins(self, prepared: Prepared) -> tuple[set[Named], set[Named]]:
        """By which names others know the row's record, and which ones of its kind it names."""
        own, named = self.names_of(prepared), prepared.names.values()
        others = (name for name in named if name.object == self.object.key)
        return set(map(folded, own)), set(map(folded, others))

    def wanted(self, row: Row) -> bool:
        """Whether the step takes the row at all."""
        for place, texts in self.filters:
            cell = row.values[place]
            text = "" if cell is None else spelled(cell).strip()
            if text in self.step.blank if texts is None else text not in texts:
                return False
        return True

    def prepare(self, row: Row, feed: int = 0) -> Prepared:
        """The row's values, and everything that is wrong with its cells."""
        prepared = Prepared(row, feed)
        if row.flaw is not None:
            prepared.flaws.append(row.flaw)
            return prepared
        self._take(prepared, row.values)
        if self.history is not None:
            prepared.flaws += self.history(row, prepared.values)
        if self.key_fields and not prepared.flaws and self.key_of(prepared) is None:
            prepared.flaws.append(self._keyless())
        return prepared

    def _take(self, prepared: Prepared, cells: Sequence[Any]) -> None:
        values, names = prepared.values, prepared.names
        for target in self.targets:
            try:
                cell = target.read(cells)
                if cell is None:
                    if target.clears:
                        values[target.key] = None
                elif target.reference is None:
                    values[target.key] = target.turn(cell)
                else:
                    names[target.key] = Named(*target.reference, str(cell), target.by)
            except BadCell as bad:
                prepared.flaws.append(_flaw(target.source, self.step, prepared.row, bad))

    def _keyless(self) -> Flaw:
        key = self.step.key
        message = f"The row has no {key}, so it could not be found again: fill it in."
        return Flaw(self.label(self.key_fields[0]), "KEY_MISSING", message)


def _label(source: Source | None, key: str) -> str:
    return source.label or key if source is not None else key


def preparer(step: Step, metadata: Metadata, zone: ZoneInfo) -> Preparer:
    """What makes records of a step's rows; the mapping must fit the metadata."""
    declared = metadata.objects[step.object]
    known = dict(declared.fields) | system.fields_of(metadata, declared)
    columns = step.columns
    filters = [(columns.index(name), texts) for name, texts in step.when.items()]
    blanks = [(columns.index(step.unless_blank), None)] if step.unless_blank else []
    return Preparer(
        step=step,
        object=declared,
        targets=tuple(
            _target(key, known, source, step, (metadata, zone))
            for key, source in step.fields.items()
        ),
        history=history_reader(step, metadata.pipeline_of(declared.key), zone),
        filters=(*filters, *blanks),
        key_fields=_key_fields(declared, step.key),
    )


def _key_fields(declared: ObjectType, key: str | None) -> tuple[str, ...]:
    if key == BY_ID:
        return (BY_ID,)
    return next((unique.fields for unique in declared.uniques if unique.key == key), ())


def _target(
    key: str,
    known: Mapping[str, Field],
    source: Source,
    step: Step,
    where: tuple[Metadata, ZoneInfo],
) -> Target:
    of, (metadata, zone) = known[key], where
    reference = None
    read = reader(step, of_lists(step, source) if of.type in LISTS else source)
    if source.round == 0 and of.type not in NUMBERS:
        read = whole(read)
    by: tuple[str, ...] = ()
    if of.type is FieldType.REFERENCE and of.reference is not None:
        named = metadata.objects[of.reference.object]
        reference = named.key, source.reference or BY_ID
        fields = [named.fields[key] for key in _key_fields(named, reference[1]) if key != BY_ID]
        by = tuple(source.parts.get(one.key, "") for one in fields)
        if [one.type for one in fields] not in ([], [FieldType.TEXT]):
            pairs = zip(fields, by, strict=True)
            told = [_told(one, key_of, metadata) for one, key_of in pairs]
            read = _by_parts(told, source, step, zone)
    return Target(
        key=key,
        source=source,
        read=read,
        turn=_turn(of, known.get(system.STAGE), source, step, zone),
        reference=reference,
        by=by if any(by) else (),
        clears=step.clears and of.key not in system.NEVER_CLEARED,
    )


def _turn(of: Field, stage: Field | None, source: Source, step: Step, zone: ZoneInfo) -> Turn:
    if of.key == system.STAGE_HISTORY and stage is not None:
        return of_cells(stage, source, step, zone)
    if of.key == system.CURRENCY:
        return lambda value: str(value).upper()
    return turner(of, source, step, zone)


def _told(part: Field, by: str, metadata: Metadata) -> tuple[Field, bool]:
    """The field whose values stand for a part of a name; whether every record has that part."""
    told = part
    if by not in ("", BY_ID) and part.reference is not None:
        named = metadata.objects[part.reference.object]
        told = named.fields[_key_fields(named, by)[0]]
    return told, part.required


def _by_parts(
    fields: Sequence[tuple[Field, bool]], source: Source, step: Step, zone: ZoneInfo
) -> Read:
    """What takes a name out of a row, from a column for each field where they are several.

    There is none where all are blank, or one that every record has.
    """
    sources = [source]
    if len(fields) > 1:
        sources = [replace(source, columns=(column,), default=None) for column in source.columns]
    parts = [
        (reader(step, part), turner(of, part, step, zone), needed)
        for (of, needed), part in zip(fields, sources, strict=True)
    ]

    def read(values: Sequence[Any]) -> str | None:
        texts = []
        for take, turn, needed in parts:
            cell = take(values)
            if cell is None and needed:
                return None
            texts.append("" if cell is None else spelled(turn(cell)))
        return PART.join(texts) if any(texts) else None

    return read


def _flaw(source: Source, step: Step, row: Row, bad: BadCell) -> Flaw:
    return Flaw(source.label, bad.code, str(bad), _cells(source, step, row))


def _cells(source: Source, step: Step, row: Row) -> str:
    cells = [row.values[step.columns.index(column)] for column in source.columns]
    return "" if not cells else shown(cells[0] if len(cells) == 1 else cells)
