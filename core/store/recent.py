"""A bounded store of what was used most recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class Recent(Generic[Key, Kept]):
    """At most `size` things by key; the one unused for longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Kept | None:
        """What is kept under the key; that counts as a use."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, thing: Kept) -> Kept:
        """Keep it, and return it."""
        self._kept[key] = thing
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return thing

    def get_or(self, key: Key, make: Callable[[], Kept]) -> Kept:
        """What is kept under the key, made now if there is nothing."""
        found = self.get(key)
        return self.keep(key, make()) if found is None else found

    def drop(self, key: Key) -> None:
        """Forget the key."""
        self._kept.pop(key, None)
