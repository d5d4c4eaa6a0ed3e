"""Amounts in the tenant's own currency, by its dated rates."""

from __future__ import annotations

from core.store.compiler import forms
from core.store.compiler.json_text import literal
from core.store.compiler.work import Row, source
from core.store.plans.expression_functions import quotient
from metadata.model import StageKind

_DIGITS = forms.Form("integer")


def amount(row: Row, sql: str) -> str:
    """An amount of the record in corporate currency, rounded to its digits; null without a rate.

    The rate is today's, and for a record in a closed stage that of the day it was closed.
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
    alias = row.work.alias("x")
    same = f"{alias}.currency = {row.column('currency')}"
    rates = source("exchange_rate", alias, same, f"{alias}.valid_from <= {_day(row)}")
    return f"(select {alias}.rate {rates} order by {alias}.valid_from desc limit 1)"


def _day(row: Row) -> str:
    today = row.work.parameters.of_context("today", forms.DATE)
    pipeline = row.work.published.metadata.pipeline_of(row.object.key)
    if pipeline is None:
        return today
    closed = [literal(s.key) for s in pipeline.stages if s.kind is not StageKind.OPEN]
    if not closed:
        return today
    zone = row.work.parameters.of_context("time_zone", forms.TEXT)
    entered = f"({row.column('stage_entered_at')} at time zone {zone})::date"
    is_closed = f"{row.column('stage')} in ({', '.join(closed)})"
    return f"(case when {is_closed} then {entered} else {today} end)"
