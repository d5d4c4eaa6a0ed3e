"""Rows of JSON lines."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from core.actions.importing.json_rows import Keys, start
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Row

STEP = Step("account", {"name": Source(("name",)), "revenue": Source(("revenue",))})


def rows_of(text: str) -> list[Row]:
    return list(start(io.StringIO(text, newline=""), STEP))


def test_numbers_are_exact_and_keys_may_lack() -> None:
    rows = rows_of('{"name": "Acme", "revenue": 12345678901234567.89}\n\n{"name": "Beta"}\n')
    assert [(row.line, row.values) for row in rows] == [
        (1, ["Acme", Decimal("12345678901234567.89")]),
        (3, ["Beta", None]),
    ]


def test_a_column_may_be_a_way_into_objects_and_lists() -> None:
    named = ("owner.email", "tags.1.name", "a.b", "tags.9", "owner.email.x")
    text = (
        '{"owner": {"email": "a@b.c"}, "tags": [{"name": "x"}, {"name": "y"}], "a.b": 1,'
        ' "a": {"b": 2}}\n{"owner": null}\n'
    )
    step = Step("account", {f"f{index}": Source((name,)) for index, name in enumerate(named)})
    rows = list(start(io.StringIO(text, newline=""), step))
    assert [row.values for row in rows] == [["a@b.c", "y", 1, None, None], [None] * 5]


def test_a_way_that_leads_somewhere_is_no_misspelt_key() -> None:
    step = Step("account", {"name": Source(("owner.name",)), "email": Source(("owner.mail",))})
    keys = Keys(step.columns, step.columns)
    for row in start(io.StringIO('{"owner": {"name": "Ann"}}\n{"owner": null}\n'), step):
        keys.look_at(row)
    assert keys.misspelt() == {"No line has the key 'owner.mail'. Did you mean 'owner'?": 2}


def test_white_space_around_a_text_stays() -> None:
    [row] = rows_of('{"name": "  Acme "}\n')
    assert row.values[0] == "  Acme "


@pytest.mark.parametrize("text", ["a\\ud83d", "\\ud83db", "\\\\\\udc00", "\\ud83d\\ud83d\\ude00"])
def test_half_a_character_is_told(text: str) -> None:
    [row] = rows_of(f'{{"name": "{text}"}}\n')
    assert row.flaw is not None
    assert "is half a character" in row.flaw.message
    [row] = rows_of(f'{{"name": "{text}\n'.replace("\\ud", "\\\\ud"))
    assert row.flaw is not None
    assert "half" not in row.flaw.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "BAD_JSON"),
        ("[1]", "BAD_JSON"),
        ('{"name": NaN}', "BAD_JSON"),
        ('{"name": "a"} {"name": "b"}', "BAD_JSON"),
        ('{"name": ' + "[" * 100_000, "BAD_JSON"),
        ('{"name": ' + "9" * 10_000 + "}", "BAD_JSON"),
        ('{"name": "a\\u0000b"}', "BAD_TEXT"),
        ('{"name": "\\ud83d"}', "BAD_JSON"),
    ],
)
def test_a_bad_line_is_told_and_the_next_is_read(line: str, code: str) -> None:
    bad, good = rows_of(line + '\n{"name": "Acme"}\n')
    assert bad.flaw is not None
    assert bad.flaw.code == code
    assert good.values[0] == "Acme"


def test_a_file_may_have_no_rows() -> None:
    assert rows_of("\n\n") == []
