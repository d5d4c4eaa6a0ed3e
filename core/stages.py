"""How a record goes through the stages of its pipeline: kinds of moves, and the stays between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from core.errors import Problem
from metadata.model import Pipeline, Stage, StageKind


class Move(StrEnum):
    """What brought a record into a stage."""

    CREATE = "create"
    ADVANCE = "advance"
    SKIP = "skip"
    REGRESS = "regress"
    CLOSE_WON = "close_won"
    CLOSE_LOST = "close_lost"
    INVALIDATE = "invalidate"
    REACTIVATE = "reactivate"
    PROCESS_SWITCH = "process_switch"


CLOSING = {
    StageKind.WON: Move.CLOSE_WON,
    StageKind.LOST: Move.CLOSE_LOST,
    StageKind.INVALID: Move.INVALIDATE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """That a record entered a stage at some moment, as an import tells it."""

    stage: str
    entered_at: datetime
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit of a stage. The last one of a record is open: it has no exit yet."""

    move: Move
    from_stage: str | None
    to_stage: str
    skipped: tuple[str, ...]
    entered_at: datetime | None  # None: the moment it is written
    exited_at: datetime | None
    reason: str | None = None
    note: str | None = None

    @property
    def seconds(self) -> int | None:
        """How long it took, once it is over."""
        if self.exited_at is None or self.entered_at is None:
            return None
        return int((self.exited_at - self.entered_at).total_seconds())


def first_stay(stage: str, entered_at: datetime | None = None) -> Stay:
    """The stay that a record's creation opens."""
    return Stay(Move.CREATE, None, stage, (), entered_at, None)


def move_between(pipeline: Pipeline, leaving: Stage | None, entering: Stage) -> Move:
    """What a change of stage is called.

    Into a closed stage it is named by how it closes, out of one it is a reactivation, and between
    open stages it is an advance (by one), a skip (by more) or a regress.
    """
    if leaving is None:
        return Move.CREATE
    if entering.kind in CLOSING:
        return CLOSING[entering.kind]
    if leaving.kind in CLOSING:
        return Move.REACTIVATE
    if _index(pipeline, entering) < _index(pipeline, leaving):
        return Move.REGRESS
    return Move.SKIP if passed_over(pipeline, leaving, entering) else Move.ADVANCE


def passed_over(pipeline: Pipeline, leaving: Stage | None, entering: Stage) -> tuple[str, ...]:
    """Keys of the open stages between the two when going forward; to lost or invalid: none.

    A stage that is retired can't be entered, so nobody passes over it.
    """
    backward_or_out = entering.kind in (StageKind.LOST, StageKind.INVALID)
    if leaving is None or leaving.kind in CLOSING or backward_or_out:
        return ()
    between = pipeline.stages[_index(pipeline, leaving) + 1 : _index(pipeline, entering)]
    open_to_all = (it for it in between if it.kind is StageKind.OPEN and not it.deprecated)
    return tuple(stage.key for stage in open_to_all)


def stays(pipeline: Pipeline, entries: Sequence[Entry]) -> list[Stay]:
    """The visits that a dated history tells of, oldest first; each ends where the next begins.

    The stages must be known: see `problems`.
    """
    found: list[Stay] = []
    leaving: Stage | None = None
    ends = [*(entry.entered_at for entry in entries[1:]), None]
    for entry, end in zip(entries, ends, strict=True):
        entering = pipeline.stage(entry.stage)
        assert entering is not None
        found.append(
            Stay(
                move=move_between(pipeline, leaving, entering),
                from_stage=leaving.key if leaving else None,
                to_stage=entering.key,
                skipped=passed_over(pipeline, leaving, entering),
                entered_at=entry.entered_at,
                exited_at=end,
                reason=entry.reason,
                note=entry.note,
            )
        )
        leaving = entering
    return found


def problems(pipeline: Pipeline, entries: Mapping[int, Entry], now: datetime) -> list[Problem]:
    """What is wrong with a dated history, of which the entries are given by their places.

    Unknown stages and reasons, no order in time, a future, standing still.
    """
    wrong = [] if entries else [Problem((), "EMPTY_HISTORY", "Give at least one stage.")]
    for index, entry in entries.items():
        if pipeline.stage(entry.stage) is None:
            wrong.append(unknown_stage(pipeline, entry.stage, (index, "stage")))
        if entry.entered_at > now:
            wrong.append(in_future(entry.entered_at, (index, "entered_at")))
        if entry.reason is not None:
            wrong += _reason_problems(pipeline, entry, (index, "reason"))
    for (_, earlier), (index, later) in pairwise(entries.items()):
        if later.entered_at < earlier.entered_at:
            text = "Give the stages in the order in which they were entered."
            wrong.append(Problem((index, "entered_at"), "NOT_IN_ORDER", text))
        if later.stage == earlier.stage:
            text = f"The record was in {later.stage!r} already: leave this entry out."
            wrong.append(Problem((index, "stage"), "SAME_STAGE", text))
    return wrong


def in_future(moment: datetime, path: tuple[str | int, ...]) -> Problem:
    """That something is said to have happened already which is to come."""
    text = f"{moment.isoformat()} is in the future: give a moment in the past."
    return Problem(path, "IN_FUTURE", text)


def unknown_stage(pipeline: Pipeline, stage: object, path: tuple[str | int, ...]) -> Problem:
    """That the pipeline has no such stage, and which ones it has."""
    known = ", ".join(stage.key for stage in pipeline.stages)
    text = f"Pipeline {pipeline.key!r} has no stage {stage!r}. Its stages: {known}."
    return Problem(path, "UNKNOWN_STAGE", text)


def _reason_problems(
    pipeline: Pipeline, entry: Entry, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    stage = pipeline.stage(entry.stage)
    kind = stage.kind if stage is not None else None
    fitting = [key for key, kinds in pipeline.reason_kinds.items() if kind is None or kind in kinds]
    if entry.reason in fitting:
        return
    known = ", ".join(fitting)
    mend = f"It takes: {known}" if known else "It takes none: say it in the note"
    if entry.reason not in pipeline.reason_kinds:
        text = f"Pipeline {pipeline.key!r} has no reason {entry.reason!r}. {mend}."
    else:
        text = f"{entry.reason!r} is no reason for the stage {entry.stage!r}. {mend}."
    yield Problem(path, "UNKNOWN_REASON", text)


def _index(pipeline: Pipeline, stage: Stage) -> int:
    return next(i for i, found in enumerate(pipeline.stages) if found.key == stage.key)
