"""What the server computes of a record: its stored formulas, and whether its rules hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.store.plans.values import MOST_BIGINT, MOST_INTEGER, Value
from metadata import bounds, decimals
from metadata.environments import STAGED, SYSTEM
from metadata.expressions import dependencies
from metadata.expressions.evaluate import Evaluator, evaluator
from metadata.expressions.reads import OLD, Reads, reads
from metadata.expressions.tree import Expression
from metadata.model import Computed, Field, FieldType, Metadata, ObjectType, Rule

Scope = Mapping[str, Any]
"""The values that expressions read, by name."""
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormulaPlan:
    """One formula and what turns its result into a value of its field."""

    key: str
    compute: Evaluator
    fit: Callable[[Any, int], Value]

    def value(self, scope: Scope, today: date, now: datetime, digits: int) -> Value | None:
        """The value, where amounts have so many digits; None: none, or one that does not fit."""
        result = self.compute(scope, today, now)
        return None if result is None else self.fit(result, digits)


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule; `field` is the one it is about, where that is one that a caller gives."""

    rule: Rule
    when: Evaluator | None
    check: Evaluator
    field: str | None

    def broken(self, scope: Scope, today: date, now: datetime) -> bool:
        """Whether the rule applies and does not hold; what is unknown holds."""
        if self.when is not None and self.when(scope, today, now) is not True:
            return False
        return self.check(scope, today, now) is False


@dataclass(frozen=True, slots=True)
class ComputePlan:
    """All that is computed when a record of one object is written."""

    formulas: Mapping[str, FormulaPlan] = field(default_factory=dict)  # each after those it reads
    rules: tuple[RulePlan, ...] = ()
    live: tuple[FormulaPlan, ...] = ()  # formulas computed when read, that rules read
    texts: tuple[str, ...] = ()  # formulas that give texts
    names: frozenset[str] = frozenset()  # that rules read, dotted paths and `old.` included
    amounts: frozenset[str] = frozenset()  # of these, amounts of others in live ones of amounts
    system: bool = False  # whether anything reads system fields

    @property
    def hops(self) -> frozenset[Path]:
        """The references that rules follow, each as the path of its keys."""
        return Reads(self.names, volatile=False, foreign=frozenset()).hops


def compute_plan(metadata: Metadata, of: ObjectType) -> ComputePlan:
    """The plan for an object."""
    computed = metadata.computed.get(of.key)
    if computed is None:
        return ComputePlan()

    def planned(key: str) -> FormulaPlan:
        return FormulaPlan(key, evaluator(computed.formulas[key]), fit_of(of.fields[key]))

    formulas = {key: planned(key) for key in computed.order}
    rules = tuple(_rule_plans(of, computed))
    live = tuple(map(planned, _live(of, computed)))
    names = _names(_of_rules(computed)) | _names(computed.formulas[plan.key] for plan in live)
    of_amounts = (plan.key for plan in live if of.fields[plan.key].type is FieldType.MONEY)
    amounts = _amounts(metadata, of, _names(computed.formulas[key] for key in of_amounts))
    stored = _names(computed.formulas[key] for key in computed.order)
    texts = tuple(key for key in formulas if of.fields[key].type is FieldType.TEXT)
    system = _reads_system(names | stored)
    return ComputePlan(formulas, rules, live, texts, names, amounts, system)


def _amounts(metadata: Metadata, of: ObjectType, names: Iterable[str]) -> frozenset[str]:
    """Paths that end in an amount of another record."""
    return frozenset(name for name in names if "." in name and _is_amount(metadata, of, name))


def _is_amount(metadata: Metadata, of: ObjectType, name: str) -> bool:
    first, _, rest = name.partition(".")
    found = of.fields.get(first)
    if not rest:
        return found is not None and found.type is FieldType.MONEY
    if found is None or found.reference is None:
        return False
    return _is_amount(metadata, metadata.objects[found.reference.object], rest)


def _rule_plans(of: ObjectType, computed: Computed) -> Iterator[RulePlan]:
    for rule, (when, check) in zip(of.rules, computed.rules, strict=True):
        about = _computed_from(of, computed, reads(check).fields)
        field = of.fields[about.pop()] if len(about) == 1 else None
        key = None if field is None or field.read_only or field.hidden else field.key
        yield RulePlan(rule, evaluator(when) if when is not None else None, evaluator(check), key)


def _computed_from(of: ObjectType, computed: Computed, keys: Iterable[str]) -> set[str]:
    """Fields of the record, with those that formulas read instead of the formulas."""
    seen: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in of.fields and key not in seen:
            seen.add(key)
            formula = computed.formulas.get(key)
            waiting += reads(formula).fields if formula is not None else ()
    return seen - computed.formulas.keys()


def _live(of: ObjectType, computed: Computed) -> tuple[str, ...]:
    """Formulas computed when read that rules read, directly or through each other, in order."""
    every = {
        key: expression
        for key, expression in computed.formulas.items()
        if not of.fields[key].stored
    }
    wanted: set[str] = set()
    waiting = [*(_names(_of_rules(computed)) & every.keys())]
    while waiting:
        key = waiting.pop()
        if key not in wanted:
            wanted.add(key)
            waiting += reads(every[key]).names & every.keys()
    order = dependencies.order({key: reads(every[key]).names for key in wanted})
    assert isinstance(order, tuple)
    return order


def _of_rules(computed: Computed) -> Iterator[Expression]:
    for when, check in computed.rules:
        yield check
        if when is not None:
            yield when


def _names(expressions: Iterable[Expression]) -> frozenset[str]:
    return frozenset(name for one in expressions for name in reads(one).names)


def _reads_system(names: Iterable[str]) -> bool:
    own = {name.removeprefix(f"{OLD}.") for name in names}
    return not own.isdisjoint(SYSTEM.keys() | STAGED.keys())


# From what an expression gives to a field's value


def fit_of(field: Field) -> Callable[[Any, int], Value]:
    """What makes a value of the field, or None where the result does not fit."""
    kind, scale = field.type, field.scale
    if kind is FieldType.MONEY:
        return decimals.fitted
    if kind in (FieldType.DECIMAL, FieldType.PERCENT):
        fixed = decimals.MAX_SCALE if scale is None else scale
        return lambda value, _: decimals.fitted(value, fixed)
    if kind in (FieldType.INTEGER, FieldType.BIGINT):
        most = MOST_INTEGER if kind is FieldType.INTEGER else MOST_BIGINT
        return lambda value, _: _whole(value, most)
    if kind is FieldType.FLOAT:
        return lambda value, _: float(value)
    if kind is FieldType.TEXT:
        return lambda value, _: value[: bounds.COMPUTED_LENGTH]
    return lambda value, _: value


def _whole(value: Decimal, most: int) -> int | None:
    number = int(value.to_integral_value(ROUND_HALF_UP))
    return number if -most - 1 <= number <= most else None
