"""The parameters of a statement: which value of a run each one is, and in what form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.identity import TenantId
from core.query import Value
from core.store.compiler import forms
from core.store.compiler.forms import Form
from metadata import currencies, languages
from metadata.published import Published

TENANT = "$1"


class Context(NamedTuple):
    """Who runs a statement, and when: one for every run, so no dataclass."""

    tenant: TenantId
    currency: str
    time_zone: str
    language: str
    now: datetime

    @classmethod
    def of(cls, tenant: TenantId, published: Published, now: datetime) -> Context:
        return cls(tenant, published.currency, published.time_zone, published.language, now)

    @property
    def today(self) -> date:
        """The day it is for the tenant."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def digits(self) -> int:
        """How many decimals amounts in the tenant's currency have."""
        return currencies.digits(self.currency) or 0


Take = Callable[[Context, Sequence[Any]], object]
"""Finds a parameter's argument in a run's context and values."""


@dataclass(slots=True)
class Parameters:
    """Numbers the parameters as they are used; the first is the tenant."""

    takes: list[Take] = field(default_factory=list)
    _known: dict[tuple[object, ...], str] = field(default_factory=dict)

    def value(self, value: Value, form: Form) -> str:
        """A value that comes with each run, in the form that the SQL wants."""
        index, encode = value.index, form.encode
        if encode is None:
            return self._numbered((index, form), lambda _, values: values[index], form)
        return self._numbered((index, form), lambda _, values: encode(values[index]), form)

    def of_context(self, name: str, form: Form) -> str:
        """Something of the context, by its attribute."""
        return self._numbered((name,), lambda context, _: getattr(context, name), form)

    def language(self, tags: tuple[str, ...]) -> str:
        """The one of these languages that the tenant's is nearest to, or null."""
        take: Take = lambda context, _: languages.nearest(context.language, tags)
        return self._numbered(("language", *tags), take, forms.TEXT)

    def _numbered(self, key: tuple[object, ...], take: Take, form: Form) -> str:
        known = self._known.get(key)
        if known is None:
            self.takes.append(take)
            known = self._known[key] = f"${len(self.takes) + 1}::{form.sql_type}"
        return known
