"""What it takes to judge a value."""

from __future__ import annotations

import pytest

from metadata.efforts import Efforts, parts
from tests.metadata.builders import LONGTEXT, TEXT, an_object, metadata_of


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("", 0),
        ("^[A-Z]{2}-[0-9]{3}$", 8),
        (".{5000}c", 5_001),
        ("(?:a|b|ab){3,10}", 40),
        ("((a?b?){30}){30}c", 1_801),
        ("(?P<x>ab){3}", 6),
        (r"\p{L}{2,50}", 50),
        (r"\u{41}+\{3}", 4),
        ("[]a]{3}", 3),
        ("[[a-z]&&[^b]]{4}x", 5),
        (r"[\]{9}]{5}", 5),
        ("a{2,}b*", 3),
    ],
)
def test_a_pattern_counts_with_its_repetitions_spelt_out(pattern: str, count: int) -> None:
    assert parts(pattern) == count


def test_classes_of_letters_may_count_as_more() -> None:
    assert parts(r"x[\d\p{L}]{3}\pL\PN.", letters=40) == 1 + 120 + 40 + 40 + 1


def test_records_take_steps_by_their_texts_and_by_what_lists_hold() -> None:
    fields = {
        "code": {**TEXT, "pattern": "[ab]{7}"},
        "note": LONGTEXT,
        "tags": {"type": "array", "items": {"type": "string", "pattern": "abc"}},
        "kit": {"type": "object", "properties": {"no": {"$ref": "#/$defs/no"}}},
    }
    declared = an_object(fields=fields, **{"$defs": {"no": {"pattern": "[0-9]{5}"}}})
    efforts = Efforts(metadata_of(declared).objects["deal"])
    nothing = efforts.of({})

    assert efforts.of({"code": "ab", "note": "long" * 9}) == nothing + 14
    tags = efforts.tried["tags"]
    assert efforts.of({"tags": ["ab", "cd"]}) == nothing + 4 * 3 + 3 * tags.words
    kit = efforts.tried["kit"]
    assert kit.parts == 5
    assert efforts.of({"kit": {"no": "123"}}) == nothing + 5 * 5 + 3 * kit.words


def test_conditions_on_the_record_are_tried_at_every_text() -> None:
    condition = {"properties": {"name": {"pattern": "[ab]{20}"}}}
    efforts = Efforts(
        metadata_of(an_object(fields={"name": TEXT}, **{"not": condition})).objects["deal"]
    )
    assert efforts.of({"name": "abcde"}) - efforts.of({}) == 100
