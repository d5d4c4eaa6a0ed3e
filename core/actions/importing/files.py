"""The files of an import, looked through before anything is written: whole, readable, in what encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

from core.errors import Problem

CHUNK = 1 << 20
LONGEST_LINE = 16 << 20
"""Bytes without a line's end beyond which a file is taken for something else."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_CODECS = {"shift-jis": "cp932", "big5": "cp950", "euc-kr": "cp949"}
"""What spreadsheets write by the names of narrower standards, with signs such as ㈱."""
_GZIP = b"\x1f\x8b"
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # of zip files and .xlsx, of .xls
_CHINESE_SHARE = 0.9
"""Share of common Chinese among what is not ASCII, from which a file is taken for GB 18030."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be read to its end."""

    path: Path
    name: str
    format: str
    encoding: str
    size: int  # in bytes, as it lies on the disk
    guessed: bool = False  # whether its encoding was told from its bytes alone


class Unreadable(Exception):
    """The file can't be imported at all."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def look_through(path: Path, format: str | None, encoding: str | None) -> File | Problem:
    """The file, after reading it to its end once, or why it can't be imported."""
    try:
        return _looked_through(path, format, encoding)
    except Unreadable as error:
        return Problem((path.name,), error.code, f"{path.name}: {error}")
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror or error}."
        return Problem((path.name,), "UNREADABLE_FILE", message)


def saved(stream: IO[bytes], folder: Path) -> Path:
    """What comes in, as a file that can be read more than once; its name tells its format."""
    start = stream.read(CHUNK)
    plain = start
    if start.startswith(_GZIP):
        with suppress(zlib.error):
            plain = zlib.decompressobj(wbits=31).decompress(start, CHUNK)
    is_json = plain.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")
    path = folder / f"stdin.{'jsonl' if is_json else 'csv'}"
    with path.open("wb") as file:
        file.write(start)
        shutil.copyfileobj(stream, file, CHUNK)
    return path


@contextmanager
def opened(file: File) -> Iterator[tuple[TextIO, IO[bytes]]]:
    """The file's text, lines ended as they are, and the raw file that tells how far it was read."""
    with file.path.open("rb") as raw, _unpacked(raw) as binary:
        text = io.TextIOWrapper(binary, file.encoding, newline="")
        try:
            yield text, raw
        finally:
            text.detach()


def _looked_through(path: Path, format: str | None, encoding: str | None) -> File:
    size = path.stat().st_size
    if not path.is_file():
        raise Unreadable(
            "NO_FILE", "this is no file, and it is read more than once: save it as one."
        )
    with path.open("rb") as raw:
        start = raw.read(4)
    if start in _NOT_TEXT:
        raise Unreadable(
            "NOT_TEXT", "this is a spreadsheet or a zip file: save it as CSV in UTF-8."
        )
    told = format or _format(path)
    mark = _by_mark(path)
    named = encoding or "utf-8"
    found = mark or _CODECS.get(named, named)
    try:
        _decode_all(path, found, mark or named)
    except Unreadable as error:
        if mark or encoding or error.code != "BAD_ENCODING" or not _is_chinese(path):
            raise
        return File(path, path.name, told, "gb18030", size, guessed=True)
    return File(path, path.name, told, found, size)


def _format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    known = _FORMATS.get(suffixes[-1]) if suffixes else None
    if known is None:
        names = ", ".join(_FORMATS)
        mend = f"name it {names} (.gz), or give the step a format."
        if suffixes[-1:] == [".json"]:
            mend += " A JSON list becomes lines with: jq -c '.[]'"
        raise Unreadable("UNKNOWN_FORMAT", mend)
    return known


def _by_mark(path: Path) -> str | None:
    start = next(_chunks(path), b"")
    return next((name for mark, name in _BOMS if start.startswith(mark)), None)


def _decode_all(path: Path, codec: str, encoding: str) -> None:
    """Read the whole file, so that nothing is written if its end can't be."""
    decoder = codecs.getincrementaldecoder(codec)()
    lines, run = 1, 0
    for chunk in _chunks(path):
        _decode(decoder, chunk, encoding, lines)
        lines += chunk.count(b"\n")
        last = chunk.rfind(b"\n")
        run = run + len(chunk) if last < 0 else len(chunk) - last
        if run > LONGEST_LINE:
            message = f"a line is longer than {LONGEST_LINE >> 20} MB: is this a text with lines?"
            raise Unreadable("LINE_TOO_LONG", message)
    _decode(decoder, b"", encoding, lines, final=True)


def _decode(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    encoding: str,
    line: int,
    *,
    final: bool = False,
) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeError as error:
        at = line
        if isinstance(error, UnicodeDecodeError):  # of UTF-16 the mark may be missing
            at += error.object[: error.start].count(b"\n")
        mend = 'save it as UTF-8, or say its "encoding" in the mapping'
        raise Unreadable("BAD_ENCODING", f"line {at} is not {encoding} text: {mend}.") from error


def _is_chinese(path: Path) -> bool:
    """Whether the file is text in GB 18030, and almost all beyond ASCII in it common Chinese.

    Of Korean and Japanese in their EUC the bytes are those of Chinese as well, but the first of a
    Hangul's two is no later than `C8`, which half of Chinese is, and Japanese has Kana.
    """
    decoder = codecs.getincrementaldecoder("gb18030")()
    beyond = 0
    firsts: Counter[int] = Counter()
    try:
        for chunk in _chunks(path):
            text = decoder.decode(chunk)
            others = "".join(character for character in text if character > "\x7f")
            beyond += len(others)
            firsts.update(others.encode("gb2312", "ignore")[::2])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    common = firsts.total()
    late = sum(count for first, count in firsts.items() if first > _LAST_OF_HANGUL)
    kana = sum(firsts[first] for first in _KANA)
    is_korean = common >= _TELLING and late < (1 - _CHINESE_SHARE) * common
    is_japanese = kana > (1 - _CHINESE_SHARE) * common
    return common >= _CHINESE_SHARE * beyond > 0 and not (is_korean or is_japanese)


_TELLING = 10
_LAST_OF_HANGUL = 0xC8
_KANA = (0xA4, 0xA5)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as raw, _unpacked(raw) as binary:
        try:
            while chunk := binary.read(CHUNK):
                yield chunk
        except EOFError as error:
            message = "the gzip file ends too early: it was cut off. Get it again."
            raise Unreadable("TRUNCATED_GZIP", message) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable("BAD_GZIP", "the gzip file is damaged. Get it again.") from error


@contextmanager
def _unpacked(raw: io.BufferedReader) -> Iterator[IO[bytes]]:
    packed = raw.peek(2)[:2] == _GZIP
    if not packed:
        yield raw
        return
    with gzip.GzipFile(fileobj=raw) as unpacked:
        yield cast(IO[bytes], unpacked)
