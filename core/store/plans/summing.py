"""How one roll-up changes by what leaves it and what joins it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any, Protocol

from core.store.plans.computing import fit_of
from core.store.plans.field_plans import FieldPlan
from core.store.plans.rollup_plans import STATE, Contribution
from core.store.plans.values import Value
from metadata import decimals
from metadata.expressions.numbers import quotient
from metadata.model import Field, FieldType, Rollup

_EXACT = Context(prec=800)
"""Enough for any sum of floats: the largest has 309 digits before the point, the smallest 344
behind it."""
_NONE = Decimal(0)


@dataclass(slots=True)
class Delta:
    """What leaves one roll-up of one record, and what joins it."""

    removed: list[Contribution] = field(default_factory=list)
    added: list[Contribution] = field(default_factory=list)


class Summed(Protocol):
    """A record that has roll-ups."""

    values: dict[str, Value]
    states: dict[str, Any]
    currency: str | None

    @property
    def kept(self) -> Mapping[str, Any]:
        """Its `data` as the table has it."""
        ...

    @property
    def digits(self) -> int:
        """How many decimals its amounts have."""
        ...


class Sums:
    """One roll-up field, as it is brought up to date in the records that have it.

    The sum of an exact field is its own running state. Where the value does not tell the sum
    (averages, floats, sums that are rounded), `[sum, count]` stands beside it in `data`. Amounts in
    another currency than the record's are left out.
    """

    def __init__(self, fields: FieldPlan, rollup: Rollup, of: Field | None) -> None:
        op = rollup.op
        self.object = rollup.object
        """Whose records go into it."""
        self._key = fields.key
        self._state = STATE + fields.stored
        self._op = op
        self._fit = fit_of(fields.field)
        self._is_number = fields.type not in (FieldType.DATE, FieldType.DATETIME)
        self._has_state = op == "avg" or (
            of is not None and op == "sum" and _rounds(fields.field, of)
        )

    def begin(self, draft: Summed) -> None:
        """The roll-up of a new record: nothing goes into it yet."""
        self.count(draft, ())

    def apply(self, draft: Summed, delta: Delta) -> bool:
        """Change it by the difference; False where it has to be counted instead."""
        if self._op == "count":
            return self._apply_count(draft, len(delta.added) - len(delta.removed))
        if self._op in ("min", "max"):
            return self._apply_extreme(draft, delta)
        added, removed = _known(draft, delta.added), _known(draft, delta.removed)
        by = _EXACT.subtract(_total(added), _total(removed))
        return self._apply_sum(draft, by, len(added) - len(removed))

    def count(self, draft: Summed, parts: Sequence[Contribution]) -> None:
        """Make it anew of all that goes into it."""
        known = _known(draft, parts)
        if self._op == "count":
            self._put(draft, Decimal(len(parts)))
        elif self._op in ("min", "max"):
            self._put(draft, self._extreme(known))
        else:
            self._put_sum(draft, _total(known), len(known))

    def _apply_count(self, draft: Summed, by: int) -> bool:
        value = draft.values.get(self._key)
        if value is None:
            return False
        self._put(draft, _exact(value) + by)
        return True

    def _apply_sum(self, draft: Summed, by: Decimal, count: int) -> bool:
        if self._has_state:
            state = _state(draft, self._state)
            if state is None:
                return False
            self._put_sum(draft, _EXACT.add(Decimal(state[0]), by), state[1] + count)
            return True
        value = draft.values.get(self._key)
        if value is None:
            return False
        self._put(draft, _EXACT.add(_exact(value), by))
        return True

    def _apply_extreme(self, draft: Summed, delta: Delta) -> bool:
        value = draft.values.get(self._key)
        added, removed = _known(draft, delta.added), _known(draft, delta.removed)
        if value is None or any(self._fitted(draft, one) == value for one in removed):
            return False
        self._put(draft, self._extreme([*added, value]))
        return True

    def _put_sum(self, draft: Summed, total: Decimal, count: int) -> None:
        if self._has_state:
            draft.states[self._state] = [format(total, "f"), count]
        if self._op == "avg":
            self._put(draft, quotient(total, Decimal(count)))
        else:
            self._put(draft, total)

    def _put(self, draft: Summed, value: Value | None) -> None:
        fitted = None if value is None else self._fitted(draft, value)
        if fitted is None:
            draft.values.pop(self._key, None)
        else:
            draft.values[self._key] = fitted

    def _fitted(self, draft: Summed, value: Value) -> Value | None:
        return self._fit(_exact(value) if self._is_number else value, draft.digits)

    def _extreme(self, values: Sequence[Value]) -> Value | None:
        if not values:
            return None
        return min(values) if self._op == "min" else max(values)


def _rounds(field: Field, of: Field) -> bool:
    """Whether a field does not keep every digit of a sum of the other's values.

    Amounts are in one currency, so both have its decimals.
    """
    if FieldType.FLOAT in (field.type, of.type):
        return True
    return field.type is not FieldType.MONEY and _scale(of) > _scale(field)


def _scale(field: Field) -> int:
    if field.type in (FieldType.INTEGER, FieldType.BIGINT):
        return 0
    return decimals.MAX_SCALE if field.scale is None else field.scale


def _state(draft: Summed, key: str) -> Any:
    return draft.states.get(key, draft.kept.get(key))


def _known(draft: Summed, parts: Iterable[Contribution]) -> list[Value]:
    fitting = (None, draft.currency)
    return [part.value for part in parts if part.value is not None and part.currency in fitting]


def _total(values: Iterable[Value]) -> Decimal:
    total = _NONE
    for value in values:
        total = _EXACT.add(total, _exact(value))
    return total


def _exact(value: Value) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
