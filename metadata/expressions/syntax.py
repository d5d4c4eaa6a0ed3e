"""An expression as it is written: names, calls and literals, not yet understood."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from lark import Token, Transformer


@dataclass(frozen=True, slots=True)
class Written:
    """A literal, word for word; `kind` is NUMBER, TEXT, RAW, TRUE, FALSE or NULL."""

    kind: str
    text: str
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Path:
    """A name, or names joined by dots."""

    name: str
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A name after the dot of something that is no path: `now().year`."""

    name: str
    of: Node
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A function or operator with its arguments; of a method, what stands before the dot first."""

    name: str
    arguments: tuple[Node, ...]
    at: int
    depth: int
    method: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms with the sign before each; `at` is the first operator, each term has its own."""

    terms: tuple[tuple[str, Node, int], ...]
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What stands between square brackets."""

    items: tuple[Node, ...]
    at: int
    depth: int = field(default=1)


Node = Written | Path | Part | Applied | Sum | Listed


class Reading(Transformer[Token, Node]):
    """Makes nodes while the parser reads, from the inside out, so no depth can exhaust the stack."""

    def literal(self, children: list[Token]) -> Node:
        (token,) = children
        return Written(token.type, str(token), _at(token))

    def name(self, children: list[Token]) -> Node:
        (token,) = children
        return Path(str(token), _at(token))

    def part(self, children: list[Node | Token]) -> Node:
        of, token = cast(tuple[Node, Token], children)
        if isinstance(of, Path):
            return Path(f"{of.name}.{token}", of.at)
        return Part(str(token), of, _at(token), of.depth + 1)

    def function(self, children: list[Token | list[Node]]) -> Node:
        token, *rest = cast(tuple[Token, list[Node]], children)
        arguments = tuple(rest[0]) if rest else ()
        return Applied(str(token), arguments, _at(token), _deeper(arguments))

    def method(self, children: list[Node | Token | list[Node]]) -> Node:
        of, token, *rest = cast(tuple[Node, Token, list[Node]], children)
        arguments = (of, *rest[0]) if rest else (of,)
        return Applied(str(token), arguments, _at(token), _deeper(arguments), method=True)

    def arguments(self, children: list[Node]) -> list[Node]:
        return children

    def group(self, children: list[Node]) -> Node:
        """Brackets leave no node, but count as a level."""
        (inside,) = children
        return replace(inside, depth=inside.depth + 1)

    def listed(self, children: list[Token | list[Node]]) -> Node:
        token, *rest = cast(tuple[Token, list[Node]], children)
        items = tuple(rest[0]) if rest else ()
        return Listed(items, _at(token), _deeper(items))

    def choice(self, children: list[Node]) -> Node:
        return Applied("?:", tuple(children), children[0].at, _deeper(children))

    def either(self, children: list[Node]) -> Node:
        return Applied("||", tuple(children), children[0].at, _deeper(children))

    def both(self, children: list[Node]) -> Node:
        return Applied("&&", tuple(children), children[0].at, _deeper(children))

    def binary(self, children: list[Node | Token]) -> Node:
        left, token, right = cast(tuple[Node, Token, Node], children)
        return Applied(str(token), (left, right), _at(token), _deeper((left, right)))

    def prefix(self, children: list[Node | Token]) -> Node:
        token, operand = cast(tuple[Token, Node], children)
        return Applied(str(token), (operand,), _at(token), _deeper((operand,)))

    def sum(self, children: list[Node | Token]) -> Node:
        first, *rest = children
        signs = cast(list[Token], rest[0::2])
        terms = cast(list[Node], [first, *rest[1::2]])
        signed = [("+", terms[0], terms[0].at)]
        signed += [
            (str(sign), term, _at(sign)) for sign, term in zip(signs, terms[1:], strict=True)
        ]
        return Sum(tuple(signed), _at(signs[0]), _deeper(terms))


def _at(token: Token) -> int:
    return token.start_pos or 0


def _deeper(nodes: tuple[Node, ...] | list[Node]) -> int:
    return 1 + max((node.depth for node in nodes), default=0)
