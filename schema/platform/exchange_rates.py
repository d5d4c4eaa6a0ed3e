"""What other currencies are worth in the tenant's own: told, and set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from core.actions import exchange_rates as actions
from core.actions.exchange_rates import Rate, Setting
from core.errors import Problem, Refused
from core.views import exchange_rates as views
from schema.platform.answers import UserError, told
from schema.platform.info import Info


@strawberry.type
class ExchangeRateInfo:
    """What one unit of a currency is worth in the tenant's own, from a day on."""

    currency: str | None = strawberry.field(description="As a code of three letters.")
    valid_from: date | None = strawberry.field(description="The first day that it holds.")
    rate: Decimal | None = strawberry.field(
        description="What one unit is worth in the tenant's own currency."
    )


@strawberry.input
class ExchangeRateInput:
    """What a currency is worth from a day on."""

    currency: str = strawberry.field(description="As a code of three letters.")
    valid_from: date = strawberry.field(description="The first day that it holds.")
    rate: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="What one unit is worth in the tenant's own currency. Null takes the rate out.",
    )


@strawberry.type
class ExchangeRatesPayload:
    """The rates that were set, or what is wrong."""

    rates: list[ExchangeRateInfo] | None = strawberry.field(description="Those that were set.")
    errors: list[UserError] = strawberry.field(description="Why none was set.")


async def exchange_rates(info: Info, currency: str | None = None) -> list[ExchangeRateInfo] | None:
    run = info.context.run
    return _shown(await views.newest(run.actor, run.tools.store, currency))


async def set_exchange_rates(
    info: Info,
    rates: list[ExchangeRateInput],
    restate: Annotated[
        bool,
        strawberry.argument(
            description="Convert what is closed anew, too: a rate that it was closed by was wrong."
        ),
    ] = False,
) -> ExchangeRatesPayload | None:
    run = info.context.run
    actions.check(run.actor)  # before what is wrong with the rates
    settings = [Setting(it.currency, it.valid_from, _given(it)) for it in rates]
    missing = list(_without_rate(rates))
    if missing:
        others = await actions.problems(run.actor, run.tools.store, settings)
        return ExchangeRatesPayload(rates=None, errors=told([*missing, *others]))
    try:
        kept = await actions.set_rates(run.actor, run.tools.store, settings, restate=restate)
    except Refused as refused:
        return ExchangeRatesPayload(rates=None, errors=told(refused.problems))
    return ExchangeRatesPayload(rates=_shown(kept), errors=[])


def _given(one: ExchangeRateInput) -> Decimal | None:
    return one.rate if one.rate is not strawberry.UNSET else None


def _without_rate(rates: Iterable[ExchangeRateInput]) -> Iterator[Problem]:
    for index, it in enumerate(rates):
        if it.rate is strawberry.UNSET:
            yield Problem(
                ("rates", index, "rate"), "REQUIRED", "Give a rate, or null to take it out."
            )


def _shown(rates: Iterable[Rate]) -> list[ExchangeRateInfo]:
    return [
        ExchangeRateInfo(currency=it.currency, valid_from=it.valid_from, rate=it.rate)
        for it in rates
    ]
