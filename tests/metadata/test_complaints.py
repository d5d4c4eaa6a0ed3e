from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import bounds, complaints, dialects
from metadata.complaints import UNEXPECTED
from metadata.dialects import Kind
from tests.metadata.builders import Document, an_object


def of_object(document: Document) -> set[tuple[str, complaints.Path]]:
    return {(one.keyword, one.path) for one in complaints.of_document(document, Kind.OBJECT)}


def test_a_valid_document_has_none() -> None:
    assert complaints.of_document(an_object(), Kind.OBJECT) == []


@pytest.mark.parametrize("key", ["close_date\n", "a b", "1st", "a__b"])
def test_a_key_is_judged_to_its_end(key: str) -> None:
    assert of_object(an_object(**{"x-title": key})) == {("pattern", ("x-title",))}


def test_a_hostile_key_is_judged_in_linear_time() -> None:
    hostile = "a" + "_a" * 50_000 + "!"
    assert ("pattern", ("x-title",)) in of_object(an_object(**{"x-title": hostile}))


def test_long_lists_are_compared_in_linear_time() -> None:
    distinct = [{"a": number} for number in range(50_000)]
    field = {"enum": [*distinct, {"a": 0}]}
    assert of_object(an_object(fields={"it": field})) >= {
        ("uniqueItems", ("properties", "it", "enum"))
    }


@pytest.mark.parametrize(
    ("scale", "keywords"),
    [
        (Decimal("2.0"), set()),
        (Decimal("2.5"), {"type"}),
        (Decimal("12.0000000000000000001"), {"type", "maximum"}),
    ],
)
def test_decimals_are_exact(scale: Decimal, keywords: set[str]) -> None:
    document = an_object(fields={"it": {"x-type": "decimal", "x-scale": scale}}, titel=1)
    found = of_object(document) - {(UNEXPECTED, ("titel",))}
    assert {keyword for keyword, _ in found} == keywords


def test_unknown_keys_come_in_the_order_of_the_document() -> None:
    document = an_object(**dict.fromkeys(("zz", "aa", "mm"), 1))
    found = complaints.of_document(document, Kind.OBJECT)
    assert [one.value for one in found] == ["zz", "aa", "mm"]


def test_the_deepest_document_can_be_told() -> None:
    schema: Document = {"zz": 1}
    for _ in range(bounds.DEPTH - 4):
        schema = {"not": schema}
    [found] = complaints.of_document(an_object(fields={"it": schema}), Kind.OBJECT)
    assert found.path[-2:] == ("not", "zz")


@pytest.mark.parametrize("kind", Kind)
def test_metaschemas_refer_to_themselves_alone(kind: Kind) -> None:
    text = json.dumps(dialects.metaschema(kind))
    assert text.count('"$ref": "') == text.count('"$ref": "#/$defs/')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
WORDS = sorted(dialects.metaschema(Kind.OBJECT)["$defs"]["field"]["properties"])  # type: ignore[index]


@given(st.dictionaries(st.sampled_from(WORDS), JSON, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_refused_has_a_complaint_and_what_is_not_has_none(field: Document) -> None:
    document = an_object(fields={"it": field})
    valid = dialects.validator(Kind.OBJECT).is_valid(document)
    assert valid == (not complaints.of_document(document, Kind.OBJECT))
