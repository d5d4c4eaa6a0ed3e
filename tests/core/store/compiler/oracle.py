"""What predicates and orders mean, in plain Python, over records held in memory."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from core import query
from core.query import Compare, Operator, Order, Quantifier
from metadata.text import fold, sort_key

TEXTS = frozenset({"name", "note", "body", "code"})
LISTS = frozenset({"kinds", "words"})
_RANGES: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
}


@dataclass
class Item:
    """A record: its values by field, references as ids."""

    object: str
    id: UUID
    values: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.id if name == "id" else self.values.get(name)


class Records:
    """All records there are."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = {item.id: item for item in items}

    def of(self, object: str) -> list[Item]:
        return [item for item in self.items.values() if item.object == object]

    def holds(self, item: Item, predicate: query.Predicate, values: list[Any]) -> bool:
        """Whether a record satisfies a predicate."""
        match predicate:
            case Compare():
                held, wanted = item.get(predicate.column.field), values[predicate.value.index]
                return _compared(predicate.column.field, predicate.operator, held, wanted)
            case query.All(parts) | query.Either(parts):
                found = [self.holds(item, part, values) for part in parts]
                return all(found) if isinstance(predicate, query.All) else any(found)
            case query.Not(part):
                return not self.holds(item, part, values)
            case query.Member(value):
                return item.id in values[value.index]
        return self._beyond(item, predicate, values)

    def _beyond(self, item: Item, predicate: query.Predicate, values: list[Any]) -> bool:
        match predicate:
            case query.Through(reference, part):
                there = self.items.get(item.get(reference))
                return there is not None and self.holds(there, part, values)
            case query.Related():
                return self._related(item, predicate, values)
            case query.Under(value):
                return values[value.index] in self._upwards(item)
        raise TypeError(predicate)

    def _related(self, item: Item, predicate: query.Related, values: list[Any]) -> bool:
        mine = [one for one in self.of(predicate.object) if one.get(predicate.via) == item.id]
        found = [predicate.part is None or self.holds(one, predicate.part, values) for one in mine]
        if predicate.quantifier is Quantifier.EVERY:
            return all(found)
        return any(found) is (predicate.quantifier is Quantifier.SOME)

    def _upwards(self, item: Item | None) -> Iterable[UUID]:
        while item is not None:
            yield item.id
            item = self.items.get(item.get("parent"))

    def sorted(self, items: Iterable[Item], order: tuple[Order, ...]) -> list[Item]:
        """In an order; nulls are smallest, the id follows the last key."""
        return sorted(items, key=cmp_to_key(lambda one, two: self._order(one, two, order)))

    def rank(self, item: Item, order: Order) -> Any:
        there: Item | None = item
        for hop in order.column.hops:
            there = self.items.get(there.get(hop)) if there is not None else None
        value = there.get(order.column.field) if there is not None else None
        is_text = order.column.field in TEXTS and value is not None
        return sort_key(value) if is_text else value

    def _order(self, one: Item, two: Item, order: tuple[Order, ...]) -> int:
        sign = 1
        for key in order:
            sign = -1 if key.descending else 1
            left, right = self.rank(one, key), self.rank(two, key)
            if left == right:
                continue
            if left is None or right is None:
                return -sign if left is None else sign
            return -sign if left < right else sign
        return sign * ((one.id > two.id) - (one.id < two.id))


def _compared(name: str, how: Operator, held: Any, wanted: Any) -> bool:
    if how is Operator.IS_NULL:
        return (held is None) is wanted
    if how in (Operator.NE, Operator.NOT_IN):
        return not _compared(name, {Operator.NE: Operator.EQ}.get(how, Operator.IN), held, wanted)
    if held is None:
        return False
    if how is Operator.EQ:
        return bool(held == wanted)
    if how is Operator.IN:
        return held in wanted
    if how in _RANGES:
        if name in TEXTS:
            held, wanted = sort_key(held), sort_key(wanted)
        return _RANGES[how](held, wanted)
    return _parts(how, held, wanted)


def _parts(how: Operator, held: Any, wanted: Any) -> bool:
    if how is Operator.CONTAINS:
        return fold(wanted) in fold(held)
    if how is Operator.STARTS_WITH:
        return fold(held).startswith(fold(wanted))
    if how is Operator.HAS:
        return wanted in held
    if how is Operator.HAS_ANY:
        return any(one in held for one in wanted)
    return all(one in held for one in wanted)
