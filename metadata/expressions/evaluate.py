"""An expression as a Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from metadata.decimals import trimmed
from metadata.expressions import dates, logic
from metadata.expressions.tree import Expression, Function, Literal, Name, Node, Type, Value
from metadata.expressions.values import TAKEN

_Scope = tuple[Mapping[str, object], date, datetime]
_Step = Callable[[_Scope], Value]


class Evaluator(Protocol):
    """The value of an expression for one record.

    Values stand under the names that the environment gave them, dotted paths included; a name
    that is missing is null. They may be typed or as stored (numbers, dates and instants as
    text). `today` is the tenant's day, `now` an aware instant; for expressions that read
    neither, any will do.
    """

    def __call__(self, values: Mapping[str, object], today: date, now: datetime) -> Value: ...


def evaluator(expression: Expression) -> Evaluator:
    """The expression as a function; make it once and call it often.

    It never raises, nor gives a float, an exponent, or zeros at the end of decimals.
    """
    step = _compiled(expression.root)
    if expression.type is Type.NUMBER:
        return lambda values, today, now: _trimmed(step((values, today, now)))
    return lambda values, today, now: step((values, today, now))


def _trimmed(value: Value) -> Value:
    return trimmed(value) if isinstance(value, Decimal) else value


def _compiled(node: Node) -> _Step:
    if isinstance(node, Literal):
        value = node.value
        return lambda scope: value
    if isinstance(node, Name):
        return _reading(node)
    special = _SPECIAL.get(node.function)
    steps = [_compiled(argument) for argument in node.arguments]
    if special is not None:
        return special(steps)
    assert node.function.call is not None, f"{node.function.key} can't be called"
    if not node.function.strict:
        return _calling(node.function.call, steps)
    return _calling_strictly(node.function.call, steps)


def _reading(name: Name) -> _Step:
    key = name.name
    ready, convert = TAKEN[name.type]

    def read(scope: _Scope) -> Value:
        value = scope[0].get(key)
        return value if type(value) is ready else convert(value)  # type: ignore[return-value]

    return read


def _calling(function: Callable[..., Value], steps: Sequence[_Step]) -> _Step:
    return lambda scope: function(*[step(scope) for step in steps])


def _calling_strictly(function: Callable[..., Value], steps: Sequence[_Step]) -> _Step:
    if len(steps) == 1:
        return _calling_one(function, steps[0])
    if len(steps) == 2:
        return _calling_two(function, steps[0], steps[1])

    def call_all(scope: _Scope) -> Value:
        values = [step(scope) for step in steps]
        return None if None in values else function(*values)

    return call_all


def _calling_one(function: Callable[..., Value], step: _Step) -> _Step:
    def call_one(scope: _Scope) -> Value:
        value = step(scope)
        return None if value is None else function(value)

    return call_one


def _calling_two(function: Callable[..., Value], first: _Step, second: _Step) -> _Step:
    def call_two(scope: _Scope) -> Value:
        one = first(scope)
        if one is None:
            return None
        other = second(scope)
        return None if other is None else function(one, other)

    return call_two


def _stopping_at(decisive: bool) -> Callable[[Sequence[_Step]], _Step]:
    def special(steps: Sequence[_Step]) -> _Step:
        def decide(scope: _Scope) -> Value:
            result: Value = not decisive
            for step in steps:
                value = step(scope)
                if value is decisive:
                    return decisive
                if value is None:
                    result = None
            return result

        return decide

    return special


def _choosing(steps: Sequence[_Step]) -> _Step:
    condition, then, otherwise = steps
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def _coalescing(steps: Sequence[_Step]) -> _Step:
    def first_known(scope: _Scope) -> Value:
        for step in steps:
            value = step(scope)
            if value is not None:
                return value
        return None

    return first_known


_SPECIAL: Mapping[Function, Callable[[Sequence[_Step]], _Step]] = {
    logic.AND: _stopping_at(False),
    logic.OR: _stopping_at(True),
    logic.IF: _choosing,
    logic.COALESCE: _coalescing,
    dates.TODAY: lambda _: lambda scope: scope[1],
    dates.NOW: lambda _: lambda scope: scope[2],
}
