"""What is searched for arrives in the table as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.store.database.connections import Database
from core.store.plans.columns import search_tokens

TRICKY = ['a"b', "c\\d", "{x}", "e,f", "NULL", "", " g ", "华为", "'"]


async def test_members_of_lists_keep_every_character(database: Database) -> None:
    text = search_tokens({"tags": TRICKY}, [], {"tags": "k"})

    async with database.unscoped() as connection:
        found = await connection.fetchval("select $1::text::text[]", text)
    assert sorted(found) == sorted(f"k={member}" for member in TRICKY)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_text_of_white_space_alone_has_no_tokens(text: str) -> None:
    found = search_tokens({"name": text}, ["name"], {})

    assert (found == "{}") == (not text.strip())


def test_nothing_to_search_is_null() -> None:
    assert search_tokens({}, ["name"], {"tags": "k"}) is None
