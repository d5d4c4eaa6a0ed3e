"""What amounts in other currencies are worth in the tenant's own."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.identity import TenantId
from core.store.database.connections import Database
from core.store.writing.transactions import Transaction
from metadata import currencies, decimals
from metadata.expressions.numbers import quotient
from metadata.model import Metadata

_RATES = """
    select currency, valid_from, rate from exchange_rate
    where tenant_id = $1 and currency = any($2::text[]) order by valid_from
"""
_CLOSING = """
    select id, currency, day, rate from closing_rate
    where tenant_id = $1 and id = any($2::uuid[]) and currency = any($3::text[])
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

# Days are looked up once for all records of a day: as a join of spans and records, a hundred rates
# took six seconds over 10,000 records.
_CHANGED = """
    given as materialized (
      select * from unnest($2::text[], $3::date[]) as g (currency, day)),
    found as materialized (
      select t.currency, t.day, x.rate
      from (select distinct currency, day from closed) as t
      left join lateral (
        select x.valid_from, x.rate from exchange_rate as x
        where x.tenant_id = $1 and x.currency = t.currency and x.valid_from <= t.day
        order by x.valid_from desc limit 1) as x on true
      where exists (
        select from given as g
        where g.currency = t.currency and g.day <= t.day
          and (x.valid_from is null or g.day >= x.valid_from)))
"""
"""The days whose rate is to be another one, with the rate that holds there so far."""
_KEEP = f"""
    with closed as materialized (
      select r.id, r.currency, (r.stage_entered_at at time zone $4)::date as day
      from record as r
      join unnest($5::text[], $6::text[]) as k (object, stage)
        on k.object = r.object and k.stage = r.stage
      where r.tenant_id = $1 and r.currency = any($2)),
    {_CHANGED}
    insert into closing_rate (tenant_id, id, currency, day, rate)
    select $1, c.id, c.currency, c.day, f.rate
    from closed as c join found as f on f.currency = c.currency and f.day = c.day
    where f.rate is not null
    on conflict do nothing
"""
_LET_GO = f"""
    with closed as materialized (
      select currency, day from closing_rate where tenant_id = $1 and currency = any($2)),
    {_CHANGED}
    delete from closing_rate as c using found as f
    where c.tenant_id = $1 and c.currency = f.currency and c.day = f.day
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
    tx: Transaction, rates: Sequence[Rate], gone: Sequence[tuple[str, date]], *, restate: bool
) -> None:
    """Set rates and take others out, where nobody else writes.

    Closed records keep the rates that they have, unless those of the days concerned are to be
    converted anew.
    """
    tenant, connection, published = tx.tenant, tx.connection, tx.published
    ordered = sorted(rates, key=lambda it: (it.currency, it.valid_from))
    kept = [(tenant, it.currency, it.valid_from, it.rate) for it in ordered]
    changed = sorted([*((it.currency, it.valid_from) for it in rates), *gone])
    names, days = [it[0] for it in changed], [it[1] for it in changed]
    if restate:
        await connection.execute(_LET_GO, tenant, names, days)
    else:
        stages = _closed_stages(published.metadata)
        objects, keys = [it[0] for it in stages], [it[1] for it in stages]
        zone = published.time_zone
        await connection.execute(_KEEP, tenant, names, days, zone, objects, keys)
    await connection.executemany(_PUT, kept)
    await connection.executemany(_TAKE_OUT, [(tenant, *it) for it in sorted(gone)])


def _closed_stages(metadata: Metadata) -> list[tuple[str, str]]:
    """(object, stage) of all that are over."""
    return [
        (pipeline.object, key)
        for pipeline in metadata.pipelines.values()
        for key in pipeline.closed_keys
    ]


class Priced(NamedTuple):
    """A record, its currency, and the day whose rate holds for it."""

    id: UUID
    currency: str
    day: date


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by currency, each from a day on."""

    corporate: str
    days: Mapping[str, Sequence[date]]
    rates: Mapping[str, Sequence[Decimal]]
    closing: Mapping[Priced, Decimal]
    """What closed records keep of days whose rate is another one since."""

    def corporate_amount(self, amount: Decimal | None, of: Priced) -> Decimal | None:
        """The amount in the tenant's currency by the day's rate; None where there is none."""
        if amount is None or of.currency == self.corporate:
            return amount
        rate = self.worth(of)
        if rate is None:
            return None
        digits = currencies.digits(self.corporate)
        return decimals.fitted(decimals.product(amount, rate), 2 if digits is None else digits)

    def worth(self, of: Priced) -> Decimal | None:
        """What one unit of its currency is worth in the tenant's own; None where no rate is known."""
        if of.currency == self.corporate:
            return Decimal(1)
        if of in self.closing:
            return self.closing[of]
        found = bisect_right(self.days.get(of.currency, ()), of.day)
        return self.rates[of.currency][found - 1] if found else None

    def converted(self, amount: Decimal, of: Priced, to: Priced) -> Decimal | None:
        """An amount in one currency in another, each by its own day's rate; not rounded."""
        if of.currency == to.currency:
            return amount
        worth, wanted = self.worth(of), self.worth(to)
        if worth is None or wanted is None:
            return None
        return quotient(decimals.product(amount, worth), wanted)


async def load(tx: Transaction, wanted: Iterable[str | None], ids: Sequence[UUID] = ()) -> Rates:
    """The rates of these currencies, with those that these records were closed by."""
    corporate = tx.published.currency
    foreign = sorted({one for one in wanted if one is not None and one != corporate})
    days: defaultdict[str, list[date]] = defaultdict(list)
    rates: defaultdict[str, list[Decimal]] = defaultdict(list)
    closing: dict[Priced, Decimal] = {}
    if foreign:
        for currency, day, rate in await tx.reading.fetch(_RATES, tx.tenant, foreign):
            days[currency].append(day)
            rates[currency].append(rate)
    if foreign and ids:
        for *of, rate in await tx.reading.fetch(_CLOSING, tx.tenant, ids, foreign):
            closing[Priced(*of)] = rate
    return Rates(corporate, days, rates, closing)
