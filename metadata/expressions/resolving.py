"""Which of the functions of one name a call means, by what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from metadata.expressions.tree import (
    Function,
    Literal,
    Node,
    Parameter,
    Same,
    Type,
    Whole,
    call,
)


def resolved(functions: Sequence[Function], arguments: Sequence[Node]) -> Node | None:
    """A call of the first function that takes these arguments, or None.

    One that could only give back one of several nulls is null itself, still of any type.
    """
    for function in functions:
        parameters = _parameters(function, len(arguments))
        if parameters is None:
            continue
        shared = _shared(parameters, arguments)
        pairs = list(zip(parameters, arguments, strict=True))
        if shared is not None and all(_fits(p, argument, shared) for p, argument in pairs):
            if shared is Type.NULL and function.gives is None:
                return Literal(None, Type.NULL)
            typed = [_typed(argument, p, shared) for p, argument in pairs]
            return call(function, typed, function.gives or shared)
    return None


def _parameters(function: Function, count: int) -> tuple[Parameter, ...] | None:
    """One parameter for each argument, if the function takes so many."""
    extra = count - len(function.takes)
    if extra and not (function.variadic and extra > -len(function.takes)):
        return None
    return (*function.takes, *function.takes[-1:] * extra) if extra > 0 else function.takes[:count]


def _shared(parameters: Sequence[Parameter], arguments: Sequence[Node]) -> Type | None:
    """The one type of all arguments whose types have to be the same; null if all are null."""
    generic = [
        (parameter, argument.type)
        for parameter, argument in zip(parameters, arguments, strict=True)
        if isinstance(parameter, Same)
    ]
    known = {given for _, given in generic if given is not Type.NULL}
    if len(known) > 1 or not all(known <= parameter.types for parameter, _ in generic):
        return None
    return known.pop() if known else Type.NULL


def _fits(parameter: Parameter, argument: Node, shared: Type) -> bool:
    if isinstance(parameter, Whole):
        value = argument.value if isinstance(argument, Literal) else None
        return (
            isinstance(value, Decimal)
            and value == value.to_integral_value()
            and parameter.low <= value <= parameter.high
        )
    return argument.type in (Type.NULL, shared if isinstance(parameter, Same) else parameter)


def _typed(argument: Node, parameter: Parameter, shared: Type) -> Node:
    if argument.type is not Type.NULL:
        return argument
    if isinstance(parameter, Type):
        return Literal(None, parameter)
    return Literal(None, Type.TEXT if shared is Type.NULL else shared)
