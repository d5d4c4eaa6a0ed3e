from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata import text

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Huawei 华为", "huawei 华为"),
        ("ΟΔΟΣ", "οδοσ"),
        ("İstanbul", "istanbul"),
        ("STRASSE ß ẞ", "strasse ß ß"),
        ("\ua7cb", "\u0264"),
        ("\U00010d50", "\U00010d70"),
    ],
)
def test_folds_each_character_by_itself(written: str, folded: str) -> None:
    assert text.fold(written) == folded


@given(ANY_TEXT)
def test_folding_keeps_the_length_and_is_done_once(written: str) -> None:
    folded = text.fold(written)
    assert len(folded) == len(written)
    assert text.fold(folded) == folded
    assert folded == "".join(map(text.fold, written))


def test_raises_to_upper_case_character_by_character() -> None:
    assert text.upper("straße ᾳ ɤ 华为") == "STRAßE ᾼ \ua7cb 华为"


def test_tokens_are_folded_characters_and_bigrams_without_white_space() -> None:
    assert text.tokens("A华 为") == {"a", "华", "为", "a华"}


@given(ANY_TEXT, st.integers(0, 20), st.integers(0, 20))
def test_tokens_of_a_part_are_among_those_of_the_whole(whole: str, start: int, size: int) -> None:
    assert text.tokens(whole[start : start + size]) <= text.tokens(whole)


def test_orders_latin_before_chinese_and_chinese_by_pinyin() -> None:
    ordered = ["", "10", "alpha", "Beta", "gamma", "阿里", "北京", "华为", "腾讯", "中兴"]
    assert sorted(set(ordered), key=text.sort_key) == ordered


@given(ANY_TEXT, ANY_TEXT)
def test_a_sort_key_fits_a_slot_and_keeps_the_order_of_its_bytes(one: str, other: str) -> None:
    keys = [text.sort_key(one), text.sort_key(other)]
    assert all(len(key) <= text.SORT_KEY_LENGTH for key in keys)
    whole = [text.fold(written).encode("gb18030") for written in (one, other)]
    if keys[0] < keys[1]:
        assert whole[0] < whole[1]


def test_reports_every_text_that_can_not_be_stored() -> None:
    document = {
        "name": "fine 华为",
        "notes": ["ok", "nul \x00", {"deep": "lone \ud800"}],
        "keys": {"bad \x00": 1, "also": "\x00"},
        "amount": 3,
    }
    assert list(text.bad_text(document)) == [
        ("notes", 1),
        ("notes", 2, "deep"),
        ("keys",),
        ("keys", "also"),
    ]
    assert list(text.bad_text("\udfff")) == [()]


def test_walks_a_document_of_any_depth() -> None:
    document: object = "\x00"
    for _ in range(5_000):
        document = [document]
    (path,) = text.bad_text(document)
    assert len(path) == 5_000
    assert all(step == 0 for step, _ in pairwise(path))
