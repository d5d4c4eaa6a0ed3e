"""A bounded memory that a flood of one-off keys cannot wash out."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CacheStats:
    """For the metrics: how a cache does, and how full it is."""

    hits: int
    misses: int
    entries: int
    weight: int
    capacity: int


class Cache(Generic[K, V]):
    """Keeps what was asked for last, within `capacity` units of weight.

    A fifth of the room is for what was seen once; only what is asked for again moves to the
    rest. A client that writes values into its documents fills the fifth and evicts nobody.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._once = _Segment[K, V](max(capacity // 5, 1))
        self._again = _Segment[K, V](capacity - capacity // 5)
        self._hits = 0
        self._misses = 0

    def get(self, key: K) -> V | None:
        found = self._again.entries.get(key)
        if found is not None:
            self._again.entries.move_to_end(key)
            self._hits += 1
            return found[0]
        found = self._once.entries.get(key)
        if found is None:
            self._misses += 1
            return None
        self._hits += 1
        self._once.drop(key)
        self._again.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Remember `value`; one that is heavier than the room for newcomers is not kept."""
        self._again.drop(key)
        self._once.put(key, value, weight)

    def clear(self) -> None:
        self._once.clear()
        self._again.clear()

    def stats(self) -> CacheStats:
        return CacheStats(
            hits=self._hits,
            misses=self._misses,
            entries=len(self._once.entries) + len(self._again.entries),
            weight=self._once.weight + self._again.weight,
            capacity=self.capacity,
        )


class _Segment(Generic[K, V]):
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.weight = 0
        self.entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def put(self, key: K, value: V, weight: int) -> None:
        self.drop(key)
        if weight > self.capacity:
            return
        self.entries[key] = (value, weight)
        self.weight += weight
        while self.weight > self.capacity:
            _, (_, oldest) = self.entries.popitem(last=False)
            self.weight -= oldest

    def drop(self, key: K) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.weight -= entry[1]

    def clear(self) -> None:
        self.entries.clear()
        self.weight = 0
