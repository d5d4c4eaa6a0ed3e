"""What `+` and `-` mean: numbers add up, texts are joined, dates move by days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from metadata.expressions.dates import ADD_DAYS, DAYS_BETWEEN
from metadata.expressions.numbers import ADD, NEGATE
from metadata.expressions.problems import Code, Problem
from metadata.expressions.texts import CONCAT
from metadata.expressions.tree import Literal, Node, Type, call

Term = tuple[str, Node, int]
"""The sign before it, what it is, and where the sign stands."""

_MENDS = {
    frozenset({Type.TEXT, Type.NUMBER}): "Turn the number into text: text(x).",
    frozenset({Type.TEXT, Type.DATE}): "Turn the date into text: text(x).",
    frozenset({Type.TEXT, Type.INSTANT}): "Turn the instant into text: text(x).",
    frozenset({Type.TEXT, Type.BOOL}): "Turn the truth into text: text(x).",
    frozenset({Type.INSTANT}): "Ask hours_between(start, end).",
    frozenset({Type.INSTANT, Type.NUMBER}): "Write add_hours(instant, hours).",
    frozenset({Type.INSTANT, Type.DATE}): "Take the day of the instant: date(x).",
}
_USAGE = "+ and - work on numbers, + joins texts, and a date moves by a number of days."


def total(terms: Sequence[Term]) -> Node | Problem:
    """The sum of the terms, from left to right, whatever their types make of it."""
    (_, first, _), *rest = terms
    running = _Running(_null_as(first, _default(rest)), ())
    for sign, written, at in rest:
        term = _null_as(written, Type.TEXT if running.type is Type.TEXT else Type.NUMBER)
        following = running.then(sign, term)
        if following is None:
            return _refused(running.type, sign, term.type, at)
        running = following
    return running.node()


def negated(node: Node) -> Node:
    """The number with the other sign."""
    if isinstance(node, Literal) and isinstance(node.value, Decimal):
        return replace(node, value=node.value.copy_negate())
    return call(NEGATE, [node], Type.NUMBER)


@dataclass(frozen=True, slots=True)
class _Running:
    """A sum so far: where it started, and what was added to that since."""

    start: Node
    added: tuple[Node, ...]

    @property
    def type(self) -> Type:
        return self.start.type

    def then(self, sign: str, term: Node) -> _Running | None:
        match (self.type, sign, term.type):
            case (Type.NUMBER | Type.DATE, _, Type.NUMBER):
                return replace(self, added=(*self.added, negated(term) if sign == "-" else term))
            case (Type.TEXT, "+", Type.TEXT):
                return replace(self, added=(*self.added, term))
            case (Type.NUMBER, "+", Type.DATE):
                return _Running(term, (self.node(),))
            case (Type.DATE, "-", Type.DATE):
                return _Running(call(DAYS_BETWEEN, [term, self.node()], Type.NUMBER), ())
        return None

    def node(self) -> Node:
        if not self.added:
            return self.start
        if self.type is Type.TEXT:
            return call(CONCAT, [self.start, *self.added], Type.TEXT)
        if self.type is Type.NUMBER:
            return call(ADD, [self.start, *self.added], Type.NUMBER)
        first, *rest = self.added
        days = call(ADD, [first, *rest], Type.NUMBER) if rest else first
        return call(ADD_DAYS, [self.start, days], Type.DATE)


def _default(rest: Sequence[Term]) -> Type:
    return Type.TEXT if any(term.type is Type.TEXT for _, term, _ in rest) else Type.NUMBER


def _null_as(node: Node, type: Type) -> Node:
    return Literal(None, type) if node.type is Type.NULL else node


def _refused(left: Type, sign: str, right: Type, at: int) -> Problem:
    return Problem(
        at,
        Code.WRONG_TYPE,
        f"{left} {sign} {right} has no meaning.",
        _MENDS.get(frozenset({left, right}), _USAGE),
    )
