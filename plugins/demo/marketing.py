"""Campaigns, and the leads that they bring."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from plugins.demo.companies import Company
from plugins.demo.people import mobile, person
from plugins.demo.sizes import Size
from plugins.demo.tables import Table, World, filled
from plugins.demo.words import (
    BRANCHES,
    CHINESE_CITIES,
    CHINESE_STEMS,
    WESTERN_CITIES,
    WESTERN_STEMS,
    Branch,
)

_KINDS = {
    "trade_show": ("工业博览会", "Industry Fair"),
    "webinar": ("线上研讨会", "Webinar"),
    "event": ("客户日", "Customer Day"),
    "email": ("邮件培育", "Newsletter"),
    "content": ("白皮书", "White Paper"),
}
_LEVELS = ("raw", "aql", "mql", "sql", "disqualified")
_SOURCES = {
    "trade_show": "event",
    "webinar": "website",
    "event": "event",
    "email": "website",
    "content": "website",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A lead that was converted, as the opportunity that comes of it needs to know it."""

    lead: str
    account: str
    campaign: str | None
    source: str
    day: date


def campaigns(world: World) -> tuple[list[tuple[str, str, date]], Table]:
    """One or two a month: (key, kind, first day) of each, and the rows."""
    dice = world.dice("campaigns")
    found: list[tuple[str, str, date]] = []
    rows = []
    day = world.start
    while day < world.as_of + timedelta(days=45):
        kind = dice.choice(list(_KINDS))
        key = f"M-{len(found) + 1:03d}"
        found.append((key, kind, day))
        rows.append(_campaign(world, dice, found[-1]))
        day += timedelta(days=dice.randint(14, 32))
    return found, Table("campaign", rows)


def _campaign(world: World, dice: random.Random, campaign: tuple[str, str, date]) -> dict[str, Any]:
    key, kind, day = campaign
    end = day + timedelta(days=dice.choice((0, 1, 2, 13)))
    budget = dice.randint(2, 40) * 10_000
    over = end < world.as_of
    return filled(
        external_id=key,
        name=f"{day:%Y-%m} {' '.join(_KINDS[kind])}",
        type=kind,
        status="completed" if over else "running" if day <= world.as_of else "planned",
        start_date=day.isoformat(),
        end_date=end.isoformat(),
        budget=f"{budget}.00",
        actual_cost=f"{budget * dice.uniform(0.7, 1.15):.2f}" if over else None,
    )


def leads(
    world: World,
    size: Size,
    campaigns: list[tuple[str, str, date]],
    companies: list[Company],
) -> tuple[list[Origin], Table]:
    """Those that were converted, and the rows of all people who asked; a sixth of them turned out to
    be with an account that we know.
    """
    past = [campaign for campaign in campaigns if campaign[2] < world.as_of]
    rows = list(_leads(world, size, past, companies))
    converted = [_origin(row) for row in rows if "converted_at" in row]
    return converted, Table("lead", rows, frozenset({"campaign", "account", "owner"}))


def _origin(row: Mapping[str, Any]) -> Origin:
    day = datetime.fromisoformat(row["converted_at"]).date()
    return Origin(row["external_id"], row["account"], row.get("campaign"), row["source"], day)


def _leads(
    world: World, size: Size, campaigns: list[tuple[str, str, date]], companies: list[Company]
) -> Iterator[dict[str, Any]]:
    dice = world.dice("leads")
    for number in range(1, size.leads + 1):
        known = dice.choice(companies) if dice.random() < 1 / 6 else None
        chinese = known.chinese if known else dice.random() < 0.7
        branch = known.branch if known else dice.choice(BRANCHES)
        city = known.city if known else dice.choice(CHINESE_CITIES if chinese else WESTERN_CITIES)
        someone = person(dice, number, chinese=chinese)
        campaign = dice.choice(campaigns) if dice.random() < 0.75 else None
        day = _day(world, dice, campaign)
        level = "sql" if known else dice.choices(_LEVELS, (4, 3, 3, 1, 2))[0]
        yield filled(
            external_id=f"L-{number:06d}",
            name=someone.name,
            company=known.name if known else _company(dice, branch, chinese=chinese),
            email=f"{someone.handle}@lead.example",
            mobile=mobile(dice, chinese=chinese),
            industry=branch.industry,
            source=_SOURCES[campaign[1]] if campaign else "cold_call",
            campaign=campaign[0] if campaign else None,
            qualification=level,
            disqualify_reason=("无预算" if chinese else "No budget")
            if level == "disqualified"
            else None,
            country=city.country,
            city=city.name,
            account=known.key if known else None,
            owner=known.owner if known else None,
            converted_at=world.moment(dice, day + timedelta(days=9)).isoformat() if known else None,
            created_at=world.moment(dice, day).isoformat(),
        )


def _day(world: World, dice: random.Random, campaign: tuple[str, str, date] | None) -> date:
    if campaign is None:
        return world.start + timedelta(days=dice.randrange((world.as_of - world.start).days))
    return min(campaign[2] + timedelta(days=dice.randrange(14)), world.as_of - timedelta(days=1))


def _company(dice: random.Random, branch: Branch, *, chinese: bool) -> str:
    if chinese:
        return f"{dice.choice(CHINESE_STEMS).text}{branch.chinese}有限公司"
    return f"{dice.choice(WESTERN_STEMS)} {branch.english} Ltd"
