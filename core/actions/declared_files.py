"""Declarations in files: read into the draft, and written down again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from core.actions import metadata
from core.errors import Problem, Refused
from core.identity import Actor
from core.store.tenancy.opening import Store
from metadata import documents, layers, wording
from metadata.dialects import Kind
from metadata.documents import Document
from metadata.problems import Problem as Fault

Declared = Mapping[Path, Document]


def read(paths: Iterable[Path]) -> Declared:
    """The documents of these files; of a folder, all that end in `.json`.

    Labels in a folder `i18n` are in the language that their file is called by.

    Raises:
        Refused: with everything that cannot be read, each problem's path being (file, pointer), and
            what is wrong with the form of the others.
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
    if problems:
        raise Refused([*problems, *_misshapen(found)])
    return found


def _in_language(path: Path, document: Document) -> Document:
    labels = layers.kind_of(document) is Kind.LABELS and path.parent.name == "i18n"
    return {"language": path.stem, **document} if labels else document


def _misshapen(declared: Declared) -> Iterator[Problem]:
    for path, document in declared.items():
        kind = layers.kind_of(document)
        for _, found in wording.problems(document, kind, str(path)) if kind else ():
            yield _refused(found)


def _refused(found: Fault) -> Problem:
    return Problem((found.document, found.pointer), found.rule, found.told)


async def save(actor: Actor, store: Store, declared: Declared, *, prune: bool = False) -> int:
    """Put them into the draft; with `prune`, take out of it what is not among them.

    The answer is the draft's version.

    Raises:
        Refused, Conflict, Forbidden: as for saving a draft, problems telling the file.
    """
    gone: list[str] = []
    looked_at: int | None = None
    if prune:
        there = await metadata.draft(actor, store)
        kept = {metadata.path_of(document) for document in declared.values()}
        gone = [path for path in there.documents if path not in kept]
        looked_at = there.version
    given = list(declared.values())
    try:
        saved = await metadata.save_draft(actor, store, given, remove=gone, if_version=looked_at)
    except Refused as refused:
        files = list(declared)
        raise Refused([_in_file(problem, files) for problem in refused.problems]) from refused
    return saved.version


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
