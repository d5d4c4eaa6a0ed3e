"""Whether one schema allows all that another did: never said where a value tells otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.dialects import strict_validator
from metadata.widening import Widening

KEYS = ("a", "b", "cc")
BY_NAME = ("properties", "patternProperties", "dependentSchemas")
INSIDE = ("additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else")
SMALL = st.integers(0, 3)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 6) | st.sampled_from(["", "a", "ab", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=6,
)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    by_name = st.dictionaries(st.sampled_from(KEYS), inner, max_size=2)
    names = st.lists(st.sampled_from(KEYS), max_size=2, unique=True)
    some = st.lists(inner, min_size=1, max_size=2)
    bound = dict.fromkeys(
        ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
        + ("minContains", "maxContains", "minProperties", "maxProperties"),
        SMALL,
    )
    return st.fixed_dictionaries(
        {},
        optional={
            **bound,
            "type": st.sampled_from(["integer", "number", "string", "array", "object"]),
            "multipleOf": st.integers(1, 4),
            "enum": st.lists(st.sampled_from([1, True, "a", "ab", 3]), min_size=1, max_size=3),
            "const": st.sampled_from([1, True, "a"]),
            "pattern": st.sampled_from(["^a", "b"]),
            "uniqueItems": st.booleans(),
            "required": names,
            "properties": by_name,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "c"]), inner, max_size=1),
            "additionalProperties": inner,
            "propertyNames": inner,
            "dependentRequired": st.dictionaries(st.sampled_from(KEYS), names, max_size=2),
            "dependentSchemas": by_name,
            "items": inner,
            "prefixItems": some,
            "contains": inner,
            "allOf": some,
            "anyOf": some,
            "oneOf": some,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "$ref": st.sampled_from(["#/$defs/one", "#/$defs/two"]),
            "title": st.sampled_from(["this", "that"]),
        },
    ).map(lambda found: dict(list(found.items())[:5]))


UNHURRIED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
leaves = st.booleans() | st.sampled_from([{}, {"type": "integer"}, {"maxLength": 1}])
schemas = st.recursive(leaves, keywords, max_leaves=8)
plain = schemas.filter(lambda schema: "$ref" not in str(schema))
definitions = st.fixed_dictionaries({"one": plain, "two": plain})


@st.composite
def changed(draw: st.DrawFn, schema: Any) -> Any:
    """The schema with something in it that is another, or gone."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 3)) == 0:
        return draw(st.just(schema) | schemas)
    word = draw(st.sampled_from(sorted(schema)))
    rest = {key: said for key, said in schema.items() if key != word}
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return rest
    if kind == 1 and word in BY_NAME:
        return rest | {word: {key: draw(changed(one)) for key, one in schema[word].items()}}
    if kind == 1 and word in INSIDE:
        return rest | {word: draw(changed(schema[word]))}
    return rest | draw(keywords(leaves))


@UNHURRIED
@given(st.data(), definitions, schemas)
def test_what_is_said_to_allow_all_refuses_nothing(
    data: st.DataObject, known: dict[str, Any], before: Any
) -> None:
    after = data.draw(changed(before))
    later = {key: data.draw(changed(one).filter(no_reference)) for key, one in known.items()}
    if not Widening(known, later).widens(before, after):
        return
    was, now = judge(before, known), judge(after, later)
    for value in data.draw(st.lists(values, min_size=5, max_size=20)):
        assert not was.is_valid(value) or now.is_valid(value), value


@UNHURRIED
@given(definitions, schemas)
def test_a_schema_allows_what_it_allowed(known: dict[str, Any], schema: Any) -> None:
    assert Widening(known, known).widens(schema, schema)
    assert Widening(known, known).same(schema, schema)


def no_reference(schema: Any) -> bool:
    return "$ref" not in str(schema)


def judge(schema: Any, known: dict[str, Any]) -> Any:
    return strict_validator({"allOf": [schema], "$defs": known})


CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"maxLength": 5}}}
CLOSED = CITY | {"additionalProperties": False}
ZIP = {"city": {"maxLength": 5}, "zip": {"type": "string"}}


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        (CLOSED, CLOSED | {"properties": ZIP}, True),
        (CITY, CITY | {"properties": ZIP}, False),
        (CLOSED | {"properties": ZIP}, CLOSED, False),
        (CLOSED, CITY, True),
        (CITY, {"type": "object", "properties": {"city": {"maxLength": 6}}}, True),
        ({"required": ["a", "b"]}, {"required": ["b"]}, True),
        ({"required": ["b"]}, {"required": ["a", "b"]}, False),
        ({"items": {"enum": [1]}}, {"items": {"enum": [1, 2]}}, True),
        ({"const": 1}, {"const": True}, False),
        ({"contains": {}, "minContains": 0}, {"contains": {}}, False),
        ({"if": {"const": 1}, "then": {"maximum": 1}}, {"if": {"const": 1}}, True),
        ({"if": {"const": 1}, "then": {"maximum": 1}}, {"then": {"maximum": 1}}, True),
        ({"if": {"const": 1}, "else": {}}, {"if": {"const": 2}, "else": False}, False),
        ({"pattern": "a", "title": "A"}, {"pattern": "a", "title": "B"}, True),
        ({"type": "string", "maxLength": 3}, {"$ref": "#/$defs/one"}, True),
        ({"$ref": "#/$defs/one"}, {"type": "string", "maxLength": 5}, True),
        ({"$ref": "#/$defs/one"}, {"type": "string", "maxLength": 2}, False),
        ({"anyOf": [{"const": 1}]}, {"anyOf": [{"const": 2}, {"enum": [1, 3]}]}, False),
        ({"anyOf": [{"enum": [1]}]}, {"anyOf": [{"const": 2}, {"enum": [1, 3]}]}, True),
    ],
)
def test_what_is_wider(before: Any, after: Any, *, wider: bool) -> None:
    known = {"one": {"type": "string", "maxLength": 3}}
    assert Widening(known, known).widens(before, after) is wider


def test_definitions_that_lead_back_to_themselves_are_compared_once() -> None:
    def node(most: int) -> dict[str, Any]:
        child = {"$ref": "#/$defs/one"}
        return {"one": {"properties": {"name": {"maxLength": most}, "child": child}}}

    top = {"$ref": "#/$defs/one"}
    assert Widening(node(3), node(4)).widens(top, top)
    assert not Widening(node(4), node(3)).widens(top, top)
    assert not Widening(node(3), node(4)).same(top, top)


def test_definitions_that_multiply_or_lead_deep_are_compared_soon() -> None:
    def doubled(stem: str, most: int, levels: int = 300) -> dict[str, Any]:
        def level(at: int) -> dict[str, Any]:
            below = {"$ref": f"#/$defs/{stem}{at + 1}"}
            return {"properties": {"left": below, "right": dict(below)}}

        return {f"{stem}{levels}": {"maxLength": most}} | {
            f"{stem}{at}": level(at) for at in range(levels)
        }

    a, b = {"$ref": "#/$defs/a0"}, {"$ref": "#/$defs/b0"}
    assert Widening(doubled("a", 3), doubled("a", 3)).widens(a, a)
    assert not Widening(doubled("a", 4), doubled("a", 3)).widens(a, a)
    assert Widening(doubled("a", 3, 12), doubled("b", 4, 12)).widens(a, b)
    assert not Widening(doubled("a", 4), doubled("b", 3)).widens(a, b)
