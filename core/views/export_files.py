"""Exports as files: one for each object, and the mapping by which they are imported again."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from core.errors import Problem, Refused
from core.views.exporting import Export, Row, columns_of

Format = Literal["jsonl", "csv"]
Write = Callable[[Row], object]
MAPPING = "import.json"
SCHEMA = "https://dealgraph.dev/schemas/import-1.json"
_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes, and how it is written."""

    folder: Path
    format: Format = "jsonl"
    packed: bool = False

    def path(self, object: str) -> Path:
        """The file of an object's records."""
        return self.folder / f"{object}.{self.format}{'.gz' if self.packed else ''}"


@dataclass(slots=True)
class Written:
    """How many records of each object were written."""

    counts: dict[str, int] = field(default_factory=dict)
    later: dict[str, set[str]] = field(default_factory=dict)
    """References with values that an import can't fill before other objects are there."""


async def write(export: Export, target: Target, told: Callable[[str, int], None]) -> Written:
    """Write every object's records and the mapping; `told` hears of each page.

    Raises:
        Refused: the folder has files of these names already. Nothing was written.
    """
    target.folder.mkdir(parents=True, exist_ok=True)
    _refuse_overwriting(export, target)
    written = Written()
    for key in export.objects:
        columns = columns_of(export.metadata, export.metadata.objects[key])
        ahead = _ahead(export, key)
        written.counts[key], written.later[key] = 0, set()
        with _opened(target.path(key), target.packed) as file:
            write_row = _csv(file, columns) if target.format == "csv" else _json(file)
            async for page in export.rows(key):
                for row in page:
                    write_row(row)
                    written.later[key] |= ahead & row.keys()
                written.counts[key] += len(page)
                told(key, len(page))
    document = mapping(export, target, written)
    text = msgspec.json.format(_JSON.encode(document), indent=2)
    (target.folder / MAPPING).write_bytes(text + b"\n")
    return written


def mapping(export: Export, target: Target, written: Written) -> Mapping[str, Any]:
    """The import mapping that takes the files back: by id, so that references stay."""
    steps = []
    for key in export.objects:
        columns = columns_of(export.metadata, export.metadata.objects[key])
        early = [column for column in columns if column not in written.later[key]]
        steps.append(_step(target, key, early) | {"blanks": "clear"})
    for key, later in written.later.items():
        if later:
            steps.append(_step(target, key, ["id", *sorted(later)]))
    return {"$schema": SCHEMA, "title": "Everything that was exported", "steps": steps}


def _step(target: Target, key: str, columns: list[str]) -> dict[str, Any]:
    """The step that takes columns of an object back; JSON tells an empty text from none."""
    exact: dict[str, Any] = {"blank": []} if target.format == "jsonl" else {}
    return {
        "object": key,
        "files": target.path(key).name,
        "key": "id",
        "trim": False,
        **exact,
        "fields": {column: column for column in columns},
    }


def _ahead(export: Export, key: str) -> frozenset[str]:
    """References to objects that are written after this one."""
    after = export.objects[export.objects.index(key) + 1 :]
    references = export.metadata.objects[key].references()
    found = {one.key for one in references if one.reference and one.reference.object in after}
    return frozenset(found | ({"owner"} if "user" in after else set()))


def _refuse_overwriting(export: Export, target: Target) -> None:
    paths = [target.folder / MAPPING, *(target.path(key) for key in export.objects)]
    there = [path for path in paths if path.exists()]
    if there:
        message = f"There is a file {there[0]} already: export to another folder."
        raise Refused([Problem((str(there[0]),), "FILE_EXISTS", message)])


@contextmanager
def _opened(path: Path, packed: bool) -> Iterator[IO[str]]:
    with gzip.open(path, "wb") if packed else path.open("wb") as binary:
        text = io.TextIOWrapper(binary, "utf-8", newline="")
        yield text
        text.flush()
        text.detach()


def _json(file: IO[str]) -> Write:
    return lambda row: file.write(_JSON.encode(row).decode() + "\n")


def _csv(file: IO[str], columns: list[str]) -> Write:
    writer = csv.writer(file)
    writer.writerow(columns)
    return lambda row: writer.writerow([_cell(row.get(column)) for column in columns])


def _cell(value: Any) -> Any:
    """Lists, objects and truth values as JSON; nothing as a blank cell."""
    if value is None or isinstance(value, str):
        return value
    return _JSON.encode(value).decode()
