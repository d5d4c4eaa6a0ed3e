"""Filters as predicates. What is empty or null is refused: it would match everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from graphql import GraphQLInputObjectType, GraphQLNonNull
from graphql.type import GraphQLInputType

from core import query
from core.query import Operator, Quantifier
from schema.translation.given import Fetch, Fields, Given, Items, Leaf, Variables
from schema.translation.sharing import looks, shared
from schema.translation.translating import EMPTY_FILTER, At, Translation
from schema.types.meanings import (
    MEANS,
    Children,
    Combined,
    Compared,
    Identified,
    Operand,
    Referred,
    Subtree,
)

NOBODY = str(UUID(int=0))
"""The id of no record: what a text that is no id is taken for."""

_IDENTITY = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_LISTS = frozenset({Operator.IN, Operator.NOT_IN})
_MANY = _LISTS | {Operator.HAS_ANY, Operator.HAS_ALL}
_DIRECT = frozenset({Operator.EQ, Operator.IN})


def where(
    translation: Translation, type_: GraphQLInputObjectType, given: Given, at: At
) -> query.Predicate | None:
    """The predicate of a filter; None where it is refused (or an argument is an explicit null).

    Raises:
        LimitExceeded: it is too large.
    """
    found = _Where(translation).everything(type_, given, at, None)
    if found is None:
        return None
    found = shared(found)
    translation.limits.check("joins", looks(found))
    return found


def identity(text: object) -> str:
    """The id that a text stands for: a lower-case UUID, or nobody's. The driver reads its text."""
    return text if isinstance(text, str) and _IDENTITY.fullmatch(text) else NOBODY


def identified(fetch: Fetch) -> Fetch:
    return lambda variables: identity(fetch(variables))


def all_identified(fetch: Fetch) -> Fetch:
    """The ids in a list of texts, those that are none left out."""

    def ids(variables: Variables) -> list[str]:
        texts = fetch(variables)
        assert isinstance(texts, list)
        return [found for text in texts if (found := identity(text)) is not NOBODY]

    return ids


