"""Declarations in files: read into the draft, and written down again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from core.actions import metadata
from core.errors import Problem, Refused
from core.identity import Actor
from core.store.opening import Store
from metadata import documents
from metadata.documents import Document

Declared = Mapping[Path, Document]


def read(paths: Iterable[Path]) -> Declared:
    """The documents of these files; of a folder, all that end in `.json`.

    Raises:
        Refused: with everything that cannot be read, each problem's path being (file, pointer).
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
            problems += [
                Problem((it.document, it.pointer), it.rule, f"{it.message} {it.mend}".rstrip())
                for it in document
            ]
        else:
            found[path] = document
    if problems:
        raise Refused(problems)
    return found


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
