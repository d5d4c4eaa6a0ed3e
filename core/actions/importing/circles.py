"""Which of some rows go first, and which go together because they name each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Ways = Sequence[Sequence[int]]


def in_order(ways: Ways) -> Iterator[list[int]]:
    """All places in groups, each group after those to which its ways lead.

    A group of several is a circle: from each of it ways lead to all others of it. Places that do
    not lead to each other keep their order.
    """
    walk = _Walk(ways)
    for start in range(len(ways)):
        yield from walk.onward(start)


class _Walk:
    """Tarjan's algorithm, without recursion: chains of rows may be as long as the file."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._number = [0] * len(ways)  # of the visit, from 1
        self._lowest = [0] * len(ways)  # the first visit on the path to which ways lead back
        self._ended = [False] * len(ways)
        self._path: list[int] = []
        self._visits = 0

    def onward(self, start: int) -> Iterator[list[int]]:
        """The groups to which ways lead from here, if nobody was here yet."""
        going = [] if self._number[start] else [self._visit(start)]
        while going:
            here, left = going[-1]
            for there in left:
                if not self._number[there]:
                    going.append(self._visit(there))
                    break
                if not self._ended[there]:
                    self._leads_back(here, there)
            else:
                going.pop()
                if going:
                    self._leads_back(going[-1][0], here)
                if self._lowest[here] == self._number[here]:
                    yield self._group(here)

    def _visit(self, place: int) -> tuple[int, Iterator[int]]:
        self._visits += 1
        self._number[place] = self._lowest[place] = self._visits
        self._path.append(place)
        return place, iter(self._ways[place])

    def _leads_back(self, here: int, there: int) -> None:
        self._lowest[here] = min(self._lowest[here], self._lowest[there])

    def _group(self, first: int) -> list[int]:
        group = []
        while not self._ended[first]:
            group.append(self._path.pop())
            self._ended[group[-1]] = True
        return sorted(group)
