"""From text to an expression that can be run, or to everything that is wrong with it."""

from __future__ import annotations

from metadata.expressions.checking import checked
from metadata.expressions.environment import Environment
from metadata.expressions.mends import unwanted
from metadata.expressions.problems import Problem
from metadata.expressions.reading import MOST_LEVELS, read, too_deep
from metadata.expressions.sizes import bounded
from metadata.expressions.tree import Expression, Literal, Node, Type


def parse(
    text: str, environment: Environment, wanted: Type | None = None
) -> Expression | list[Problem]:
    """The expression that a text writes, if it gives what is wanted; else all problems.

    Never raises on any text. Without `wanted` it may give any type.
    """
    syntax = read(text)
    if isinstance(syntax, Problem):
        return [syntax]
    root = checked(syntax, environment)
    if isinstance(root, list):
        return root
    needed = Type.NUMBER if wanted is Type.FLOAT else wanted
    if root.type is Type.NULL:
        root = Literal(None, needed or Type.TEXT)
    if needed not in (None, root.type):
        return [unwanted(root.type, needed)]
    return _within_limits(text, root)


def _within_limits(text: str, root: Node) -> Expression | list[Problem]:
    # A chain such as `a - b + a - b …` of dates is flat as it is written, and deep once typed.
    if root.depth > MOST_LEVELS:
        return [too_deep(0)]
    return Expression(text, bounded(root))
