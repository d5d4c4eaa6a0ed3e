"""What a deletion is going to come to, locked before it begins.

Others lock a record first, then what it refers to, and then what it adds to. So a deletion locks
trees, then who refers to a record, and then the record. What comes in between is locked as the
deletion finds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.store.records import dependents
from core.store.records.dependents import Dependent
from core.store.trees import tree_nodes
from core.store.writing import rows
from core.store.writing.transactions import Transaction
from metadata.model import OnDelete


async def hold(tx: Transaction, object_key: str, targets: Sequence[UUID], most: int) -> None:
    """Lock what hangs on some records of an object, unless it is too much, and the records."""
    reach = await _find(tx, object_key, targets, most)
    if reach.found:
        for key, ids in sorted(reach.trees(tx).items()):
            await tree_nodes.hold_all(tx, key, ids)
        going = list(reach.going())
        await rows.hold(tx, reach.cleared - set(going))
        await rows.hold_in_turn(tx, going)


@dataclass(slots=True)
class _Reach:
    """Records that go, and those that refer to them, as they were a moment ago."""

    targets: Sequence[UUID]
    found: list[Dependent] = field(default_factory=list)
    cleared: set[UUID] = field(default_factory=set)

    def trees(self, tx: Transaction) -> Mapping[str, Collection[UUID]]:
        """The nodes under which something is deleted or moves, by object."""
        above: defaultdict[str, set[UUID]] = defaultdict(set)
        for one in self.found:
            tree = tx.plan(one.object).tree
            if tree is not None and tree.key == one.field:
                above[one.object].add(one.target)
        return above

    def going(self) -> Iterator[UUID]:
        """The records that go, each after those that go with it, as far as they make no circle."""
        by_target: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for one in self.found:
            if one.on_delete is OnDelete.CASCADE:
                by_target[one.target].append(one.id)
        seen: set[UUID] = set()
        ahead = [(target, False) for target in reversed(self.targets)]
        while ahead:
            here, is_ready = ahead.pop()
            if is_ready:
                yield here
            elif here not in seen:
                seen.add(here)
                ahead.append((here, True))
                ahead += [(below, False) for below in by_target[here]]


async def _find(tx: Transaction, object_key: str, targets: Sequence[UUID], most: int) -> _Reach:
    """Follow references without a lock; nothing is found where that would be too much."""
    reach = _Reach(sorted(set(targets)))
    level = {object_key: set(targets)}
    seen = set(targets)
    while level and len(seen) <= most:
        found = [
            one
            for key, ids in level.items()
            for one in await dependents.find(tx, key, sorted(ids), most + 1)
            if one.on_delete is not OnDelete.RESTRICT
        ]
        reach.found += found
        reach.cleared |= {one.id for one in found if one.on_delete is OnDelete.SET_NULL}
        level = _by_object(
            one for one in found if one.on_delete is OnDelete.CASCADE and one.id not in seen
        )
        seen |= {one for ids in level.values() for one in ids}
    return reach if len(seen) <= most else _Reach([])


def _by_object(found: Iterable[Dependent]) -> dict[str, set[UUID]]:
    by_object: defaultdict[str, set[UUID]] = defaultdict(set)
    for one in found:
        by_object[one.object].add(one.id)
    return by_object
