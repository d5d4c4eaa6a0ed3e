"""What is wrong in one place hides nothing elsewhere, and is nobody else's fault."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata import documents
from metadata.layers import Layer, platform
from metadata.model import Metadata
from metadata.parsing import parse
from metadata.problems import Problem
from tests.metadata.builders import (
    TEXT,
    Document,
    a_formula,
    a_graph,
    a_picklist,
    a_pipeline,
    a_reference,
    a_role,
    a_stage,
    an_object,
    parsed,
    some_labels,
    told,
)

CRM = Path(__file__).parents[2] / "plugins" / "packs" / "crm"
UNFINISHED = "1 +"


@cache
def pack() -> dict[str, Any]:
    files = sorted(CRM.rglob("*.json"))
    return {
        path.relative_to(CRM).as_posix(): documents.load(path.read_bytes(), path.name)
        for path in files
    }


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def with_this_at(document: Any, path: tuple[str | int, ...], value: object) -> Any:
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


@settings(deadline=None)
@given(st.data())
def test_what_is_wrong_in_one_document_is_no_fault_of_the_others(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(pack().keys() - {"pack.json"})))
    path = data.draw(st.sampled_from(list(places(pack()[name]))))
    value = data.draw(st.sampled_from([5, -1, True, "??", []]))

    changed = {**pack(), name: with_this_at(pack()[name], path, value)}
    found = parse([platform(), Layer("crm", changed)])

    problems: tuple[Problem, ...] = () if isinstance(found, Metadata) else found
    blamed = {problem.document for problem in problems}
    assert f"crm/{name}" not in blamed or blamed == {f"crm/{name}"}


def test_a_document_that_does_not_say_what_it_is_hides_no_problem_of_others() -> None:
    elsewhere: Document = {"seller": a_reference("person"), "late": a_formula("until < today()")}
    found = parsed(
        Layer(
            "base",
            {
                "pack.json": pack()["pack.json"] | {"name": "base"},
                "objects/none.json": [],
                "objects/deal.json": an_object("deal", {**elsewhere, "kind": {"type": "strin"}}),
                "objects/visit.json": an_object("visit", {"total": a_formula(UNFINISHED)}),
            },
        )
    )
    assert not isinstance(found, Metadata)
    assert sorted((problem.document, problem.pointer) for problem in found) == [
        ("base/objects/deal.json", "/properties/kind/type"),
        ("base/objects/deal.json", "/properties/late/x-formula"),
        ("base/objects/none.json", ""),
        ("base/objects/visit.json", "/properties/total/x-formula"),
    ]


def test_an_unknown_kind_of_stage_hides_nothing_else_of_its_pipeline() -> None:
    pipeline = a_pipeline(
        bound="nobody",
        stages=[
            a_stage("first", allowed_targets=["secnd"]),
            a_stage("second", "wonn", probability=1, reactivate_targets=["first"]),
            a_stage("last", entry=[{"key": "sure", "check": UNFINISHED}]),
        ],
    )
    assert sorted(told(an_object("deal"), pipeline)) == [
        ("/object", "UNKNOWN_OBJECT"),
        ("/stages/0/allowed_targets/0", "UNKNOWN_STAGE"),
        ("/stages/1/kind", "NOT_ALLOWED"),
        ("/stages/2/entry/0/check", "EXPRESSION_SYNTAX"),
    ]


def test_an_unknown_anchor_hides_no_wrong_edge_of_its_graph() -> None:
    person = an_object("person", {"boss": a_reference("person"), "name": TEXT})
    link = an_object("member", {"person": a_reference("person")})
    edges: list[Document] = [{"kind": "x", "reference": "person.name"}, {"kind": "y"}]
    nodes = {"object": "person", "through": "member"}
    found = told(person, link, a_graph(anchor="deal", nodes=nodes, edges=edges))
    assert sorted(found) == [
        ("/anchor", "UNKNOWN_OBJECT"),
        ("/edges/0/reference", "WRONG_TYPE"),
        ("/edges/1", "BAD_EDGE"),
    ]


def test_words_that_nothing_depends_on_hide_nothing_beside_them() -> None:
    rule = {"key": "sure", "check": UNFINISHED, "message": "Be sure.", "severity": "stop"}
    reference = {"x-reference": {"object": "persn", "onDelete": "ignore"}}
    found = told(an_object("deal", {"name": TEXT, "who": reference}, x_rules=[rule]))
    assert sorted(found) == [
        ("/properties/who/x-reference/object", "UNKNOWN_OBJECT"),
        ("/properties/who/x-reference/onDelete", "NOT_ALLOWED"),
        ("/x-rules/0/check", "EXPRESSION_SYNTAX"),
        ("/x-rules/0/severity", "NOT_ALLOWED"),
    ]


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (a_role(rights="king"), "/rights"),
        (some_labels("de", objects={"deal": {"title": 5}}), "/objects/deal/title"),
        ({**a_graph(), "nodes": 5}, "/nodes"),
        ({**a_pipeline("other", "visit"), "stages": []}, "/stages"),
        (an_object("visit", {"name": {**TEXT, "title": 5}}), "/properties/name/title"),
        (an_object("visit", x_rules=[{"key": "r", "check": "true", "message": 5}]), "/x-rules/0/message"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)  # fmt: skip
def test_what_no_field_hangs_on_hides_no_unknown_name(broken: Document, where: str) -> None:
    deal = an_object("deal", {"name": TEXT, "total": a_formula("nme + 1")})
    gates = {"entry": [{"key": "sure", "check": "nme != ''"}]}
    pipeline = a_pipeline(stages=[a_stage("open"), a_stage("won", "won", **gates)])
    assert sorted(pointer for pointer, _ in told(deal, pipeline, broken)) == sorted(
        [where, "/properties/total/x-formula", "/stages/1/entry/0/check"]
    )


def test_labels_of_a_part_that_is_broken_are_not_blamed() -> None:
    rule = {"key": "sure", "check": "true", "message": 5}
    labels = some_labels("de", objects={"deal": {"rules": {"sure": "Sei sicher."}}})
    assert told(an_object("deal", x_rules=[rule]), labels) == [("/x-rules/0/message", "WRONG_TYPE")]


def test_what_refers_to_broken_definitions_is_not_blamed() -> None:
    where = {"name": TEXT, "where": {"$ref": "#/$defs/place"}}
    assert told(an_object("deal", where, **{"$defs": 5})) == [("/$defs", "WRONG_TYPE")]


def test_edges_of_unknown_nodes_are_not_blamed() -> None:
    person = an_object("person", {"name": TEXT, "boss": a_reference("person")})
    link = an_object("member", {"deal": a_reference("deal"), "person": a_reference("person")})
    nodes = {"object": "persn", "through": "member"}
    edges = [{"kind": "x", "reference": "person.boss"}]
    chain = a_graph(anchor="deal", nodes=nodes, edges=edges)
    found = told(an_object("deal"), person, link, chain)
    assert found == [("/nodes/object", "UNKNOWN_OBJECT")]


def test_labels_of_a_multiple_choice_have_their_form() -> None:
    options = a_picklist("a", "b")
    options["oneOf"][1]["x-i18n"] = {"zh-Hans": "乙"}  # type: ignore[index]
    found = told(an_object("deal", {"name": TEXT, "many": {"type": "array", "items": options}}))
    assert found == [("/properties/many/items/oneOf/1/x-i18n/zh-Hans", "WRONG_TYPE")]
