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
    assert list(read(folder, "field").documents) == ["pack.json", "objects/visit.json"]
