"""Files looked through before anything is written."""

from __future__ import annotations

import codecs
import gzip
import os
from pathlib import Path

import pytest

from core.actions.importing import files
from core.actions.importing.files import File, look_through, opened
from core.errors import Problem

CHINESE = "客户,城市\n华为技术有限公司,深圳\n"


def looked(path: Path, content: bytes, encoding: str | None = None) -> File | Problem:
    path.write_bytes(content)
    return look_through(path, None, encoding)


def text_of(path: Path, content: bytes, encoding: str | None = None) -> str:
    file = looked(path, content, encoding)
    assert isinstance(file, File)
    with opened(file) as (text, _):
        return text.read()


def problem_of(path: Path, content: bytes, encoding: str | None = None) -> Problem:
    problem = looked(path, content, encoding)
    assert isinstance(problem, Problem)
    assert problem.path == (path.name,)
    return problem


@pytest.mark.parametrize(
    "content",
    [
        CHINESE.encode(),
        codecs.BOM_UTF8 + CHINESE.encode(),
        CHINESE.encode("utf-16"),
        codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"),
        CHINESE.encode("gb18030"),
        gzip.compress(CHINESE.encode()),
        gzip.compress(CHINESE[:5].encode()) + gzip.compress(CHINESE[5:].encode()),
    ],
    ids=["utf-8", "mark", "utf-16", "utf-16-be", "gb18030", "gzip", "gzip in two parts"],
)
def test_the_encoding_is_told_from_the_bytes(tmp_path: Path, content: bytes) -> None:
    assert text_of(tmp_path / "accounts.csv", content) == CHINESE


def test_western_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    content = "name\nCafé Zürich\nSão Paulo\n".encode("windows-1252")
    problem = problem_of(tmp_path / "accounts.csv", content)
    assert problem.code == "BAD_ENCODING"
    assert "line 2 is not utf-8" in problem.message
    assert (
        text_of(tmp_path / "accounts.csv", content, "windows-1252")
        == "name\nCafé Zürich\nSão Paulo\n"
    )


@pytest.mark.parametrize(
    ("encoding", "codec", "text"),
    [
        ("shift-jis", "cp932", "㈱髙島屋 ①"),
        ("big5", "cp950", "恒泰銹碁"),
        ("euc-kr", "cp949", "똠방각하"),
        ("windows-1250", "windows-1250", "Škoda Łódź"),
        ("windows-1251", "windows-1251", "ООО Ромашка"),
    ],
)
def test_spreadsheets_of_other_countries_are_read(
    tmp_path: Path, encoding: str, codec: str, text: str
) -> None:
    assert (
        text_of(tmp_path / "accounts.csv", f"n\n{text}\n".encode(codec), encoding) == f"n\n{text}\n"
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("euc-kr", "현대자동차,삼성전자,엘지화학"), ("euc_jp", "株式会社トヨタ,東京のソニー")],
)
def test_korean_and_japanese_are_not_taken_for_chinese(
    tmp_path: Path, encoding: str, text: str
) -> None:
    problem = problem_of(tmp_path / "accounts.csv", f"n\n{text}\n".encode(encoding))
    assert problem.code == "BAD_ENCODING"


def test_a_bad_file_is_told_by_the_name_that_the_mapping_gives_its_encoding(
    tmp_path: Path,
) -> None:
    problem = problem_of(tmp_path / "accounts.csv", b"n\n\x81\x00\n", "shift-jis")
    assert "line 2 is not shift-jis text" in problem.message


def test_utf_16_without_a_mark_is_told(tmp_path: Path) -> None:
    problem = problem_of(tmp_path / "accounts.csv", "name\n".encode("utf-16-le"), "utf-16")
    assert (problem.code, "line 1 is not utf-16" in problem.message) == ("BAD_ENCODING", True)


def test_bad_bytes_are_told_with_their_line_wherever_they_are(tmp_path: Path) -> None:
    content = b"name\n" + b"a\n" * files.CHUNK + b"\xff\n" + b"b\n" * 10
    problem = problem_of(tmp_path / "accounts.csv", content)
    assert f"line {files.CHUNK + 2} " in problem.message


def test_a_character_cut_off_at_the_end_is_told(tmp_path: Path) -> None:
    problem = problem_of(tmp_path / "accounts.csv", "name\n华".encode()[:-1])
    assert (problem.code, "line 2" in problem.message) == ("BAD_ENCODING", True)


@pytest.mark.parametrize(
    ("cut", "code"),
    [(lambda packed: packed[:-9], "TRUNCATED_GZIP"), (lambda packed: packed[:40] + b"\x00" * 40 + packed[80:], "BAD_GZIP")],
    ids=["truncated", "damaged"],
)  # fmt: skip
def test_a_broken_gzip_is_refused(tmp_path: Path, cut, code: str) -> None:  # type: ignore[no-untyped-def]
    lines = "".join(f"{number},{number * 7919 % 1000}\n" for number in range(5_000))
    problem = problem_of(tmp_path / "accounts.csv.gz", cut(gzip.compress(lines.encode())))
    assert problem.code == code


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_spreadsheet_is_refused_with_a_mend(tmp_path: Path, start: bytes) -> None:
    problem = problem_of(tmp_path / "accounts.csv", start + b" and so on")
    assert problem.code == "NOT_TEXT"
    assert "save it as CSV" in problem.message


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    content = b"a" * (files.LONGEST_LINE + files.CHUNK + 1)
    assert problem_of(tmp_path / "accounts.csv", content).code == "LINE_TOO_LONG"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    problem = look_through(tmp_path / "none.csv", None, None)
    assert isinstance(problem, Problem)
    assert problem.code == "UNREADABLE_FILE"


def test_what_can_not_be_read_twice_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv"):
        problem = look_through(path, "csv", None)
        assert isinstance(problem, Problem)
        assert problem.code == "NO_FILE"


def test_the_format_is_told_by_the_name(tmp_path: Path) -> None:
    for name, told in [("a.csv", "csv"), ("a.TSV.gz", "csv"), ("a.ndjson", "jsonl")]:
        (tmp_path / name).write_bytes(b"{}")
        file = look_through(tmp_path / name, None, None)
        assert isinstance(file, File)
        assert file.format == told
    problem = problem_of(tmp_path / "a.parquet", b"x")
    assert problem.code == "UNKNOWN_FORMAT"
    assert "jq" not in problem.message
    assert "jq -c '.[]'" in problem_of(tmp_path / "a.json", b"[{}]").message
