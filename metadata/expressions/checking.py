"""From syntax to a typed tree: every name looked up, every call resolved, all problems kept."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.expressions import logic, mends, texts
from metadata.expressions.catalogue import OPERATORS, catalogue
from metadata.expressions.environment import Environment
from metadata.expressions.literals import literal
from metadata.expressions.problems import Problem
from metadata.expressions.resolving import resolved
from metadata.expressions.sums import negated, total
from metadata.expressions.syntax import Applied, Listed, Part, Path, Sum, Written
from metadata.expressions.syntax import Node as Syntax
from metadata.expressions.tree import Function, Literal, Name, Node, Type

_OPERATORS = catalogue(OPERATORS)
_NULL_TESTS = {"==": logic.IS_NULL, "!=": logic.NOT_NULL}


def checked(syntax: Syntax, environment: Environment) -> Node | list[Problem]:
    """The typed tree, or everything that is wrong, in the order it is written."""
    checker = _Checker(environment)
    node = checker.node(syntax)
    if node is None or checker.problems:
        return sorted(checker.problems, key=lambda problem: problem.position)
    return node


class _Checker:
    """Collects problems; what gives None has reported one."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.problems: list[Problem] = []

    def node(self, syntax: Syntax) -> Node | None:
        match syntax:
            case Written():
                return self._kept(literal(syntax))
            case Path():
                return self._name(syntax)
            case Sum():
                return self._sum(syntax)
            case Applied(name="in"):
                return self._membership(syntax)
            case Applied():
                return self._call(syntax)
            case Part():
                return self._kept(mends.no_parts(syntax))
            case Listed():
                return self._kept(mends.misplaced_list(syntax))

    def _kept(self, found: Node | Problem) -> Node | None:
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        return found

    def _nodes(self, written: Sequence[Syntax]) -> list[Node] | None:
        nodes = [self.node(one) for one in written]
        found = [node for node in nodes if node is not None]
        return found if len(found) == len(nodes) else None

    def _name(self, path: Path) -> Node | None:
        known = self._environment.names.get(path.name)
        if known is None:
            return self._kept(mends.unknown_name(path, self._environment))
        if known is Type.FLOAT:
            return Name(path.name, Type.NUMBER, wide=True)
        return Name(path.name, known)

    def _sum(self, written: Sum) -> Node | None:
        nodes = self._nodes([term for _, term, _ in written.terms])
        if nodes is None:
            return None
        signs = [(sign, at) for sign, _, at in written.terms]
        terms = [(sign, node, at) for (sign, at), node in zip(signs, nodes, strict=True)]
        return self._kept(total(terms))

    def _membership(self, written: Applied) -> Node | None:
        value, within = written.arguments
        if not isinstance(within, Listed):
            return self._resolved(written, (texts.HAS,), self._nodes([within, value]))
        if not within.items:
            return self._kept(mends.empty_list(within))
        return self._resolved(written, (logic.IN,), self._nodes([value, *within.items]))

    def _call(self, written: Applied) -> Node | None:
        functions, arguments = self._called(written)
        nodes = self._nodes(arguments)
        if not functions:
            return self._kept(mends.unknown_function(written, self._environment))
        if nodes and written.name == "-" and _is_number(nodes[0]):
            return negated(nodes[0])
        if nodes and written.name in _NULL_TESTS:
            known = [node for node in nodes if node.type is not Type.NULL]
            if len(known) < len(nodes):
                return self._resolved(written, (_NULL_TESTS[written.name],), known or nodes[:1])
        return self._resolved(written, functions, nodes)

    def _called(self, written: Applied) -> tuple[Sequence[Function], Sequence[Syntax]]:
        """The functions of that name, and their arguments.

        `a.b(c)` calls a function `a.b` if there is one, and else `b` with a and c.
        """
        functions = self._environment.functions
        first = written.arguments[0] if written.arguments else None
        if written.method and isinstance(first, Path):
            dotted = functions.get(f"{first.name}.{written.name}")
            if dotted:
                return dotted, written.arguments[1:]
        named = _OPERATORS.get(written.name) or functions.get(written.name, ())
        return named, written.arguments

    def _resolved(
        self, written: Applied, functions: Sequence[Function], nodes: Sequence[Node] | None
    ) -> Node | None:
        if nodes is None:
            return None
        found = resolved(functions, nodes)
        if found is None:
            return self._kept(mends.misapplied(written, functions, nodes))
        self.problems += mends.no_options(written, found, self._environment)
        return self._kept(mends.unreadable(written, found) or found)


def _is_number(node: Node) -> bool:
    return isinstance(node, Literal) and node.type is Type.NUMBER
