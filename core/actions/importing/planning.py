"""What an import is going to do, settled before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.actions.importing import checking
from core.actions.importing.feeds import Feed, FileFeed
from core.actions.importing.files import File, Unreadable, look_through
from core.actions.importing.mapping import REJECTED, ImportMapping, Step
from core.errors import Problem, Refused
from metadata.model import Metadata


@dataclass(frozen=True, slots=True)
class Job:
    """One step with the rows that it takes."""

    step: Step
    feeds: tuple[Feed, ...]


def planned(mapping: ImportMapping, paths: Sequence[Path], metadata: Metadata) -> list[Job]:
    """The steps with their files, each file read to its end once and its header compared.

    Raises:
        Refused: the mapping does not fit the metadata, a file can't be read, lacks a column or
            belongs to no step. Holds every such problem.
    """
    wrong = [
        Problem((found.document, found.pointer), found.rule, found.told)
        for found in checking.problems(mapping, metadata)
    ]
    wrong += _unused(mapping, paths)
    wrong += _ambiguous(paths)
    jobs = []
    looked: dict[tuple[Path, str | None, str | None], File | Problem] = {}
    for step in mapping.steps:
        feeds: list[Feed] = []
        for path in paths:
            if not step.takes(path.name):
                continue
            # Rejected rows are written in UTF-8, whatever their file was in.
            encoding = None if f"{REJECTED}." in path.name else step.encoding
            how = path, step.format, encoding
            if how not in looked:
                looked[how] = look_through(*how)
            found = looked[how]
            if isinstance(found, File):
                feeds.append(FileFeed(found))
                wrong += _headless(feeds[-1], step)
        jobs.append(Job(step, tuple(feeds)))
    wrong += [found for found in looked.values() if isinstance(found, Problem)]
    if wrong:
        raise Refused(wrong)
    return jobs


def _unused(mapping: ImportMapping, paths: Sequence[Path]) -> Iterator[Problem]:
    for path in paths:
        if not any(step.takes(path.name) for step in mapping.steps):
            patterns = ", ".join(dict.fromkeys(step.files for step in mapping.steps))
            message = f"{path} belongs to no step; the mapping's files are {patterns}."
            yield Problem((str(path),), "UNUSED_FILE", message)


def _ambiguous(paths: Sequence[Path]) -> Iterator[Problem]:
    """Files are told by their names, in reports and in the files of rejects."""
    for name, times in Counter(path.name for path in paths).items():
        if times > 1:
            message = f"{name} is there {times} times: import one after the other, or rename them."
            yield Problem((name,), "SAME_NAME", message)


def _headless(feed: Feed, step: Step) -> Iterator[Problem]:
    try:
        with feed.read(step):
            pass
    except Unreadable as error:
        yield Problem((feed.name,), error.code, f"{feed.name}: {error}")
