"""When a record entered its stages: by a column for each stage, or all of it in one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from core.actions.importing import system
from core.actions.importing.cells import BadCell, Read, Turn, choices, reader, turner
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Flaw, Row, shown
from metadata.fields import labels
from metadata.model import Field, FieldType, Option, Pipeline

HistoryReader = Callable[[Row, dict[str, Any]], list[Flaw]]
"""Adds the stage history to a row's values, and tells what is wrong with it."""

_Entered = tuple[datetime, int, str, str | None]  # moment, place in the pipeline, stage, reason
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
    closed = pipeline.closed_keys
    columns = [
        (key, source, reader(step, source), turner(_MOMENT, source, step, zone))
        for key, source in step.entered.items()
    ]
    reasons = {
        key: _reasons(step, source.reason, pipeline)
        for key, source in step.entered.items()
        if source.reason is not None
    }

    def read(row: Row, values: dict[str, Any]) -> list[Flaw]:
        current = values.get(system.STAGE)
        entries: list[_Entered] = []
        flaws: list[Flaw] = []
        for key, source, take, turn in columns:
            if key in closed and current is not None and key != current:
                continue
            try:
                cell = take(row.values)
                if cell is not None:
                    reason = reasons[key](row.values) if key in reasons else None
                    entries.append((turn(cell), places[key], key, reason))
            except BadCell as bad:
                flaws.append(Flaw(source.label, bad.code, str(bad)))
        return flaws or _told(sorted(entries), values, _stage_column(step))

    return read


def _reasons(step: Step, source: Source, pipeline: Pipeline) -> Read:
    """What takes the key of a reason out of a row."""
    take = reader(step, source)
    told = [(str(one["key"]), str(one["title"]), labels(one, "title")) for one in pipeline.reasons]
    chosen = choices([Option(*one) for one in told])

    def read(values: Sequence[Any]) -> Any:
        cell = take(values)
        return None if cell is None else chosen(cell)

    return read


def of_cells(stage: Field, source: Source, step: Step, zone: ZoneInfo) -> Turn:
    """What reads a whole history: its stages and moments are written as others of the step."""
    plain = replace(source, columns=("",))
    stage_of, moment_of = turner(stage, plain, step, zone), turner(_MOMENT, plain, step, zone)
    take, whole = (
        reader(replace(step, fields={"": plain}), plain),
        turner(_WHOLE, plain, step, zone),
    )
    places = {option.key: place for place, option in enumerate(stage.options)}

    def turn(value: Any) -> Any:
        entries = whole(value)
        return (
            _in_order(list(map(entry, entries)), places) if isinstance(entries, list) else entries
        )

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


def _in_order(entries: list[Any], places: Mapping[str, int]) -> list[Any]:
    """The oldest first, and one for each stay: other systems tell the newest first, write a row
    also where something else than the stage changed, and have stages that are one stage here.

    Of entries for one stay the first counts, with the reason and note of those that have one.
    """
    if not all(map(_legible, entries)):
        return entries  # the write path tells what is wrong
    stays: list[Any] = []
    for entry in _oldest_first(entries, places):
        if stays and stays[-1].get("stage") == entry.get("stage"):
            told = {key: value for key, value in stays[-1].items() if value is not None}
            stays[-1] = entry | told
        else:
            stays.append(entry)
    return stays


def _oldest_first(entries: list[Any], places: Mapping[str, int]) -> list[Any]:
    """Those of one moment stay as they are told; by the pipeline where that tells nothing."""
    for told in (entries, entries[::-1]):
        if all(one["entered_at"] <= other["entered_at"] for one, other in pairwise(told)):
            return told
    return sorted(
        entries, key=lambda entry: (entry["entered_at"], places.get(str(entry.get("stage")), 0))
    )


def _legible(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("entered_at"), datetime)


def _stage_column(step: Step) -> str:
    source = step.fields.get(system.STAGE)
    return "" if source is None else source.label


def _told(entries: list[_Entered], values: dict[str, Any], column: str) -> list[Flaw]:
    """Put the history among the values, where it ends in the stage that the record is in."""
    if not entries:
        return []
    current, (_, _, last, _) = values.get(system.STAGE), entries[-1]
    if current is not None and current != last:
        message = f"The record is in stage '{current}', but its dates end in '{last}':"
        message += " put right the stage, or the dates."
        return [Flaw(column, "BAD_HISTORY", message, shown(current))]
    values[system.STAGE] = last
    values[system.STAGE_HISTORY] = [
        {"stage": stage, "entered_at": moment} | ({} if reason is None else {"reason": reason})
        for moment, _, stage, reason in entries
    ]
    return []
