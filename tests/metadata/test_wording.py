from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from metadata import wording
from metadata.complaints import Complaint
from metadata.dialects import Kind
from metadata.problems import Problem
from tests.metadata.builders import Document, a_pipeline, a_stage, an_object


def worded(document: Document, kind: Kind = Kind.OBJECT) -> list[Problem]:
    return [problem for _, problem in wording.problems(document, kind, "x.json")]


def only(document: Document, kind: Kind = Kind.OBJECT) -> Problem:
    [problem] = worded(document, kind)
    return problem


@pytest.mark.parametrize(
    ("field", "place", "rule", "message"),
    [
        ({"title": 5}, "title", "WRONG_TYPE", "5 is given where a text is expected."),
        ({"title": ""}, "title", "TOO_SHORT", "It must not be empty."),
        ({"title": "x" * 201}, "title", "TOO_LONG", "At most 200 characters are allowed."),
        ({"type": "strin"}, "type", "NOT_ALLOWED", "'strin' is not one of 'string', 'number', "),
        ({"pattern": "("}, "pattern", "BAD_PATTERN", "'(' is no regular expression"),
        ({"enum": []}, "enum", "TOO_SHORT", "It must not be empty."),
        ({"enum": [1, 1]}, "enum", "DUPLICATE", "The list has an item twice."),
        ({"x-scale": 13}, "x-scale", "OUT_OF_RANGE", "13 is more than 12."),
        ({"x-scale": -1}, "x-scale", "OUT_OF_RANGE", "-1 is less than 0."),
        ({"multipleOf": 0}, "multipleOf", "OUT_OF_RANGE", "0 is not more than 0."),
        ({"x-tree": False}, "x-tree", "NOT_ALLOWED", "Only true is allowed here, not false."),
        ({"x-unique": 3}, "x-unique", "NOT_ALLOWED", "Only true is allowed here, not 3."),
        (
            {"x-unique": {"ignore": 1}},
            "x-unique/ignore",
            "UNKNOWN_KEYWORD",
            "'ignore' is not known",
        ),
        ({"$ref": "other.json"}, "$ref", "BAD_REFERENCE", "'other.json' is no reference into"),
        ({"x-format": "OPP"}, "x-format", "BAD_FORM", "'OPP' is no format of numbers."),
        (
            {"required": {}},
            "required",
            "WRONG_TYPE",
            "an object is given where a list is expected.",
        ),
        ({"x-rollup": {"object": "a", "via": "b"}}, "x-rollup", "MISSING", "'op' is missing."),
    ],
)
def test_each_kind_of_error_has_words(field: Document, place: str, rule: str, message: str) -> None:
    found = only(an_object(fields={"it": {"type": "string", **field}}))
    assert (found.pointer, found.rule) == (f"/properties/it/{place}", rule)
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("document", "mend"),
    [
        (an_object(titel="x"), "Did you mean 'title'?"),
        (an_object(nullable=True), "A value may always be absent unless its field is in required."),
        (an_object(fields={"it": {"type": "text"}}), 'Write "type": "string".'),
        (an_object(fields={"it": {"type": "money"}}), 'Write "type": "number", "x-type": "money".'),
        (an_object(fields={"it": {"type": "obect"}}), "Did you mean 'object'?"),
        (an_object(fields={"it": {"x-type": "currency"}}), 'Write "x-type": "money".'),
        (an_object(x_i18n={"zh_CN": {}}), "Write it as in en, zh-Hans or pt-BR."),
        (an_object(x_i18n={"en": {"label": "x"}}), "It is called title."),
        (an_object(x_i18n={"en": {"zzz": "x"}}), "Known are "),
        (an_object(fields={"it": {"type": "string", "help": "x"}}), "It is called description."),
        (
            an_object(fields={"it": {"oneOf": [{"value": "a", "const": "a"}]}}),
            "It is called const.",
        ),
        (an_object(fields={"it": {"type": "string", "options": []}}), "Write the choices as oneOf"),
        (an_object(fields={"it": {"type": "lookup"}}), "Leave the type out and write "),
        (
            an_object(fields={"it": {"x-type": "email"}}),
            'Write "type": "string", "format": "email".',
        ),
        (an_object(x_rules=[{"key": "k", "expression": "true"}]), "It is called check."),
    ],
)
def test_a_mistake_comes_with_its_mend(document: Document, mend: str) -> None:
    assert only(document).mend.startswith(mend)


def test_stages_have_words_too() -> None:
    found = worded(a_pipeline(stages=[a_stage("Won", "closed", probability=2)]), Kind.PIPELINE)
    assert {problem.pointer: problem.rule for problem in found} == {
        "/stages/0/key": "BAD_KEY",
        "/stages/0/kind": "NOT_ALLOWED",
        "/stages/0/probability": "OUT_OF_RANGE",
    }


def test_pointers_are_escaped() -> None:
    found = only(an_object(**{"a/b~c": 1}))
    assert found.pointer == "/a~1b~0c"


def test_every_form_that_a_dialect_asks_for_is_told_in_words() -> None:
    patterns = set()
    for file in sorted((Path(wording.__file__).parent / "dialect").iterdir()):
        patterns |= set(re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', file.read_text("utf-8")))
    assert len(patterns) > 10
    for pattern in map(json.loads, patterns):
        _, message, mend = wording.words(Complaint("pattern", pattern, "?", (), ""))
        assert "declared" not in message
        assert mend


@pytest.mark.parametrize(
    ("field", "mend"),
    [
        ({"maxLength": "20"}, "Write it without quotation marks: 20."),
        ({"x-index": "true"}, "Write it without quotation marks: true."),
        ({"minimum": "much"}, ""),
        ({"type": ["string", "null"]}, "Write one alone. A value may always be absent"),
        ({"required": True}, 'It is a list of keys of the object: "required": ["name"].'),
        ({"x-reference": "account"}, 'Write {"object": "…"}.'),
        ({"items": {"x-reference": {"object": "account"}}}, "A field refers to one record."),
    ],
)
def test_what_other_tools_write_otherwise_is_mended(field: Document, mend: str) -> None:
    found = only(an_object(fields={"it": {"type": "string", **field}}))
    assert found.mend.startswith(mend)
    assert bool(found.mend) == bool(mend)


def test_a_probability_in_per_cent_is_told_to_be_a_fraction() -> None:
    stages = [a_stage("a", probability=50), a_stage("b", "won")]
    found = only(a_pipeline(stages=stages), Kind.PIPELINE)
    assert found.mend == "It is a fraction: 0.5 is 50 %."


@pytest.mark.parametrize(
    ("pattern", "mend"),
    [
        ("(?i)a", "There are no flags"),
        ("(?P<x>a)", "Groups have no names"),
        ("[[:alpha:]]", "Write classes of letters"),
        (r"a\Z", "Write ^ and $"),
        ("a{,3}", "Write 0 before the comma"),
        ("a++", "There is no possessive"),
        ("[]a]", "Write a bracket within brackets"),
        (r"\]|[a", "Close the ["),
        ("(a", "Give each ( its )"),
    ],
)
def test_a_pattern_of_another_kind_comes_with_what_is_written_here(pattern: str, mend: str) -> None:
    found = only(an_object(fields={"it": {"type": "string", "pattern": pattern}}))
    assert (found.rule, found.mend[: len(mend)]) == ("BAD_PATTERN", mend)
