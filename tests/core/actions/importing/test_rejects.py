"""Files of rejected rows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.actions.importing.rejects import RejectFiles
from core.actions.importing.report import Reject
from core.actions.importing.rows import Flaw, Head
from core.errors import Refused
from core.store.database.connections import Database
from tests.core.actions.importing.a_mapping import a_mapping
from tests.core.actions.importing.an_import import a_crm, data, load_files

TOO_LONG = Flaw("name", "TOO_LONG", "At most 200 characters.", "x")
FULL = Path("/dev/full")
HEAD = Head(("name", "city"), ";")


def a_reject(whole: object, line: int = 3, head: Head | None = HEAD) -> Reject:
    feed = "accounts.csv.gz" if head is not None else "accounts.jsonl"
    return Reject(feed, line, (TOO_LONG, Flaw("", "ODD", "Odd.")), head, whole)


@pytest.fixture
def files(tmp_path: Path) -> RejectFiles:
    return RejectFiles(tmp_path)


def test_a_row_keeps_its_cells_and_gets_its_reasons(files: RejectFiles, tmp_path: Path) -> None:
    files.add(a_reject(['say "hi"', "Bonn\nKiel"]))
    files.add(a_reject(["short"], line=9))
    files.add(a_reject(["too", "many", "cells"], line=10))
    files.close()
    text = (tmp_path / "accounts.rejected.csv").read_text("utf-8-sig")
    assert text.split("\n")[0].strip() == "name;city;rejected_line;rejected_column;rejected_reason"
    assert (
        '"say ""hi""";"Bonn\nKiel";3;name;"At most 200 characters. [TOO_LONG]\nOdd. [ODD]"' in text
    )
    assert "short;;9" in text
    assert 'too;many;10;name;"At most 200 characters. [TOO_LONG]\nOdd. [ODD]";cells' in text


def test_what_is_rejected_again_is_told_anew(files: RejectFiles, tmp_path: Path) -> None:
    head = Head(("name", "rejected_line", "rejected_column", "rejected_reason"))
    files.add(a_reject(["Ann", "7", "city", "Odd.", "beyond"], head=head))
    files.close()
    text = (tmp_path / "accounts.rejected.csv").read_text("utf-8-sig")
    assert text.startswith("name,rejected_line,rejected_column,rejected_reason\nAnn,3,name,")
    assert text.endswith(",beyond\n")


def test_quotes_are_written_as_the_file_has_them(files: RejectFiles, tmp_path: Path) -> None:
    files.add(a_reject(['say "hi"', "C:\\"], head=Head(("name", "city"), escape="\\")))
    files.close()
    text = (tmp_path / "accounts.rejected.csv").read_text("utf-8-sig")
    assert text.splitlines()[1].startswith('say \\"hi\\",C:\\\\,3,')


def test_json_lines_stay_json_lines(files: RejectFiles, tmp_path: Path) -> None:
    files.add(a_reject({"name": "a", "revenue": Decimal("1.10")}, head=None))
    files.add(a_reject("{broken", head=None))
    files.close()
    lines = (tmp_path / "accounts.rejected.jsonl").read_text("utf-8").splitlines()
    assert lines[0].startswith('{"name":"a","revenue":1.10,"rejected_line":3')
    assert json.loads(lines[1])["rejected_text"] == "{broken"


def test_what_an_earlier_import_left_is_cleared(files: RejectFiles, tmp_path: Path) -> None:
    files.add(a_reject(["a", "b"]))
    files.clear(["accounts.csv.gz"], [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_import_is_never_written_over(files: RejectFiles, tmp_path: Path) -> None:
    source = tmp_path / "accounts.rejected.csv"
    source.write_text("name\n")
    with pytest.raises(Refused, match="would go there"):
        files.clear(["accounts.csv"], [source])
    assert source.exists()


def test_two_files_never_share_one_of_rejects(files: RejectFiles) -> None:
    with pytest.raises(Refused, match=r"a\.csv and of a\.csv\.gz would go to .*: rename one"):
        files.clear(["a.csv", "a.csv.gz"], [])


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
def test_two_imports_never_share_a_file(files: RejectFiles, tmp_path: Path) -> None:
    other = RejectFiles(tmp_path)
    files.clear(["accounts.csv.gz"], [])
    other.clear(["accounts.csv.gz"], [])
    files.add(a_reject(["a", "b"]))
    with pytest.raises(Refused, match="Another import is writing"):
        other.add(a_reject(["c", "d"]))
    with pytest.raises(Refused, match="Another import is writing"):
        other.clear(["accounts.csv.gz"], [])
    files.close()
    other.clear(["accounts.csv.gz"], [])
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told(files: RejectFiles, tmp_path: Path) -> None:
    (tmp_path / "accounts.rejected.csv").symlink_to(FULL)
    files.add(a_reject(["a", "b"]))
    with pytest.raises(Refused, match="can't be written there: No space left"):
        files.close()


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="can't be written there"):
        RejectFiles(tmp_path / "file" / "rejects").clear(["accounts.csv"], [])


async def test_once_put_right_they_can_be_imported(database: Database, tmp_path: Path) -> None:
    world = await a_crm(database)
    source = tmp_path / "accounts.csv"
    source.write_text('name;staff;note\nAcme;7;a\nBeta;many;"b;\nc"\n', "gb18030")
    step = {
        "object": "account",
        "encoding": "gb18030",
        "delimiter": ";",
        "fields": {"name": "name", "employees": "staff", "description": "note"},
    }
    mapping = a_mapping(step | {"files": "accounts.csv"})
    _, kept = await load_files(world, mapping, [source])
    files = RejectFiles(tmp_path)
    for reject in kept.rejects:
        files.add(reject)
    files.close()
    path = files.paths["accounts.csv"]
    path.write_text(path.read_text("utf-8-sig").replace("many", "9"), "utf-8")
    _, kept = await load_files(world, mapping, [path])
    assert kept.told == []
    assert await data(world, "account", "name", "employees") == [("Acme", 7), ("Beta", 9)]
