"""Cells become values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.actions.importing.cells import BadCell, reader, turner
from core.actions.importing.mapping import Source, Step
from core.actions.importing.preparing import preparer
from metadata.model import Field, FieldType, Option
from tests.core.actions.importing.a_mapping import a_mapping, crm

ZONE = ZoneInfo("Asia/Shanghai")
STEP = Step("account", {})
OPTIONS = (
    Option("tender", "Tender", {"zh-Hans": "招标"}),
    Option("website", "Web site"),
    Option("one", "Same"),
    Option("two", "Same"),
)


def value_of(
    kind: FieldType, cell: object, *, step: Step | None = None, source: Source | None = None
) -> object:
    field = Field("it", kind, "It", {}, options=OPTIONS)
    turn = turner(field, source or Source(("it",)), step or Step("account", {}), ZONE)
    return turn(cell)


def read(cell: object, source: Source | None = None, **step: object) -> object:
    source = source or Source(("it",))
    whole = Step("account", {"it": source}, **step)  # type: ignore[arg-type]
    return reader(whole, source)([cell])


@pytest.mark.parametrize("cell", ["", "n/a", None])
def test_blank_texts_are_no_value(cell: str | None) -> None:
    assert read(cell, blank=frozenset({"", "n/a"})) is None


def test_a_default_stands_where_the_cell_is_blank() -> None:
    assert read("", Source(("it",), default="CN")) == "CN"


def test_texts_stand_for_values_and_others_for_themselves() -> None:
    source = Source(("it",), values={"technolgy": "technology", "none": "", "7": "seven"})
    assert [read(cell, source) for cell in ("technolgy", "retail", "none", 7)] == [
        "technology",
        "retail",
        None,
        "seven",
    ]


def test_yes_and_no_of_json_lines_are_mapped_as_they_are_written_there() -> None:
    source = Source(("it",), values={"true": "customer", "false": "other", "7": "seven"})
    assert [read(cell, source) for cell in (True, False, 7)] == ["customer", "other", "seven"]


def test_several_columns_make_one_text() -> None:
    source = Source(("first", "last"), join=" ", values={"Augusta": "Ada"})
    take = reader(Step("contact", {"name": source}), source)
    assert [take(cells) for cells in (["Augusta", "Byron"], ["Ada", ""], ["", ""])] == [
        "Ada Byron",
        "Ada",
        None,
    ]


def test_a_constant_needs_no_column() -> None:
    assert reader(Step("account", {}), Source(constant="USD"))([]) == "USD"


@pytest.mark.parametrize("cell", ["  ACME\u3000 （Asia） ", "Acme (asia)", "acme (asia)"])
def test_ways_to_write_a_name_are_one_where_the_mapping_says_so(cell: str) -> None:
    assert read(cell, Source(("it",), fold=True)) == "acme (asia)"
    assert read(cell, Source(("it",), fold=True, values={"ACME (Asia)": "a1"})) == "a1"
    assert read("N/A", Source(("it",), fold=True), blank=frozenset({"n/a"})) is None
    assert read(7, Source(("it",), fold=True)) == 7


def test_nul_is_told() -> None:
    with pytest.raises(BadCell, match="NUL"):
        read("a\x00b")


@pytest.mark.parametrize(
    ("step", "cell", "expected"),
    [
        (Step("a", {}), "1234.50", "1234.50"),
        (Step("a", {}, decimal=","), "1234,50", "1234.50"),
        (Step("a", {}, group=","), "1,234.50", "1234.50"),
        (Step("a", {}, group=","), "-12,34,567", "-1234567"),
        (Step("a", {}, group=".", decimal=","), "1.234,5", "1234.5"),
        (Step("a", {}, group="\u00a0", decimal=","), "1\u00a0234,5", "1234.5"),
    ],
)
def test_numbers_are_written_with_a_point(step: Step, cell: str, expected: str) -> None:
    assert value_of(FieldType.MONEY, cell, step=step) == expected


@pytest.mark.parametrize(
    ("step", "cell"),
    [
        (Step("a", {}, decimal=","), "1234.50"),
        (Step("a", {}, group=","), "1,5"),
        (Step("a", {}, group=","), "1,2345"),
        (Step("a", {}, group=","), ",123"),
    ],
)
def test_a_number_in_another_notation_is_not_guessed(step: Step, cell: str) -> None:
    with pytest.raises(BadCell):
        value_of(FieldType.MONEY, cell, step=step)


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("¥1,200", "1200"),
        ("-¥ 1,200.50", "-1200.50"),
        ("￥-3", "-3"),
        ("(300)", "-300"),
        ("(¥300)", "-300"),
        ("1,300.50-", "-1300.50"),
        ("300- ¥", "-300"),
        ("120 万元", "120"),
        ("7", "7"),
    ],
)
def test_units_and_brackets_around_a_number_are_read(cell: str, plain: str) -> None:
    source = Source(("it",), units=dict.fromkeys(("¥", "￥", "万元"), Decimal(1)))
    step = Step("a", {}, group=",")
    assert value_of(FieldType.MONEY, cell, step=step, source=source) == plain


@pytest.mark.parametrize("cell", ["$5", "(-5)", "¥", "--5", "-5-", "5--", "-"])
def test_other_texts_around_a_number_are_not_guessed(cell: str) -> None:
    source = Source(("it",), units={"¥": Decimal(1)}, multiply=Decimal(1))
    with pytest.raises(BadCell):
        value_of(FieldType.MONEY, cell, source=source)


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("¥1.2万", "12000"),
        ("¥ 1.2 万元", "12000"),
        ("(3亿)", "-300000000"),
        ("2万亿", "2000000000000"),
        ("3,500.5元", "3500.5"),
        ("12", "12"),
    ],
)
def test_a_unit_may_say_how_much_it_is(cell: str, plain: str) -> None:
    told = {"¥": 1, "元": 1, "万": 10_000, "亿": "100000000", "万亿": 10**12}
    fields = {"name": "n", "potential": {"column": "it", "units": told}}
    source = a_mapping({"object": "account", "fields": fields}).steps[0].fields["potential"]
    step = Step("a", {}, group=",")
    found = value_of(FieldType.MONEY, cell, step=step, source=source)
    assert Decimal(str(found)) == Decimal(plain)


@pytest.mark.parametrize("cell", ["3万亿", "5 亿 万", "万5亿", "5亿亿"])
def test_two_units_together_are_not_guessed(cell: str) -> None:
    units = {"¥": Decimal(1), "万": Decimal(10_000), "亿": Decimal(10**8)}
    with pytest.raises(BadCell, match="give them one amount together"):
        value_of(FieldType.MONEY, cell, source=Source(("it",), units=units))
    assert value_of(FieldType.MONEY, "¥3亿", source=Source(("it",), units=units)) == 3 * 10**8


def test_numbers_come_in_the_units_of_the_file() -> None:
    source = Source(("revenue",), multiply=Decimal(1_000_000))
    assert value_of(FieldType.MONEY, "1100.04", source=source) == Decimal(1100040000)
    assert value_of(FieldType.MONEY, Decimal("0.1"), source=source) == Decimal(100000)
    with pytest.raises(BadCell, match="is not a number in plain digits"):
        value_of(FieldType.MONEY, "much", source=source)


@pytest.mark.parametrize(
    ("cell", "rounded"),
    [
        ("136968.9425", "136968.94"),
        ("-0.005", "-0.01"),
        ("0.30000000000000004", "0.30"),
        ("1.5E-3", "0.00"),
        ("7", "7.00"),
        (Decimal("2.345"), "2.35"),
        (3, "3.00"),
    ],
)
def test_a_number_is_rounded_where_the_mapping_says_so(cell: object, rounded: str) -> None:
    assert value_of(FieldType.MONEY, cell, source=Source(("c",), round=2)) == Decimal(rounded)


def test_a_number_is_rounded_last() -> None:
    source = Source(("c",), multiply=Decimal("1.1"), round=1)
    assert value_of(FieldType.MONEY, "1.449", source=source) == Decimal("1.6")
    assert value_of(FieldType.PERCENT, "12.345 %", source=source) == Decimal("0.1")
    assert value_of(FieldType.FLOAT, "1.26e1", source=Source(("c",), round=0)) == 13


@pytest.mark.parametrize("cell", ["1e31", "9" * 31, "much", Decimal("1E+400"), True])
def test_what_is_no_number_of_moderate_size_is_not_rounded(cell: object) -> None:
    with pytest.raises(BadCell):
        value_of(FieldType.MONEY, cell, source=Source(("c",), round=2))


def test_a_number_that_is_not_exact_may_have_an_exponent() -> None:
    assert value_of(FieldType.FLOAT, "-1.5e-7") == -1.5e-7
    assert value_of(FieldType.FLOAT, "0.30000000000000004") == 0.1 + 0.2
    assert value_of(FieldType.FLOAT, "many") == "many"


@pytest.mark.parametrize(
    ("group", "cell"),
    [
        (" ", "1 234 567.5"),
        (" ", "1\u202f234\u202f567.5"),
        (" ", "1\u00a0234\u00a0567.5"),
        ("'", "1'234'567.5"),
        ("'", "+1’234’567.5"),
    ],
)
def test_marks_between_digits_are_written_in_several_ways(group: str, cell: str) -> None:
    step = Step("account", {}, group=group)
    assert value_of(FieldType.MONEY, cell, step=step) == "1234567.5"
    assert value_of(FieldType.MONEY, f"−{cell.removeprefix('+')}", step=step) == "-1234567.5"


def test_an_exponent_is_told_with_what_to_do() -> None:
    with pytest.raises(BadCell, match='has an exponent.* says "round": 2'):
        value_of(FieldType.MONEY, "1.2E7")
    rounded = Source(("it",), round=2)
    assert value_of(FieldType.MONEY, "1.2E7", source=rounded) == Decimal(12_000_000)


def test_a_percent_sign_makes_a_fraction() -> None:
    assert value_of(FieldType.PERCENT, "12.5 %") == Decimal("0.125")
    assert value_of(FieldType.PERCENT, "12.5％") == Decimal("0.125")
    assert value_of(FieldType.PERCENT, "0.125") == "0.125"
    in_hundreds = Source(("it",), multiply=Decimal("0.01"))
    for cell in ("12.5", "12.5 %"):
        assert value_of(FieldType.PERCENT, cell, source=in_hundreds) == Decimal("0.125")


@pytest.mark.parametrize(
    ("cell", "expected"), [("Yes", True), ("是", True), ("0", False), (1, True)]
)
def test_booleans_have_many_words(cell: object, expected: bool) -> None:
    assert value_of(FieldType.BOOLEAN, cell) is expected


def test_another_word_is_no_boolean() -> None:
    with pytest.raises(BadCell, match="neither yes nor no"):
        value_of(FieldType.BOOLEAN, "maybe")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("tender", "tender"),
        ("TENDER", "tender"),
        ("招标", "tender"),
        ("web SITE", "website"),
        ("Same", "Same"),
        ("fax", "fax"),
    ],
)
def test_a_choice_is_told_by_key_or_title(cell: str, expected: str) -> None:
    assert value_of(FieldType.PICKLIST, cell) == expected


def test_several_choices_stand_in_one_cell() -> None:
    source = Source(("it",), separator="|")
    assert value_of(FieldType.PICKLISTS, " tender | Web site||", source=source) == [
        "tender",
        "website",
    ]
    assert value_of(FieldType.TEXTS, ["a", 7]) == ["a", "7"]
    assert value_of(FieldType.TEXTS, '["a; b", " c"]') == ["a; b", " c"]
    assert value_of(FieldType.TEXTS, "[a]; b") == ["[a]", "b"]


def test_texts_stand_for_values_also_as_items_of_a_list() -> None:
    values = {"Ausschreibung": "tender", "Netz": "website", "Ausschreibung;Netz;Alles": "one"}
    source = Source(("it",), values=values | {"keine": "", "tender": "never"})
    plan = preparer(Step("opportunity_contact", {"roles": source}), crm(), ZONE)
    [target] = plan.targets
    turn = turner(Field("it", FieldType.PICKLISTS, "It", {}, options=OPTIONS), source, STEP, ZONE)

    def of(cell: object) -> object:
        found = target.read([cell])
        return found if found is None else turn(found)

    assert of("Ausschreibung; Netz;keine;Web site") == ["tender", "website", "website"]
    assert of(["Netz", ""]) == ["website", ""]
    assert of("Ausschreibung;Netz;Alles") == ["one"]
    assert of("Ausschreibung") == ["tender"]
    assert of("keine") is None


def test_dates_are_read_in_the_form_of_the_column_or_the_step() -> None:
    step = Step("a", {}, dates=("DD.MM.YYYY",))
    assert value_of(FieldType.DATE, "31.01.2026", step=step) == date(2026, 1, 31)
    source = Source(("it",), dates=("M/D/YYYY",))
    assert value_of(FieldType.DATE, "1/31/2026", step=step, source=source) == date(2026, 1, 31)
    with pytest.raises(BadCell, match="no date such as DD.MM.YYYY"):
        value_of(FieldType.DATE, "2026-01-31", step=step)


def test_a_date_with_a_time_is_told_how_to_lose_it() -> None:
    with pytest.raises(BadCell, match='has a time: "cut_time": true takes its date alone'):
        value_of(FieldType.DATE, "2026-01-31 18:30")
    source = Source(("it",), cut_time=True)
    assert value_of(FieldType.DATE, "2026-01-31T18:30:00Z", source=source) == date(2026, 2, 1)


def test_dates_may_be_written_in_several_forms() -> None:
    step = Step("a", {}, dates=("YYYY/M/D", "YYYY年M月D日", "serial"))
    for cell in ("2024/3/5", "2024年3月5日", "45356", 45356):
        assert value_of(FieldType.DATE, cell, step=step) == date(2024, 3, 5)
    with pytest.raises(BadCell, match="such as YYYY/M/D or YYYY年M月D日 or serial"):
        value_of(FieldType.DATE, "5.3.2024", step=step)


def test_an_instant_without_an_offset_is_in_the_zone_of_the_mapping() -> None:
    expected = datetime(2026, 1, 30, 16, tzinfo=UTC)
    assert value_of(FieldType.DATETIME, "2026-01-31") == expected


def test_json_stands_in_a_cell_or_is_there_already() -> None:
    assert value_of(FieldType.JSON, '[{"text": "price"}]') == [{"text": "price"}]
    assert value_of(FieldType.JSON, [{"text": "price"}]) == [{"text": "price"}]
    with pytest.raises(BadCell, match="no JSON"):
        value_of(FieldType.JSON, "[")


def test_a_number_is_a_text_where_a_text_is_asked_for() -> None:
    assert value_of(FieldType.TEXT, 4711) == "4711"
