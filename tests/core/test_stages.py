"""Moves are named, stays follow each other, dated histories are checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core import stages
from core.stages import Entry, Move
from metadata.model import Pipeline, Stage, StageKind

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)
PIPELINE = Pipeline(
    key="sales",
    object="opportunity",
    title="Sales",
    stages=(
        Stage("initial", "Initial contact", StageKind.OPEN),
        Stage("qualified", "Need confirmed", StageKind.OPEN),
        Stage("solution", "Solution proof", StageKind.OPEN),
        Stage("won", "Won", StageKind.WON),
        Stage("lost", "Lost", StageKind.LOST),
        Stage("invalid", "Invalid", StageKind.INVALID),
    ),
    reasons=({"key": "price"},),
)


def entry(stage: str, day: int, reason: str | None = None) -> Entry:
    return Entry(stage, START + timedelta(days=day), reason)


def wrong_with(*entries: Entry) -> list[tuple[tuple[str | int, ...], str]]:
    found = stages.problems(PIPELINE, dict(enumerate(entries)), NOW)
    return [(problem.path, problem.code) for problem in found]


@pytest.mark.parametrize(
    ("leaving", "entering", "move", "skipped"),
    [
        (None, "qualified", Move.CREATE, ()),
        ("initial", "qualified", Move.ADVANCE, ()),
        ("initial", "solution", Move.SKIP, ("qualified",)),
        ("solution", "initial", Move.REGRESS, ()),
        ("solution", "qualified", Move.REGRESS, ()),
        ("solution", "won", Move.CLOSE_WON, ()),
        ("initial", "won", Move.CLOSE_WON, ("qualified", "solution")),
        ("initial", "lost", Move.CLOSE_LOST, ()),
        ("solution", "invalid", Move.INVALIDATE, ()),
        ("lost", "qualified", Move.REACTIVATE, ()),
        ("won", "lost", Move.CLOSE_LOST, ()),
    ],
)
def test_names_a_move_by_where_it_leads(
    leaving: str | None, entering: str, move: Move, skipped: tuple[str, ...]
) -> None:
    left = PIPELINE.stage(leaving) if leaving else None
    entered = PIPELINE.stage(entering)
    assert entered is not None

    assert stages.move_between(PIPELINE, left, entered) is move
    assert stages.passed_over(PIPELINE, left, entered) == skipped


def test_nobody_passes_over_a_retired_stage() -> None:
    first, retired, *others = PIPELINE.stages
    pipeline = replace(PIPELINE, stages=(first, replace(retired, deprecated=True), *others))
    solution, won = pipeline.stage("solution"), pipeline.stage("won")
    assert solution is not None
    assert won is not None

    assert stages.move_between(pipeline, first, solution) is Move.ADVANCE
    assert stages.passed_over(pipeline, first, won) == ("solution",)
    assert stages.move_between(pipeline, first, pipeline.stages[1]) is Move.ADVANCE
    assert stages.move_between(pipeline, pipeline.stages[1], solution) is Move.ADVANCE


def test_a_stay_ends_where_the_next_begins_and_the_last_is_open() -> None:
    found = stages.stays(PIPELINE, [entry("initial", 0), entry("solution", 2), entry("won", 5)])

    assert [(stay.move, stay.from_stage, stay.to_stage) for stay in found] == [
        (Move.CREATE, None, "initial"),
        (Move.SKIP, "initial", "solution"),
        (Move.CLOSE_WON, "solution", "won"),
    ]
    assert [stay.seconds for stay in found] == [2 * 86_400, 3 * 86_400, None]


def test_a_record_created_now_has_one_open_stay() -> None:
    stay = stages.first_stay("initial")

    assert (stay.move, stay.entered_at, stay.exited_at, stay.seconds) == (
        Move.CREATE,
        None,
        None,
        None,
    )


def test_a_sound_history_has_no_problem() -> None:
    assert wrong_with(entry("initial", 0), entry("won", 1, "price")) == []


def test_reports_everything_wrong_with_a_history() -> None:
    assert wrong_with(
        entry("initial", 3, "weather"),
        entry("nowhere", 2),
        entry("won", 101),
        entry("won", 102),
    ) == [
        ((0, "reason"), "UNKNOWN_REASON"),
        ((1, "stage"), "UNKNOWN_STAGE"),
        ((2, "entered_at"), "IN_FUTURE"),
        ((3, "entered_at"), "IN_FUTURE"),
        ((1, "entered_at"), "NOT_IN_ORDER"),
        ((3, "stage"), "SAME_STAGE"),
    ]


def test_a_history_without_stages_is_no_history() -> None:
    assert wrong_with() == [((), "EMPTY_HISTORY")]
