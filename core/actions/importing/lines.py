"""Lines of a text, counted, which can be put back."""

from __future__ import annotations

from collections import deque
from typing import TextIO

from core.actions.importing.files import LONGEST_LINE


class Lines:
    """The lines of a text; `taken` holds those since `begin`, `number` is that of the last."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def begin(self) -> int:
        """Forget what was taken. Gives the number of the line that comes next."""
        self.taken.clear()
        return self.number + 1

    @property
    def again(self) -> str:
        """The line that comes next, of those that were put back."""
        return self._waiting[0]

    def put_back(self, kept: int) -> None:
        """All that was taken but the first few comes again."""
        again = self.taken[kept:]
        self._waiting.extendleft(reversed(again))
        self.number -= len(again)
        del self.taken[kept:]
