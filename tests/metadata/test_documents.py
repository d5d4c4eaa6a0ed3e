from __future__ import annotations

from decimal import Decimal

import pytest

from metadata import bounds, documents


def rules(text: str | bytes) -> list[tuple[str, str]]:
    found = documents.load(text, "x.json")
    assert isinstance(found, tuple)
    return [(problem.pointer, problem.rule) for problem in found]


def test_numbers_are_exact() -> None:
    found = documents.load('{"a": 0.1, "b": 12345678901234567.89, "c": 1.0, "d": 7}', "x.json")
    assert found == {"a": Decimal("0.1"), "b": Decimal("12345678901234567.89"), "c": 1, "d": 7}
    assert isinstance(found, dict)
    assert isinstance(found["c"], int)


def test_a_document_read_as_floats_is_taken_as_it_is_written() -> None:
    assert documents.accepted({"a": 0.1, "b": [1.5]}, "x.json") == {
        "a": Decimal("0.1"),
        "b": [Decimal("1.5")],
    }


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        ('{"a": 1', "", "BAD_JSON"),
        ("", "", "BAD_JSON"),
        ('{"a": NaN}', "", "BAD_JSON"),
        (b"\xff{}", "", "BAD_JSON"),
        ('\ufeff{"a": 1}', "", "BAD_JSON"),
        ("[]", "", "NOT_AN_OBJECT"),
        ("3", "", "NOT_AN_OBJECT"),
        ('{"a": {"b": 1, "b": 2}}', "/a/b", "DUPLICATE_KEY"),
        ('{"a": [null]}', "/a/0", "NULL"),
        ('{"a": "x\\u0000"}', "/a", "BAD_TEXT"),
        ('{"a": 1e99}', "/a", "NUMBER_TOO_LONG"),
        ('{"a": 1' + "0" * 50 + "}", "/a", "NUMBER_TOO_LONG"),
    ],
)
def test_refuses_what_is_no_sound_document(text: str | bytes, place: str, rule: str) -> None:
    assert (place, rule) in rules(text)


def test_tells_line_and_column_of_bad_json() -> None:
    found = documents.load('{\n  "a": ,\n}', "x.json")
    assert isinstance(found, tuple)
    assert "line 2, column 8" in found[0].message


def test_a_file_may_begin_with_the_mark_of_utf_8() -> None:
    assert documents.load(b'\xef\xbb\xbf{"a": 1}', "x.json") == {"a": 1}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_tells_a_file_in_another_encoding(encoding: str) -> None:
    found = documents.load('{"title": "商机"}'.encode(encoding), "x.json")
    assert isinstance(found, tuple)
    assert "This is not text in UTF-8. Save it as UTF-8." in str(found[0])


def test_refuses_lone_surrogates_however_they_come() -> None:
    assert rules('{"a": "\\ud800"}') == [("", "BAD_JSON")]
    found = documents.accepted({"a": "\ud800"}, "x.json")
    assert isinstance(found, tuple)
    assert found[0].rule == "BAD_TEXT"


def test_refuses_what_is_nested_too_deep() -> None:
    deep = '{"a": ' * (bounds.DEPTH + 1) + "1" + "}" * (bounds.DEPTH + 1)
    assert rules(deep) == [("", "TOO_DEEP")]
    assert isinstance(documents.load('{"a": ' * 64 + "1" + "}" * 64, "x.json"), dict)


def test_refuses_a_document_of_more_than_a_megabyte() -> None:
    assert rules('{"a": "' + "x" * bounds.DOCUMENT_BYTES + '"}') == [("", "DOCUMENT_TOO_LARGE")]


def test_a_text_may_hold_the_words_null_and_u0000() -> None:
    text = '{"a": "null", "b": "\\\\u0000"}'
    assert documents.load(text, "x.json") == {"a": "null", "b": "\\u0000"}


def test_text_gives_back_what_was_loaded_with_its_order() -> None:
    text = '{"b":0.10,"a":[1,{"z":true,"y":"说"}]}'
    found = documents.load(text, "x.json")
    assert documents.text(found) == text


def test_refuses_values_that_no_json_holds() -> None:
    found = documents.accepted({"a": {1: 2}, "b": {3}}, "x.json")
    assert isinstance(found, tuple)
    assert [(problem.pointer, problem.rule) for problem in found] == [
        ("/a", "BAD_VALUE"),
        ("/b", "BAD_VALUE"),
    ]


def test_refuses_a_large_document_that_was_parsed_elsewhere_before_looking_into_it() -> None:
    large = {"$id": "visit__c", "examples": [[]] * 400_000, "number": Decimal("1e99")}
    found = documents.accepted(large, "documents[0]")
    assert isinstance(found, tuple)
    assert [problem.rule for problem in found] == ["DOCUMENT_TOO_LARGE"]


def test_tells_two_hundred_of_many_problems_of_a_kind() -> None:
    found = documents.accepted({"examples": [None] * 1_000}, "documents[0]")
    assert isinstance(found, tuple)
    assert len(found) == bounds.PROBLEMS


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("$schema: x", "Other formats, such as YAML, are not read."),
        ('{"a": 1 // one\n}', "JSON has no comments"),
        ("{'a': 1}", "Put texts and keys between straight"),
        ("{a: 1}", "Put texts and keys between straight"),
        ('{"a": True}', "Write true and false"),
        ('{"a": 1}\n{"b": 2}', "Put each document into a file of its own."),
        ('{"a": 1', ""),
    ],
)
def test_what_is_no_json_comes_with_what_was_probably_meant(text: str, mend: str) -> None:
    loaded = documents.load(text, "x.json")
    assert isinstance(loaded, tuple)
    [found] = loaded
    assert found.mend[: len(mend) or None] == mend
