"""Rows of CSV files."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.actions.importing.csv_rows import DELIMITERS, start
from core.actions.importing.files import Unreadable
from core.actions.importing.mapping import Source, Step
from core.actions.importing.rows import Row
from metadata.bounds import MOST_LONGTEXT_LENGTH


def a_step(*columns: str, delimiter: str | None = None, trims: bool = True) -> Step:
    fields = {f"field{index}": Source((column,)) for index, column in enumerate(columns)}
    return Step("account", fields, delimiter=delimiter, trims=trims)


def rows_of(text: str, *columns: str) -> list[Row]:
    return list(start(io.StringIO(text, newline=""), a_step(*columns))[1])


def values_of(text: str, *columns: str) -> list[tuple[int, list[str]]]:
    rows = rows_of(text, *columns)
    assert not any(row.flaw for row in rows)
    return [(row.line, list(row.values)) for row in rows]


def test_only_the_columns_of_the_step_are_taken_in_its_order() -> None:
    text = "name,city,sector\r\nAcme,Bonn,tech\r\n"
    assert values_of(text, "sector", "name") == [(2, ["tech", "Acme"])]


def test_white_space_around_a_cell_does_not_count_unless_the_step_says_so() -> None:
    text = 'name,city\n  Acme ,"Bonn \n"\n'
    assert values_of(text, "name", "city") == [(2, ["Acme", "Bonn"])]
    [kept] = start(io.StringIO(text, newline=""), a_step("name", "city", trims=False))[1]
    assert kept.values == ["  Acme ", "Bonn \n"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(delimiter: str) -> None:
    text = f'name{delimiter}"sector; or, so|"\nAcme{delimiter}tech\n'
    assert values_of(text, "name") == [(2, ["Acme"])]


def test_a_spreadsheets_first_line_tells_the_delimiter() -> None:
    assert values_of("sep=^\nname^city\nAcme^Bonn\n", "city") == [(3, ["Bonn"])]


def test_quoted_cells_keep_their_line_ends_and_rows_their_lines() -> None:
    text = 'name,note\nAcme,"one\ntwo ""quoted"""\n\nBeta,"x"\n'
    assert values_of(text, "name", "note") == [
        (2, ["Acme", 'one\ntwo "quoted"']),
        (5, ["Beta", "x"]),
    ]


def test_a_quote_that_is_not_closed_costs_one_line() -> None:
    text = 'name,city\nAcme,"Bonn\nBeta,Kiel\nGamma,Ulm\n'
    bad, *rest = rows_of(text, "name", "city")
    assert (bad.line, bad.flaw and bad.flaw.code) == (2, "BAD_CSV")
    assert bad.whole == ['Acme,"Bonn']
    assert [(row.line, row.values) for row in rest] == [
        (3, ["Beta", "Kiel"]),
        (4, ["Gamma", "Ulm"]),
    ]


def test_a_cell_that_is_too_long_is_not_told_as_a_quote_alone() -> None:
    bad, good = rows_of("name\n" + "x" * (MOST_LONGTEXT_LENGTH + 1) + "\nBeta\n", "name")
    assert bad.flaw is not None
    assert bad.flaw.message.startswith("A cell has more than 1,000,000 characters")
    assert good.values == ["Beta"]


def test_text_behind_a_quote_is_told() -> None:
    bad, good = rows_of('name\n"Ac"me\nBeta\n', "name")
    assert bad.flaw is not None
    assert bad.flaw.code == "BAD_CSV"
    assert good.values == ["Beta"]


def test_a_row_of_another_width_is_told_with_both() -> None:
    short, long, good = rows_of("name,city\nAcme\nBeta,Kiel,x\nGamma,Ulm,,\n", "name")
    assert short.flaw is not None
    assert short.flaw.message == "The row has 1 cells, the header has 2."
    assert long.flaw is not None
    assert long.flaw.code == "WRONG_WIDTH"
    assert good.flaw is None


def test_columns_without_a_name_at_the_end_may_be_missing() -> None:
    wide = "name,city" + "," * 16_000
    for text in (f"{wide}\nAcme,Bonn\nBeta,Kiel,x\n", "name,city,\nAcme,Bonn\nBeta,Kiel,\n"):
        assert values_of(text, "name", "city") == [(2, ["Acme", "Bonn"]), (3, ["Beta", "Kiel"])]
    [bad] = rows_of("name,city,,\nAcme\n", "name")
    assert bad.flaw is not None
    assert bad.flaw.message == "The row has 1 cells, the header has 2."


def test_the_header_of_files_that_were_put_together_is_no_row() -> None:
    text = '\ufeffname,"city "\nAcme,Bonn\n\ufeffname,city\nBeta,Kiel\n'
    assert values_of(text, "name", "city") == [(2, ["Acme", "Bonn"]), (4, ["Beta", "Kiel"])]
    assert values_of("name\nname\n", "name") == [(2, ["name"])]


