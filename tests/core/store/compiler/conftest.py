"""Records that many tests ask about."""

from __future__ import annotations

import pytest

from core.store.database.connections import Database
from tests.core.store.compiler.populations import Population, a_population


@pytest.fixture(scope="session")
async def population(database: Database) -> Population:
    """Records of every type of field, for tests that only read."""
    return await a_population(database)
