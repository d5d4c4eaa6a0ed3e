"""Declarations in files: read into the draft, and written down again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from core.actions import metadata
from core.errors import Problem, Refused
from core.identity import Actor
from core.store.tenancy.opening import Store
from metadata import documents, layers
from metadata.dialects import Kind
from metadata.documents import Document
from metadata.problems import Problem as Fault


@dataclass(frozen=True, slots=True)
class Declared:
    """The documents of some files, and what is wrong with those that cannot be read.

    The path of a problem is (file, pointer).
    """

    documents: Mapping[Path, Document]
    problems: Sequence[Problem] = ()


def read(paths: Iterable[Path]) -> Declared:
    """The documents of these files; of a folder, all that end in `.json`.

    Labels in a folder `i18n` are in the language that their file is called by.
    """
    found: dict[Path, Document] = {}
    problems: list[Problem] = []
    for path in _files(paths):
        try:
            document = documents.load(path.read_bytes(), str(path))
        except OSError as error:
            text = f"It cannot be read: {error.strerror}."
            problems.append(Problem((str(path), ""), "UNREADABLE", text))
            continue
        if isinstance(document, tuple):
            problems += map(_refused, document)
        else:
            found[path] = _in_language(path, document)
    return Declared(found, problems)


def _in_language(path: Path, document: Document) -> Document:
    labels = layers.kind_of(document) is Kind.LABELS and path.parent.name == "i18n"
    return {"language": path.stem, **document} if labels else document


def _refused(found: Fault) -> Problem:
    return Problem((found.document, found.pointer), found.rule, found.told)


async def save(actor: Actor, store: Store, declared: Declared, *, prune: bool = False) -> int:
    """Put them into the draft; with `prune`, take out of it what is not among them.

    The answer is the draft's version.

    Raises:
        Refused, Conflict, Forbidden: as for saving a draft, problems telling the file. Beside files
            that cannot be read, all that is wrong with the others is told.
    """
    given = list(declared.documents.values())
    if declared.problems:
        raise Refused([*declared.problems, *await _beside(actor, store, declared.documents)])
    gone: list[str] = []
    looked_at: int | None = None
    if prune:
        there = await metadata.draft(actor, store)
        kept = {metadata.path_of(document) for document in given}
        gone = [path for path in there.documents if path not in kept]
        looked_at = there.version
    try:
        saved = await metadata.save_draft(actor, store, given, remove=gone, if_version=looked_at)
    except Refused as refused:
        files = list(declared.documents)
        wrong = [_in_file(problem, files) for problem in refused.problems]
        beside = await _beside(actor, store, declared.documents)
        raise Refused([*wrong, *beside]) from refused
    return saved.version


async def _beside(
    actor: Actor, store: Store, declared: Mapping[Path, Document]
) -> Iterator[Problem]:
    """What is wrong with the documents of these files, and with the draft beside them."""
    faults = await metadata.faults_beside(actor, store, declared.values())
    files = {metadata.path_of(document): str(path) for path, document in declared.items()}
    return (_refused(replace(it, document=files.get(it.document, it.document))) for it in faults)


def write(folder: Path, found: Mapping[str, Document]) -> list[Path]:
    """Write documents into a folder, each at its path; the files that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / path for path in found]
    for file, document in zip(files, found.values(), strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pretty(document), "utf-8")
    return files


def pretty(value: object) -> str:
    """JSON for people: indented, its numbers exact, with a line's end."""
    return msgspec.json.format(documents.text(value), indent=2) + "\n"


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.json"))
        else:
            yield path


def _in_file(problem: Problem, files: Sequence[Path]) -> Problem:
    match problem.path:
        case ("documents", int(index), *rest):
            pointer = str(rest[0]) if rest else ""
            return replace(problem, path=(str(files[index]), pointer))
    return problem
