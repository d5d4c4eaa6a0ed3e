"""Files of the rows that were not loaded, as they stood, each with its reasons.

Once put right they can be imported by the same mapping: it reads only the columns that it names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO, Any

import msgspec

from core.actions.importing.mapping import REJECTED
from core.actions.importing.report import Reject
from core.actions.importing.rows import Head
from core.errors import Problem, Refused

LINE, COLUMN, REASON = _TOLD = "rejected_line", "rejected_column", "rejected_reason"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class RejectFiles:
    """One file for each feed with rejects, in a folder; none for feeds without."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[str]] = {}
        self.paths: dict[str, Path] = {}

    def clear(self, feeds: Sequence[str], sources: Sequence[Path]) -> None:
        """Forget what was written for these feeds, also in an earlier import.

        Raises:
            Refused: a file of the import itself has the name of a file of rejects, two feeds or two
                imports would share one, or the folder is not to be written to.
        """
        self.close()
        self.paths.clear()
        own = {path.resolve() for path in sources}
        taken: dict[Path, str] = {}
        with _writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        for feed in feeds:
            path = self._path(feed)
            if path.resolve() in own:
                told = f"{path} is imported, but rejected rows of {feed} would go there: "
                told += "import the one alone, or give another folder for --rejects."
                raise _in_the_way(feed, told)
            if (other := taken.setdefault(path, feed)) != feed:
                told = f"Rejected rows of {other} and of {feed} would go to {path}: rename one."
                raise _in_the_way(feed, told)
            with _writing(path):
                _refuse_sharing(path, feed)
                path.unlink(missing_ok=True)

    def add(self, reject: Reject) -> None:
        """Write a row.

        Raises:
            Refused: the file can't be written, for instance because the disk is full.
        """
        with _writing(self._path(reject.feed)):
            if reject.head is not None:
                self._csv(reject, reject.head)
            else:
                self._json(reject)

    def close(self) -> None:
        """Finish the files.

        Raises:
            Refused: one can't be written to its end.
        """
        while self._files:
            feed, file = self._files.popitem()
            with _writing(self.paths[feed]):
                file.close()

    def _csv(self, reject: Reject, head: Head) -> None:
        told = [str(reject.line), *_told(reject)]
        columns = head.columns
        if columns[-len(_TOLD) :] == _TOLD:  # rows that were rejected before
            columns = columns[: -len(_TOLD)]
        width = len(columns)
        cells = [*reject.whole[:width], *[""] * (width - len(reject.whole))]
        beyond = reject.whole[len(head.columns) :]
        new = reject.feed not in self._files
        # A mark at the beginning tells spreadsheets that it is UTF-8.
        writer = csv.writer(
            self._file(reject.feed, "utf-8-sig"),
            delimiter=head.delimiter,
            escapechar=head.escape,
            doublequote=head.escape is None,
        )
        if new:
            writer.writerow([*columns, *_TOLD])
        writer.writerow([*cells, *told, *beyond])

    def _json(self, reject: Reject) -> None:
        whole: dict[str, Any] = (
            {"rejected_text": reject.whole} if isinstance(reject.whole, str) else dict(reject.whole)
        )
        columns, reasons = _told(reject)
        whole |= {LINE: reject.line, COLUMN: columns, REASON: reasons}
        self._file(reject.feed, "utf-8").write(_ENCODER.encode(whole).decode() + "\n")

    def _file(self, feed: str, encoding: str) -> IO[str]:
        if feed not in self._files:
            path = self._path(feed)
            _refuse_sharing(path, feed)
            self._files[feed] = path.open("w", encoding=encoding, newline="")
            self.paths[feed] = path
            with suppress(OSError):  # some file systems know no locks
                flock(self._files[feed], LOCK_EX | LOCK_NB)
        return self._files[feed]

    def _path(self, feed: str) -> Path:
        name = Path(feed.removesuffix(".gz"))
        return self._folder / f"{name.stem}{REJECTED}{name.suffix}"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{path}: rejected rows can't be written there: {error.strerror or error}."
        raise Refused([Problem((str(path),), "REJECTS_UNWRITABLE", message)]) from error


def _refuse_sharing(path: Path, feed: str) -> None:
    """While an import writes a file of rejects it holds a lock on it, which ends with the process."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            told = (
                f"Another import is writing its rejected rows to {path}: wait for its end, or give"
            )
            raise _in_the_way(feed, f"{told} another folder for --rejects.") from error
        except OSError:
            return


def _in_the_way(feed: str, message: str) -> Refused:
    return Refused([Problem((feed,), "REJECTS_IN_THE_WAY", message)])


def _told(reject: Reject) -> tuple[str, str]:
    """Which columns are at fault, and why; line by line."""
    columns = dict.fromkeys(flaw.column for flaw in reject.flaws if flaw.column)
    reasons = dict.fromkeys(f"{flaw.message} [{flaw.code}]" for flaw in reject.flaws)
    return ", ".join(columns), "\n".join(reasons)