def test_a_quote_may_come_after_a_space_unless_the_step_keeps_that() -> None:
    assert values_of('name, city\n"Acme", "Bonn, Kiel"\n', "city") == [(2, ["Bonn, Kiel"])]
    [kept] = start(io.StringIO('name,city\nAcme, "Bonn"\n'), a_step("city", trims=False))[1]
    assert kept.values == [' "Bonn"']


def test_a_backslash_before_a_quote_is_told_and_read_where_the_step_says_so() -> None:
    text = 'name,city\n"The \\"Acme\\" \\\\",\\N\n\\N,"Ulm\\N"\n'
    bad, *_ = rows_of(text, "name")
    assert bad.flaw is not None
    assert '"escape": "\\\\"' in bad.flaw.message
    head, rows = start(io.StringIO(text), replace(a_step("name", "city"), escape="\\"))
    assert head.escape == "\\"
    assert [row.values for row in rows] == [['The "Acme" \\', "\\N"], ["\\N", "UlmN"]]


def test_blank_rows_are_no_rows() -> None:
    assert values_of("\n\nname,city\n\n , \n,,,\n,\nAcme,\n", "name") == [(8, ["Acme"])]


@pytest.mark.parametrize("name", ["Name, full", "Revenue\nk", 'So-called ""name""'])
def test_a_header_in_quotes_is_found_below_a_title_too(name: str) -> None:
    asked = name.replace('""', '"').replace("\n", " ")
    text = f'Sales report 2024,,\n\nNo,"{name}",City\n1,abc,Bonn\n'
    (row,) = rows_of(text, "No", asked)
    assert row.values == ["1", "abc"]


@pytest.mark.parametrize(
    "above", ["Customers, as of today\n\n", "客户清单;;\n\n2026;;\n", 'sep=;\n"Made by\nAnn"\n']
)
def test_a_title_above_the_header_is_passed_over(above: str) -> None:
    text = f"{above}name;city;sector\nAcme;Bonn;tech\nname;Ulm;sector\n"
    line = above.count("\n") + 2
    assert values_of(text, "sector", "name") == [
        (line, ["tech", "Acme"]),
        (line + 1, ["sector", "name"]),
    ]


def test_one_column_alone_does_not_show_that_a_line_is_the_header() -> None:
    with pytest.raises(Unreadable, match="no column 'name'"):
        rows_of("Name,city\nname,Bonn\n", "name")


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "EMPTY_FILE", "empty"),
        ("\n \n", "EMPTY_FILE", "empty"),
        ("name,Sector\nx,y\n", "MISSING_COLUMN", "no column 'sector'. Did you mean 'Sector'?"),
        ("a,b\nx,y\n", "MISSING_COLUMN", "column 'sector' or 'name'. There are 'a' and 'b'."),
        ("name,sector,sector\n", "DUPLICATE_COLUMN", "several columns 'sector'"),
        (",".join(f"c{number}" for number in range(50_000)), "TOO_MANY_COLUMNS", "50,000 columns"),
        ('"name,sector\nAcme,tech\n', "BAD_HEADER", "no header"),
    ],
)
def test_a_file_without_a_fit_header_is_refused(text: str, code: str, told: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rows_of(text, "sector", "name")
    assert caught.value.code == code
    assert told in str(caught.value)


@pytest.mark.parametrize("written", ["Amount\u00a0(€)", '"Amount\n(€)"', "Amount  (€)"])
def test_spaces_within_the_name_of_a_column_may_be_of_any_kind(written: str) -> None:
    [row] = rows_of(f"name,{written}\nAcme,7\n", "name", "Amount (€)")
    assert row.values == ["Acme", "7"]
    assert [row.values for row in rows_of(f"{written},Amount (€)\n1,2\n", "Amount (€)")] == [["2"]]


def test_columns_that_the_step_does_not_read_may_occur_twice() -> None:
    assert values_of("name,x,x\nAcme,1,2\n", "name") == [(2, ["Acme"])]


def test_a_huge_cell_costs_one_row() -> None:
    huge = "x" * 1_000_001
    bad, good = rows_of(f'name\n"{huge}"\nAcme\n', "name")
    assert bad.flaw is not None
    assert len(bad.flaw.value) <= 200
    assert good.values == ["Acme"]


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from(DELIMITERS),
    ends=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_was_written_is_read(
    rows: list[list[str]], delimiter: str, ends: str, quoting: Literal[0, 1]
) -> None:
    # With ends of "\n" alone, Python writes a return bare, which nobody could tell from an end.
    assume(
        quoting == csv.QUOTE_ALL
        or ends == "\r\n"
        or not any("\r" in cell for row in rows for cell in row)
    )
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ends, quoting=quoting)
    writer.writerows([["a", "b", "c"], *rows])
    file.seek(0)
    found = list(start(file, a_step("a", "b", "c", delimiter=delimiter, trims=False))[1])
    assert not any(row.flaw for row in found)
    told = [row for row in rows if any(cell.strip() for cell in row)]
    assert [row.values for row in found if any(map(str.strip, row.values))] == told
