"""The pack in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.packs.folders import BadPack, read
from tests.core.packs.a_plugin import a_folder


def test_every_fault_of_the_head_is_told_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    head = {"name": "Visits!", "version": "1.0", "requires": {"crm": "about 1"}}
    (folder / "pack.json").write_text(json.dumps(head))
    with pytest.raises(BadPack) as caught:
        read(folder, "field")
    assert [message for _, message in caught.value.faults] == [
        '"name" must be a key such as "field_service"',
        '"version" must be three numbers such as "1.0.0"',
        '"title" is missing',
        '"requires" of crm: \'about 1\' is not a version such as "1.0"',
    ]


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
    with pytest.raises(BadPack, match="no declaration beside it"):
        read(folder, "field")


def test_only_declarations_are_read(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "samples").mkdir()
    (folder / "samples" / "golden.json").write_text("not a declaration")
    assert list(read(folder, "field").documents) == ["objects/visit.json"]
