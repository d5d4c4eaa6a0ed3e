"""When a record entered its stages: by a column for each stage, or all of it in one cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.actions.importing import system
from core.actions.importing.cells import BadCell, Turn, reader, turner
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Flaw, Row, shown
from metadata.model import Field, FieldType, Pipeline, StageKind

HistoryReader = Callable[[Row, dict[str, Any]], list[Flaw]]
"""Adds the stage history to a row's values, and tells what is wrong with it."""

_MOMENT = Field("entered_at", FieldType.DATETIME, "Entered at", {})
_WHOLE = Field(system.STAGE_HISTORY, FieldType.JSON, "Stage history", {})


def history_reader(step: Step, pipeline: Pipeline | None, zone: ZoneInfo) -> HistoryReader | None:
    """What reads the dates of a row's stages; None where the step has none.

    Open stages stand in the order of their dates, by the pipeline where these are equal. A closed
    stage counts only if the record is in it, so that one column may date won and lost alike.
    """
    if not step.entered or pipeline is None:
        return None
    places = {stage.key: index for index, stage in enumerate(pipeline.stages)}
    closed = {stage.key for stage in pipeline.stages if stage.kind is not StageKind.OPEN}
    columns = [
        (key, source, reader(step, source), turner(_MOMENT, source, step, zone))
        for key, source in step.entered.items()
    ]

    def read(row: Row, values: dict[str, Any]) -> list[Flaw]:
        current = values.get(system.STAGE)
        entries: list[tuple[datetime, int, str]] = []
        flaws: list[Flaw] = []
        for key, source, take, turn in columns:
            if key in closed and current is not None and key != current:
                continue
            try:
                cell = take(row.values)
                if cell is not None:
                    entries.append((turn(cell), places[key], key))
            except BadCell as bad:
                flaws.append(Flaw(source.label, bad.code, str(bad)))
        return flaws or _told(sorted(entries), values)

    return read


def of_cells(stage: Field, source: Source, step: Step, zone: ZoneInfo) -> Turn:
    """What reads a whole history: its stages and moments are written as others of the step."""
    plain = replace(source, columns=("",))
    stage_of, moment_of = turner(stage, plain, step, zone), turner(_MOMENT, plain, step, zone)
    take, whole = (
        reader(replace(step, fields={"": plain}), plain),
        turner(_WHOLE, plain, step, zone),
    )

    def turn(value: Any) -> Any:
        entries = whole(value)
        return list(map(entry, entries)) if isinstance(entries, list) else entries

    def entry(told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        changed = dict(told)
        if isinstance(told.get("stage"), str):
            changed["stage"] = stage_of(take([told["stage"]]))
        if isinstance(told.get("entered_at"), str | int):
            changed["entered_at"] = moment_of(told["entered_at"])
        return changed

    return turn


def _told(entries: list[tuple[datetime, int, str]], values: dict[str, Any]) -> list[Flaw]:
    """Put the history among the values, where it ends in the stage that the record is in."""
    if not entries:
        return []
    current, (_, _, last) = values.get(system.STAGE), entries[-1]
    if current is not None and current != last:
        message = f"The record is in stage '{current}', but its dates end in '{last}'."
        return [Flaw("", "BAD_HISTORY", message, shown(current))]
    values[system.STAGE] = last
    values[system.STAGE_HISTORY] = [
        {"stage": stage, "entered_at": moment} for moment, _, stage in entries
    ]
    return []
