"""Setting what other currencies are worth in the tenant's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from core.errors import Forbidden, Problem, Refused
from core.identity import Actor
from core.store.computed import rates
from core.store.tenancy import tenants
from core.store.tenancy.opening import Store
from core.store.writing.transactions import Transaction
from core.store.writing.transactions import publishing as alone
from metadata import currencies

Rate: TypeAlias = rates.Rate

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Setting:
    """A rate to be set, or to be taken out where it is None."""

    currency: str
    valid_from: date
    rate: Decimal | None


def check(actor: Actor) -> None:
    """Refuse who may not set rates.

    Raises:
        Forbidden: the actor is no administrator.
    """
    if not actor.may_administer:
        raise Forbidden("Exchange rates are an administrator's business.")


async def set_rates(
    actor: Actor, store: Store, settings: Sequence[Setting], *, restate: bool = False
) -> list[Rate]:
    """Set them all; one of the same currency and day takes the place of the rate that is there.

    What is closed keeps the rate that it has, unless it is to be restated.

    Raises:
        Forbidden: the actor is no administrator.
        Refused: some make no sense; nothing was set.
        Conflict: others published again and again.
    """
    wrong = await problems(actor, store, settings)
    if wrong:
        raise Refused(wrong)
    kept = [Rate(it.currency, it.valid_from, it.rate) for it in settings if it.rate is not None]
    gone = [(it.currency, it.valid_from) for it in settings if it.rate is None]

    async def work(tx: Transaction) -> None:
        await rates.put(tx, kept, gone, restate=restate)

    # As a publish does: a record that closes is there before, and keeps its rate, or has the new one.
    await alone(actor.tenant, store, work)
    return kept


async def problems(actor: Actor, store: Store, settings: Sequence[Setting]) -> list[Problem]:
    """Everything that is wrong with rates that somebody would set.

    Raises:
        Forbidden: the actor is no administrator.
    """
    check(actor)
    if len(settings) > MOST:
        return [Problem(("rates",), "TOO_MANY", f"Set at most {MOST:,} rates at a time.")]
    tenant = await tenants.get(store.database, actor.tenant)
    return list(_problems(settings, tenant.currency))


def _problems(settings: Sequence[Setting], own: str) -> Iterator[Problem]:
    seen: set[tuple[str, date]] = set()
    for index, it in enumerate(settings):
        if currencies.digits(it.currency) is None:
            message = f"'{it.currency[:20]}' is not a currency of ISO 4217, such as USD."
            yield Problem(("rates", index, "currency"), "UNKNOWN_CURRENCY", message)
        elif it.currency == own:
            message = f"{own} is the tenant's own currency: it is worth 1, always."
            yield Problem(("rates", index, "currency"), "OWN_CURRENCY", message)
        if it.rate is not None and it.rate <= 0:
            yield Problem(("rates", index, "rate"), "OUT_OF_RANGE", "A rate is more than 0.")
        if (it.currency, it.valid_from) in seen:
            message = "This currency and day are given twice."
            yield Problem(("rates", index, "valid_from"), "DUPLICATE", message)
        seen.add((it.currency, it.valid_from))
