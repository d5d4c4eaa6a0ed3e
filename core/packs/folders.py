"""The pack that lies in a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from core.packs.offer import Pack
from metadata import documents, layers, naming, wording
from metadata.dialects import Kind
from metadata.documents import Document
from metadata.layers import PLATFORM, TENANT
from metadata.problems import Path as Place
from metadata.problems import listed, pointer

KINDS_BY_FOLDER = {
    "objects": Kind.OBJECT,
    "pipelines": Kind.PIPELINE,
    "graphs": Kind.GRAPH,
    "roles": Kind.ROLE,
    "i18n": Kind.LABELS,
}
HEAD = "pack.json"


class BadPack(Exception):
    """The folder holds no pack that can be taken; `faults` are (file, what is wrong)."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{file}: {message}" for file, message in faults))
        self.faults = faults


def read(folder: Path, plugin: str) -> Pack:
    """The pack in the folder, each of its documents sound by itself.

    Raises:
        BadPack: with everything that is wrong with each file.
    """
    files = [(folder / HEAD, Kind.PACK)]
    for name, kind in KINDS_BY_FOLDER.items():
        files += [(path, kind) for path in sorted((folder / name).glob("*.json"))]
    found: dict[str, Document] = {}
    faults: list[tuple[str, str]] = []
    for path, kind in files:
        name = path.relative_to(folder).as_posix()
        try:
            found[name] = _document(path, name, kind)
        except BadPack as bad:
            faults += bad.faults
    faults += _unread(folder, {path for path, _ in files})
    if not faults and len(found) == 1:
        faults.append((HEAD, f"no declaration lies beside it, in {listed(KINDS_BY_FOLDER)}"))
    if faults:
        raise BadPack(*faults)
    return _pack(found, plugin)


def _unread(folder: Path, known: Collection[Path]) -> Iterator[tuple[str, str]]:
    """Declarations that lie where nothing is read, as in `object/` or with the ending `.JSON`."""
    for path in sorted(folder.rglob("*")):
        if path in known or path.suffix.lower() != ".json" or not path.is_file():
            continue
        if _is_declaration(path):
            name = path.relative_to(folder).as_posix()
            yield name, f"lies where nothing is read; declarations are {HEAD} and {_PLACES}"


def _is_declaration(path: Path) -> bool:
    """Whether it begins as one; what else lies in a folder may be long, and each start looks."""
    with path.open("rb") as file:
        return _SCHEMAS in file.read(_BEGINNING)


_BEGINNING = 4_096
_SCHEMAS = b'"https://dealgraph.dev/schemas/'
_PLACES = listed([f"{name}/*.json" for name in KINDS_BY_FOLDER], "and")


def _document(path: Path, name: str, kind: Kind) -> Document:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadPack((name, f"cannot be read: {error.strerror}")) from error
    loaded = documents.load(text, name)
    if isinstance(loaded, tuple):
        raise BadPack(*((name, problem.message) for problem in loaded))
    if layers.kind_of(loaded) is not kind:
        raise BadPack((name, f'must begin with "$schema": "{kind.schema}"'))
    problems = wording.problems(loaded, kind, name)
    if problems:
        raise BadPack(
            *((name, f"{p.pointer or '/'}: {p.message} {p.mend}".strip()) for _, p in problems)
        )
    if kind is Kind.PACK and loaded["name"] in (PLATFORM, TENANT):
        raise BadPack((name, f"/name: '{loaded['name']}' is not for packs. Take another name."))
    if theirs := list(_tenants_names(loaded)):
        raise BadPack(*((name, message) for message in theirs))
    return loaded


def _tenants_names(document: Document) -> Iterator[str]:
    """Names that only a tenant may give, told with their places."""
    properties = document.get("properties")
    named = (
        [(("properties", key), key) for key in properties] if isinstance(properties, dict) else []
    )
    for path, name in (*named, *_names_inside(document, ())):
        if naming.suffix(name):
            stem = name.removesuffix(naming.TENANT_SUFFIX)
            yield f"{pointer(path)}: Only what a tenant declares ends in __c. Say '{stem}'."


def _names_inside(value: object, path: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in _NAMING and isinstance(inside, str):
                yield (*path, key), inside
            yield from _names_inside(inside, (*path, key))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from _names_inside(inside, (*path, index))


_NAMING = frozenset({"$id", "x-plural", "inverse", "key", "const"})


def _pack(found: dict[str, Document], plugin: str) -> Pack:
    head = found[HEAD]
    requires = head.get("requires", {})
    assert isinstance(requires, dict)
    return Pack(
        key=str(head["name"]),
        version=str(head["version"]),
        title=str(head.get("title", head["name"])),
        plugin=plugin,
        requires=requires,
        base=head.get("layer") == "base",
        documents=found,
    )