class _Where:
    """Walks a filter. `behind` is the reference that the filter's record is reached by, if any."""

    def __init__(self, translation: Translation) -> None:
        self.translation = translation
        self.depth = 0

    def everything(
        self, type_: GraphQLInputObjectType, given: Given, at: At, behind: str | None
    ) -> query.Predicate | None:
        """All that a filter asks for."""
        if not isinstance(given, Fields) or not given.parts:
            self._empty(at)
            return None
        self.translation.count(len(given.parts))
        direct: list[query.Predicate] = []
        beyond: list[query.Predicate] = []
        for name, part in given.parts.items():
            for is_beyond, found in self._parts(type_, name, part, at.into(name), behind):
                (beyond if is_beyond else direct).append(found)
        if beyond:
            assert behind is not None
            direct.append(query.Through(behind, _all(beyond)))
        return _all(direct) if direct else None

    def _parts(
        self, type_: GraphQLInputObjectType, name: str, given: Given, at: At, behind: str | None
    ) -> Iterator[tuple[bool, query.Predicate]]:
        """Predicates, each with whether it is of the record behind the reference."""
        declared = type_.fields[name]
        means = declared.extensions[MEANS]
        found: query.Predicate | None
        if isinstance(means, Combined) and (means.word != "not" or _identifies(type_, given)):
            found = self._combined(means, type_, given, at, behind)
            if found is not None:
                yield False, found
        elif isinstance(means, Identified):
            column = query.Column(behind or "id")
            yield from ((False, it) for it in self._operation(column, means.operator, given, at))
        elif behind is not None and _is_direct(means, given):
            for it in self._compared(query.Column(behind), Operand.ID, given, at):
                yield False, it
        else:
            for it in self._own(means, _nullable(declared.type), given, at):
                yield behind is not None, it

    def _own(
        self, means: object, type_: GraphQLInputType, given: Given, at: At
    ) -> Iterator[query.Predicate]:
        """What is asked of the filter's own record."""
        if isinstance(means, Compared):
            yield from self._compared(means.column, means.operand, given, at)
        elif isinstance(means, Children):
            assert isinstance(type_, GraphQLInputObjectType)
            with self._deeper():
                yield from self._children(means, type_, given, at)
        elif isinstance(means, Subtree):
            yield from self._under(given, at)
        else:
            assert isinstance(type_, GraphQLInputObjectType)
            yield from self._nested(means, type_, given, at)

    def _nested(
        self, means: object, type_: GraphQLInputObjectType, given: Given, at: At
    ) -> Iterator[query.Predicate]:
        """What is asked behind a reference, or the opposite of what is asked."""
        if isinstance(means, Referred):
            with self._deeper():
                found = self.everything(type_, given, at, means.reference)
        else:
            found = self.everything(type_, given, at, None)
        if found is not None:
            yield found if isinstance(means, Referred) else query.Not(found)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Through a reference, or to children.

        Raises:
            LimitExceeded: too many of these within each other.
        """
        self.depth += 1
        self.translation.limits.check("filter_depth", self.depth)
        yield
        self.depth -= 1

    def _combined(
        self,
        means: Combined,
        type_: GraphQLInputObjectType,
        given: Given,
        at: At,
        behind: str | None,
    ) -> query.Predicate | None:
        if means.word == "not":
            opposite = self.everything(type_, given, at, behind)
            return query.Not(opposite) if opposite is not None else None
        if not isinstance(given, Items) or not given.parts:
            self._empty(at)
            return None
        parts = [
            self.everything(type_, part, at.into(i), behind) for i, part in enumerate(given.parts)
        ]
        found = tuple(part for part in parts if part is not None)
        return query.Either(found) if means.word == "or" else query.All(found)

    def _children(
        self, means: Children, type_: GraphQLInputObjectType, given: Given, at: At
    ) -> Iterator[query.Predicate]:
        if not isinstance(given, Fields) or not given.parts:
            self._empty(at)
            return
        for word, part in given.parts.items():
            each = _nullable(type_.fields[word].type)
            assert isinstance(each, GraphQLInputObjectType)
            found = self.everything(each, part, at.into(word), None)
            yield query.Related(means.object, means.via, Quantifier(word), found)

    def _under(self, given: Given, at: At) -> Iterator[query.Predicate]:
        if isinstance(given, Leaf):
            yield query.Under(self.translation.value(identified(given.fetch)))
        else:
            self._empty(at)

    def _compared(
        self, column: query.Column, operand: Operand, given: Given, at: At
    ) -> Iterator[query.Predicate]:
        if not isinstance(given, Fields) or not given.parts:
            self._empty(at)
            return
        for word, part in given.parts.items():
            if operand is Operand.ID:
                yield from self._operation(column, Operator(word), part, at.into(word))
            elif isinstance(part, Leaf):
                if Operator(word) in _MANY:
                    self.translation.bound(part.fetch)
                value = self.translation.value(part.fetch)
                yield query.Compare(column, Operator(word), value)
            else:
                self._empty(at.into(word))

    def _operation(
        self, column: query.Column, operator: Operator, given: Given, at: At
    ) -> Iterator[query.Predicate]:
        """One operator on an id."""
        if not isinstance(given, Leaf):
            self._empty(at)
            return
        fetch = given.fetch
        if operator in _LISTS:
            self.translation.bound(fetch)
            fetch = all_identified(fetch)
        elif operator is not Operator.IS_NULL:
            fetch = identified(fetch)
        yield query.Compare(column, operator, self.translation.value(fetch))

    def _empty(self, at: At) -> None:
        self.translation.refuse(
            at,
            EMPTY_FILTER,
            "An empty or null part of a filter would match everything: leave it out,"
            " or ask for null by `isNull`.",
        )


def _identifies(type_: GraphQLInputObjectType, given: Given) -> bool:
    """Whether a filter asks for nothing but which record it is, or whether there is one."""
    if isinstance(given, Items):
        return all(_identifies(type_, part) for part in given.parts)
    return isinstance(given, Fields) and all(
        isinstance(means := type_.fields[name].extensions[MEANS], Identified)
        or (isinstance(means, Combined) and _identifies(type_, part))
        for name, part in given.parts.items()
    )


def _is_direct(means: object, given: Given) -> bool:
    """Whether the id behind a reference is compared in a way that the reference itself answers."""
    if not isinstance(means, Compared) or means.column.field != "id":
        return False
    return isinstance(given, Fields) and all(Operator(word) in _DIRECT for word in given.parts)


def _all(parts: list[query.Predicate]) -> query.Predicate:
    return parts[0] if len(parts) == 1 else query.All(tuple(parts))


def _nullable(type_: GraphQLInputType) -> GraphQLInputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
