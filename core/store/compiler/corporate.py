"""Amounts in the tenant's own currency, by its dated rates."""

from __future__ import annotations

from core.store.compiler import forms
from core.store.compiler.json_text import literal
from core.store.compiler.work import Row, source
from core.store.plans.expression_functions import quotient

_DIGITS = forms.Form("integer")


def amount(row: Row, sql: str) -> str:
    """An amount of the record in corporate currency, rounded to its digits; null without a rate.

    The rate is today's, and for a record in a closed stage that of the day it was closed, as it
    was then.
    """
    own = row.column("currency")
    foreign = f"round({sql} * {_rate(row)}, {_digits(row)})"
    return f"(case when {own} <> {currency(row)} then {foreign} else {sql} end)"


def converted(row: Row, other: Row, sql: str) -> str:
    """An amount of one record in the currency of another, not rounded; null without a rate."""
    own, wanted = row.column("currency"), other.column("currency")
    worth = quotient(f"{sql} * {_worth(row)}", _worth(other))
    return f"(case when {own} = {wanted} then {sql} else {worth} end)"


def _worth(row: Row) -> str:
    """What one unit of a record's currency is worth in the tenant's."""
    return f"(case when {row.column('currency')} = {currency(row)} then 1 else {_rate(row)} end)"


def currency(row: Row) -> str:
    """The tenant's currency."""
    return row.work.parameters.of_context("currency", forms.TEXT)


def rounded(row: Row, sql: str) -> str:
    """A number as an amount in the tenant's currency."""
    return f"round({sql}, {_digits(row)})"


def _digits(row: Row) -> str:
    return row.work.parameters.of_context("digits", _DIGITS)


def _rate(row: Row) -> str:
    today = row.work.parameters.of_context("today", forms.DATE)
    pipeline = row.work.published.metadata.pipeline_of(row.object.key)
    if pipeline is None or not pipeline.closed_keys:
        return _listed(row, today)
    zone = row.work.parameters.of_context("time_zone", forms.TEXT)
    entered = f"({row.column('stage_entered_at')} at time zone {zone})::date"
    closed = ", ".join(map(literal, pipeline.closed_keys))
    is_closed = f"{row.column('stage')} in ({closed})"
    day = f"(case when {is_closed} then {entered} else {today} end)"
    kept = f"case when {is_closed} then {_kept(row, entered)} end"
    return f"coalesce({kept}, {_listed(row, day)})"


def _listed(row: Row, day: str) -> str:
    """The rate that holds on a day."""
    alias = row.work.alias("x")
    same = f"{alias}.currency = {row.column('currency')}"
    rates = source("exchange_rate", alias, same, f"{alias}.valid_from <= {day}")
    return f"(select {alias}.rate {rates} order by {alias}.valid_from desc limit 1)"


def _kept(row: Row, day: str) -> str:
    """The rate that the record was closed by, where the one of that day is another one since."""
    alias = row.work.alias("k")
    same = f"{alias}.id = {row.column('id')}", f"{alias}.currency = {row.column('currency')}"
    return f"(select {alias}.rate {source('closing_rate', alias, *same, f'{alias}.day = {day}')})"
