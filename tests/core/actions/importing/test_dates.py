"""Dates and times as files write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from core.actions.importing.dates import day, instant, is_form, reader

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (None, "2026-01-31", date(2026, 1, 31)),
        (None, "2026-01-31T00:00:00", date(2026, 1, 31)),
        (None, "2026-01-31 00:00", date(2026, 1, 31)),
        ("DD.MM.YYYY", "31.01.2026", date(2026, 1, 31)),
        ("M/D/YY", "1/3/26", date(2026, 1, 3)),
        ("M/D/YY", "1/3/69", date(1969, 1, 3)),
        ("YYYY年M月D日", "2026年1月31日", date(2026, 1, 31)),
        ("YYYYMMDD", "20260131", date(2026, 1, 31)),
        ("serial", "46053", date(2026, 1, 31)),
        ("serial", "46053.0", date(2026, 1, 31)),
        ("serial", "61", date(1900, 3, 1)),
        ("DD.MM.YYYY hh:mm", "31.01.2026 00:00", date(2026, 1, 31)),
        ("DD-MMM-YY", "31-JAN-26", date(2026, 1, 31)),
        ("MMM D, YYYY", "September 1, 2026", date(2026, 9, 1)),
        ("D MMMM YYYY", "1 Sept 2026", date(2026, 9, 1)),
    ],
)
def test_a_day_is_read(form: str | None, text: str, expected: date) -> None:
    assert day(reader(() if form is None else (form,))(text)) == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (None, "2026-02-30"),
        (None, "2026-W05-6"),
        (None, "31.01.2026"),
        (None, "2026-01-31 08:30"),
        (None, "2026-01-31T00:00:00Z"),
        (None, "2026-01-31 00:000"),
        ("DD-MMM-YY", "31-Jen-26"),
        ("DD-MMM-YY", "31-Janu-26"),
        ("unix_ms", "1769846400000"),
        (None, "２０２６-01-31"),
        (None, ""),
        ("DD.MM.YYYY", "1.1.2026"),
        ("DD.MM.YYYY", "31.02.2026"),
        ("serial", "46053.5"),
        ("serial", "60"),
        ("serial", "-46053"),
        ("serial", "9999999"),
        ("serial", "2026-01-31"),
    ],
)
def test_what_is_no_day_is_not_guessed(form: str | None, text: str) -> None:
    assert day(reader(() if form is None else (form,))(text)) is None


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (None, "2026-01-31", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        (None, "2026-01-31 08:30", datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
        (None, "2026-01-31T08:30:05.25", datetime(2026, 1, 31, 0, 30, 5, 250_000, tzinfo=UTC)),
        (None, "2026-01-31T08:30:00Z", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        (None, "2026-01-31 08:30:00+01:00", datetime(2026, 1, 31, 7, 30, tzinfo=UTC)),
        (None, "2026-01-31T08:30:00.000+0000", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        (None, "2026-01-31 08:30:00 +0100", datetime(2026, 1, 31, 7, 30, tzinfo=UTC)),
        (None, "2026-01-31 08:30:00 UTC", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        (None, "2026-01-31 08:30:00.0000000", datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
        ("D.M.YYYY hh:mm Z", "31.1.2026 08:30 -0500", datetime(2026, 1, 31, 13, 30, tzinfo=UTC)),
        ("YYYYMMDDThhmmssZ", "20260131T083000Z", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        ("YYYY/M/D AMh:mm", "2026/1/31 下午1:05", datetime(2026, 1, 31, 5, 5, tzinfo=UTC)),
        ("YYYY/M/D AMh:mm", "2026/1/31 上午12:05", datetime(2026, 1, 30, 16, 5, tzinfo=UTC)),
        ("iso", "2026-01-31T08:30:00.25Z", datetime(2026, 1, 31, 8, 30, 0, 250_000, tzinfo=UTC)),
        (
            "D.M.YYYY hh:mm:ss",
            "31.1.2026 08:30:05.25",
            datetime(2026, 1, 31, 0, 30, 5, 250_000, tzinfo=UTC),
        ),
        ("D.M.YYYY hh:mm:ssZ", "31.1.2026 08:30:05Z", datetime(2026, 1, 31, 8, 30, 5, tzinfo=UTC)),
        ("unix", "1769848200", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        ("unix_ms", "1769848200250", datetime(2026, 1, 31, 8, 30, 0, 250_000, tzinfo=UTC)),
        ("unix_ms", "-1000", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("M/D/YYYY h:mm AM", "1/31/2026 12:05 am", datetime(2026, 1, 30, 16, 5, tzinfo=UTC)),
        ("serial", "46053.354166666664", datetime(2026, 1, 31, 0, 30, tzinfo=UTC)),
        ("M/D/YYYY h:mm AM", "1/31/2026 1:05 PM", datetime(2026, 1, 31, 5, 5, tzinfo=UTC)),
        ("M/D/YYYY h:mm A", "1/31/2026 1:05 PM", datetime(2026, 1, 31, 5, 5, tzinfo=UTC)),
        ("M/D/YYYY HH:mm", "1/31/2026 13:05", datetime(2026, 1, 31, 5, 5, tzinfo=UTC)),
        ("M/D/YYYY H:mm", "1/31/2026 8:05", datetime(2026, 1, 31, 0, 5, tzinfo=UTC)),
    ],
)
def test_an_instant_without_an_offset_is_in_the_zone(
    form: str | None, text: str, expected: datetime
) -> None:
    assert instant(reader(() if form is None else (form,))(text), SHANGHAI) == expected


@pytest.mark.parametrize("text", ["1/31/2026 13:05 PM", "1/31/2026 0:05 AM", "1/31/2026 1:05"])
def test_a_clock_of_two_halves_goes_to_twelve(text: str) -> None:
    assert reader(("M/D/YYYY h:mm AM",))(text) is None


def test_the_ends_of_time_are_no_fault() -> None:
    assert instant(date(1, 1, 1), SHANGHAI) is None
    assert reader(("unix",))("999999999999999") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31 18:30", date(2026, 1, 31)),
        ("2026-01-31T18:30:00Z", date(2026, 2, 1)),
        ("2026-01-31", date(2026, 1, 31)),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_time_may_be_cut_off(text: str, expected: date | None) -> None:
    assert day(reader(())(text), SHANGHAI) == expected


@pytest.mark.parametrize(
    ("form", "sound"),
    [
        ("DD.MM.YYYY", True),
        ("hh:mm", False),
        ("MM-YYYY", False),
        ("DD.MM.YYYY YY", False),
        ("DD.MM.YYYY DD", False),
        ("DD MMM MM YYYY", False),
        ("MMM D, YYYY", True),
        ("unix_ms", True),
        ("YYYY-MM-DDTHH:mm:ssZ", True),
        ("DD.MM.YYYY um H:mm", True),
        ("yyyy-MM-dd", False),
        ("YYYY-MM-DD hh:mm:ss.SSS", False),
        ("M/D/YYYY h:mm tt", False),
        ("M/D/YYYY h:mm a", False),
    ],
)
def test_a_form_names_a_day_once(form: str, sound: bool) -> None:
    assert is_form(form) is sound
