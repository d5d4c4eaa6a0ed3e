"""The `crm` pack, and its list of keys in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.packs.loading import load
from metadata.layers import platform
from metadata.model import FieldType
from plugins.built_in import BUILT_IN
from tests.core.actions.importing.a_mapping import crm

ROOT = Path(__file__).parents[3]
OFFER = load(BUILT_IN)
DOCUMENTS = OFFER.packs["crm"].documents
PAGE = (ROOT / "docs" / "crm-pack.md").read_text("utf-8")


def objects() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, document in DOCUMENTS.items():
        if path.startswith("objects/"):
            yield str(document["$id"]), document


def test_it_parses_on_the_platform() -> None:
    assert crm().objects.keys() == {key for key, _ in objects()}


@pytest.mark.parametrize(
    ("object", "inverse", "other"),
    [
        ("account", "children", "account"),
        ("account", "contacts", "contact"),
        ("account", "opportunities", "opportunity"),
        ("contact", "reports", "contact"),
        ("opportunity", "contacts", "opportunity_contact"),
        ("opportunity", "lines", "opportunity_line"),
    ],
)
def test_connections_that_clients_know(object: str, inverse: str, other: str) -> None:
    assert (inverse, other) in {(one.key, one.object) for one in crm().inverses(object)}


def test_every_record_can_be_found_by_the_key_of_another_system() -> None:
    for declared in crm().objects.values():
        assert "external_id" in {unique.key for unique in declared.uniques}


def test_the_default_pipeline_has_the_stages_of_a_sale() -> None:
    stages = crm().pipelines["sales"].stages
    assert [(stage.key, stage.kind, stage.probability) for stage in stages] == [
        ("initial", "open", "0.1"),
        ("qualified", "open", "0.3"),
        ("solution", "open", "0.5"),
        ("negotiation", "open", "0.75"),
        ("won", "won", "1"),
        ("lost", "lost", "0"),
        ("invalid", "invalid", "0"),
    ]


def test_the_decision_chain_measures_what_members_say() -> None:
    graph = crm().graphs["decision_chain"]
    assert (graph.anchor, graph.node, graph.through) == (
        "opportunity",
        "contact",
        "opportunity_contact",
    )
    assert graph.measures["weight"] == "influence"


def test_every_title_is_there_in_chinese() -> None:
    untitled = [
        f"{declared.key}.{field.key}"
        for declared in crm().objects.values()
        for field in declared.fields.values()
        if "zh-Hans" not in field.labels
        or not all("zh-Hans" in option.labels for option in field.options)
    ]
    assert untitled == []
    assert all("zh-Hans" in one.labels for one in crm().objects.values())
    assert all("zh-Hans" in stage.labels for stage in crm().pipelines["sales"].stages)


def test_no_text_of_a_list_is_too_long_for_its_column() -> None:
    for declared in crm().objects.values():
        for field in declared.fields.values():
            if field.type is FieldType.TEXT and field.index:
                assert int(str(field.schema.get("maxLength", 1_000))) <= 254


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows_of(title: str, table: int = 0) -> list[list[str]]:
    """The cells of a table in a section, without its head."""
    tables = re.findall(r"(?:^\|.*\n)+", section(title), re.MULTILINE)
    lines = tables[table].strip().split("\n")[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize(("key", "document"), list(objects()), ids=lambda value: str(value)[:20])
def test_the_page_lists_every_field_with_its_titles_and_options(
    key: str, document: Mapping[str, Any]
) -> None:
    fields = document["properties"]
    listed = rows_of(key)
    assert [ticked(row[0])[0] for row in listed] == list(fields)
    for row, field in zip(listed, fields.values(), strict=True):
        assert row[2:4] == [field["title"], field["x-i18n"]["zh-Hans"]["title"]]
        options = field.get("oneOf") or field.get("items", {}).get("oneOf") or []
        told = row[4].partition("options: ")[2]
        assert ticked(told) == [option["const"] for option in options]
        if "x-reference" in field:
            assert ticked(row[1]) == [field["x-reference"]["object"]]


@pytest.mark.parametrize("document", platform().documents.values(), ids=lambda one: one["$id"])
def test_the_page_lists_the_fields_that_the_platform_has(document: Mapping[str, Any]) -> None:
    listed = rows_of(document["$id"], table=1)
    fields = document["properties"]
    assert [ticked(row[0])[0] for row in listed] == list(fields)
    for row, field in zip(listed, fields.values(), strict=True):
        assert row[2:4] == [field["title"], field["x-i18n"]["zh-Hans"]["title"]]
        assert ("unique" in row[4]) == ("x-unique" in field)
        if "x-reference" in field:
            assert ticked(row[1]) == [field["x-reference"]["object"]]


def test_the_page_lists_every_object_with_its_plural() -> None:
    listed = {ticked(row[0])[0]: ticked(row[1]) for row in rows_of("Objects")}
    plurals = {key: [one["x-plural"]] if "x-plural" in one else [] for key, one in objects()}
    assert listed == plurals


def test_the_page_lists_every_connection() -> None:
    listed = {
        tuple(ticked(cell)[0] for cell in row)
        for row in rows_of("Connections that references give to the other side")
    }
    declared = {
        (reference["object"], reference["inverse"], key, field)
        for key, document in objects()
        for field, schema in document["properties"].items()
        if "inverse" in (reference := schema.get("x-reference", {}))
    }
    assert listed == declared


def test_the_page_lists_every_stage_and_reason() -> None:
    document: Mapping[str, Any] = DOCUMENTS["pipelines/sales.json"]
    stages = [ticked(row[0])[0] for row in rows_of("Pipeline `sales`")]
    reasons = [ticked(row[0])[0] for row in rows_of("Pipeline `sales`", 1)]
    assert stages == [stage["key"] for stage in document["stages"]]
    assert reasons == [reason["key"] for reason in document["reasons"]]
