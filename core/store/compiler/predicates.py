"""Predicates in SQL. A null answer counts as false, so whatever turns one around tests for true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import query
from core.query import Compare, Operator, Quantifier
from core.store.compiler import forms, lists, subtrees, texts
from core.store.compiler.columns import indexed, value
from core.store.compiler.comparing import compared, operand
from core.store.compiler.kinds import Kind
from core.store.compiler.references import MAKERS, reference_id, target
from core.store.compiler.work import Row, live, live_elsewhere, of_tenant


def condition(row: Row, predicate: query.Predicate) -> str:
    """SQL that is true where the record satisfies the predicate, and false or null elsewhere."""
    return _CONDITIONS[type(predicate)](row, predicate)


def parts(predicate: query.Predicate | None) -> tuple[query.Predicate, ...]:
    """What must hold all together."""
    if predicate is None:
        return ()
    if isinstance(predicate, query.All):
        return tuple(part for inner in predicate.parts for part in parts(inner))
    return (predicate,)


def scan(row: Row, *conditions: str) -> str:
    """FROM and WHERE of live records of the row's object, with whatever was joined to it."""
    return _scan(row, *live(row), *conditions)


def scan_elsewhere(row: Row, *conditions: str) -> str:
    """The same of records that are looked up from others."""
    return _scan(row, *live_elsewhere(row), *conditions)


def _scan(row: Row, *conditions: str) -> str:
    return (
        f"from read.record as {row.alias}{row.joined()} where {of_tenant(row.alias, *conditions)}"
    )


# Together


def _all(row: Row, predicate: query.All) -> str:
    found = [condition(row, part) for part in predicate.parts]
    return f"({' and '.join(found)})" if found else "true"


def _either(row: Row, predicate: query.Either) -> str:
    found = [condition(row, part) for part in predicate.parts]
    return f"({' or '.join(found)})" if found else "false"


def _not(row: Row, predicate: query.Not) -> str:
    return f"({condition(row, predicate.part)}) is not true"


# Beyond the record


def _through(row: Row, predicate: query.Through) -> str:
    held = reference_id(row, predicate.reference)
    if isinstance(predicate.part, query.Under):
        object_key = target(row, predicate.reference)
        return subtrees.is_under(row.work, object_key, held, predicate.part.value)
    there = row.work.row("t", target(row, predicate.reference))
    inner = condition(there, predicate.part)
    return f"exists (select {scan_elsewhere(there, f'{there.alias}.id = {held}', inner)})"


def _related(row: Row, predicate: query.Related) -> str:
    there = row.work.row("t", predicate.object)
    conditions = [f"{reference_id(there, predicate.via)} = {row.column('id')}"]
    if predicate.part is not None:
        inner = condition(there, predicate.part)
        is_every = predicate.quantifier is Quantifier.EVERY
        conditions.append(f"({inner}) is not true" if is_every else inner)
    elif predicate.quantifier is Quantifier.EVERY:
        return "true"
    word = "exists" if predicate.quantifier is Quantifier.SOME else "not exists"
    return f"{word} (select {scan_elsewhere(there, *conditions)})"


def _under(row: Row, predicate: query.Under) -> str:
    return subtrees.is_under(row.work, row.object.key, row.column("id"), predicate.value)


def _member(row: Row, predicate: query.Member) -> str:
    wanted = row.work.parameters.value(predicate.value, forms.ID.listed)
    return f"{row.column('id')} = any({wanted})"


# Comparisons


def _compare(row: Row, predicate: Compare) -> str:
    typed = value(row, predicate.column)
    operator = predicate.operator
    if operator is Operator.IS_NULL:
        if predicate.column.field in MAKERS:
            is_there = _through(row, query.Through(predicate.column.field, query.All(())))
            return f"(not {is_there}) = {operand(row, predicate, forms.BOOLEAN)}"
        sql = indexed(row, predicate.column) or typed.sql
        return f"({sql} is null) = {operand(row, predicate, forms.BOOLEAN)}"
    if typed.kind is Kind.LIST:
        return lists.condition(row, predicate, typed.sql)
    if typed.kind is Kind.TEXT or operator in texts.PARTS:
        return texts.condition(row, predicate, typed.sql)
    return compared(operator, typed.sql, operand(row, predicate, typed.kind.form))


_CONDITIONS: Mapping[type, Callable[[Row, Any], str]] = {
    query.Compare: _compare,
    query.All: _all,
    query.Either: _either,
    query.Not: _not,
    query.Through: _through,
    query.Related: _related,
    query.Under: _under,
    query.Member: _member,
}
