"""Every command and query in the documentation works, page by page, from an empty folder."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

import pytest

from core.store.embedded.server import Embedded
from metadata.changes import Effect, Impact
from schema.limits import SETTABLE, Limits
from server import Settings
from tests.a_dealgraph import ROOT, a_site
from tests.a_document import MADE, Block, Reader, blocks_of

DOCS = ROOT / "docs"
PAGES = ("admin-guide", "api-guide", "import-export", "quick-start")
READ = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
SERVING = """
dealgraph tenant create acme --pack crm
export DEALGRAPH_TOKEN=$(dealgraph token create --tenant acme --role admin)
dealgraph serve
"""
ROW = re.compile(r"^\| `DEALGRAPH_(\w+)` \| `?([^`|]*?)`? \| (.+) \|$", re.MULTILINE)
EFFECT = re.compile(r"^\| (`.+`) \| .+? \| (.*)\|$", re.MULTILINE)
NAME = re.compile(r"`(\w+)`")
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)")


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says_works(page: str, made: Path) -> None:
    with a_site(None if page == "quick-start" else made) as site, ExitStack() as stack:
        Reader(site, stack).follow(blocks_of(DOCS / f"{page}.md"))


def test_what_it_says_of_operations_works(directory: Path, made: Path) -> None:
    with Embedded(directory, durable=False) as cluster, a_site(made) as site, ExitStack() as stack:
        Reader(site, stack, cluster).follow(blocks_of(DOCS / "operations.md"))


def test_what_it_says_of_http_works(made: Path) -> None:
    with a_site(made) as site, ExitStack() as stack:
        running = Block("sh", "", SERVING, "what the page takes for granted")
        Reader(site, stack).follow([running, *blocks_of(DOCS / "http.md")])


def test_make_demo_is_the_command_that_the_quick_start_is_tested_with() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert f"demo: $(STAMP)\n\t@$(BIN)/{MADE['demo']}\n" in makefile


def test_every_setting_is_listed_with_its_default() -> None:
    listed = [(name, default) for name, default, _ in rows() if not name.startswith("LIMIT_")]
    settings = [field for field in fields(Settings) if field.name != "limits"]
    defaults = [(field.name.upper(), str(field.default or "")) for field in settings]
    assert listed == defaults


def test_every_limit_is_listed_with_its_default_and_meaning() -> None:
    listed = [row for row in rows() if row[0].startswith("LIMIT_")]
    limits = [limit for limit in Limits().listing() if limit.name in SETTABLE]
    assert listed == [
        (f"LIMIT_{limit.name.upper()}", f"{limit.value:,}", limit.description) for limit in limits
    ]


@pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    for place, section in LINK.findall(text):
        target = page.parent / place if place else page
        assert target.exists(), f"{page.name} leads to {place}"
        if section:
            assert section in anchors(target), f"{page.name} leads to {place}#{section}"


def test_every_effect_of_a_publish_is_told_with_what_lets_it_go_on() -> None:
    text = (DOCS / "problems.md").read_text().rpartition("| Effect |")[2]
    told = {name: end for names, end in EFFECT.findall(text) for name in NAME.findall(names)}
    assert told == {effect.name: _goes_on(Impact(effect, "account")) for effect in Effect}


def _goes_on(impact: Impact) -> str:
    """The last cell of an effect's row."""
    if impact.consent is not None:
        return f"`allow: [{impact.consent.upper()}]` lets it go on "
    return "only told " if impact.harmless else ""


def rows() -> list[tuple[str, str, str]]:
    """The rows of the tables of settings: name, default, meaning."""
    return ROW.findall((DOCS / "operations.md").read_text())


def anchors(page: Path) -> set[str]:
    """What a link can lead to on a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
