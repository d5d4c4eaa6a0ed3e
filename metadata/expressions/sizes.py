"""Keeping numbers within bounds, and only where they could leave them.

Whatever the bounds of the fields say can't happen needs no test: `amount * probability` stays
a plain product, while the third factor brings one.
"""

from __future__ import annotations

from metadata.expressions.numbers import BOUNDS, FIELD, WITHIN
from metadata.expressions.tree import Call, Literal, Name, Node, Size, Type


def bounded(node: Node) -> Node:
    """The same tree, in which every number that could be out of bounds is brought back."""
    return _sized(node)[0]


def _sized(node: Node) -> tuple[Node, Size]:
    """The bounded tree and the bounds of its number; of anything else the size means nothing."""
    if isinstance(node, Literal):
        return node, FIELD if node.type is Type.NUMBER and _ordinary(node) else BOUNDS
    if isinstance(node, Name):
        return (_within(node), BOUNDS) if node.wide else (node, FIELD)
    pairs = [_sized(argument) for argument in node.arguments]
    arguments = tuple(argument for argument, _ in pairs)
    kept = Call(node.function, arguments, node.type, node.depth)
    if node.type is not Type.NUMBER:
        return kept, BOUNDS
    numbers = [size for argument, size in pairs if argument.type is Type.NUMBER]
    size = node.function.size(numbers) if node.function.size else None
    if size is not None and size.fits(BOUNDS):
        return kept, size
    return _within(kept), BOUNDS


def _ordinary(literal: Literal) -> bool:
    if literal.value is None:
        return True
    whole, _, fraction = format(literal.value, "f").lstrip("-").partition(".")
    return Size(len(whole), len(fraction)).fits(FIELD)


def _within(node: Node) -> Node:
    return Call(WITHIN, (node,), Type.NUMBER, node.depth)
