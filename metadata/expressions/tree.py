"""What an expression is once it is understood: a typed, frozen tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Value = Decimal | str | bool | date | datetime | tuple[str, ...] | None
"""A result. Instants are aware, in UTC; lists of texts are tuples; None is null."""


class Type(StrEnum):
    """What a value is."""

    NUMBER = "number"
    """An exact decimal number. A name of this type holds at most 30 digits before the point and
    12 after it."""
    FLOAT = "float"
    """Only for names: a number of any size, brought within the language's bounds when read."""
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    INSTANT = "instant"
    TEXTS = "list of texts"
    NULL = "null"
    """Only while checking: what `null` is before its neighbours say what it stands for."""


ORDERED = frozenset({Type.NUMBER, Type.TEXT, Type.DATE, Type.INSTANT})
SCALARS = ORDERED | {Type.BOOL}
EVERY = SCALARS | {Type.TEXTS}


@dataclass(frozen=True, slots=True)
class Whole:
    """A parameter that must be a whole number written out, not computed."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"whole number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Same:
    """A parameter of any of these types; all such parameters of a call have one type."""

    types: frozenset[Type]

    def __str__(self) -> str:
        return "any"


Parameter = Type | Whole | Same


@dataclass(frozen=True, slots=True)
class Size:
    """Bounds of a number: how many digits it can have before and after the point."""

    digits: int
    scale: int

    def fits(self, other: Size) -> bool:
        return self.digits <= other.digits and self.scale <= other.scale


@dataclass(frozen=True, slots=True)
class Function:
    """An operator or function. Those of one name differ in what they take.

    `call` is total: out of range gives None. Strict ones are never called with None, since a
    null argument makes the result null. `call` is None for the few whose arguments are only
    evaluated as far as needed, or that read the clock. `size` tells how large the number it
    gives can be, from the sizes of the numbers it takes; without it any number is expected, and
    brought within bounds. `stored` says that the database can compute it too.
    """

    name: str
    takes: tuple[Parameter, ...]
    gives: Type | None  # None: what its `Same` parameters are
    says: str  # one sentence for the documentation
    call: Callable[..., Value] | None = None
    variadic: bool = False  # the last parameter may be repeated
    strict: bool = True
    size: Callable[[Sequence[Size]], Size] | None = None
    stored: bool = False

    @property
    def key(self) -> str:
        """Its signature, unique among functions: 'round(number, whole)'."""
        taken = ", ".join("whole" if isinstance(p, Whole) else str(p) for p in self.takes)
        return f"{self.name}({taken}{'…' if self.variadic else ''})"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression."""

    value: Value
    type: Type
    depth: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A value of the record: a field's key, or a dotted path to one."""

    name: str
    type: Type
    wide: bool = False  # a float, of any size
    depth: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator with its arguments."""

    function: Function
    arguments: tuple[Node, ...]
    type: Type
    depth: int = field(default=1, compare=False, repr=False)


Node = Literal | Name | Call


def call(function: Function, arguments: Sequence[Node], type: Type) -> Call:
    """A call that knows how many levels it has."""
    depth = 1 + max((argument.depth for argument in arguments), default=0)
    return Call(function, tuple(arguments), type, depth)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was understood: every name known, every type right."""

    text: str
    root: Node

    @property
    def type(self) -> Type:
        """What it evaluates to: never FLOAT or NULL."""
        return self.root.type
