"""Files of the rows that were not loaded, as they stood, each with its reasons.

Once put right they can be imported by the same mapping: it reads only the columns that it names.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from core.actions.importing.report import Reject
from core.actions.importing.rows import Head
from core.errors import Problem, Refused

LINE, COLUMN, REASON = "rejected_line", "rejected_column", "rejected_reason"
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
            Refused: a file of the import itself has the name of a file of rejects.
        """
        self.close()
        self.paths.clear()
        own = {path.resolve() for path in sources}
        for feed in feeds:
            for path in (self._path(feed, ".csv"), self._path(feed, ".jsonl")):
                if path.resolve() in own:
                    message = f"{path} is imported, but rejected rows of {feed} would go there."
                    raise Refused([Problem((feed,), "REJECTS_IN_THE_WAY", message)])
                path.unlink(missing_ok=True)

    def add(self, reject: Reject) -> None:
        """Write a row."""
        if reject.head is not None:
            self._csv(reject, reject.head)
        else:
            self._json(reject)

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _csv(self, reject: Reject, head: Head) -> None:
        told = [str(reject.line), *_told(reject)]
        width = len(head.columns)
        cells = [*reject.whole[:width], *[""] * (width - len(reject.whole))]
        new = reject.feed not in self._files
        writer = csv.writer(self._file(reject.feed, ".csv"), delimiter=head.delimiter)
        if new:
            writer.writerow([*head.columns, LINE, COLUMN, REASON])
        writer.writerow([*cells, *told])

    def _json(self, reject: Reject) -> None:
        whole: dict[str, Any] = (
            {"rejected_text": reject.whole} if isinstance(reject.whole, str) else dict(reject.whole)
        )
        columns, reasons = _told(reject)
        whole |= {LINE: reject.line, COLUMN: columns, REASON: reasons}
        self._file(reject.feed, ".jsonl").write(_ENCODER.encode(whole).decode() + "\n")

    def _file(self, feed: str, ending: str) -> IO[str]:
        if feed not in self._files:
            path = self.paths[feed] = self._path(feed, ending)
            # A mark at the beginning tells spreadsheets that it is UTF-8.
            encoding = "utf-8-sig" if ending == ".csv" else "utf-8"
            self._files[feed] = path.open("w", encoding=encoding, newline="")
        return self._files[feed]

    def _path(self, feed: str, ending: str) -> Path:
        stem = Path(feed.removesuffix(".gz")).stem
        return self._folder / f"{stem}.rejected{ending}"


def _told(reject: Reject) -> tuple[str, str]:
    """Which columns are at fault, and why; line by line."""
    columns = dict.fromkeys(flaw.column for flaw in reject.flaws if flaw.column)
    reasons = dict.fromkeys(f"{flaw.message} [{flaw.code}]" for flaw in reject.flaws)
    return ", ".join(columns), "\n".join(reasons)
