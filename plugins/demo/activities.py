"""What was done for the opportunities, and what is planned next."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from plugins.demo.chains import Member
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
_WEIGHTS = {"call": 5, "meeting": 3, "visit": 3, "email": 4, "message": 3, "demo": 1}
_WRITTEN = {"email", "message"}
_MEETINGS = {"meeting", "visit", "demo"}
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
    chain: dict[str, list[Member]] = {}
    for member in members:
        chain.setdefault(member.opportunity.key, []).append(member)
    references = frozenset({"account", "opportunity", "contact", "owner"})
    return Table("activity", _rows(world, opportunities, chain), references)


def _rows(
    world: World, opportunities: list[Opportunity], chain: Mapping[str, list[Member]]
) -> Iterator[dict[str, Any]]:
    dice = world.dice("activities")
    for one in opportunities:
        last = world.as_of - timedelta(days=1) if one.course.open else one.course.decided
        length = max(1, (last - one.course.begun).days)
        count = min(8, 1 + int(dice.expovariate(1 / 2)))
        later = (one.course.begun + timedelta(days=dice.randrange(length)) for _ in range(count))
        days = sorted(day for day in map(world.workday, later) if day > one.course.begun)
        won = one.course.stage == "won"
        if won and not days:
            days = [world.workday(one.course.begun + timedelta(days=length // 2 + 3))]
        if one.course.open and dice.random() < 0.7:
            days.append(world.workday(world.as_of + timedelta(days=dice.randint(3, 21))))
        for number, day in enumerate(days, 1):
            member = _met(dice, chain[one.key]) if one.key in chain else None
            spoken = won and number == 1  # nobody buys who was only written to
            yield (
                _row(dice, one, member, spoken=spoken)
                | _when(world, dice, day)
                | {"external_id": f"{one.key}#{number}"}
            )


def _met(dice: random.Random, members: list[Member]) -> Member:
    """Mostly one of those whom we know well."""
    return dice.choices(members, [1 + 2 * member.coverage for member in members])[0]


def _kinds(coverage: int) -> list[str]:
    """Whom nobody covers was written to at most, and who is only in contact was not met."""
    return [
        kind for kind in _KINDS if kind in _WRITTEN or coverage >= (2 if kind in _MEETINGS else 1)
    ]


def _row(
    dice: random.Random, one: Opportunity, member: Member | None, *, spoken: bool
) -> dict[str, Any]:
    kinds = [
        kind
        for kind in _kinds(member.coverage if member else 3)
        if not spoken or kind not in _WRITTEN
    ]
    kind = dice.choices(kinds, [_WEIGHTS[kind] for kind in kinds])[0]
    two_way = kind not in _WRITTEN
    language = 0 if one.company.chinese else 1
    topic = dice.choice(_TOPICS)[language]
    word = _KINDS[kind][language]
    return filled(
        subject=f"{word}：{topic}" if language == 0 else f"{word}: {topic}",
        type=kind,
        duration_minutes=dice.choice((15, 30, 45, 60, 90)) if two_way else None,
        two_way=two_way or None,
        assist=True if member and one.course.stage == "won" and dice.random() < 0.08 else None,
        account=one.company.key,
        opportunity=one.key,
        contact=member.contact.key if member else None,
        owner=one.company.owner,
    )


def _when(world: World, dice: random.Random, day: date) -> dict[str, Any]:
    if day >= world.as_of:
        return {"occurred_at": f"{day.isoformat()}T10:00:00+08:00"}
    return {"occurred_at": world.moment(dice, day).isoformat(), "done": True}
