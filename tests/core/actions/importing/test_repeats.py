"""Rows of a step that are for the same record."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.actions.importing.feeds import GivenFeed
from core.actions.importing.planning import Job
from core.actions.importing.repeats import MOST, TOLD_EVERY, repeats
from core.actions.importing.rows import Row
from tests.core.actions.importing.a_mapping import a_step, crm

FIELDS = {"name": "name", "external_id": "key"}


def told(keys: list[Any], asked: str, **step: Any) -> bool:
    rows = [{"name": f"{place}", "key": key} for place, key in enumerate(keys)]
    job = Job(a_step(**{"fields": FIELDS, "key": "external_id"} | step), (GivenFeed("rows", rows),))
    return repeats(job, crm(), ZoneInfo("UTC"), lambda *_: None).has(
        Row(1, ["any", asked], None, 0)
    )


def test_a_key_that_comes_again_is_told_however_it_is_written() -> None:
    keys = ["a", "b", "c", "A", "x  y", "Ｘ Y"]
    assert told(keys, "a")
    assert told(keys, "x y")
    assert told(keys, "A")
    assert not told(keys, "b")
    assert not told(keys, "other")


@pytest.mark.parametrize("existing", ["keep", "refuse"])
def test_only_rows_that_update_are_looked_at(existing: str) -> None:
    assert not told(["a", "a"], "a", existing=existing)


def test_rows_that_are_left_out_do_not_count() -> None:
    assert not told(["a", "b", "a"], "a", when={"name": ["0", "1"]})


def test_a_long_look_is_told_as_it_goes_on() -> None:
    rows = [{"name": "", "key": str(place)} for place in range(2 * TOLD_EVERY + 1)]
    job = Job(a_step(fields=FIELDS, key="external_id"), (GivenFeed("rows", rows),))
    shares: list[tuple[str, float]] = []
    repeats(job, crm(), ZoneInfo("UTC"), lambda *told: shares.append(told))
    assert [(name, round(share, 1)) for name, share in shares] == [
        ("rows", 0.0),
        ("rows", 0.5),
        ("rows", 1.0),
    ]


def test_too_many_are_not_joined() -> None:
    assert told(["a"] * (MOST + 1), "a")
    assert not told(["a"] * (MOST + 2), "a")
