"""Rows become what a record is written from, as far as that can be told without the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from core.actions.importing import system
from core.actions.importing.cells import BadCell, Read, Turn, reader, turner
from core.actions.importing.histories import HistoryReader, history_reader
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Flaw, Row, shown
from metadata.model import Field, FieldType, Metadata, ObjectType

BY_ID = "id"


@dataclass(frozen=True, slots=True)
class Named:
    """A reference, as a file gives it: by which key of which object, and by what text."""

    object: str
    key: str
    text: str


@dataclass(slots=True)
class Prepared:
    """One row on its way: its values by field key, and what is still only a name."""

    row: Row
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


@dataclass(frozen=True, slots=True)
class Preparer:
    """What a step makes of its rows."""

    step: Step
    object: ObjectType
    targets: tuple[Target, ...]
    history: HistoryReader | None
    filters: tuple[tuple[int, frozenset[str] | None], ...]

    def label(self, key: str) -> str:
        """What a report calls the source of a field: its column, or the field itself."""
        source = self.step.fields.get(key)
        return source.label or key if source is not None else key

    def cell(self, row: Row, key: str) -> str:
        """What stands in the source of a field, as a report shows it."""
        source = self.step.fields.get(key)
        return "" if source is None else _cells(source, self.step, row)

    def wanted(self, row: Row) -> bool:
        """Whether the step takes the row at all."""
        for place, texts in self.filters:
            cell = row.values[place]
            text = cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)
            if text in self.step.blank if texts is None else text not in texts:
                return False
        return True

    def prepare(self, row: Row) -> Prepared:
        """The row's values, and everything that is wrong with its cells."""
        prepared = Prepared(row)
        if row.flaw is not None:
            prepared.flaws.append(row.flaw)
            return prepared
        for target in self.targets:
            try:
                self._fill(target, prepared)
            except BadCell as bad:
                prepared.flaws.append(_flaw(target.source, self.step, row, bad))
        if self.history is not None:
            prepared.flaws += self.history(row, prepared.values)
        return prepared

    def _fill(self, target: Target, prepared: Prepared) -> None:
        cell = target.read(prepared.row.values)
        if cell is None:
            if self.step.clears and target.key not in system.NEVER_CLEARED:
                prepared.values[target.key] = None
        elif target.reference is None:
            prepared.values[target.key] = target.turn(cell)
        else:
            prepared.names[target.key] = Named(*target.reference, str(cell))


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
            _target(known[key], source, step, zone) for key, source in step.fields.items()
        ),
        history=history_reader(step, metadata.pipeline_of(declared.key), zone),
        filters=(*filters, *blanks),
    )


def _target(of: Field, source: Source, step: Step, zone: ZoneInfo) -> Target:
    reference = None
    if of.type is FieldType.REFERENCE and of.reference is not None:
        reference = of.reference.object, source.reference or BY_ID
    return Target(of.key, source, reader(step, source), turner(of, source, step, zone), reference)


def _flaw(source: Source, step: Step, row: Row, bad: BadCell) -> Flaw:
    return Flaw(source.label, bad.code, str(bad), _cells(source, step, row))


def _cells(source: Source, step: Step, row: Row) -> str:
    cells = [row.values[step.columns.index(column)] for column in source.columns]
    return "" if not cells else shown(cells[0] if len(cells) == 1 else cells)
