"""How connections are opened and the tenant is set on them, by what the server is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import Unavailable
from core.store.database import sessions
from core.store.database.roles import ON_CITUS

Plan = Literal["custom", "generic"]
TenantSetting = Literal["auto", "session", "transaction"]

PLANS: tuple[Plan, ...] = ("custom", "generic")


PLAINLY = {
    "row_security": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
"""What our statements are written for, whatever a login or database has set for others."""


@dataclass(frozen=True, slots=True)
class Options:
    """What whoever runs the server may choose."""

    tenant_setting: TenantSetting = "auto"
    connections: int = 10
    """At most, for each of the two kinds of plans."""
    statement_timeout: float = 5.0
    """Seconds; also how long a transaction may idle. 0 for none."""
    slack: float = sessions.SLACK
    """Seconds after that in which an answer has to be here."""

    @property
    def patience(self) -> float | None:
        return self.statement_timeout + self.slack if self.statement_timeout else None


@dataclass(frozen=True, slots=True)
class Ways:
    """What was settled with this server.

    Where a pooler hands sessions around, nothing can be fixed when a connection opens (poolers
    refuse such parameters), so each transaction begins with all of it.
    """

    tenant_setting: Literal["session", "transaction"]
    on_citus: bool
    statement_timeout: float

    @property
    def through_pooler(self) -> bool:
        return self.tenant_setting == "transaction" and not self.on_citus

    def parameters(self, plan: Plan) -> dict[str, str]:
        """Server parameters that are fixed when a connection opens."""
        return {} if self.through_pooler else PLAINLY | self._all(plan)

    def prelude(self, plan: Plan) -> str:
        """What follows BEGIN: nothing, or commands that each start with a semicolon."""
        if not self.through_pooler:
            return ""
        return "".join(f"; SET LOCAL {name} = '{value}'" for name, value in self._all(plan).items())

    def _all(self, plan: Plan) -> dict[str, str]:
        milliseconds = str(int(self.statement_timeout * 1000))
        parameters = {
            "timezone": "UTC",
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            "plan_cache_mode": f"force_{plan}_plan",
            "jit": "off",  # it would take longer to compile than any of our statements runs
        }
        if self.on_citus:
            parameters["citus.propagate_set_commands"] = "local"
            if plan == "generic":  # Citus has no plan for a shard that it does not know yet
                parameters["plan_cache_mode"] = "auto"
        return parameters


async def ways_of(url: str, options: Options) -> Ways:
    """Ask the server what it is.

    Raises:
        Unavailable: it cannot be reached, or does not go with the options.
    """
    setting = options.tenant_setting
    plain = Ways("session", False, options.statement_timeout)
    asked = {} if setting == "transaction" else plain.parameters("custom")
    connection = await sessions.opener(url, asked, options.patience)()
    try:
        on_citus = await connection.fetchval(ON_CITUS)
        kept = await connection.fetchval("select current_setting('plan_cache_mode')")
    finally:
        await connection.close()
    if on_citus and setting == "session":
        raise Unavailable(
            "On Citus a session's tenant does not reach the shards:"
            " set DEALGRAPH_TENANT_SETTING to auto or transaction."
        )
    if kept != asked.get("plan_cache_mode", kept):  # it would mix up tenants as well
        raise Unavailable(
            "A pooler stands before the database and keeps no settings of a session:"
            " set DEALGRAPH_TENANT_SETTING=transaction."
        )
    if setting == "auto":
        setting = "transaction" if on_citus else "session"
    return Ways(setting, on_citus, options.statement_timeout)
