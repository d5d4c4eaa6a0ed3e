"""The guide to the API over HTTP says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from schema import errors
from schema.limits import Limits
from schema.serving import GRACE

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "http.md").read_text()


def section(title: str) -> str:
    """The text under a heading."""
    return GUIDE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_lists_every_limit_with_its_default_and_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| (.*) \|$", section("Limits"), re.MULTILINE)
    listed = [(name, int(value.replace(",", "")), says) for name, value, says in rows]
    assert listed == [(it.name, it.value, it.description) for it in Limits().listing()]


def test_lists_every_code_that_the_transport_gives() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", section("Errors"), re.MULTILINE))
    modules = ("bodies", "documents", "errors", "media", "reading", "requests", "transport")
    modules += ("translation/translating",)
    text = "".join((ROOT / "schema" / f"{name}.py").read_text() for name in modules)
    given = set(
        re.findall(r'(?:code=|code: str = |code = |^[A-Z_]+ = )"([A-Z_]+)"', text, re.MULTILINE)
    )
    assert given <= told
    assert set(errors.STATUS) <= told


def test_says_how_long_running_requests_get() -> None:
    assert f"{GRACE} seconds" in section("Logs")
