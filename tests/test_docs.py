"""Every command and query in the documentation works, page by page, from an empty folder."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.a_dealgraph import ROOT, a_site
from tests.a_document import Reader, blocks_of

PAGES = ("admin-guide", "api-guide", "import-export", "quick-start")


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says_works(page: str) -> None:
    with a_site() as site, ExitStack() as stack:
        Reader(site, stack).follow(blocks_of(ROOT / "docs" / f"{page}.md"))
