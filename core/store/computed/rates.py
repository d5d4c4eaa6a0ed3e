"""What amounts in other currencies are worth in the tenant's own."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.writing.transactions import Transaction
from metadata import currencies, decimals
from metadata.expressions.numbers import quotient

_RATES = """
    select currency, valid_from, rate from exchange_rate
    where tenant_id = $1 and currency = any($2::text[]) order by valid_from
"""
_NEWEST = """
    select currency, valid_from, rate from read.exchange_rate
    where tenant_id = $1 and ($2::text is null or currency = $2)
    order by valid_from desc, currency limit $3
"""
_PUT = """
    insert into exchange_rate (tenant_id, currency, valid_from, rate) values ($1, $2, $3, $4)
    on conflict (tenant_id, currency, valid_from) do update set rate = excluded.rate
"""
_TAKE_OUT = """
    delete from exchange_rate where tenant_id = $1 and currency = $2 and valid_from = $3
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in the tenant's own, from a day on."""

    currency: str
    valid_from: date
    rate: Decimal


async def newest(
    tenant: TenantId, database: Database, currency: str | None, most: int
) -> list[Rate]:
    """Rates of one currency or of all, the newest first."""
    async with database.reading(tenant, "generic") as connection:
        rows = await connection.fetch(_NEWEST, tenant, currency, most)
    return [Rate(*row) for row in rows]


async def put(
    tenant: TenantId, database: Database, rates: Sequence[Rate], gone: Sequence[tuple[str, date]]
) -> None:
    """Set rates and take others out, all or nothing."""
    ordered = sorted(rates, key=lambda it: (it.currency, it.valid_from))
    kept = [(tenant, it.currency, it.valid_from, it.rate) for it in ordered]
    async with database.transaction(tenant) as connection:
        await connection.executemany(_PUT, kept)
        await connection.executemany(_TAKE_OUT, [(tenant, *it) for it in sorted(gone)])


class Priced(NamedTuple):
    """The currency of a record, and the day whose rate holds for it."""

    currency: str
    day: date


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by currency, each from a day on."""

    corporate: str
    days: Mapping[str, Sequence[date]]
    rates: Mapping[str, Sequence[Decimal]]

    def corporate_amount(
        self, amount: Decimal | None, currency: str | None, day: date
    ) -> Decimal | None:
        """The amount in the tenant's currency by the day's rate; None where there is none."""
        if amount is None or currency is None:
            return None
        if currency == self.corporate:
            return amount
        rate = self.worth(currency, day)
        if rate is None:
            return None
        digits = currencies.digits(self.corporate)
        return decimals.fitted(decimals.product(amount, rate), 2 if digits is None else digits)

    def worth(self, currency: str, day: date) -> Decimal | None:
        """What one unit of a currency is worth in the tenant's own; None where no rate is known."""
        if currency == self.corporate:
            return Decimal(1)
        found = bisect_right(self.days.get(currency, ()), day)
        return self.rates[currency][found - 1] if found else None

    def converted(self, amount: Decimal, of: Priced, to: Priced) -> Decimal | None:
        """An amount in one currency in another, each by its own day's rate; not rounded."""
        if of.currency == to.currency:
            return amount
        worth, wanted = self.worth(*of), self.worth(*to)
        if worth is None or wanted is None:
            return None
        return quotient(decimals.product(amount, worth), wanted)


async def load(tx: Transaction, wanted: Iterable[str | None]) -> Rates:
    """The rates of these currencies."""
    corporate = tx.published.currency
    foreign = sorted({one for one in wanted if one is not None and one != corporate})
    days: defaultdict[str, list[date]] = defaultdict(list)
    rates: defaultdict[str, list[Decimal]] = defaultdict(list)
    if foreign:
        for currency, day, rate in await tx.reading.fetch(_RATES, tx.tenant, foreign):
            days[currency].append(day)
            rates[currency].append(rate)
    return Rates(corporate, days, rates)
