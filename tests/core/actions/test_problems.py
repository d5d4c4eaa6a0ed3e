"""The page of problems names every code that a write can answer with."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "problems.md"
ROOMS = ("computed", "plans", "records", "trees", "writing")
SOURCES = (
    *(path for room in ROOMS for path in (ROOT / "core" / "store" / room).glob("*.py")),
    *(ROOT / "core" / "actions" / f"{name}.py" for name in ("batches", "reparenting", "upserting")),
    ROOT / "core" / "stages.py",
)
RAISED = re.compile(r'(?:wrong\(|Wrong\(|Problem\()[^"]*?"([A-Z][A-Z_]+)"')


def test_every_code_of_a_write_is_on_the_page() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE.read_text()))
    raised = {code for path in SOURCES for code in RAISED.findall(path.read_text())}

    assert raised
    assert raised <= named
