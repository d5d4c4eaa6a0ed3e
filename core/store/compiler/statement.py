"""A compiled query: one statement, and the arguments that each run gives it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import query
from core.identity import TenantId
from core.store.compiler import evidence, roots
from core.store.compiler.parameters import TENANT, Context, Take
from core.store.compiler.records import outputs
from core.store.compiler.work import Work, source
from core.store.database.ways import Plan
from core.store.tenancy.sizes import Size
from metadata.published import Published

_OF_TENANT = f"tenant_id = {TENANT}"
_TABLE = re.compile(r"\bread\.[a-z_]+(?: as ([a-z0-9_]+))?")
_BOUND = re.compile(rf"\b([a-z0-9_]+)\.tenant_id = {re.escape(TENANT)}\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that gives one row: the tenant's metadata version, then each root's JSON as bytes.

    Tenants with the same declarations share it, so what differs between them is an argument.
    """

    sql: str
    names: tuple[str, ...]
    plan: Plan
    takes: tuple[Take, ...]
    tables: int
    """How many tables it reads, each time counted: planning looks at every one."""

    def planned(self, tenant: TenantId, size: Size) -> tuple[str, Plan]:
        """The SQL to run for a tenant of this size, and how it is to be planned.

        A plan that is kept for one that stands out is its own, by its id in the text (of which the
        first `$1` stays: arguments are the same).
        """
        plan = "generic" if size is Size.SMALL else self.plan
        if plan == "custom" or size is not Size.OUTSTANDING:
            return self.sql, plan
        head, *rest = self.sql.split(_OF_TENANT)
        return head + _OF_TENANT + f"tenant_id = '{tenant}'::uuid".join(rest), plan

    def arguments(self, context: Context, values: Sequence[Any]) -> list[object]:
        """What goes with the SQL when it is run.

        Raises:
            Refused: a cursor is not one of this order.
        """
        return [context.tenant, *[take(context, values) for take in self.takes]]


class Unbound(Exception):
    """SQL that would read a table without naming the tenant: it is never run."""


def compiled(asked: query.Query, published: Published) -> Statement:
    """The statement that answers all roots of a query in one snapshot."""
    work = Work(published, outputs)
    columns = [roots.root(work, output.value) for output in asked.roots]
    head = work.alias("v")
    version = f"(select {head}.version {source('metadata_head', head)})"
    parts = [f"convert_to({column.sql}, 'UTF8')" for column in columns]
    sql = checked(f"select {', '.join((version, *parts))}")
    names = tuple(output.name for output in asked.roots)
    evident = all(evidence.is_evident(output.value, published) for output in asked.roots)
    plan: Plan = "generic" if evident else "custom"
    return Statement(sql, names, plan, tuple(work.parameters.takes), len(_TABLE.findall(sql)))


def checked(sql: str) -> str:
    """The SQL, if every table in it is bound to the tenant under its alias.

    Raises:
        Unbound: one is not.
    """
    bound = set(_BOUND.findall(sql))
    for found in _TABLE.finditer(sql):
        if found[1] not in bound:
            raise Unbound(f"{found[0]} is not bound to the tenant")
    return sql
