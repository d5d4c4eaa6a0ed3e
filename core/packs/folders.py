"""The pack that lies in a folder."""

from __future__ import annotations

import re
from pathlib import Path

from core.packs.offer import Pack
from metadata import documents
from metadata.documents import Document

KINDS = ("objects", "pipelines", "graphs", "i18n")
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}")
_LEAST = re.compile(r"\d{1,6}\.\d{1,6}(\.\d{1,6})?")


class BadPack(Exception):
    """The folder holds no pack that can be taken; `faults` are (file, what is wrong)."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{file}: {message}" for file, message in faults))
        self.faults = faults


def read(folder: Path, plugin: str) -> Pack:
    """The pack in the folder, its declarations as they stand in the files.

    Raises:
        BadPack: with every file that can't be read and everything wrong in `pack.json`.
    """
    files = [folder / "pack.json"]
    files += [path for kind in KINDS for path in sorted((folder / kind).glob("*.json"))]
    found: dict[str, Document] = {}
    faults: list[tuple[str, str]] = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            found[name] = _document(path, name)
        except BadPack as bad:
            faults += bad.faults
    if faults:
        raise BadPack(*faults)
    return _pack(found.pop("pack.json"), found, plugin)


def _document(path: Path, name: str) -> Document:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadPack((name, f"cannot be read: {error.strerror}")) from error
    loaded = documents.load(text, name)
    if isinstance(loaded, tuple):
        raise BadPack(*((name, problem.message) for problem in loaded))
    return loaded


def _pack(head: Document, declarations: dict[str, Document], plugin: str) -> Pack:
    key, version, title = head.get("name"), head.get("version"), head.get("title")
    faults = []
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        faults.append('"name" must be a key such as "field_service"')
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        faults.append('"version" must be three numbers such as "1.0.0"')
    if not isinstance(title, str) or not title:
        faults.append('"title" is missing')
    if not declarations:
        faults.append(f"there is no declaration beside it, in {', '.join(KINDS[:-1])}")
    requires, bad = _requirements(head.get("requires", {}))
    if faults + bad:
        raise BadPack(*(("pack.json", fault) for fault in faults + bad))
    return Pack(
        key=str(key),
        version=str(version),
        title=str(title),
        plugin=plugin,
        requires=requires,
        base=head.get("layer") == "base",
        documents=declarations,
    )


def _requirements(value: object) -> tuple[dict[str, str], list[str]]:
    if not isinstance(value, dict):
        return {}, ['"requires" must be an object such as {"crm": "1.0"}']
    return value, [
        f'"requires" of {key}: {version!r} is not a version such as "1.0"'
        for key, version in value.items()
        if not isinstance(version, str) or not _LEAST.fullmatch(version)
    ]
