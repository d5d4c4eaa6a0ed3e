"""The pack in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.packs.folders import BadPack, read
from tests.core.packs.a_plugin import a_folder


def test_every_fault_of_a_document_is_told_with_its_place(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    head = {
        "$schema": "https://dealgraph.dev/schemas/pack-1.json",
        "name": "Visits!",
        "version": "1.0",
        "requires": {"crm": "about 1"},
    }
    (folder / "pack.json").write_text(json.dumps(head))
    with pytest.raises(BadPack) as caught:
        read(folder, "field")
    assert {file for file, _ in caught.value.faults} == {"pack.json"}
    assert sorted(message.split(":")[0] for _, message in caught.value.faults) == [
        "/name",
        "/requires/crm",
        "/version",
    ]


def test_a_document_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "objects").rename(folder / "graphs")
    with pytest.raises(BadPack, match=r'must begin with "\$schema": .*/graph-1\.json'):
        read(folder, "field")


def test_every_broken_file_is_told_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "pack.json").unlink()
    (folder / "objects" / "visit.json").write_text('{"a": 1, "a": 2}')
    with pytest.raises(BadPack) as caught:
        read(folder, "field")
    assert [file for file, _ in caught.value.faults] == ["pack.json", "objects/visit.json"]


def test_a_folder_without_declarations_is_no_pack(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "objects" / "visit.json").unlink()
    with pytest.raises(BadPack, match="no declaration lies beside it"):
        read(folder, "field")


def test_only_declarations_are_read(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "samples").mkdir()
    (folder / "samples" / "golden.json").write_text("not a declaration")
    exported = {"rows": ["x" * 5_000], "of": "https://dealgraph.dev/schemas/object"}
    (folder / "samples" / "exported.json").write_text(json.dumps(exported))
    assert list(read(folder, "field").documents) == ["pack.json", "objects/visit.json"]


@pytest.mark.parametrize(
    "place", ["object/area.json", "objects/area.JSON", "objects/more/area.json"]
)
def test_a_declaration_where_nothing_is_read_is_told(tmp_path: Path, place: str) -> None:
    folder = a_folder(tmp_path)
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text((folder / "objects" / "visit.json").read_text())
    with pytest.raises(BadPack, match=f"{place}: lies where nothing is read; .*objects/") as caught:
        read(folder, "field")
    assert len(caught.value.faults) == 1


def test_what_lies_elsewhere_is_told_beside_what_is_broken(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "object").mkdir()
    (folder / "object" / "area.json").write_bytes((folder / "objects/visit.json").read_bytes())
    (folder / "objects" / "visit.json").write_text("{")
    with pytest.raises(BadPack) as caught:
        read(folder, "field")
    files = [file for file, _ in caught.value.faults]
    assert files == ["objects/visit.json", "object/area.json"]


@pytest.mark.parametrize("name", ["platform", "tenant"])
def test_the_layers_that_are_no_packs_keep_their_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadPack, match=f"'{name}' is not for packs"):
        read(a_folder(tmp_path, name), "field")


def test_names_that_only_tenants_give_are_refused_with_their_places(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    visit = json.loads((folder / "objects" / "visit.json").read_text())
    kind = {"oneOf": [{"const": "call"}, {"const": "fair__c"}]}
    changed = {
        **visit,
        "$id": "visit__c",
        "properties": {"note__c": {"type": "string"}, "kind": kind},
    }
    (folder / "objects" / "visit.json").write_text(json.dumps(changed))
    with pytest.raises(BadPack) as caught:
        read(folder, "field")
    assert [message for _, message in caught.value.faults] == [
        f"{place}: Only what a tenant declares ends in __c. Say '{name}'."
        for place, name in (
            ("/properties/note__c", "note"),
            ("/$id", "visit"),
            ("/properties/kind/oneOf/1/const", "fair"),
        )
    ]
