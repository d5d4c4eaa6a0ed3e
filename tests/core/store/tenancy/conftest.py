"""What the tests share that look at a whole database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.store.database.connections import Database
from tests.conftest import Urls


@pytest.fixture
async def alone(fresh_urls: Urls) -> AsyncIterator[Database]:
    """A database that nobody else's records and changes are in."""
    database = await Database.open(fresh_urls.app)
    yield database
    await database.close()
