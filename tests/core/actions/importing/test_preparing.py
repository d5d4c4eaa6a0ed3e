"""Rows become values and names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.actions.importing.mapping import Step
from core.actions.importing.preparing import Named, Prepared, Preparer, preparer
from core.actions.importing.rows import Flaw, Row
from tests.core.actions.importing.a_mapping import a_step, crm

ZONE = ZoneInfo("Asia/Shanghai")


def a_preparer(step: Step) -> Preparer:
    return preparer(step, crm(), ZONE)


def prepared(step: Step, **cells: Any) -> Prepared:
    row = Row(7, [cells.get(column.replace(" ", "_"), "") for column in step.columns], [], 0)
    return a_preparer(step).prepare(row)


def test_references_stay_names_until_the_database_is_asked() -> None:
    step = a_step(
        "opportunity",
        fields={
            "name": "name",
            "account": {"column": "account", "reference": "external_id"},
            "lead": "lead",
            "owner": {"column": "agent", "reference": "email"},
        },
    )
    found = prepared(step, name="Deal", account="Acme", lead="", agent="a@b.co")
    assert found.values == {"name": "Deal"}
    assert found.names == {
        "account": Named("account", "external_id", "Acme"),
        "owner": Named("user", "email", "a@b.co"),
    }


def test_zeros_behind_the_point_of_a_name_are_taken_off_where_the_mapping_says_so() -> None:
    by = {"column": "account", "reference": "external_id", "round": 0}
    step = a_step("opportunity", fields={"name": {"column": "name", "round": 0}, "account": by})
    found = prepared(step, name="7.0", account="1001.0")
    assert found.values == {"name": "7"}
    assert found.names["account"].text == "1001"
    assert prepared(step, name="1.5", account="v1.0").values == {"name": "1.5"}
    assert prepared(step, name="1.5", account="v1.0").names["account"].text == "v1.0"


def test_blank_cells_leave_or_clear() -> None:
    fields = {"name": "name", "city": "city"}
    assert prepared(a_step(fields=fields), name="Acme").values == {"name": "Acme"}
    cleared = prepared(a_step(fields=fields, blanks="clear"), name="Acme")
    assert cleared.values == {"name": "Acme", "city": None}


def test_every_flaw_of_a_row_is_told_with_its_column_and_value() -> None:
    step = a_step(
        "activity",
        fields={"subject": "what", "done": "is done", "occurred_at": "at", "assist": "helped"},
    )
    found = prepared(step, what="Call", is_done="perhaps", at="soon", helped="yes")
    assert found.values == {"subject": "Call", "assist": True}
    assert [(flaw.column, flaw.code, flaw.value) for flaw in found.flaws] == [
        ("is done", "BAD_BOOLEAN", "perhaps"),
        ("at", "BAD_DATE_TIME", "soon"),
    ]


def test_a_row_that_could_not_be_read_keeps_its_flaw() -> None:
    flaw = Flaw("", "BAD_CSV", "The row can't be split.")
    found = a_preparer(a_step()).prepare(Row(7, (), ["x"], 1, flaw))
    assert found.flaws == [flaw]


def test_rows_that_the_step_does_not_want_are_left_out() -> None:
    step = a_step(when={"kind": ["A", "B"]}, unless_blank="manager")
    chooser = a_preparer(step)
    rows = [["Acme", "A", "Ann"], ["Acme", " C", "Ann"], ["Acme", "B", " "]]
    assert step.columns == ("name", "kind", "manager")
    assert [chooser.wanted(Row(2, row, row, 9)) for row in rows] == [True, False, False]


def test_rows_are_chosen_by_yes_and_no_as_json_lines_write_them() -> None:
    chooser = a_preparer(a_step(when={"gone": ["false"]}))
    rows = [["Acme", False], ["Beta", True], ["Gamma", None]]
    assert [chooser.wanted(Row(2, row, row, 9)) for row in rows] == [True, False, False]


class TestHistories:
    """Stages with a date each."""

    STEP = a_step(
        "opportunity",
        fields={"name": "name", "stage": "stage"},
        entered={
            "lost": "closed",
            "won": "closed",
            "qualified": "engaged",
            "initial": "created",
        },
    )

    def test_dates_make_a_history_that_ends_in_the_stage_of_the_record(self) -> None:
        found = prepared(
            self.STEP, name="Deal", stage="Won", engaged="2026-02-01", closed="2026-03-01"
        )
        assert found.flaws == []
        assert found.values["stage"] == "won"
        assert found.values["stage_history"] == [
            {"stage": "qualified", "entered_at": datetime(2026, 1, 31, 16, tzinfo=UTC)},
            {"stage": "won", "entered_at": datetime(2026, 2, 28, 16, tzinfo=UTC)},
        ]

    def test_stages_of_one_day_stand_in_the_order_of_the_pipeline(self) -> None:
        found = prepared(self.STEP, stage="qualified", engaged="2026-02-01", created="2026-02-01")
        stages = [entry["stage"] for entry in found.values["stage_history"]]
        assert stages == ["initial", "qualified"]

    def test_without_dates_there_is_no_history(self) -> None:
        found = prepared(self.STEP, name="Deal", stage="initial")
        assert found.values == {"name": "Deal", "stage": "initial"}

    def test_without_a_stage_the_last_date_tells_it(self) -> None:
        found = prepared(self.STEP, name="Deal", engaged="2026-02-01")
        assert found.values["stage"] == "qualified"

    def test_dates_that_end_elsewhere_are_told(self) -> None:
        found = prepared(self.STEP, stage="negotiation", engaged="2026-02-01")
        assert [flaw.code for flaw in found.flaws] == ["BAD_HISTORY"]
        assert "dates end in 'qualified'" in found.flaws[0].message

    def test_a_bad_date_is_told_with_its_column(self) -> None:
        found = prepared(self.STEP, stage="qualified", engaged="once")
        assert [(flaw.column, flaw.code) for flaw in found.flaws] == [("engaged", "BAD_DATE_TIME")]
