"""What was done for the opportunities, and what is planned next."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from plugins.demo.chains import Member
from plugins.demo.contacts import Contact
from plugins.demo.opportunities import Opportunity
from plugins.demo.tables import Table, World, filled

_KINDS = {
    "call": ("电话沟通", "Call"),
    "meeting": ("会议", "Meeting"),
    "visit": ("上门拜访", "Visit"),
    "email": ("邮件", "Email"),
    "message": ("微信", "Message"),
    "demo": ("产品演示", "Demo"),
}
_WEIGHTS = (5, 3, 3, 4, 3, 1)
_TWO_WAY = {"call", "meeting", "visit", "demo"}
_TOPICS = (
    ("需求", "needs"),
    ("方案", "proposal"),
    ("报价", "price"),
    ("预算", "budget"),
    ("合同", "contract"),
    ("进度", "progress"),
)


def activities(world: World, opportunities: list[Opportunity], members: list[Member]) -> Table:
    """A few for each opportunity along its course, and one ahead for most of the open ones."""
    chain: dict[str, list[Contact]] = {}
    for member in members:
        chain.setdefault(member.opportunity.key, []).append(member.contact)
    references = frozenset({"account", "opportunity", "contact", "owner"})
    return Table("activity", _rows(world, opportunities, chain), references)


def _rows(
    world: World, opportunities: list[Opportunity], chain: Mapping[str, list[Contact]]
) -> Iterator[dict[str, Any]]:
    dice = world.dice("activities")
    for one in opportunities:
        last = world.as_of - timedelta(days=1) if one.course.open else one.course.decided
        length = max(1, (last - one.course.begun).days)
        count = min(8, 1 + int(dice.expovariate(1 / 2)))
        later = (one.course.begun + timedelta(days=dice.randrange(length)) for _ in range(count))
        days = sorted(day for day in map(world.workday, later) if day > one.course.begun)
        if one.course.open and dice.random() < 0.7:
            days.append(world.workday(world.as_of + timedelta(days=dice.randint(3, 21))))
        for number, day in enumerate(days, 1):
            contact = dice.choice(chain[one.key]) if one.key in chain else None
            yield (
                _row(world, dice, one, contact)
                | _when(world, dice, day)
                | {"external_id": f"{one.key}#{number}"}
            )


def _row(
    world: World, dice: random.Random, one: Opportunity, contact: Contact | None
) -> dict[str, Any]:
    kind = dice.choices(list(_KINDS), _WEIGHTS)[0]
    language = 0 if one.company.chinese else 1
    topic = dice.choice(_TOPICS)[language]
    word = _KINDS[kind][language]
    return filled(
        subject=f"{word}：{topic}" if language == 0 else f"{word}: {topic}",
        type=kind,
        duration_minutes=dice.choice((15, 30, 45, 60, 90)) if kind in _TWO_WAY else None,
        two_way=True if kind in _TWO_WAY else None,
        assist=True if contact and one.course.stage == "won" and dice.random() < 0.08 else None,
        account=one.company.key,
        opportunity=one.key,
        contact=contact.key if contact else None,
        owner=one.company.owner,
    )


def _when(world: World, dice: random.Random, day: date) -> dict[str, Any]:
    if day >= world.as_of:
        return {"occurred_at": f"{day.isoformat()}T10:00:00+08:00"}
    return {"occurred_at": world.moment(dice, day).isoformat(), "done": True}
